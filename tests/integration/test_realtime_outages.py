"""While a recorded run goes on, the server ends and begins anew, the records are away, or the relay is replaced.

Clients come back by themselves and miss nothing."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from api.app import create_app
from api.testing.issuer import TokenIssuer
from api.testing.serving import serving
from cloud_core.adapters.local.connections import LocalConnections
from cloud_core.domain.access.users import Group, User
from cloud_core.domain.clock import timestamp
from cloud_core.domain.connections import LIFE_SECONDS, Connection, Subscription
from cloud_core.settings import Settings
from cloud_core.settings.realtime import RealtimeSettings
from cloud_core.testing.clock import RunningClock
from cloud_core.testing.edge import FakeEdge
from cloud_core.testing.missing import needed_node
from cloud_core.testing.outages import RecordsWithOutages
from cloud_core.testing.recordings import Recording
from cloud_core.testing.records import InMemoryRecords
from realtime.clients.python import CloudWebSocketClient
from realtime.clients.python.backoff import Backoff
from realtime.clients.python.followed import Followed, Verdict
from realtime.limits import Limits
from realtime.relay import Relay

TESTS: Final = Path(__file__).parents[1]
RECORDINGS: Final = TESTS / "unit" / "recordings"
FOLLOW: Final = TESTS / "typescript" / "follow.mjs"


class Run:
    """A recorded run, told event by event to records that may be away for whoever reads them."""

    def __init__(self, folder: Path, name: str = "killed_and_retried") -> None:
        self.recording = Recording.read(RECORDINGS / f"{name}.jsonl")
        self.clock = RunningClock()
        self._inner = InMemoryRecords(self.clock)
        self.records = RecordsWithOutages(self._inner)
        self.edge = FakeEdge(folder, records=self.records)
        self.recording.prepare(self._inner, organization="Acme")
        self.deployment_id = self.recording.deployment.deployment_id
        self.events = self.recording.events

    def play(self, begin: int, end: int | None = None) -> None:
        for event in self.events[begin:end]:
            self.recording.play(self._inner, event)

    @property
    def numbers(self) -> list[int]:
        return [event.seq for event in self.events]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


@pytest.fixture(scope="module")
def issuer() -> Iterator[TokenIssuer]:
    with TokenIssuer().serving() as serving_keys:
        yield serving_keys


def token_of(run: Run, issuer: TokenIssuer, **changes: Any) -> str:
    claims = issuer.claims(run.clock, "rob", groups=("ReadOnly", "org:Acme"))
    return issuer.token({**claims, **changes})


class Follower:
    """The Python client in a thread; it is told nothing of what happens to the server."""

    def __init__(self, run: Run, place: str, issuer: TokenIssuer) -> None:
        self._run = run
        token = token_of(run, issuer)
        self._client = CloudWebSocketClient(f"ws://{place}/ws", token, backoff=Backoff(0.05, 0.5))
        self.seen: list[int] = []
        self._reached = threading.Condition()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._follow()), daemon=True)
        self._thread.start()

    def wait(self, number: int) -> None:
        with self._reached:
            assert self._reached.wait_for(lambda: len(self.seen) >= number, timeout=30), self.seen

    async def _follow(self) -> None:
        async def keep(message: Any) -> None:
            if "seq" not in message or message["data"].get("event") == "snapshot":
                return
            with self._reached:
                self.seen.append(message["seq"])
                self._reached.notify_all()
            if len(self.seen) == len(self._run.events):
                await self._client.disconnect()

        self._client.on("*", keep)
        await self._client.subscribe(self._run.deployment_id, last_seq=0)
        async with asyncio.timeout(120):
            await self._client.run()


def app_of(run: Run, issuer: TokenIssuer) -> Any:
    settings = Settings(cognito=issuer.settings, realtime=RealtimeSettings(calls_per_second=200))
    return create_app(settings, run.edge, run.clock)  # type: ignore[arg-type]


def on_the_same_port(place: str) -> socket.socket:
    host, _, port = place.partition(":")
    return socket.create_server((host, int(port)))


def test_the_server_ends_and_begins_anew(run: Run, issuer: TokenIssuer) -> None:
    with serving(app_of(run, issuer)) as place:
        follower = Follower(run, place, issuer)
        run.play(0, 20)
        follower.wait(20)
    run.play(20, 40)
    with serving(app_of(run, issuer), on_the_same_port(place)):
        run.play(40)
        follower.wait(len(run.events))
    assert follower.seen == run.numbers


def typescript_client(run: Run, place: str, token: str) -> subprocess.Popen[str]:
    """It prints each message, with its last number, until an operation ends."""
    needed_node()
    asked = {"endpoint": f"http://{place}/ws", "tokens": [token], "deployment_id": run.deployment_id, "last_seq": 0}
    command = ("node", "--experimental-websocket", "--no-warnings", str(FOLLOW), json.dumps(asked))
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_the_typescript_client_comes_back_by_itself_too(tmp_path: Path, issuer: TokenIssuer) -> None:
    run = Run(tmp_path, "sixteen_stacks")
    with serving(app_of(run, issuer)) as place:
        node = typescript_client(run, place, token_of(run, issuer))
        assert node.stdout is not None
        run.play(0, 300)
        lines = [json.loads(node.stdout.readline())]
        while lines[-1].get("last_seq") != 300:
            lines.append(json.loads(node.stdout.readline()))
    run.play(300, 600)
    with serving(app_of(run, issuer), on_the_same_port(place)):
        run.play(600)
        rest, _ = node.communicate(timeout=60)
    lines += map(json.loads, rest.splitlines())
    messages = [line["message"] for line in lines if "message" in line]
    seen = [one["seq"] for one in messages if "seq" in one and one["data"].get("event") != "snapshot"]
    assert seen == run.numbers
    assert {"connecting", "open", "waiting", "closed"} == {
        line["connection"]["state"] for line in lines if "connection" in line
    }


def test_the_typescript_client_learns_why_it_is_not_let_in(run: Run, issuer: TokenIssuer) -> None:
    """Though nobody tells it what the upgrade was answered with."""
    with serving(app_of(run, issuer)) as place:
        expired = token_of(run, issuer, exp=int(run.clock.now().timestamp()) - 1)
        output, _ = typescript_client(run, place, expired).communicate(timeout=60)
    assert [json.loads(line) for line in output.splitlines()][-1] == {"end": "refused", "status": 401}


def test_the_records_are_away_for_those_who_read_them(run: Run, issuer: TokenIssuer) -> None:
    """Also when somebody subscribes meanwhile."""
    with serving(app_of(run, issuer)) as place:
        follower = Follower(run, place, issuer)
        run.play(0, 20)
        follower.wait(20)
        run.records.are_away = True
        run.play(20, 40)
        late = Follower(run, place, issuer)
        assert late.seen == []
        run.records.are_away = False
        run.play(40)
        for one in (follower, late):
            one.wait(len(run.events))
            assert one.seen == run.numbers


class Box:
    """A gateway whose one client does as ours: it asks again for what is missing."""

    def __init__(self, run: Run, connections: LocalConnections) -> None:
        self._run, self._connections = run, connections
        self._followed = Followed(0)
        self.seen: list[int] = []

    def subscribe(self) -> None:
        self._followed.asked()
        place = ("c-1", self._run.deployment_id, f"stamp {len(self.seen)}", 2_000_000_000)
        self._connections.subscribe(Subscription(*place, self._followed.last_seq))

    async def post(self, connection_id: str, text: str) -> None:
        message = json.loads(text)
        verdict = self._followed.judge(message)
        if verdict is Verdict.ASK_AGAIN:
            self.subscribe()
        if verdict is Verdict.TAKE and "seq" in message and message["data"].get("event") != "snapshot":
            self.seen.append(message["seq"])

    async def close(self, connection_id: str, code: int, reason: str) -> None:
        raise AssertionError(f"closed: {reason}")


def test_another_relay_takes_over_where_one_died(run: Run) -> None:
    """What is watched lies in the table, not in the relay."""
    connections = LocalConnections(run.clock)
    user = User("sub-1", "rob", Group.READ_ONLY, frozenset({"Acme"}), 2_000_000_000, "")
    now = timestamp(run.clock.now())
    connections.add(Connection("c-1", user, "", now, now, int(run.clock.now().timestamp()) + LIFE_SECONDS))
    box = Box(run, connections)
    box.subscribe()

    async def reach(number: int) -> None:
        async with asyncio.timeout(60):
            while len(box.seen) < number:
                await asyncio.sleep(0.01)

    async def live() -> None:
        for begin, end in ((0, 20), (20, 45), (45, len(run.events))):
            relay = Relay(run.edge, connections, box, run.clock, Limits(calls_per_second=200))
            relay.start()
            middle = (begin + end) // 2
            run.play(begin, middle)
            await reach(middle)
            await relay.stop()
            run.play(middle, end)

        relay = Relay(run.edge, connections, box, run.clock, Limits(calls_per_second=200))
        relay.start()
        await reach(len(run.events))
        await relay.stop()

    asyncio.run(live())
    assert box.seen == run.numbers
