"""Sockets over a real server: who gets in, what they are told, and that nothing is missing however often they drop."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.app import create_app
from api.testing.issuer import SigningKey, TokenIssuer
from api.testing.serving import serving
from cloud_core.domain.events import EventName
from cloud_core.domain.statuses import Action
from cloud_core.settings import Settings
from cloud_core.settings.realtime import RealtimeSettings
from cloud_core.testing.builders import DEPLOYMENT_ID, an_event
from cloud_core.testing.clock import FakeClock, RunningClock
from cloud_core.testing.edge import FakeEdge
from cloud_core.testing.recordings import Recording

RECORDINGS: Final = sorted((Path(__file__).parents[1] / "unit" / "recordings").glob("*.jsonl"))
PLAY_SECONDS: Final = 4.0
DROPS: Final = 20
KEY: Final = "key-of-tests"


@pytest.fixture(scope="module")
def issuer() -> Iterator[TokenIssuer]:
    with TokenIssuer().serving() as serving_keys:
        yield serving_keys


class Live:
    """Gateways over the same records, and whoever may watch."""

    def __init__(self, edge: FakeEdge, issuer: TokenIssuer, clock: FakeClock, places: list[str]) -> None:
        self.edge, self.issuer, self.clock, self.places = edge, issuer, clock, places

    def url(self, number: int = 0) -> str:
        return f"ws://{self.places[number]}/ws"

    def token(self, *groups: str, **changes: Any) -> str:
        claims = self.issuer.claims(self.clock, "rob", groups=groups or ("ReadOnly", "org:Acme"))
        return self.issuer.token({**claims, **changes})

    def bearer(self, *groups: str, **changes: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(*groups, **changes)}"}

    def tell(self, **fields: Any) -> None:
        self.edge.world.records.events.append(an_event(**fields))


MakeLive = Callable[..., Live]


@pytest.fixture
def make_live(tmp_path: Path, issuer: TokenIssuer) -> Iterator[MakeLive]:
    with ExitStack() as open_now:

        def make(processes: int = 1, **settings: Any) -> Live:
            edge, clock = FakeEdge(tmp_path), RunningClock()
            asked = Settings(cognito=issuer.settings, realtime=RealtimeSettings(calls_per_second=200, **settings))
            apps = [create_app(asked, edge, clock) for _ in range(processes)]
            return Live(edge, issuer, clock, [open_now.enter_context(serving(app)) for app in apps])

        yield make


@pytest.fixture
def live(make_live: MakeLive) -> Live:
    return make_live()


async def ask(opened: Any, **request: Any) -> None:
    await opened.send(json.dumps(request))


async def heard(opened: Any, seconds: float = 20.0) -> dict[str, Any]:
    async with asyncio.timeout(seconds):
        message: dict[str, Any] = json.loads(await opened.recv())
    return message


async def heard_until(opened: Any, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    messages = [await heard(opened)]
    while not wanted(messages[-1]):
        messages.append(await heard(opened))
    return messages


async def upgrade_status(live: Live, url: str, headers: dict[str, str]) -> int:
    try:
        async with connect(url, additional_headers=headers):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_a_token_is_looked_at_before_the_upgrade(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    now = int(live.clock.now().timestamp())
    forged = live.issuer.token(live.issuer.claims(live.clock, groups=("ReadOnly", "org:Acme")), SigningKey("key-1"))
    refused = {
        "none": {},
        "another scheme": {"Authorization": "Basic YTpi"},
        "unreadable": {"Authorization": "Bearer a.b.c"},
        "forged": {"Authorization": f"Bearer {forged}"},
        "expired": live.bearer(exp=now - 1),
        "of another client": live.bearer(client_id="another"),
        "of another pool": live.bearer(iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_OTHER"),
    }
    told = {name: asyncio.run(upgrade_status(live, live.url(), headers)) for name, headers in refused.items()}
    assert told == dict.fromkeys(refused, 401)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert asyncio.run(upgrade_status(live, live.url(), live.bearer("org:Acme"))) == 403
    assert asyncio.run(upgrade_status(live, live.url(), live.bearer("ReadOnly"))) == 403
    assert asyncio.run(upgrade_status(live, f"{live.url()}?token={live.token()}", {})) == 101
    assert asyncio.run(upgrade_status(live, f"{live.url()}?token={live.token()}", refused["forged"])) == 401


def test_who_asks_without_an_upgrade_is_told_what_it_would_be_answered_with(live: Live) -> None:
    """Pages are told nothing of an upgrade that was refused."""
    address = f"http://{live.places[0]}/ws"
    expired = live.bearer(exp=int(live.clock.now().timestamp()) - 1)
    told = [httpx.get(address, headers=headers) for headers in ({}, expired, live.bearer("org:Acme"), live.bearer())]
    assert [one.status_code for one in told] == [401, 401, 403, 426]
    assert [one.json().get("code") for one in told[:2]] == ["INVALID_TOKEN", "TOKEN_EXPIRED"]
    assert told[-1].headers["upgrade"] == "websocket"


def test_a_server_that_holds_enough_sockets_refuses_more(make_live: MakeLive) -> None:
    live = make_live(sockets=1)

    async def two() -> int:
        async with connect(live.url(), additional_headers=live.bearer()):
            return await upgrade_status(live, live.url(), live.bearer())

    assert asyncio.run(two()) == 429


def test_a_user_has_only_so_many_sockets(make_live: MakeLive) -> None:
    live = make_live(sockets_readonly=2)
    another = live.issuer.claims(live.clock, "eve", groups=("ReadOnly", "org:Acme"))
    eve = {"Authorization": f"Bearer {live.issuer.token(another)}"}

    async def three() -> tuple[int, int, int]:
        async with connect(live.url(), additional_headers=live.bearer()) as first:
            async with connect(live.url(), additional_headers=live.bearer()):
                refused = await upgrade_status(live, live.url(), live.bearer())
                others = await upgrade_status(live, live.url(), eve)
            await ask(first, action="ping")
            await heard(first)
            return refused, others, await upgrade_status(live, live.url(), live.bearer())

    assert asyncio.run(three()) == (429, 101, 101)


def test_only_what_is_wanted_comes(live: Live) -> None:
    """Live and replayed: the same messages, and the client knows that nothing is missing."""

    async def watch() -> list[list[tuple[int, int]]]:
        async with connect(live.url(), additional_headers=live.bearer()) as opened:
            await ask(opened, action="subscribe", deployment_id=DEPLOYMENT_ID, min_level="WARN", types=["log.created"])
            said = [await heard(opened), await heard(opened)]
            assert said[0]["data"]["filters"] == {"types": ["log.created"], "min_level": "warn"}
            for level in ("info", "warn", "debug", "error"):
                live.tell(event=EventName.LOG, data={"message": "hello", "level": level})
            alive = [await heard(opened), await heard(opened)]
            channel = f"deployments/{DEPLOYMENT_ID}-dev"
            again = {"channel": channel, "last_seq": 0, "min_level": "warn", "types": ["log.created"]}
            await ask(opened, type="subscribe", **again)
            replayed = await heard_until(opened, lambda one: one.get("seq") == 4)
            return [
                [(one["after_seq"], one["seq"]) for one in told if "after_seq" in one] for told in (alive, replayed)
            ]

    assert asyncio.run(watch()) == [[(0, 2), (2, 4)], [(0, 2), (2, 4)]]


def test_no_token_is_logged(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    token = live.token()
    with caplog.at_level(logging.INFO, "uvicorn.error"), caplog.at_level(logging.DEBUG, "realtime"):

        async def once() -> None:
            async with connect(f"{live.url()}?token={token}") as opened:
                await ask(opened, action="ping")
                await heard(opened)

        asyncio.run(once())
    assert "token=redacted" in caplog.text
    assert token.rpartition(".")[2] not in caplog.text


def test_requests_are_answered_on_the_socket(live: Live) -> None:
    async def talk() -> list[dict[str, Any]]:
        requests = [
            '{"action": "ping"}',
            "no json",
            "[]",
            '{"action": "authenticate"}',
            '{"action": "subscribe"}',
            '{"action": "subscribe", "deployment_id": "../x"}',
            '{"action": "subscribe", "deployment_id": "D1BRV40", "last_seq": -1}',
            '{"action": "subscribe", "deployment_id": "D999999"}',
            '{"action": "unsubscribe", "deployment_id": "D1BRV40"}',
        ]
        async with connect(live.url(), additional_headers=live.bearer()) as opened:
            for request in requests:
                await opened.send(request)
            return [await heard(opened) for _ in requests]

    answers = asyncio.run(talk())
    assert [one["type"] for one in answers] == ["pong", *["error"] * 7, "unsubscribed"]
    assert set(answers[0]) == {"type", "timestamp"}
    codes = [one["data"]["code"] for one in answers[1:8]]
    assert codes == ["INVALID_INPUT"] * 6 + ["DEPLOYMENT_NOT_FOUND"]


def test_a_reader_of_another_organisation_sees_nothing(live: Live) -> None:
    async def watch() -> tuple[list[str], str]:
        async with (
            connect(live.url(), additional_headers=live.bearer("ReadOnly", "org:Other")) as other,
            connect(live.url(), additional_headers=live.bearer()) as ours,
        ):
            await ask(other, action="subscribe", deployment_id=DEPLOYMENT_ID)
            refusal = await heard(other)
            await ask(ours, action="subscribe", deployment_id=DEPLOYMENT_ID)
            await heard_until(ours, lambda one: one["type"] == "deployment.status")
            live.tell(event=EventName.LOG, data={"message": "hello"})
            await heard_until(ours, lambda one: one["type"] == "log.created")
            await ask(other, action="ping")
            return [(await heard(other))["type"]], refusal["data"]["code"]

    assert asyncio.run(watch()) == (["pong"], "ORGANIZATION_MISMATCH")


def test_first_comes_a_snapshot_then_what_happens(live: Live) -> None:
    live.edge.world.start()
    last = live.edge.world.records.events.last_seq(DEPLOYMENT_ID)

    async def watch() -> list[dict[str, Any]]:
        async with connect(live.url(), additional_headers=live.bearer()) as opened:
            await ask(opened, action="subscribe", deployment_id=DEPLOYMENT_ID)
            first = [await heard(opened), await heard(opened)]
            await asyncio.to_thread(live.edge.world.start, Action.DESTROY)
            rest = await heard_until(opened, lambda one: "operation_status" in one.get("data", {}))
            return first + rest

    said, snapshot, *rest = asyncio.run(watch())
    assert (said["type"], said["deployment_id"]) == ("subscribed", DEPLOYMENT_ID)
    assert (snapshot["data"]["event"], snapshot["data"]["operation_status"]) == ("snapshot", "success")
    assert snapshot["seq"] == last
    stored = live.edge.world.records.events.read(DEPLOYMENT_ID, last)
    assert [one["seq"] for one in rest if "seq" in one] == [event.seq for event in stored]
    assert rest[-1]["data"]["status"] == "destroyed"


def test_a_socket_closes_when_its_token_expires(live: Live) -> None:
    async def wait() -> int:
        exp = int(live.clock.now().timestamp()) + 2
        async with connect(live.url(), additional_headers=live.bearer(exp=exp)) as opened:
            with pytest.raises(ConnectionClosed) as closed:
                await heard(opened)
            return closed.value.rcvd.code if closed.value.rcvd else 0

    assert asyncio.run(wait()) == 4401


def test_an_idle_socket_and_one_that_breaks_the_rules_are_closed(make_live: MakeLive) -> None:
    live = make_live(idle_seconds=1.0)

    async def closed_with(message: str | bytes | None) -> int:
        async with connect(live.url(), additional_headers=live.bearer()) as opened:
            if message is not None:
                await opened.send(message)
            with pytest.raises(ConnectionClosed) as closed:
                await heard(opened)
            return closed.value.rcvd.code if closed.value.rcvd else 0

    assert asyncio.run(closed_with(None)) == 4408
    assert asyncio.run(closed_with(b"binary")) == 1003
    assert asyncio.run(closed_with("x" * 140_000)) == 1009


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_client_that_drops_twenty_times_has_the_whole_log(make_live: MakeLive, path: Path) -> None:
    """A public client, over two processes, while a recorded run is told: no event is missing, none comes twice."""
    live = make_live(processes=2)
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    recording = Recording.read(path)
    records, deployment_id = live.edge.world.records, recording.deployment.deployment_id
    recording.prepare(records, organization="Acme")
    events = recording.events
    cuts = sorted(chance.sample(range(1, len(events)), DROPS))

    def play() -> None:
        for event in events:
            recording.play(records, event)
            time.sleep(chance.uniform(0.0, 2 * PLAY_SECONDS / len(events)))

    async def until_dropped(seen: list[dict[str, Any]], drop_at: int | None) -> None:
        """Forgets nothing but the connection."""
        place = live.url(chance.randrange(2))
        last = max((one["seq"] for one in seen), default=0)
        async with connect(place, additional_headers=live.bearer()) as opened:
            await ask(opened, action="subscribe", deployment_id=deployment_id, last_seq=last)
            while last < (drop_at or len(events)):
                message = await heard(opened)
                assert message["type"] not in ("gap", "error"), message
                if message.get("seq") and message["data"].get("event") != "snapshot":
                    seen.append(message)
                    last = message["seq"]
            opened.transport.abort()

    async def follow() -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []
        playing = asyncio.create_task(asyncio.to_thread(play))
        for cut in [*cuts, None]:
            await until_dropped(seen, cut)
        await playing
        return seen

    seen = asyncio.run(follow())
    assert [one["seq"] for one in seen] == list(range(1, len(events) + 1)), f"seed {seed}"
    assert [one["operation_id"] for one in seen] == [event.operation_id for event in events]
    ends = [one["data"]["operation_status"] for one in seen if "operation_status" in one["data"]]
    assert ends == [one.status.value for one in sorted(recording.operations, key=lambda one: one.created_at)]


def test_a_slow_reader_gets_a_gap_and_holds_up_nobody(make_live: MakeLive) -> None:
    live = make_live(queued_messages=20)
    number, at_once = 600, 15
    host, _, port = live.places[0].partition(":")

    async def watch() -> tuple[list[int], list[dict[str, Any]]]:
        narrow = socket.create_connection((host, int(port)))
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 262_144)
        async with (
            connect(
                live.url(),
                additional_headers=live.bearer(),
                sock=narrow,
                max_queue=1,
                compression=None,
                ping_interval=None,
            ) as slow,
            connect(live.url(), additional_headers=live.bearer(), compression=None) as quick,
        ):
            for one in (slow, quick):
                await ask(one, action="subscribe", deployment_id=DEPLOYMENT_ID)
                await heard_until(one, lambda message: message["type"] == "deployment.status")
            seen: list[int] = []
            while len(seen) < number:
                for _ in range(at_once):
                    live.tell(event=EventName.LOG, data={"message": "x" * 15_000})
                seen += [(await heard(quick))["seq"] for _ in range(at_once)]
            slowly = await heard_until(slow, lambda one: one["type"] == "gap")
            await ask(slow, action="subscribe", deployment_id=DEPLOYMENT_ID, last_seq=slowly[-1]["data"]["after_seq"])
            again = await heard_until(slow, lambda one: one["type"] == "subscribed")
            rest = await heard_until(slow, lambda one: one.get("seq") == number and one["type"] == "log.created")
            return seen, [*slowly, *again, *rest]

    seen, slowly = asyncio.run(watch())
    assert seen == list(range(1, number + 1))
    gaps = [index for index, one in enumerate(slowly) if one["type"] == "gap"]
    before = [one["seq"] for one in slowly[: gaps[0]] if "seq" in one]
    told = slowly[gaps[0]]["data"]
    assert told["after_seq"] == before[-1]
    asked = next(index for index, one in enumerate(slowly) if one["type"] == "subscribed")
    after = [one["seq"] for one in slowly[asked:] if one["type"] == "log.created"]
    assert after == list(range(told["after_seq"] + 1, number + 1))


def test_other_processes_push_with_the_key(make_live: MakeLive) -> None:
    live = make_live(connections_key=KEY)
    base = f"http://{live.places[0]}/ws/@connections"

    async def push() -> list[int]:
        async with httpx.AsyncClient(headers={"x-api-key": KEY}) as client:
            return [
                (await client.post(f"{base}/nobody", content="x")).status_code,
                (await client.get(f"{base}/nobody")).status_code,
                (await client.put(f"{base}/nobody")).status_code,
                (await client.post(f"{base}/nobody", content="x" * 200_000)).status_code,
                (await client.get(f"{base}/nobody", headers={"x-api-key": "wrong"})).status_code,
            ]

    assert asyncio.run(push()) == [410, 410, 405, 413, 403]


def test_without_a_key_nobody_pushes(live: Live) -> None:
    assert httpx.get(f"http://{live.places[0]}/ws/@connections/x").status_code == 404
