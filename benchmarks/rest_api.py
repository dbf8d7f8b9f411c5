"""How many status reads the API answers in a second, beside a bare FastAPI route in the same run.

    python benchmarks/rest_api.py [--seconds 3] [--rounds 5] [--connections 16] [--without-dynamodb]

Each server is a process of its own, as `cloud serve` runs it (uvicorn, one worker); the client keeps its connections
open and has one request at work on each. Rounds alternate between the servers, so that whatever else the machine does
meets all of them; medians of the rounds are told. Every status read shows a token of a user pool, which is verified.

Told of each: requests a second, the middle and 95th percentile of the answers' times, and the processor time of the
server for one request, which other jobs on the machine hardly change. The same is asked over a DynamoDB server like the
sandbox's, with the calls that a request costs: its own limit is a few hundred of them a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from api.testing.issuer import TokenIssuer
from cloud_core.adapters.local.clock import SystemClock
from cloud_core.testing.builders import DEPLOYMENT_ID

HERE = Path(__file__).resolve().parent
STATUS = "/api/v1/deployments/{deployment}/status"
ONE_STATUS = f"/api/v1/deployments/{DEPLOYMENT_ID}/status?environment=dev"
BARE = "a bare route"


@dataclass
class Server:
    """A server that runs, and what was measured of it."""

    process: subprocess.Popen[str]
    port: int
    rates: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    requests: int = 0

    def used(self) -> float:
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def percentile(self, part: float) -> float:
        """Milliseconds."""
        return sorted(self.seconds)[int(len(self.seconds) * part)] * 1000

    def calls(self) -> Mapping[str, int]:
        """Of DynamoDB; the server ends."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        told: Mapping[str, int] = json.loads(self.process.stdout.readline() or "{}")
        return told


def main() -> int:
    arguments = _arguments()
    with TokenIssuer().serving() as issuer, ExitStack() as stack:
        claims = issuer.claims(SystemClock(), groups=("ReadOnly", "org:Acme"))
        token = issuer.token({**claims, "exp": claims["exp"] + 3600})
        deployments = [f"D{number:06}" for number in range(1, arguments.connections + 1)]

        def serve(kind: str) -> Server:
            return stack.enter_context(serving(kind, issuer.url, deployments))

        bare, memory = serve("bare"), serve("memory")
        asked = {
            BARE: (bare, "/bare"),
            "a bare async route": (serve("bare"), "/bare-async"),
            "its parameters and shape alone": (serve("same shape"), "/{deployment}/status?environment=dev"),
            "status, each of another deployment": (memory, f"{STATUS}?environment=dev"),
            "status, all of one deployment": (serve("memory"), ONE_STATUS),
        }
        if not arguments.without_dynamodb:
            asked["the first, over DynamoDB"] = (serve("dynamodb"), f"{STATUS}?environment=dev")
            asked["the second, over DynamoDB"] = (serve("dynamodb"), ONE_STATUS)
        for _ in range(arguments.rounds):
            for server, path in asked.values():
                paths = [path.format(deployment=one) for one in deployments]
                asyncio.run(measure(server, paths, token, arguments.seconds))
        report({name: server for name, (server, _) in asked.items()})
    return 0


def report(servers: Mapping[str, Server]) -> None:
    base = servers[BARE]
    print(f"{'':34} {'requests/s':>10} {'÷ bare':>7} {'p50 ms':>7} {'p95 ms':>7} {'CPU µs':>7} {'bare ÷':>7}")
    for name, one in servers.items():
        rate, cost = statistics.median(one.rates), statistics.median(one.processor) * 1e6
        of_base = rate / statistics.median(base.rates)
        saved = statistics.median(base.processor) * 1e6 / cost
        middle, late = one.percentile(0.5), one.percentile(0.95)
        print(f"{name:34} {rate:10.0f} {of_base:7.2f} {middle:7.2f} {late:7.2f} {cost:7.0f} {saved:7.2f}")
    for name, one in servers.items():
        calls = one.calls()
        if calls:
            each = ", ".join(f"{number / one.requests:.2f} {call}" for call, number in sorted(calls.items()))
            print(f"{name}: calls of one request: {each}")


async def measure(server: Server, paths: Sequence[str], token: str, seconds: float) -> None:
    """One round, with a connection for each path."""
    until, used = time.perf_counter() + seconds, server.used()
    begun = time.perf_counter()
    found = await asyncio.gather(*(_ask(server.port, path, token, until) for path in paths))
    took, latencies = time.perf_counter() - begun, [one for each in found for one in each]
    server.requests += len(latencies)
    server.rates.append(len(latencies) / took)
    server.seconds += latencies
    server.processor.append((server.used() - used) / len(latencies))


async def _ask(port: int, path: str, token: str, until: float) -> list[float]:
    """The seconds of each answer on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET {path} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    seconds = []
    while (begun := time.perf_counter()) < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head.partition(b"\r\n")[0], head
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        seconds.append(time.perf_counter() - begun)
    writer.close()
    return seconds


@contextmanager
def serving(kind: str, keys_url: str, deployments: Sequence[str]) -> Iterator[Server]:
    """A server of that kind, which ends with this."""
    # -P: `realtime.py` beside it must not be taken for our package.
    command = [sys.executable, "-P", str(HERE / "rest_servers.py"), kind, keys_url, *deployments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Server(process, int(process.stdout.readline()))
        finally:
            process.terminate()


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=3.0, help="of a round of one server")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--without-dynamodb", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
