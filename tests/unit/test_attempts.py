"""Failures that pass are tried again, over fakes; no test waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cloud_core.domain.errors import RecordsUnavailable, StackFailed, TransientFailure
from cloud_core.domain.events import EventName
from cloud_core.domain.records import StackResult
from cloud_core.domain.statuses import OperationStatus, StackStatus
from cloud_core.domain.stopping import CancelLevel
from cloud_core.services.runs.attempts import WAITS_SECONDS, Attempts
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.clock import ScriptedClock
from cloud_core.testing.engine import Outcome
from cloud_core.testing.world import World

BUSY = TransientFailure("Throttling: Rate exceeded", stack="network", resource="urn:x", diagnostics=[])
BROKEN = StackFailed("AccessDenied", stack="network", resource=None, diagnostics=[])


@pytest.fixture
def clock() -> ScriptedClock:
    return ScriptedClock()


@pytest.fixture
def world(clock: ScriptedClock) -> World:
    return World({"network": {}}, clock=clock)


def result_of(world: World, *outcomes: Outcome) -> StackResult:
    world.engine.outputs_of["network"] = list(outcomes)
    operation = world.start()
    world.run(operation)
    return world.operations.get(DEPLOYMENT_ID, operation.operation_id).results["network"]


def retries(world: World) -> list[dict[str, Any]]:
    found = world.records.events.read(DEPLOYMENT_ID)
    return [dict(one.data) for one in found if one.event is EventName.STACK_RETRYING]


def test_one_that_passes_is_tried_again_and_told(world: World, clock: ScriptedClock) -> None:
    result = result_of(world, BUSY)
    assert result.status is StackStatus.DEPLOYED
    (told,) = retries(world)
    assert (told["attempt"], told["attempts"], told["error_message"]) == (1, 3, BUSY.message)
    assert WAITS_SECONDS[0] <= told["wait_seconds"] <= WAITS_SECONDS[0] * 1.3
    assert clock.monotonic() == pytest.approx(told["wait_seconds"], abs=0.1)


def test_after_three_attempts_it_has_failed(world: World, clock: ScriptedClock) -> None:
    result = result_of(world, BUSY, BUSY, BUSY)
    assert (result.status, result.error_code) == (StackStatus.FAILED, "TRANSIENT_FAILURE")
    assert [told["attempt"] for told in retries(world)] == [1, 2]
    assert clock.monotonic() >= sum(WAITS_SECONDS)
    assert len(world.engine.ran) == 3


@pytest.mark.parametrize("last", [BROKEN, BUSY])
def test_no_other_failure_is_tried_again(world: World, last: StackFailed) -> None:
    first = [] if last is BROKEN else [BROKEN]
    assert result_of(world, *first, last).error_code == "STACK_FAILED"
    assert retries(world) == []


@pytest.mark.parametrize("stop", ["stop", "drain"])
def test_a_wish_to_stop_ends_the_wait_at_once(world: World, clock: ScriptedClock, stop: str) -> None:
    world.engine.outputs_of["network"] = [BUSY]
    operation = world.start()
    with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
        wish: Callable[[], object] = run.stop.request
        if stop == "drain":
            wish = lambda: setattr(run, "obeyed", CancelLevel.DRAIN)  # noqa: E731
        clock.after(1.0, wish)
        world.drive(run)
        outcome = world.executions.finish(run)
    assert outcome.status is OperationStatus.CANCELLED
    assert clock.monotonic() == pytest.approx(1.0, abs=0.2)
    assert "while it waited for another attempt after: Throttling" in (run.results["network"].error or "")


def test_the_waits_differ_from_run_to_run_by_at_most_a_third(world: World, clock: ScriptedClock) -> None:
    operation = world.start()
    failures = [RecordsUnavailable("away"), RecordsUnavailable("away")]

    def work() -> str:
        if failures:
            raise failures.pop()
        return "done"

    with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
        assert Attempts(clock, jitter=lambda: 1.0).make(run, "network", work) == "done"
        assert clock.monotonic() == pytest.approx(sum(WAITS_SECONDS) * 1.3, abs=0.1)
        world.drive(run)
        world.executions.finish(run)
