"""The driver of a flow run on a real flow service: what it does when the run is broken off, or a task breaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.runtime import flow_run
from prefect.states import Completed

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackResult
from cloud_core.domain.statuses import OperationStatus, StackStatus
from cloud_core.services.runs.run import OperationRun
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.waiting import wait_for
from cloud_core.testing.world import World
from flows.driver import FlowDriver
from tasks.stack import Session

# With the other files that need a flow service: they share one.
pytestmark = [pytest.mark.usefixtures("flow_service"), pytest.mark.xdist_group("flow-service")]
_SECONDS = 20.0


class Rehearsed(Session):
    """Stacks end when, and as, the test says."""

    def __init__(self, world: World, run: OperationRun, rehearse: Callable[[str], None]) -> None:
        super().__init__(run, world.stacks, world.work[run.operation.type])
        self._rehearse = rehearse

    def carry_out(self, stack: str, layer: int) -> StackResult:
        self._rehearse(stack)
        return super().carry_out(stack, layer)


def in_a_flow(world: World, work: Callable[[str], None], use: Callable[[FlowDriver, OperationRun], None]) -> None:
    """Run an operation of the world in a real flow run, whose driver `use` gets."""

    @flow(persist_result=False)
    def rehearsal() -> Any:
        operation = world.start()
        with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
            use(FlowDriver(Rehearsed(world, run, work)), run)
            world.executions.finish(run)
        return Completed(message="-")

    rehearsal()


def forget_task_runs(amount: int) -> None:
    """Delete the task runs of this flow run as an operator would, once the flow service knows so many."""
    mine = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(flow_run.id)]))
    deadline = time.monotonic() + _SECONDS
    with get_client(sync_client=True) as client:
        while len(found := client.read_task_runs(flow_run_filter=mine)) < amount:
            assert time.monotonic() < deadline, "the flow service never heard of the task runs"
        for task_run in found:
            client.request("DELETE", "/task_runs/{id}", path_params={"id": task_run.id})


def test_draining_ends_when_the_work_has_ended_whatever_the_flow_service_knows() -> None:
    begun, go = threading.Event(), threading.Event()
    drained: list[bool] = []

    def work(stack: str) -> None:
        begun.set()
        assert go.wait(_SECONDS)

    def use(driver: FlowDriver, run: OperationRun) -> None:
        driver.submit_ready()
        assert begun.wait(_SECONDS)
        drained.append(driver.drain(0.2))
        go.set()
        wait_for("the stack has ended", lambda: "network" in run.results, _SECONDS)
        forget_task_runs(1)
        drained.append(driver.drain(3))

    in_a_flow(World({"network": {}}), work, use)

    assert drained == [False, True]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_task_that_breaks_fails_its_stack_and_not_the_run() -> None:
    world = World({"network": {}, "security": {"dependencies": ["network"]}, "dns": {}})

    def work(stack: str) -> None:
        if stack == "network":
            raise SystemExit(3)

    def use(driver: FlowDriver, run: OperationRun) -> None:
        driver.drive()

    in_a_flow(world, work, use)

    (operation,) = world.records.operations.list_by_deployment(DEPLOYMENT_ID).items
    assert operation.status is OperationStatus.FAILED
    assert {name: result.status for name, result in operation.results.items()} == {
        "network": StackStatus.FAILED,
        "security": StackStatus.SKIPPED,
        "dns": StackStatus.DEPLOYED,
    }


def test_a_lost_lease_stops_what_runs_and_starts_nothing_more() -> None:
    world = World({"network": {}, "security": {"dependencies": ["network"]}})
    stopped: list[bool] = []
    held: list[Callable[[str], None]] = []

    def use(driver: FlowDriver, run: OperationRun) -> None:
        def work(stack: str) -> None:
            lease = world.records.leases.get(DEPLOYMENT_ID, EnvironmentName.DEV)
            assert lease is not None
            world.records.leases.break_lease(lease)
            run.lease.beat()
            stopped.append(run.stop.wait(_SECONDS))

        held.append(work)
        driver.drive()

    in_a_flow(world, lambda stack: held[0](stack), use)

    assert stopped == [True]
    (operation,) = world.records.operations.list_by_deployment(DEPLOYMENT_ID).items
    assert (operation.status, operation.message) == (
        OperationStatus.FAILED,
        "the lease was lost: another owner has the environment",
    )
    assert {name: result.error_code for name, result in operation.results.items()} == {
        "network": "LEASE_LOST",
        "security": None,
    }
