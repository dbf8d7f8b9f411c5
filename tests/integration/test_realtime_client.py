"""The Python client against a server that drops it, sends it away, and leaves out messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from realtime.clients.python import CloudWebSocketClient, Refused
from realtime.clients.python.backoff import Backoff

ID = "D1BRV40"
Act = Callable[[ServerConnection, Mapping[str, Any]], Awaitable[None]]


class Peer:
    """Does the next of its acts for each subscription; `asked` keeps requests, `tokens` who came."""

    def __init__(self, *acts: Act, good: str = "t-1") -> None:
        self.acts, self.good = list(acts), good
        self.asked: list[dict[str, Any]] = []
        self.tokens: list[str] = []

    def look(self, connection: ServerConnection, request: Request) -> Response | None:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.tokens.append(token)
        return None if token == self.good else connection.respond(HTTPStatus.UNAUTHORIZED, "")

    async def serve(self, connection: ServerConnection) -> None:
        async for text in connection:
            request = json.loads(text)
            if request["action"] == "subscribe":
                self.asked.append(request)
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
            connection.transport.abort()
        if then == "end":
            await send(connection, seqs[-1] + 1, event="deployment_complete", operation_status="success")

    return act


def a_client(server: Server, token: Any = "t-1", **options: Any) -> tuple[CloudWebSocketClient, list[int]]:
    seen: list[int] = []
    client = CloudWebSocketClient(url(server), token, backoff=Backoff(0.01, 0.02), **options)

    async def keep(message: Mapping[str, Any]) -> None:
        if message["data"]["event"] != "snapshot":
            seen.append(message["seq"])

    client.on("deployment.status", keep)
    return client, seen


def run(peer: Peer, token: Any = "t-1", **options: Any) -> tuple[list[int], Mapping[str, Any] | None]:
    async def follow() -> tuple[list[int], Mapping[str, Any] | None]:
        async with peer.server() as server:
            client, seen = a_client(server, token, **options)
            await client.subscribe(ID, last_seq=0)
            async with asyncio.timeout(30):
                return seen, await client.run(until_terminal=True)

    return asyncio.run(follow())


def test_after_a_drop_it_goes_on_where_it_was() -> None:
    peer = Peer(tells(1, 2, then="drop"), tells(3, then="drop"), tells(3, 4, then="end"))
    seen, last = run(peer)
    assert seen == [1, 2, 3, 4, 5]
    assert last is not None
    assert last["data"]["operation_status"] == "success"
    assert [one["last_seq"] for one in peer.asked] == [0, 2, 3]


def test_a_message_that_is_missing_is_asked_for() -> None:
    peer = Peer(tells(1, 4), tells(2, 3, 4, then="end"))
    seen, _ = run(peer)
    assert seen == [1, 2, 3, 4, 5]
    assert [one["last_seq"] for one in peer.asked] == [0, 1]


def test_a_fresh_token_is_asked_for_when_the_old_one_expires() -> None:
    peer = Peer(tells(1), tells(2, then="end"))

    async def expire(connection: ServerConnection, request: Mapping[str, Any]) -> None:
        await tells(1)(connection, request)
        peer.good = "t-2"
        await connection.close(4401, "the token has expired")

    peer.acts[0] = expire
    tokens = iter(["t-1", "t-2"])
    seen, _ = run(peer, lambda: next(tokens))
    assert (seen, peer.tokens) == ([1, 2, 3], ["t-1", "t-2"])


@pytest.mark.parametrize("token", ["bad", lambda: "bad"], ids=["a text", "a function"])
def test_a_token_that_is_refused_ends_it(token: Any) -> None:
    peer = Peer()
    with pytest.raises(Refused) as refused:
        run(peer, token)
    assert refused.value.status == 401
    assert len(peer.tokens) == (2 if callable(token) else 1)


def test_a_server_that_answers_no_ping_is_left() -> None:
    peer = Peer(tells(1), tells(2, then="end"))
    seen, _ = run(peer, ping_interval=0.05)
    assert seen == [1, 2, 3]


def test_without_reconnecting_a_drop_is_an_error() -> None:
    with pytest.raises(Exception, match="close frame"):
        run(Peer(tells(1, then="drop")), auto_reconnect=False)


def test_several_handlers_hear_a_message_and_one_that_fails_does_not_keep_it_from_the_others() -> None:
    heard: list[str] = []

    async def follow() -> None:
        async with Peer(tells(1, then="end")).server() as server:
            client, _ = a_client(server)

            def fail(message: Mapping[str, Any]) -> None:
                raise ValueError("a handler's mistake")

            client.on("deployment.status", fail)
            client.on("*", lambda message: heard.append(message["type"]))
            await client.subscribe(ID)
            await client.run(until_terminal=True)
            assert client.last_seq(ID) == 2

    asyncio.run(follow())
    assert heard == ["deployment.status"] * 3


def test_disconnecting_is_for_good() -> None:
    async def follow() -> tuple[Any, int]:
        peer = Peer(tells(1))
        async with peer.server() as server:
            client, _ = a_client(server)
            client.on("*", lambda message: asyncio.ensure_future(client.disconnect()) and None)
            await client.subscribe(ID)
            async with asyncio.timeout(10):
                return await client.run(), len(peer.tokens)

    assert asyncio.run(follow()) == (None, 1)
