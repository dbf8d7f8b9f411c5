"""Both clients against a server that drops them, sends them away, and leaves out messages: one suite, for they do the
same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from cloud_core.testing.missing import needed_node
from realtime.clients.python import CloudWebSocketClient, Refused
from realtime.clients.python.backoff import Backoff
from realtime.clients.python.followed import ended

ID: Final = "D1BRV40"
TYPESCRIPT: Final = Path(__file__).parents[1] / "typescript"
Act = Callable[[ServerConnection, Mapping[str, Any]], Awaitable[None]]


class Peer:
    """Does the next of its acts for each subscription; `asked` keeps requests, `tokens` who came for a socket."""

    def __init__(self, *acts: Act, good: str = "t-1") -> None:
        self.acts, self.good = list(acts), good
        self.asked: list[dict[str, Any]] = []
        self.tokens: list[str] = []

    def look(self, connection: ServerConnection, request: Request) -> Response | None:
        query = parse_qs(urlsplit(request.path).query)
        token = query["token"][0] if query else request.headers["Authorization"].removeprefix("Bearer ")
        self.tokens += [token] if "Upgrade" in request.headers else []
        if token == self.good:
            return None
        return connection.respond(HTTPStatus.UNAUTHORIZED, json.dumps({"code": "INVALID_TOKEN"}))

    async def serve(self, connection: ServerConnection) -> None:
        async for text in connection:
            request = json.loads(text)
            if request["action"] == "subscribe":
                self.asked.append(request)
                if self.acts:
                    await self.acts.pop(0)(connection, request)

    def server(self) -> Any:
        return serve(self.serve, "127.0.0.1", 0, process_request=self.look)


def url(server: Server) -> str:
    return f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


async def send(connection: ServerConnection, *seqs: int | None, **data: Any) -> None:
    for seq in seqs:
        message = {"type": "deployment.status", "deployment_id": ID, "seq": seq, "data": data, "timestamp": "-"}
        await connection.send(json.dumps(message))


def tells(*seqs: int, then: str = "stay") -> Act:
    async def act(connection: ServerConnection, request: Mapping[str, Any]) -> None:
        await send(connection, request.get("last_seq", 0), event="snapshot")
        await send(connection, *seqs, event="stack_progress")
        if then == "drop":
            await (await connection.ping())  # it has read what was sent: an end without goodbye may take that along
            connection.transport.abort()
        if then == "end":
            await send(connection, seqs[-1] + 1, event="deployment_complete", operation_status="success")

    return act


@dataclass
class Asked:
    """What a client is to do: follow `ID` until an operation ends, or with `leave` until it hears anything."""

    tokens: Sequence[str] = ("t-1",)
    fresh: bool = False
    last_seq: int | None = 0
    failing: bool = False
    leave: bool = False
    auto_reconnect: bool = True
    ping_seconds: float = 30.0


@dataclass
class Heard:
    """What it was told. `end` is `ended`, `left`, `refused` or `failed`."""

    end: str
    status: int | None = None
    messages: list[Mapping[str, Any]] = field(default_factory=list)
    last_seq: int | None = None

    @property
    def seqs(self) -> list[int]:
        return [one["seq"] for one in self.messages if one.get("data", {}).get("event") != "snapshot"]


async def python_client(endpoint: str, asked: Asked) -> Heard:
    heard, tokens = Heard("left"), list(asked.tokens)
    token = (lambda: tokens.pop(0) if len(tokens) > 1 else tokens[0]) if asked.fresh else tokens[0]
    client = CloudWebSocketClient(
        endpoint, token, asked.auto_reconnect, asked.ping_seconds, backoff=Backoff(0.01, 0.02)
    )

    async def keep(message: Mapping[str, Any]) -> None:
        heard.messages.append(message)
        if asked.leave:
            await client.disconnect()

    def fail(message: Mapping[str, Any]) -> None:
        raise ValueError("a handler's mistake")

    if asked.failing:
        client.on("deployment.status", fail)
    client.on("*", keep)
    await client.subscribe(ID, asked.last_seq)
    try:
        last = await client.run(until_terminal=True)
        heard.end = "ended" if last is not None and ended(last) else "left"
    except Refused as refused:
        heard.end, heard.status = "refused", refused.status
    except Exception:  # noqa: BLE001 - what a library says is not what is tested
        heard.end = "failed"
    heard.last_seq = client.last_seq(ID)
    return heard


async def typescript_client(endpoint: str, asked: Asked) -> Heard:
    told = {
        "endpoint": endpoint,
        "tokens": asked.tokens,
        "fresh": asked.fresh,
        "deployment_id": ID,
        "failing": asked.failing,
        "leave": asked.leave,
        "auto_reconnect": asked.auto_reconnect,
        "ping_interval": asked.ping_seconds * 1000,
    }
    told |= {} if asked.last_seq is None else {"last_seq": asked.last_seq}
    node = ("node", "--experimental-websocket", "--no-warnings", str(TYPESCRIPT / "follow.mjs"), json.dumps(told))
    process = await asyncio.create_subprocess_exec(
        *node, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert ("a handler of deployment.status failed" in errors.decode()) is asked.failing, errors.decode()
    lines = [json.loads(line) for line in output.splitlines()]
    (end,) = (line for line in lines if "end" in line)
    heard = [line for line in lines if "message" in line]
    messages = [line["message"] for line in heard]
    return Heard(end["end"], end.get("status"), messages, heard[-1]["last_seq"] if heard else None)


Client = Callable[[str, Asked], Awaitable[Heard]]


@pytest.fixture(params=["Python", "TypeScript"])
def client(request: pytest.FixtureRequest) -> Client:
    if request.param == "Python":
        return python_client
    needed_node()
    return typescript_client


def run(client: Client, peer: Peer, **asked: Any) -> Heard:
    async def follow() -> Heard:
        async with peer.server() as server, asyncio.timeout(30):
            return await client(url(server), Asked(**asked))

    return asyncio.run(follow())


def test_after_a_drop_it_goes_on_where_it_was(client: Client) -> None:
    peer = Peer(tells(1, 2, then="drop"), tells(3, then="drop"), tells(3, 4, then="end"))
    heard = run(client, peer)
    assert (heard.seqs, heard.end, heard.last_seq) == ([1, 2, 3, 4, 5], "ended", 5)
    assert [one["last_seq"] for one in peer.asked] == [0, 2, 3]


def test_a_message_that_is_missing_is_asked_for_once(client: Client) -> None:
    """What was on its way by then shows nothing new."""
    peer = Peer(tells(1, 4, 5, 6), tells(2, 3, 4, 5, 6, then="end"))
    assert run(client, peer).seqs == [1, 2, 3, 4, 5, 6, 7]
    assert [one["last_seq"] for one in peer.asked] == [0, 1]


def test_a_fresh_token_is_asked_for_when_the_old_one_expires(client: Client) -> None:
    peer = Peer(tells(1), tells(2, then="end"))

    async def expire(connection: ServerConnection, request: Mapping[str, Any]) -> None:
        await tells(1)(connection, request)
        peer.good = "t-2"
        await connection.close(4401, "the token has expired")

    peer.acts[0] = expire
    assert run(client, peer, tokens=["t-1", "t-2"], fresh=True).seqs == [1, 2, 3]
    assert peer.tokens == ["t-1", "t-2"]


def test_a_token_that_is_a_text_ends_it_when_it_expires(client: Client) -> None:
    async def expire(connection: ServerConnection, request: Mapping[str, Any]) -> None:
        await connection.close(4401, "the token has expired")

    peer = Peer(expire)
    heard = run(client, peer)
    assert (heard.end, heard.status, peer.tokens) == ("refused", 4401, ["t-1"])


@pytest.mark.parametrize(("fresh", "tries"), [(False, 1), (True, 2)], ids=["a text", "a function"])
def test_a_token_that_is_refused_ends_it(client: Client, fresh: bool, tries: int) -> None:
    peer = Peer()
    heard = run(client, peer, tokens=["bad"], fresh=fresh)
    assert (heard.end, heard.status, len(peer.tokens)) == ("refused", 401, tries)


def test_a_server_that_answers_no_ping_is_left(client: Client) -> None:
    peer = Peer(tells(1), tells(2, then="end"))
    assert run(client, peer, ping_seconds=0.05).seqs == [1, 2, 3]


def test_without_reconnecting_a_drop_is_an_error(client: Client) -> None:
    heard = run(client, Peer(tells(1, then="drop")), auto_reconnect=False)
    assert (heard.end, heard.seqs) == ("failed", [1])


def test_a_handler_that_fails_does_not_keep_a_message_from_the_others(client: Client) -> None:
    heard = run(client, Peer(tells(1, then="end")), failing=True)
    assert [one["type"] for one in heard.messages] == ["deployment.status"] * 3


def test_disconnecting_is_for_good(client: Client) -> None:
    peer = Peer(tells(1))
    assert (run(client, peer, leave=True).end, len(peer.tokens)) == ("left", 1)


def test_without_a_number_the_snapshot_gives_the_first(client: Client) -> None:
    peer = Peer(tells(1, then="drop"), tells(2, then="end"))
    heard = run(client, peer, last_seq=None)
    assert heard.seqs == [1, 2, 3]
    assert [one.get("last_seq") for one in peer.asked] == [None, 1]
