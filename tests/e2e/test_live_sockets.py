"""A real deployment of all sixteen stacks, followed over sockets by a client that is not ours, and by ours, while the
connection drops again and again and the server is killed: each has the whole log once, and the deployment notices
nothing."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from cloud_core.bootstrap import EdgeServices
from cloud_core.domain.events import Event
from cloud_core.services.looking.watching import read_events
from cloud_core.testing.waiting import wait_for
from realtime.clients.python import CloudWebSocketClient
from realtime.clients.python.backoff import Backoff

pytestmark = [pytest.mark.xdist_group("sandbox of lives"), pytest.mark.extended, pytest.mark.timeout(1800)]

DROPS: Final = 20
AMONG: Final = range(1, 200)
"""The numbers of messages among which it is dropped: a run of sixteen stacks has some hundred more."""
FOLLOW: Final = Path(__file__).parents[1] / "typescript" / "follow.mjs"


class Server:
    """`cloud serve` on a port of its own, with the environment of the sandbox's API: the same records and users."""

    def __init__(self, workspace: Path, environment: dict[str, str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.place = f"127.0.0.1:{free.getsockname()[1]}"
        self._workspace, self._environment = workspace, environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "cli.main", "serve", "--port", self.place.partition(":")[2]]
        self._process = subprocess.Popen(
            command,
            cwd=self._workspace,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for("the server answers", self._answers, seconds=120)

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://{self.place}/health").status_code < 500
        except httpx.HTTPError:
            return False


@pytest.fixture
def servers(cloud: Any, sandbox: dict[str, Any]) -> Iterator[list[Server]]:
    port = urlsplit(sandbox["api_url"]).port
    (api,) = (one for one in psutil.process_iter(["cmdline"]) if {"serve", str(port)} <= set(one.info["cmdline"] or []))
    made = [Server(cloud.workspace, api.environ()) for _ in range(2)]
    for one in made:
        one.start()
    yield made
    for one in made:
        one.kill()


class Dropping:
    """A bare client that keeps nothing but what it was told. Each message is `seen`, with how it goes on."""

    def __init__(self, servers: list[Server], token: str, deployment_id: str, chance: random.Random) -> None:
        self._servers = servers
        self._token = token
        self._id = deployment_id
        self._chance = chance
        self._cuts = sorted(chance.sample(AMONG, DROPS))
        self._kill_at = chance.choice(AMONG)
        self.seen: list[dict[str, Any]] = []
        self.drops = 0
        self.kills = 0

    async def follow(self) -> None:
        while not self._has_ended:
            try:
                await self._once()
            except (OSError, InvalidHandshake, ConnectionClosed):
                await asyncio.sleep(0.2)  # the server is away, and comes back

    async def _once(self) -> None:
        place = self._chance.choice(self._servers).place
        headers = {"Authorization": f"Bearer {self._token}"}
        async with connect(f"ws://{place}/ws", additional_headers=headers, max_size=None) as opened:
            last = self.seen[-1]["seq"] if self.seen else 0
            await opened.send(json.dumps({"action": "subscribe", "deployment_id": self._id, "last_seq": last}))
            async for text in opened:
                message = json.loads(text)
                assert message["type"] not in ("gap", "error"), message
                if "seq" not in message or message["data"].get("event") == "snapshot":
                    continue
                self.seen.append(message)
                if self._has_ended:
                    return
                if self._cuts and len(self.seen) >= self._cuts[0]:
                    self._cuts.pop(0)
                    self.drops += 1
                    opened.transport.abort()
                    return
                if not self.kills and len(self.seen) >= self._kill_at:
                    self.kills += 1
                    self._servers[0].kill()
                    asyncio.get_running_loop().run_in_executor(None, self._servers[0].start)

    @property
    def _has_ended(self) -> bool:
        return bool(self.seen) and "operation_status" in self.seen[-1]["data"]


async def python_client(place: str, token: str, deployment_id: str) -> list[int]:
    """Ours, which is told nothing of drops."""
    client, seen = CloudWebSocketClient(f"ws://{place}/ws", token, backoff=Backoff(0.1, 2.0)), []

    def keep(message: Any) -> None:
        if "seq" in message and message["data"].get("event") != "snapshot":
            seen.append(message["seq"])

    client.on("*", keep)
    await client.subscribe(deployment_id, last_seq=0)
    await client.run(until_terminal=True)
    return seen


async def typescript_client(place: str, token: str, deployment_id: str) -> list[int]:
    asked = {"endpoint": f"ws://{place}/ws", "tokens": [token], "deployment_id": deployment_id, "last_seq": 0}
    command = ("node", "--experimental-websocket", "--no-warnings", str(FOLLOW), json.dumps(asked))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    messages = [line["message"] for line in map(json.loads, output.splitlines()) if "message" in line]
    return [one["seq"] for one in messages if "seq" in one and one["data"].get("event") != "snapshot"]


def test_sixteen_stacks_are_followed_without_a_gap(cloud: Any, services: EdgeServices, servers: list[Server]) -> None:
    seed = int(os.environ.get("SEED") or random.randrange(1_000_000))
    print(f"seed {seed}")
    names = ("--org", "CompanyA", "--project", "Live Shop", "--domain", "live.example.com", "--template", "default")
    place = ("--region", "us-east-1", "--account-dev", "410000000133")
    deployment_id = str(cloud.data("init", *names, *place, "--var=ALERT_EMAIL=ops@example.com")["deployment_id"])
    token = cloud("login", "--print").out.strip()
    bare = Dropping(servers, token, deployment_id, random.Random(seed))

    async def follow() -> tuple[list[int], list[int]]:
        to = (servers[0].place, token, deployment_id)
        async with asyncio.timeout(900):
            _, ours, typescript = await asyncio.gather(bare.follow(), python_client(*to), typescript_client(*to))
        return ours, typescript

    with ThreadPoolExecutor(1) as thread:
        deploying = thread.submit(cloud.data, "deploy", deployment_id, "--auto-approve")
        ours, typescript = asyncio.run(follow())
        answer = deploying.result()
    if kept := os.environ.get("KEEP_RECORDING"):
        tool = Path(__file__).parents[2] / "tools" / "record_run.py"
        told = subprocess.check_output([sys.executable, str(tool), deployment_id], env=cloud.environment())
        Path(kept).write_bytes(told)
    stored = list(read_events(services.records.events, deployment_id, 0))
    print(f"{len(stored)} events, {bare.drops} drops, {bare.kills} kill")
    assert [(one["seq"], one["timestamp"], fine_name(one)) for one in bare.seen] == [described(one) for one in stored]
    assert (ours, typescript) == ([one.seq for one in stored], [one.seq for one in stored])
    assert (bare.drops, bare.kills) == (DROPS, 1)
    assert {result["status"] for result in answer["results"]} == {"deployed"}
    assert len(answer["results"]) == 16


def described(event: Event) -> tuple[int, str, str]:
    return event.seq, event.timestamp, event.event.value


def fine_name(message: dict[str, Any]) -> str:
    return str(message["data"]["event"])
