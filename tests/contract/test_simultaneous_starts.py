"""Ten requests for one environment at the same moment, each from a client of its own of the same store."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cloud_core.domain.errors import OperationRunning
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import OperationStatus
from cloud_core.ports.records import Records
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.clock import FakeClock, SkewedClock
from cloud_core.testing.world import World

TEN = 10
CHAIN: dict[str, dict[str, Any]] = {"network": {}, "security": {"dependencies": ["network"]}}


def started_at_once(world: World, key: str | None = None) -> list[Operation | OperationRunning]:
    """What each of ten got: an operation, or the refusal that names the one at work. A `{}` in the key is the number of
    the one who asks."""
    together = threading.Barrier(TEN)

    def start(number: int) -> Operation | OperationRunning:
        together.wait()
        try:
            return world.start(idempotency_key=key.format(number) if key else None)
        except OperationRunning as refusal:
            return refusal

    with ThreadPoolExecutor(TEN) as threads:
        return list(threads.map(start, range(TEN)))


@pytest.mark.parametrize("key", [None, "key of {}"])
def test_of_ten_at_once_one_is_accepted_and_the_others_are_told_which(
    records: Records, clock: FakeClock, key: str | None
) -> None:
    world = World(CHAIN, clock=clock, records=records)

    answers = started_at_once(world, key)

    (accepted,) = [one for one in answers if isinstance(one, Operation)]
    refusals = [one for one in answers if isinstance(one, OperationRunning)]
    assert {one.context["operation_id"] for one in refusals} == {accepted.operation_id}
    assert [run.operation_id for run in world.flows.submitted] == [accepted.operation_id]


def test_ten_with_one_key_get_the_same_operation(records: Records, clock: FakeClock) -> None:
    world = World(CHAIN, clock=clock, records=records)

    answers = started_at_once(world, key="of the pipeline")

    (accepted,) = world.records.operations.list_by_deployment(DEPLOYMENT_ID).items
    assert [one.operation_id for one in answers if isinstance(one, Operation)] == [accepted.operation_id] * TEN


def test_the_next_one_is_accepted_once_the_first_has_ended(records: Records, clock: FakeClock) -> None:
    world = World(CHAIN, clock=clock, records=records)
    (first,) = [one for one in started_at_once(world) if isinstance(one, Operation)]
    world.run(first)

    (second,) = [one for one in started_at_once(world) if isinstance(one, Operation)]

    assert second.operation_id != first.operation_id


def test_a_clock_that_was_set_back_does_not_close_the_environment(records: Records, clock: FakeClock) -> None:
    World(CHAIN, clock=clock, records=records).deploy()
    late = World(CHAIN, clock=SkewedClock(clock, -300), records=records)
    late.deploy()
    late.deploy()

    assert late.start().status is OperationStatus.PENDING
