"""One suite over all shapes: sockets and relay in one process; apart over DynamoDB and the management API; and with
Lambda's functions out of their archive, in a process that has nothing but what Lambda gives them."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from api.live import live_routes
from api.testing.issuer import TokenIssuer
from api.testing.serving import serving
from cloud_core.adapters.aws.management_api import ManagementApi, management_client
from cloud_core.adapters.dynamodb.client import AccessKey, records_client
from cloud_core.adapters.dynamodb.connections import DynamoConnections
from cloud_core.adapters.dynamodb.records import DynamoRecords
from cloud_core.adapters.dynamodb.table import Table
from cloud_core.adapters.dynamodb.tables import create_tables
from cloud_core.adapters.local.clock import SystemClock
from cloud_core.adapters.local.connections import LocalConnections
from cloud_core.adapters.local.function_package import FunctionPackage, build_package
from cloud_core.bootstrap.access import pool_tokens
from cloud_core.domain.access.permissions import Rights
from cloud_core.domain.events import EventName
from cloud_core.domain.statuses import Action
from cloud_core.domain.tables import CONNECTIONS
from cloud_core.ports.clock import Clock
from cloud_core.ports.connections import Connections, Postbox
from cloud_core.settings.realtime import RealtimeSettings
from cloud_core.testing.builders import DEPLOYMENT_ID, an_event
from cloud_core.testing.clock import RunningClock
from cloud_core.testing.edge import FakeEdge
from cloud_core.testing.sandbox_files import write_sandbox
from cloud_core.testing.waiting import wait_for
from realtime.function_process import FunctionProcess
from realtime.server import Door, LiveServer

KEY: Final = "key-of-tests"


class Later:
    """A postbox whose address is known once the server listens."""

    def __init__(self) -> None:
        self.box: Postbox

    async def post(self, connection_id: str, text: str) -> None:
        await self.box.post(connection_id, text)

    async def close(self, connection_id: str, code: int, reason: str) -> None:
        await self.box.close(connection_id, code, reason)


class Shape:
    def __init__(self, edge: FakeEdge, issuer: TokenIssuer, connections: Connections, url: str, clock: Clock) -> None:
        self.edge, self.issuer, self.connections, self.url, self.clock = edge, issuer, connections, url, clock

    def bearer(self, **changes: Any) -> dict[str, str]:
        claims = self.issuer.claims(self.clock, "rob", groups=("ReadOnly", "org:Acme"))
        return {"Authorization": f"Bearer {self.issuer.token({**claims, **changes})}"}


ALONE, APART, FUNCTIONS = "one process", "gateway apart", "functions of the archive"


def connections_of(request: pytest.FixtureRequest, prefix: str, edge: FakeEdge, clock: Clock) -> Connections:
    """With the deployment beside them in the records, for functions that look there."""
    if request.param == ALONE:
        return LocalConnections(clock)
    client = records_client(request.getfixturevalue("aws_of_worker"), "us-east-1", AccessKey("sandbox", "sandbox"))
    request.addfinalizer(client.close)
    create_tables(client, prefix)
    known = edge.world.records.deployments.get_by_id(DEPLOYMENT_ID)
    assert known is not None
    DynamoRecords(client, prefix, clock).deployments.create(known)
    return DynamoConnections(Table(client, prefix + CONNECTIONS.name, clock, 1.0), clock)


def functions_of(
    request: pytest.FixtureRequest, prefix: str, issuer: TokenIssuer, place: str, folder: Path
) -> FunctionProcess | None:
    """In a sandbox that is nothing but the worker's AWS."""
    if request.param != FUNCTIONS:
        return None
    write_sandbox(folder, request.getfixturevalue("aws_of_worker"))
    variables = {
        "CLOUD_WORKSPACE": str(folder),
        "CLOUD_AWS__TABLE_PREFIX": prefix,
        "CLOUD_COGNITO__USER_POOL_ID": str(issuer.settings.user_pool_id),
        "CLOUD_COGNITO__CLIENT_ID": str(issuer.settings.client_id),
        "CLOUD_COGNITO__JWKS_URL": issuer.url,
        "CLOUD_REALTIME__ENDPOINT": place,
        "CLOUD_REALTIME__CONNECTIONS_KEY": KEY,
    }
    return FunctionProcess(request.getfixturevalue("function_package").path, variables)


@pytest.fixture(scope="module")
def function_package(tmp_path_factory: pytest.TempPathFactory) -> FunctionPackage:
    return build_package(tmp_path_factory.mktemp("package") / "functions.zip")


@pytest.fixture(params=[ALONE, APART, pytest.param(FUNCTIONS, marks=pytest.mark.extended)])
def shape(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shape]:
    clock: Clock = SystemClock() if request.param == FUNCTIONS else RunningClock()
    edge, later, prefix = FakeEdge(tmp_path), Later(), f"t{uuid4().hex[:8]}-"
    connections = connections_of(request, prefix, edge, clock)
    with TokenIssuer().serving() as issuer, socket.create_server(("127.0.0.1", 0)) as listener:
        door = Door(pool_tokens(issuer.settings, clock), Rights())
        settings = RealtimeSettings(calls_per_second=200, connections_key=SecretStr(KEY))
        place = f"http://127.0.0.1:{listener.getsockname()[1]}/ws"
        functions = functions_of(request, prefix, issuer, place, tmp_path / "sandbox")
        postbox = later if request.param == APART else None
        live = LiveServer(settings, edge, door, clock, connections, postbox, functions)

        @asynccontextmanager
        async def lifespan(app: Starlette) -> Any:
            async with live.running():
                yield

        with serving(Starlette(routes=live_routes(live), lifespan=lifespan), listener):
            client = management_client(place, "us-east-1", key=KEY)
            later.box = ManagementApi(client)
            yield Shape(edge, issuer, connections, place.replace("http:", "ws:"), clock)
            client.close()


async def heard(opened: Any) -> dict[str, Any]:
    async with asyncio.timeout(30):
        message: dict[str, Any] = json.loads(await opened.recv())
    return message


async def subscribe(opened: Any, **more: Any) -> list[dict[str, Any]]:
    """The answer and the snapshot, in whichever order they come: only a gateway apart may turn them round."""
    await opened.send(json.dumps({"action": "subscribe", "deployment_id": DEPLOYMENT_ID, **more}))
    return sorted([await heard(opened), await heard(opened)], key=lambda one: one["type"], reverse=True)


def test_a_run_is_followed_from_its_snapshot_to_its_end(shape: Shape) -> None:
    async def watch() -> list[dict[str, Any]]:
        async with connect(shape.url, additional_headers=shape.bearer()) as opened:
            messages = await subscribe(opened)
            await asyncio.to_thread(shape.edge.world.start, Action.DEPLOY)
            while "operation_status" not in messages[-1].get("data", {}):
                messages.append(await heard(opened))
            await opened.send('{"action": "ping"}')
            return [*messages, await heard(opened)]

    said, snapshot, *rest, pong = asyncio.run(watch())
    assert (said["type"], snapshot["data"]["event"], pong["type"]) == ("subscribed", "snapshot", "pong")
    stored = shape.edge.world.records.events.read(DEPLOYMENT_ID)
    assert [one["seq"] for one in rest if "seq" in one] == [event.seq for event in stored]
    assert (rest[-1]["data"]["status"], rest[-1]["data"]["progress_percent"]) == ("deployed", 100)


def test_what_was_missed_is_sent_first(shape: Shape) -> None:
    shape.edge.world.start(Action.DEPLOY)
    last = shape.edge.world.records.events.last_seq(DEPLOYMENT_ID)

    async def watch() -> list[dict[str, Any]]:
        async with connect(shape.url, additional_headers=shape.bearer()) as opened:
            messages = await subscribe(opened, last_seq=2)
            while messages[-1].get("seq") != last:
                messages.append(await heard(opened))
            return messages

    _, snapshot, *rest = asyncio.run(watch())
    assert (snapshot["data"]["event"], snapshot["seq"]) == ("snapshot", 2)
    assert [one["seq"] for one in rest if "seq" in one] == list(range(3, last + 1))


def test_only_what_is_wanted_comes(shape: Shape) -> None:
    async def watch() -> list[dict[str, Any]]:
        async with connect(shape.url, additional_headers=shape.bearer()) as opened:
            said, snapshot = await subscribe(opened, min_level="warn", types=["log.created"])
            assert said["data"]["filters"] == {"min_level": "warn", "types": ["log.created"]}
            for level in ("info", "warn", "debug", "error"):
                event = an_event(event=EventName.LOG, data={"message": "hello", "level": level})
                shape.edge.world.records.events.append(event)
            return [snapshot, await heard(opened), await heard(opened)]

    snapshot, *told = asyncio.run(watch())
    begin = snapshot["seq"]
    assert [(one["after_seq"], one["seq"]) for one in told] == [(begin, begin + 2), (begin + 2, begin + 4)]


def test_the_row_of_a_socket_that_is_gone_goes(shape: Shape) -> None:
    async def watch() -> None:
        async with connect(shape.url, additional_headers=shape.bearer()) as opened:
            await subscribe(opened)
            opened.transport.abort()

    asyncio.run(watch())
    shape.edge.world.records.events.append(an_event(event=EventName.LOG, data={"message": "hello"}))
    wait_for("nobody watches any more", lambda: not shape.connections.subscriptions())


def test_a_socket_whose_token_expires_is_closed(shape: Shape) -> None:
    async def watch() -> int:
        # Functions apart answer by their own clock, and a busy machine takes its time to subscribe.
        seconds = 12 if isinstance(shape.clock, SystemClock) else 3
        exp = int(shape.clock.now().timestamp()) + seconds
        async with connect(shape.url, additional_headers=shape.bearer(exp=exp)) as opened:
            await subscribe(opened)
            with pytest.raises(ConnectionClosed) as closed:
                await heard(opened)
            return closed.value.rcvd.code if closed.value.rcvd else 0

    assert asyncio.run(watch()) in (1000, 4401)
    wait_for("nobody watches any more", lambda: not shape.connections.subscriptions())
