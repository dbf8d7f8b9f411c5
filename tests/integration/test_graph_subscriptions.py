"""Subscriptions over real sockets: who gets in, what is told, when it ends; and the client."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from api.app import create_app
from api.testing.issuer import TokenIssuer
from cloud_core.adapters.graph.client import GraphQLClient
from cloud_core.adapters.local.clock import SystemClock
from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import InvalidInput, NotFound, NotPermitted, Unavailable
from cloud_core.domain.events import EventName
from cloud_core.domain.records import LogLevel, StackRecord
from cloud_core.domain.statuses import StackStatus
from cloud_core.settings import Settings
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.builders import a_log_entry, a_stack, an_event
from cloud_core.testing.clock import ScriptedClock
from cloud_core.testing.edge import FakeEdge
from cloud_core.testing.outages import RecordsWithOutages
from cloud_core.testing.records import InMemoryRecords

T = TypeVar("T")
SECONDS = 60


class Live:
    """The application behind a real server, over fakes."""

    def __init__(self, edge: FakeEdge, issuer: TokenIssuer, url: str) -> None:
        self.records = edge.world.records
        self.issuer = issuer
        self.url = url

    def token(self, group: str = "ReadOnly", organization: str = "Acme", seconds: int = 3600) -> str:
        claims = self.issuer.claims(SystemClock(), "rob", groups=(group, f"org:{organization}"))
        return self.issuer.token({**claims, "exp": claims["iat"] + seconds})

    def client(self, **more: Any) -> GraphQLClient:
        return GraphQLClient(self.url, lambda: self.token(**more))


@contextmanager
def live_with(folder: Path, records: Any = None, **limits: float) -> Iterator[Live]:
    edge = FakeEdge(folder, records=records)
    with TokenIssuer().serving() as issuer:
        app = create_app(Settings(cognito=issuer.settings, graphql=limits), edge)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="websockets-sansio"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            thread.join(0.02)
        (listener,) = server.servers[0].sockets
        yield Live(edge, issuer, f"http://127.0.0.1:{listener.getsockname()[1]}/graphql")
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live_with(tmp_path_factory.mktemp("edge"), poll_seconds=0.05, max_subscriptions=2) as made:
        yield made


class Socket:
    """A socket, spoken to by hand."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(await asyncio.wait_for(self.connection.recv(), SECONDS))
        return told

    async def enter(self, token: str) -> None:
        await self.say(type="connection_init", payload={"Authorization": f"Bearer {token}"})
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, query: str, id: str = "1") -> None:
        await self.say(type="subscribe", id=id, payload={"query": query})

    async def closed(self) -> int:
        """The code that it is closed with."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed as error:
            return error.rcvd.code if error.rcvd else 0


def on_socket(live: Live, talk: Callable[[Socket], Awaitable[T]]) -> T:
    async def run() -> T:
        address = live.url.replace("http", "ws", 1)
        async with connect(address, subprotocols=["graphql-transport-ws"]) as connection:  # type: ignore[list-item]
            return await talk(Socket(connection))

    return asyncio.run(run())


def first_told(live: Live, name: str, change: Callable[[], object], **variables: Any) -> Any:
    """What the subscription tells first; the change is made again until it does, as nothing says when it has begun."""

    async def run() -> Any:
        stream = live.client().follow(name, deployment_id=ID, **variables)
        told = asyncio.ensure_future(anext(stream))
        while not told.done():
            change()
            await asyncio.wait([told], timeout=0.2)
        found = await told
        await stream.aclose()  # type: ignore[attr-defined]
        return found

    return asyncio.run(run())


def a_timestamp(seconds: float) -> str:
    """So many seconds from now."""
    return timestamp(SystemClock().now() + timedelta(seconds=seconds))


LOGS = f'subscription {{ onLogCreated(deployment_id: "{ID}") {{ message level }} }}'


class TestWhatIsTold:
    def test_a_line(self, live: Live) -> None:
        live.records.logs.create(a_log_entry("old", timestamp="2031-01-01T00:00:00.000Z"))
        at = "2031-01-01T01:00:00.000Z"
        change = lambda: live.records.logs.create(a_log_entry("new", log_level=LogLevel.WARN, timestamp=at))  # noqa: E731
        told = first_told(live, "OnLogCreated", change)
        assert (told["message"], told["level"]) == ("new", "WARN")

    def test_a_deployment(self, live: Live) -> None:
        deployments = live.records.deployments

        def change() -> None:
            known = deployments.get_by_id(ID)
            assert known is not None
            deployments.update(known.model_copy(update={"last_deployed_by": "ann"}))

        told = first_told(live, "OnDeploymentUpdated", change)
        assert (told["deployment_id"], told["status"]) == (ID, "INITIALIZED")

    def test_stacks_of_one_name(self, live: Live) -> None:
        stacks = live.records.stacks
        made = {name: stacks.create(a_stack(name, status=StackStatus.DEPLOYING)) for name in ("dns", "network")}

        def change() -> None:
            for name in made:
                made[name] = stacks.update(made[name])

        told = first_told(live, "OnStackUpdated", change, stack_name="network")
        assert (told["stack_name"], told["status"]) == ("network", "DEPLOYING")

    def test_what_an_event_tells_of_is_told_without_polling(self, tmp_path: Path) -> None:
        """By the relay of the sockets: no look is due within the hour."""
        with live_with(tmp_path, poll_seconds=3600) as heard:
            stack = heard.records.stacks.create(a_stack("network", status=StackStatus.DEPLOYING))

            def change() -> None:
                nonlocal stack
                stack = heard.records.stacks.update(stack)
                heard.records.events.append(an_event(event=EventName.STACK_DEPLOYING, stack_name="network"))

            assert first_told(heard, "OnStackUpdated", change)["stack_name"] == "network"

    def test_a_line_from_a_clock_that_is_ahead_hides_no_other(self, live: Live) -> None:
        lines = live.records.logs

        async def talk(socket: Socket) -> list[str]:
            await socket.enter(live.token())
            await socket.subscribe(LOGS)
            found: list[str] = []
            # Again and again, as nothing says when the subscription has begun.
            for _ in range(50):
                name, at = ("late", a_timestamp(0)) if found else ("ahead", a_timestamp(600))
                lines.create(a_log_entry(name, timestamp=at))
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        found.append((await socket.hear())["payload"]["data"]["onLogCreated"]["message"])
                if "late" in found:
                    break
            return found

        told = on_socket(live, talk)
        assert (told[0], told[-1]) == ("ahead", "late")

    def test_while_the_records_are_away_nothing_is_told_and_nothing_lost(self, tmp_path: Path) -> None:
        records = RecordsWithOutages(InMemoryRecords(ScriptedClock()))
        with live_with(tmp_path, records=records, poll_seconds=0.05) as away:
            stack = away.records.stacks.create(a_stack("network", status=StackStatus.DEPLOYING))

            async def talk(socket: Socket) -> dict[str, Any]:
                await socket.enter(away.token())
                await socket.subscribe(f'subscription {{ onStackUpdated(deployment_id: "{ID}") {{ version }} }}')
                await self.begun(away, socket, stack)
                version = away.records.stacks.get_stack(ID, "network", stack.environment).version
                away.records.stacks.update(stack.model_copy(update={"version": version}))
                records.are_away = True
                await asyncio.sleep(0.3)  # several looks
                records.are_away = False
                while (told := await socket.hear())["payload"]["data"]["onStackUpdated"]["version"] <= version:
                    pass
                return told

            assert on_socket(away, talk)["type"] == "next"

    async def begun(self, live: Live, socket: Socket, stack: StackRecord) -> None:
        """Once something was told."""
        heard = asyncio.ensure_future(socket.hear())
        while not heard.done():
            known = live.records.stacks.get_stack(ID, "network", stack.environment)
            live.records.stacks.update(known)
            await asyncio.wait([heard], timeout=0.2)
        assert (await heard)["type"] == "next"


class TestWhoGetsIn:
    def test_a_user_has_so_many_sockets_and_each_that_is_closed_makes_room(self, live: Live) -> None:
        async def third(first: Socket) -> tuple[int, str]:
            await first.enter(live.token())
            address = live.url.replace("http", "ws", 1)
            protocols: Any = ["graphql-transport-ws"]
            async with connect(address, subprotocols=protocols) as one, connect(address, subprotocols=protocols) as two:
                await Socket(one).enter(live.token())
                await Socket(two).say(type="connection_init", payload={"Authorization": f"Bearer {live.token()}"})
                refused = await Socket(two).closed()
            async with connect(address, subprotocols=protocols) as again:
                await Socket(again).enter(live.token())
                return refused, "in"

        assert on_socket(live, third) == (4429, "in")

    @pytest.mark.parametrize("payload", [None, {}, {"Authorization": "Bearer x"}, {"Authorization": 1}, "x"])
    def test_nobody_without_a_token(self, live: Live, payload: Any) -> None:
        async def talk(socket: Socket) -> int:
            await socket.say(type="connection_init", payload=payload)
            return await socket.closed()

        assert on_socket(live, talk) == 4401

    def test_nothing_is_told_before_the_token(self, live: Live) -> None:
        async def talk(socket: Socket) -> int:
            await socket.subscribe(LOGS)
            return await socket.closed()

        assert on_socket(live, talk) == 4401

    def test_a_socket_ends_with_its_token(self, live: Live) -> None:
        async def talk(socket: Socket) -> int:
            await socket.enter(live.token(seconds=10))
            await socket.subscribe(LOGS)
            return await socket.closed()

        assert on_socket(live, talk) == 4401

    @pytest.mark.parametrize(
        ("who", "deployment_id", "kind"),
        [
            ({"organization": "Globex"}, ID, "Unauthorized"),
            ({"group": "Nobody"}, ID, "Unauthorized"),
            ({}, "D999999", "NotFound"),
        ],
    )
    def test_only_what_may_be_seen_is_followed(
        self, live: Live, who: dict[str, str], deployment_id: str, kind: str
    ) -> None:
        async def talk(socket: Socket) -> dict[str, Any]:
            await socket.enter(live.token(**who))
            await socket.subscribe(LOGS.replace(ID, deployment_id))
            return await socket.hear()

        told = on_socket(live, talk)
        assert told["type"] == "error"
        assert told["payload"][0]["extensions"]["errorType"] == kind


class TestLimits:
    def test_a_socket_takes_subscriptions_only_and_not_too_many(self, live: Live) -> None:
        async def talk(socket: Socket) -> list[str]:
            await socket.enter(live.token())
            found = []
            await socket.subscribe("{ __typename }", "query")
            found.append((await socket.hear())["payload"][0]["message"])
            for number in range(3):
                await socket.subscribe(LOGS, str(number))
            found.append((await socket.hear())["payload"][0]["message"])
            await socket.say(type="complete", id="0")
            await socket.say(type="ping")
            while (await socket.hear())["type"] != "pong":
                pass
            return found

        assert on_socket(live, talk) == ["a socket takes subscriptions only", "a socket takes 2 subscriptions"]

    @pytest.mark.parametrize(
        "text",
        [
            "{",
            "[1]",
            pytest.param("[" * 5000, id="deep"),
            '"x"',
            '{"type": "nonsense"}',
            '{"type": "subscribe", "id": "1"}',
        ],
    )
    def test_what_is_no_message_ends_the_socket(self, live: Live, text: str) -> None:
        async def talk(socket: Socket) -> int:
            await socket.enter(live.token())
            await socket.connection.send(text)
            return await socket.closed()

        assert on_socket(live, talk) == 4400


class TestTheClient:
    def test_it_asks(self, live: Live) -> None:
        assert live.client().ask("GetDeployment", deployment_id=ID)["project"] == "shop"

    def test_refusals_are_our_own_errors(self, live: Live) -> None:
        with pytest.raises(NotFound, match="does not exist"):
            live.client().ask("ListStacks", deployment_id="D999999")
        with pytest.raises(InvalidInput):
            live.client().ask("ListStacks", deployment_id=ID, limit=0)
        with pytest.raises(NotPermitted):
            live.client(organization="Globex").ask("GetDeployment", deployment_id=ID)
        with pytest.raises(NotPermitted, match="token"):
            GraphQLClient(live.url, lambda: "x").ask("GetDeployment", deployment_id=ID)
        with pytest.raises(Unavailable):
            GraphQLClient("http://127.0.0.1:9/graphql", lambda: "x").ask("GetDeployment", deployment_id=ID)

    def test_what_ends_a_subscription_is_told(self, live: Live) -> None:
        async def first(**who: Any) -> Any:
            return await anext(live.client(**who).follow("OnLogCreated", deployment_id=ID))

        with pytest.raises(NotPermitted, match="organisation"):
            asyncio.run(first(organization="Globex"))
        with pytest.raises(NotPermitted, match="token has ended"):
            asyncio.run(first(seconds=-100))

    def test_the_example_tells_how_it_stands_and_what_changes(self, tmp_path: Path) -> None:
        program = Path(__file__).resolve().parents[2] / "docs" / "examples" / "follow_graphql.py"
        with live_with(tmp_path, poll_seconds=0.05) as world:
            stack = world.records.stacks.create(a_stack("network", status=StackStatus.DEPLOYED))
            command = [sys.executable, "-u", str(program), world.url, ID, "dev"]
            environment = {**os.environ, "CLOUD_TOKEN": world.token()}
            with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as run:
                assert run.stdout is not None
                assert run.stdout.readline() == "1 of 1 stacks are deployed\n"
                assert run.stdout.readline() == "  1  network  DEPLOYED\n"
                changing = threading.Event()

                def change() -> None:
                    record = stack
                    while not changing.wait(0.2):
                        record = world.records.stacks.update(record.model_copy(update={"status": StackStatus.FAILED}))

                thread = threading.Thread(target=change)
                thread.start()
                told = run.stdout.readline()
                changing.set()
                thread.join()
                run.terminate()
        assert told.endswith("network (dev): FAILED\n")
