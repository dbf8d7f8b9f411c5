"""What `benchmarks/realtime.py` puts under load, each in a process of its own: our server over the in-memory log or
DynamoDB, and a bare `websockets` server that broadcasts.

A server prints its address as a line of JSON. For each line `{"rate": R, "seconds": S}` that it is given it tells R
messages a second, with the time of writing in each, and prints what that took.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from websockets.asyncio.server import ServerConnection, broadcast, serve

from api.app import create_app
from api.testing.issuer import TokenIssuer
from api.testing.serving import serving
from cloud_core.adapters.dynamodb.client import AccessKey, records_client
from cloud_core.adapters.dynamodb.records import DynamoRecords
from cloud_core.adapters.dynamodb.tables import create_tables
from cloud_core.domain.events import EventName
from cloud_core.ports.records import Records
from cloud_core.settings import Settings
from cloud_core.settings.realtime import RealtimeSettings
from cloud_core.testing.builders import DEPLOYMENT_ID, an_event
from cloud_core.testing.clock import RunningClock
from cloud_core.testing.edge import FakeEdge
from sandbox.offline import aws_server


def paced(rate: float, seconds: float, tell: Callable[[], None]) -> None:
    """At even distances, whatever telling takes."""
    begun = time.monotonic()
    for number in range(round(rate * seconds)):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        tell()


def commands(tell: Callable[[], None]) -> None:
    """Serve lines of standard input until it ends."""
    process = psutil.Process()
    for line in sys.stdin:
        asked = json.loads(line)
        before = sum(process.cpu_times()[:2])
        if asked["seconds"]:
            paced(asked["rate"], asked["seconds"], tell)
        say(cpu=sum(process.cpu_times()[:2]) - before, rss=process.memory_info().rss)


def say(**told: Any) -> None:
    print(json.dumps(told), flush=True)


def ours(records: Records | None = None) -> None:
    """`/ws` as `cloud serve` has it, over records in memory when no others are given."""
    with tempfile.TemporaryDirectory() as folder, TokenIssuer().serving() as issuer:
        edge, clock = FakeEdge(Path(folder), records=records), RunningClock()
        live = RealtimeSettings(sockets=10_000, sockets_readonly=10_000)
        app = create_app(Settings(cognito=issuer.settings, realtime=live), edge, clock)  # type: ignore[arg-type]
        token = issuer.token(issuer.claims(clock, "rob", groups=("ReadOnly", "org:Acme")))
        events = edge.world.records.events

        def tell() -> None:
            events.append(an_event(event=EventName.LOG, data={"message": "x" * 80, "written": time.monotonic()}))

        with serving(app) as place:
            say(url=f"ws://{place}/ws", token=token, deployment_id=DEPLOYMENT_ID)
            commands(tell)


def dynamodb() -> None:
    """The same over the DynamoDB of the sandbox, which is a process of its own."""
    with aws_server() as url:
        client = records_client(url, "us-east-1", AccessKey("test", "test"))
        create_tables(client, "bench-")
        ours(DynamoRecords(client, "bench-", RunningClock()))


def bare() -> None:
    """Nothing but `websockets.broadcast` of a message of the same size."""
    loop, sockets = asyncio.new_event_loop(), set[ServerConnection]()
    number = 0

    async def hold(connection: ServerConnection) -> None:
        sockets.add(connection)
        await connection.wait_closed()

    def tell() -> None:
        nonlocal number
        number += 1
        data = {"message": "x" * 80, "written": time.monotonic(), "stack_name": None, "level": "info"}
        message = {
            "type": "log.created",
            "deployment_id": DEPLOYMENT_ID,
            "seq": number,
            "data": data,
            "fill": "x" * 250,
        }
        loop.call_soon_threadsafe(broadcast, sockets, json.dumps(message))

    async def run() -> None:
        async with serve(hold, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
            host, port = next(iter(server.sockets)).getsockname()[:2]
            say(url=f"ws://{host}:{port}", token="", deployment_id=DEPLOYMENT_ID)
            await asyncio.to_thread(commands, tell)

    loop.run_until_complete(run())


if __name__ == "__main__":
    {"ours": ours, "bare": bare, "dynamodb": dynamodb}[sys.argv[1]]()
