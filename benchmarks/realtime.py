"""Many subscribers of one log: at which rate of events none misses one, how late they are, and what it takes.

Over the in-memory log, beside a bare `websockets` broadcast at the same rates; over DynamoDB, end to end, apart.

Subscribers are `websockets` clients in this process; each server has a process of its own. Times are from before an
event is written to its receipt.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect

HERE: Final = Path(__file__).parent
OF_DYNAMODB: Final = 10
"""Subscribers, for there it is the table that is measured."""
RATES_OF_DYNAMODB: Final = [1.0, 2.0, 5.0, 10.0]
_AT_ONCE: Final = 50
_LATE_SECONDS: Final = 20.0


@dataclass
class Heard:
    """What all subscribers were told since the last `clear`."""

    delays: list[float] = field(default_factory=list)
    gaps: int = 0

    def clear(self) -> None:
        self.delays, self.gaps = [], 0


@dataclass(frozen=True)
class Row:
    rate: float
    complete: bool
    gaps: int
    p50: float
    p99: float
    last: float
    cpu: float
    megabytes: float


class Server:
    def __init__(self, process: asyncio.subprocess.Process, address: dict[str, str]) -> None:
        self._process = process
        self.address = address

    async def tell(self, rate: float, seconds: float) -> dict[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"rate": rate, "seconds": seconds}).encode() + b"\n")
        return await self.said()

    async def said(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(await self._process.stdout.readline())


@asynccontextmanager
async def server_of(kind: str) -> AsyncIterator[Server]:
    pipe = asyncio.subprocess.PIPE
    # -P: this folder has a `realtime.py`, too.
    command = (sys.executable, "-P", str(HERE / "realtime_servers.py"), kind)
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    server = Server(process, {})
    try:
        server.address = await server.said()
        yield server
    finally:
        process.kill()
        await process.wait()


async def subscribed(server: Server, number: int, heard: Heard, stack: AsyncExitStack) -> list[asyncio.Task[None]]:
    """So many subscribers, each of which has had its snapshot."""
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one() -> asyncio.Task[None]:
        async with turn:
            headers = {"Authorization": f"Bearer {server.address['token']}"}
            opening = connect(
                server.address["url"],
                additional_headers=headers,
                compression=None,
                ping_interval=None,
                open_timeout=120,
                max_queue=None,
            )
            socket = await stack.enter_async_context(opening)
            if server.address["token"]:
                request = {"action": "subscribe", "deployment_id": server.address["deployment_id"]}
                await socket.send(json.dumps(request))
                while b'"snapshot"' not in (await socket.recv(decode=False)):
                    pass
        return asyncio.create_task(listen(socket, heard))

    return list(await asyncio.gather(*(one() for _ in range(number))))


async def listen(socket: ClientConnection, heard: Heard) -> None:
    """Without reading the whole message: here it is the servers that are measured."""
    last = 0
    async for text in socket:
        now = time.monotonic()
        message = str(text)
        if '"type": "gap"' in message:
            heard.gaps += 1
        if (at := message.find('"written": ')) < 0:
            continue
        heard.delays.append(
            now - float(message[at + 11 : message.index(",", at) if "," in message[at:] else -2].rstrip("}"))
        )
        seq = message.index('"seq": ') + 7
        number = int(message[seq : message.index(",", seq)])
        heard.gaps += last not in (0, number - 1)
        last = number


async def measured(server: Server, heard: Heard, subscribers: int, rate: float, seconds: float) -> Row:
    heard.clear()
    told = await server.tell(rate, seconds)
    ended, wanted = time.monotonic(), round(rate * seconds) * subscribers
    while len(heard.delays) < wanted and time.monotonic() - ended < _LATE_SECONDS:
        await asyncio.sleep(0.05)
    last = time.monotonic() - ended
    after = await server.tell(rate, 0)
    delays = sorted(heard.delays) or [float("nan")]
    p50, p99 = statistics.median(delays), delays[min(len(delays) - 1, int(len(delays) * 0.99))]
    busy = (told["cpu"] + after["cpu"]) / (seconds + last)
    return Row(rate, len(heard.delays) == wanted, heard.gaps, p50, p99, last, busy, after["rss"] / 1e6)


async def sweep(kind: str, subscribers: int, rates: list[float], seconds: float) -> list[Row]:
    heard = Heard()
    async with server_of(kind) as server, AsyncExitStack() as stack:
        empty = (await server.tell(1, 0))["rss"] / 1e6
        begun = time.monotonic()
        tasks = await subscribed(server, subscribers, heard, stack)
        print(f"\n{kind}: {subscribers} subscribers in {time.monotonic() - begun:.1f} s; {empty:.0f} MB without them")
        print(" events/s messages/s  complete  gaps  p50 ms  p99 ms    CPU    MB")
        rows = []
        for rate in rates:
            row = await measured(server, heard, subscribers, rate, seconds)
            rows.append(row)
            complete = "yes" if row.complete else "no"
            print(
                f"{rate:9.0f} {rate * subscribers:10.0f} {complete:>9} {row.gaps:5} {row.p50 * 1e3:7.0f} "
                f"{row.p99 * 1e3:7.0f} {row.cpu:6.0%} {row.megabytes:5.0f}",
                flush=True,
            )
        for task in tasks:
            task.cancel()
    return rows


async def compare(subscribers: int, rates: list[float], seconds: float) -> None:
    for kind in ("bare", "ours"):
        rows = await sweep(kind, subscribers, rates, seconds)
        whole = [row for row in rows if row.complete and not row.gaps and row.p99 < 2.0]
        best = max(whole, key=lambda row: row.rate, default=None)
        if best is not None:
            print(f"{kind}: {best.rate:.0f} events/s without a gap and within 2 s; p99 {best.p99 * 1e3:.0f} ms")
    await sweep("dynamodb", OF_DYNAMODB, RATES_OF_DYNAMODB, seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--rates", type=float, nargs="+", default=[1, 2, 5, 10, 20, 40])
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each rate is held")
    chosen = parser.parse_args()
    wanted = chosen.subscribers * 2 + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, wanted), hard), hard))
    asyncio.run(compare(chosen.subscribers, chosen.rates, chosen.seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
