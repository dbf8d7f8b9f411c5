"""Whoever comes at the same time as others shares what is read with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloud_core.domain.connections import Subscription
from cloud_core.domain.errors import Unavailable
from cloud_core.domain.events import EventName
from cloud_core.testing.builders import DEPLOYMENT_ID, an_event
from cloud_core.testing.edge import FakeEdge
from realtime.limits import Budget, Limits
from realtime.platform import DeploymentSource
from realtime.shared_reads import SharedReads
from realtime.tail import Tail

NUMBER = 50


def told(edge: FakeEdge, number: int) -> None:
    for _ in range(number):
        edge.world.records.events.append(an_event(event=EventName.LOG, data={"message": "hello"}))


@pytest.mark.parametrize("after", [None, 0], ids=["from now on", "with what was missed"])
def test_many_who_come_back_at_once_cost_a_few_reads(tmp_path: Path, after: int | None) -> None:
    edge = FakeEdge(tmp_path)
    told(edge, 20)
    budget = Budget(1000)
    limits = Limits(first_wait=60.0)
    tail = Tail(DeploymentSource(edge, DEPLOYMENT_ID), budget, limits, edge.clock)

    async def join(number: int) -> list[int | None]:
        subscription = Subscription(f"c-{number}", DEPLOYMENT_ID, "-", 2_000_000_000, after)
        _, backfill = await tail.join(subscription)
        return [message.seq async for message in backfill]

    async def all_of_them() -> list[list[int | None]]:
        return list(await asyncio.gather(*(join(number) for number in range(NUMBER))))

    heard = asyncio.run(all_of_them())
    assert heard == [[20] if after is None else [0, *range(1, 21)]] * NUMBER
    assert budget.taken <= 6


def test_who_leaves_takes_a_read_from_nobody_and_a_failed_one_is_tried_again(tmp_path: Path) -> None:
    edge = FakeEdge(tmp_path)
    told(edge, 2)
    failures: list[Exception] = [Unavailable("away")]

    async def call(work: Callable[[], Any]) -> Any:
        await asyncio.sleep(0.01)
        if failures:
            raise failures.pop()
        return work()

    async def read() -> tuple[list[int], bool]:
        shared = SharedReads(DeploymentSource(edge, DEPLOYMENT_ID), call, 60.0)
        with pytest.raises(Unavailable):
            await shared.page(0, 2)
        leaving = asyncio.create_task(shared.page(0, 2))
        staying = asyncio.create_task(shared.page(0, 2))
        await asyncio.sleep(0)
        leaving.cancel()
        one, other = await shared.past(0, 2), await shared.past(0, 2)
        return [event.seq for event in await staying], one is other

    assert asyncio.run(read()) == ([1, 2], False)
