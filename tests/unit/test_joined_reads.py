"""Many who ask the same are answered together, and nobody by what was so before they asked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from api.joined_reads import JoinedReads

WAIT = 10


class Records:
    """A number that is looked at. `hold` keeps the next look from ending; `begun` counts those that have begun."""

    def __init__(self) -> None:
        self.number, self.looks = 0, 0
        self._begun, self._go = threading.Semaphore(0), threading.Event()
        self._go.set()

    def look(self) -> int:
        self.looks += 1
        seen = self.number
        self._begun.release()
        assert self._go.wait(WAIT)
        return seen

    def hold(self) -> None:
        self._go.clear()

    def go(self) -> None:
        self._go.set()

    async def begun(self) -> None:
        assert await asyncio.to_thread(self._begun.acquire, timeout=WAIT)


class Broken(Exception):
    pass


def lasting(test: Callable[[JoinedReads[int], Records], Any]) -> None:
    async def run() -> None:
        async with asyncio.timeout(WAIT):
            await test(JoinedReads[int](), Records())

    asyncio.run(run())


async def settled() -> None:
    """Whatever the loop has to do by now is done."""
    for _ in range(5):
        await asyncio.sleep(0)


async def held(reads: JoinedReads[int], records: Records) -> asyncio.Task[int]:
    """Whoever was the first to ask, and whose look goes on until `go`."""
    records.hold()
    first = asyncio.create_task(reads.read("a", records.look))
    await records.begun()
    return first


def test_nothing_is_kept() -> None:
    async def test(reads: JoinedReads[int], records: Records) -> None:
        assert await reads.read("a", records.look) == 0
        records.number = 1
        assert await reads.read("a", records.look) == 1
        assert records.looks == 2

    lasting(test)


def test_who_asks_during_a_look_shares_the_next_one() -> None:
    async def test(reads: JoinedReads[int], records: Records) -> None:
        first = await held(reads, records)
        records.number = 1  # written before the others ask: they must not be told of what was before
        others = [asyncio.create_task(reads.read("a", records.look)) for _ in range(7)]
        await settled()
        records.go()
        assert await first == 0
        assert await asyncio.gather(*others) == [1] * 7
        assert records.looks == 2

    lasting(test)


def test_who_asks_during_a_shared_look_gets_one_after_it() -> None:
    async def test(reads: JoinedReads[int], records: Records) -> None:
        asked = []
        for number in range(4):
            records.number = number
            records.hold()
            asked.append(asyncio.create_task(reads.read("a", records.look)))
            await settled()
            if number:
                records.go()
                assert await asked[number - 1] < number
            await records.begun()
        records.go()
        assert await asked[-1] == 3
        assert records.looks == 4

    lasting(test)


def test_another_key_does_not_wait() -> None:
    async def test(reads: JoinedReads[int], records: Records) -> None:
        first = await held(reads, records)
        assert await reads.read("b", lambda: 5) == 5
        records.go()
        await first

    lasting(test)


def test_an_error_is_that_of_all_who_have_joined_and_of_nobody_later() -> None:
    async def test(reads: JoinedReads[int], records: Records) -> None:
        def fail() -> int:
            raise Broken

        first = await held(reads, records)
        others = [asyncio.create_task(reads.read("a", fail)) for _ in range(3)]
        await settled()
        records.go()
        assert await first == 0
        assert [type(one) for one in await asyncio.gather(*others, return_exceptions=True)] == [Broken] * 3
        with pytest.raises(Broken):
            await reads.read("a", fail)
        assert await reads.read("a", records.look) == 0

    lasting(test)


def test_who_goes_away_leaves_the_look_to_the_others() -> None:
    async def test(reads: JoinedReads[int], records: Records) -> None:
        first = await held(reads, records)
        records.number = 1
        gone, stays = (asyncio.create_task(reads.read("a", records.look)) for _ in range(2))
        await settled()
        first.cancel()
        gone.cancel()
        await settled()
        records.go()
        assert await stays == 1
        assert [type(one) for one in await asyncio.gather(first, gone, return_exceptions=True)] == [
            asyncio.CancelledError
        ] * 2
        assert await reads.read("a", records.look) == 1

    lasting(test)


def test_an_error_that_nobody_waits_for_any_more_is_no_trouble() -> None:
    async def test(reads: JoinedReads[int], records: Records) -> None:
        def fail() -> int:
            raise Broken

        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        first = await held(reads, records)
        gone = asyncio.create_task(reads.read("a", fail))
        await settled()
        gone.cancel()
        records.go()
        await first
        assert await reads.read("a", records.look) == 0
        await settled()
        assert told == []

    lasting(test)
