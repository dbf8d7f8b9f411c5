"""Runs that a schedule started: their operation, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cloud_core.domain.approvals import ApprovalRules
from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import ApprovalNeeded, OperationRunning, RunSkipped
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogLevel, Operation
from cloud_core.domain.statuses import Action, OperationStatus
from cloud_core.ports.schedules import ScheduledStart
from cloud_core.services.operations.scheduled_runs import ScheduledRuns
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.world import World

DEV, PROD = EnvironmentName.DEV, EnvironmentName.PROD
RULE = "0 2 * * * Europe/Berlin"


@pytest.fixture
def world() -> World:
    return World({"network": {}})


@pytest.fixture
def runs(world: World) -> ScheduledRuns:
    return ScheduledRuns(world.records, world.operations, lambda: world.schedules, world.clock)


def due_now(world: World, run: str = "run-1", rule: str | None = RULE) -> str:
    """A run that a schedule starts at this moment."""
    world.schedules.starts[run] = ScheduledStart(rule, world.clock.now())
    return run


def adopt(runs: ScheduledRuns, run: str, action: Action = Action.DEPLOY, attempt: int = 1) -> Operation:
    return runs.adopt(DEPLOYMENT_ID, DEV, action, run, attempt)


@contextmanager
def at_work(world: World) -> Iterator[Operation]:
    """A deploy that is carried out around the block."""
    operation = world.start()
    with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
        yield operation
        world.drive(run)
        world.executions.finish(run)


class TestAnIdleEnvironment:
    def test_gets_an_operation_of_the_schedules(self, world: World, runs: ScheduledRuns) -> None:
        operation = adopt(runs, due_now(world))
        assert operation.started_by == f"schedule {RULE}"
        assert (operation.type, operation.flow_run_id) == (Action.DEPLOY, "run-1")
        assert world.run(operation).status is OperationStatus.SUCCESS

    def test_gets_one_also_when_the_schedule_is_gone_by_then(self, world: World, runs: ScheduledRuns) -> None:
        assert adopt(runs, due_now(world, rule=None)).started_by == "schedule"

    def test_gets_the_next_one_at_the_next_time(self, world: World, runs: ScheduledRuns) -> None:
        world.run(adopt(runs, due_now(world)))
        world.clock.advance(60)
        assert adopt(runs, due_now(world, "run-2")).operation_id

    def test_gets_the_same_operation_for_the_same_run(self, world: World, runs: ScheduledRuns) -> None:
        run = due_now(world)
        assert adopt(runs, run, Action.DRIFT).operation_id == adopt(runs, run, Action.DRIFT).operation_id


class TestARunOfThePages:
    def test_is_nobodys_schedule(self, world: World, runs: ScheduledRuns) -> None:
        assert adopt(runs, "run-by-hand").started_by == "prefect-ui"

    def test_is_also_the_repetition_of_a_scheduled_one(self, world: World, runs: ScheduledRuns) -> None:
        run = due_now(world)
        world.run(adopt(runs, run))
        assert adopt(runs, run, attempt=2).started_by == "prefect-ui"

    def test_is_not_skipped_but_meets_the_lease(self, world: World, runs: ScheduledRuns) -> None:
        with at_work(world):
            operation = adopt(runs, "run-by-hand")
            with pytest.raises(OperationRunning):
                world.run(operation)


class TestABusyEnvironment:
    @pytest.mark.parametrize("action", [Action.DEPLOY, Action.REFRESH, Action.DRIFT])
    def test_is_left_alone(self, world: World, runs: ScheduledRuns, action: Action) -> None:
        with at_work(world) as running:
            with pytest.raises(RunSkipped, match=f"scheduled {action.value} of dev skipped: operation") as skipped:
                adopt(runs, due_now(world), action)
            latest = world.operations.latest(DEPLOYMENT_ID, DEV)
        assert running.operation_id in skipped.value.message
        assert latest is not None
        assert latest.operation_id == running.operation_id

    def test_is_told_in_the_log(self, world: World, runs: ScheduledRuns) -> None:
        with at_work(world), pytest.raises(RunSkipped) as skipped:
            adopt(runs, due_now(world))
        (line,) = [one for one in world.records.logs.get_logs(DEPLOYMENT_ID).items if one.log_level is LogLevel.WARN]
        assert line.message == skipped.value.message
        assert line.details == {"started_by": f"schedule {RULE}"}
        assert line.environment is DEV

    def test_is_free_for_drift_while_a_deploy_only_waits(self, world: World, runs: ScheduledRuns) -> None:
        world.start()
        assert adopt(runs, due_now(world), Action.DRIFT).type is Action.DRIFT
        with pytest.raises(RunSkipped):
            adopt(runs, due_now(world, "run-2"), Action.DEPLOY)

    def test_is_free_when_its_operation_died(self, world: World, runs: ScheduledRuns) -> None:
        dead = world.executions.running(DEPLOYMENT_ID, world.start().operation_id)
        dead.__enter__()
        world.processes.end(world.processes.current())
        world.processes.become(2000)
        assert adopt(runs, due_now(world), Action.DRIFT).type is Action.DRIFT


class TestRunsThatPileUp:
    def test_come_down_to_one(self, world: World, runs: ScheduledRuns) -> None:
        for number in range(3):
            due_now(world, f"run-{number}")
            world.clock.advance(3600)
        first = adopt(runs, "run-0")
        world.run(first)
        for late in ("run-1", "run-2"):
            with pytest.raises(RunSkipped, match=f"operation {first.operation_id} did the same after this run was due"):
                adopt(runs, late)

    def test_of_another_action_do_not_count(self, world: World, runs: ScheduledRuns) -> None:
        run = due_now(world)
        world.clock.advance(3600)
        world.deploy()
        assert adopt(runs, run, Action.DRIFT).type is Action.DRIFT

    def test_tell_when_they_were_due(self, world: World, runs: ScheduledRuns) -> None:
        due = world.clock.now()
        run = due_now(world)
        world.clock.advance(3600)
        world.deploy()
        with pytest.raises(RunSkipped, match=timestamp(due)):
            adopt(runs, run)


class TestADestroyedEnvironment:
    @pytest.fixture(autouse=True)
    def destroyed(self, world: World) -> None:
        world.deploy()
        world.clock.advance(60)
        world.destroy()
        world.clock.advance(60)

    @pytest.mark.parametrize("action", [Action.DEPLOY, Action.REFRESH, Action.DRIFT])
    def test_does_not_come_back_by_itself(self, world: World, runs: ScheduledRuns, action: Action) -> None:
        with pytest.raises(RunSkipped, match="it was destroyed; deploy it once, and the schedule goes on"):
            adopt(runs, due_now(world), action)

    def test_may_be_destroyed_again(self, world: World, runs: ScheduledRuns) -> None:
        assert adopt(runs, due_now(world), Action.DESTROY).type is Action.DESTROY

    def test_is_as_before_once_it_is_deployed(self, world: World, runs: ScheduledRuns) -> None:
        world.deploy()
        world.clock.advance(60)
        assert adopt(runs, due_now(world)).started_by == f"schedule {RULE}"


def test_a_deploy_of_prod_is_refused_also_when_somebody_scheduled_it_in_the_pages() -> None:
    place = {"enabled": True, "account": "123456789012", "region": "us-east-1"}
    world = World({"network": {}}, environments={"prod": place})
    runs = ScheduledRuns(world.records, world.operations, lambda: world.schedules, world.clock)
    with pytest.raises(ApprovalNeeded, match="it knows no users"):
        runs.adopt(DEPLOYMENT_ID, PROD, Action.DEPLOY, due_now(world), 1)


def test_a_scheduled_refresh_leaves_alone_what_waits_for_an_approval(world: World, runs: ScheduledRuns) -> None:
    """It would take the request's place, and nobody sits there at night to ask again."""
    world.gate.rules = ApprovalRules(frozenset({DEV}))
    waiting = world.start()
    world.clock.advance(60)
    with pytest.raises(RunSkipped, match="waits for somebody to approve it"):
        adopt(runs, due_now(world), Action.REFRESH)
    assert world.operations.get(DEPLOYMENT_ID, waiting.operation_id).status is OperationStatus.AWAITING_APPROVAL
