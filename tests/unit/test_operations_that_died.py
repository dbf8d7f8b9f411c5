"""Operations whose processes died, over fakes: found by proof, ended with the truth, in nobody's way."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from cloud_core.domain.errors import Conflict, OperationRunning, StackFailed
from cloud_core.domain.events import EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogLevel, Operation
from cloud_core.domain.statuses import Action, DeploymentStatus, OperationStatus
from cloud_core.services.looking.watching import WatchService
from cloud_core.services.runs.run import OperationRun
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.world import World

DEV = EnvironmentName.DEV
CHAIN: dict[str, dict[str, Any]] = {"network": {}, "security": {"dependencies": ["network"]}, "dns": {}}


@pytest.fixture
def world() -> World:
    return World(CHAIN)


def events(world: World) -> list[tuple[EventName, str | None]]:
    return [(event.event, event.stack_name) for event in world.records.events.read(DEPLOYMENT_ID)]


def environment_status(world: World) -> DeploymentStatus:
    deployment = world.records.deployments.get_by_id(DEPLOYMENT_ID)
    assert deployment is not None
    return deployment.environment_status[DEV.value]


def holder(world: World) -> str | None:
    """The operation that the lease names."""
    lease = world.records.leases.get(DEPLOYMENT_ID, DEV)
    return lease.owner.operation_id if lease and lease.owner else None


@dataclass(frozen=True)
class DeadFlow:
    """An operation whose flow process was killed; `running` keeps what only a living process would tidy up."""

    operation: Operation
    running: AbstractContextManager[OperationRun]


def dead_flow(world: World, operation: Operation, is_driven: bool = False, has_ended: bool = False) -> DeadFlow:
    """`is_driven`: it had done every stack, and not yet said so. `has_ended`: it had, and not given back the lease."""
    running = world.executions.running(DEPLOYMENT_ID, operation.operation_id)
    run = running.__enter__()
    if is_driven:
        world.drive(run)
        run.events.flush()
    if has_ended:
        world.executions.finish(run)
    world.processes.end(world.processes.current())
    world.processes.become(2000)
    return DeadFlow(world.operations.get(DEPLOYMENT_ID, operation.operation_id), running)


def queued_rollback(world: World, is_first_deploy: bool) -> Operation:
    """Of a deploy that failed: what it has made goes if it was the first one, else what it has changed is put back."""
    if not is_first_deploy:
        world.deploy()
        world.clock.advance(1)
        world.put_manifest({name: {**section, "config": {"size": 2}} for name, section in CHAIN.items()})
    world.engine.outputs_of["security"] = [StackFailed("broken", stack="security", resource=None, diagnostics=[])]
    world.deploy(rollback_on_error=True)
    rollback = world.operations.latest(DEPLOYMENT_ID, DEV)
    assert rollback is not None
    assert rollback.type is Action.ROLLBACK
    return rollback


class TestOperationsThatDied:
    def test_one_whose_flow_was_killed_gives_way_and_is_told_dead(self, world: World) -> None:
        first = world.start()
        running = world.executions.running(DEPLOYMENT_ID, first.operation_id)
        running.__enter__()
        dead = world.processes.current()
        with pytest.raises(OperationRunning):
            world.start()

        world.processes.end(dead)
        world.processes.become(2000)
        second = world.start()

        ended = world.operations.get(DEPLOYMENT_ID, first.operation_id)
        assert (ended.status, ended.message) == (OperationStatus.FAILED, "its processes died")
        assert (EventName.DEPLOYMENT_FAILED, None) in events(world)
        assert world.run(second).status is OperationStatus.SUCCESS

    def test_its_log_says_that_it_has_died(self, world: World) -> None:
        dead = dead_flow(world, world.start())
        world.edges.settle(dead.operation)
        line = world.records.logs.get_logs(DEPLOYMENT_ID, 1).items[0]
        assert (line.operation_id, line.log_level) == (dead.operation.operation_id, LogLevel.ERROR)
        assert "found dead" in line.message

    def test_one_that_died_leaves_no_environment_that_seems_to_be_changing(self, world: World) -> None:
        flow = dead_flow(world, world.start())
        assert environment_status(world) is DeploymentStatus.DEPLOYING

        assert world.operations.settle(flow.operation)

        assert environment_status(world) is DeploymentStatus.FAILED

    @pytest.mark.parametrize(
        ("action", "status"),
        [(Action.DEPLOY, DeploymentStatus.DEPLOYED), (Action.DESTROY, DeploymentStatus.DESTROYED)],
    )
    def test_one_that_died_after_its_last_stack_leaves_the_environment_as_its_stacks_are(
        self, world: World, action: Action, status: DeploymentStatus
    ) -> None:
        """A retry would find nothing to do, so that nothing else would ever say so."""
        if action is Action.DESTROY:
            world.deploy()
        flow = dead_flow(world, world.start(action), is_driven=True)

        assert world.operations.settle(flow.operation)

        assert environment_status(world) is status

    def test_what_it_found_unchanged_counts_as_done(self, world: World) -> None:
        world.deploy()
        world.clock.advance(1)
        flow = dead_flow(world, world.start(), is_driven=True)

        assert world.operations.settle(flow.operation)

        assert (environment_status(world), holder(world)) == (DeploymentStatus.DEPLOYED, None)

    @pytest.mark.parametrize("action", [Action.DEPLOY, Action.DESTROY])
    def test_one_that_died_after_its_last_stack_leaves_no_lease(self, world: World, action: Action) -> None:
        if action is Action.DESTROY:
            world.deploy()
        flow = dead_flow(world, world.start(action), is_driven=True)
        assert holder(world) == flow.operation.operation_id

        assert world.operations.settle(flow.operation)

        assert holder(world) is None

    def test_one_that_had_ended_and_died_with_the_lease_leaves_it_to_whoever_looks(self, world: World) -> None:
        """Nothing is left to mend, so that no retry would take it over."""
        flow = dead_flow(world, world.start(), is_driven=True, has_ended=True)
        assert flow.operation.status is OperationStatus.SUCCESS
        assert holder(world) == flow.operation.operation_id

        watching = WatchService(world.records, lambda: world.flows, world.operations.settle, world.clock)
        assert watching.settled(flow.operation) == flow.operation
        assert holder(world) is None

    def test_one_that_had_ended_and_lives_gives_the_lease_back_itself(self, world: World) -> None:
        operation = world.start()
        with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
            world.drive(run)
            world.executions.finish(run)
            assert world.operations.settle(world.operations.get(DEPLOYMENT_ID, operation.operation_id))
            assert holder(world) == operation.operation_id
        assert holder(world) is None

    def test_one_that_left_stacks_is_named_by_the_lease_until_they_are_mended(self, world: World) -> None:
        flow = dead_flow(world, world.start())

        assert world.operations.settle(flow.operation)

        assert holder(world) == flow.operation.operation_id

    @pytest.mark.parametrize("is_first_deploy", [True, False])
    def test_a_rollback_that_died_after_its_last_stack_leaves_the_environment_rolled_back(
        self, world: World, is_first_deploy: bool
    ) -> None:
        flow = dead_flow(world, queued_rollback(world, is_first_deploy), is_driven=True)
        assert environment_status(world) is DeploymentStatus.ROLLING_BACK

        assert world.operations.settle(flow.operation)

        assert environment_status(world) is DeploymentStatus.ROLLED_BACK

    @pytest.mark.parametrize("is_first_deploy", [True, False])
    def test_a_rollback_that_died_before_its_last_stack_has_failed(self, world: World, is_first_deploy: bool) -> None:
        flow = dead_flow(world, queued_rollback(world, is_first_deploy))

        assert world.operations.settle(flow.operation)

        assert environment_status(world) is DeploymentStatus.FAILED

    def test_a_stack_that_was_destroyed_and_switched_off_before_does_not_count(self, world: World) -> None:
        world.deploy()
        world.destroy(stacks=["dns"])
        world.put_manifest({**CHAIN, "dns": {"enabled": False}})
        flow = dead_flow(world, world.start(skip_unchanged=False), is_driven=True)

        assert world.operations.settle(flow.operation)

        assert environment_status(world) is DeploymentStatus.DEPLOYED

    def test_one_that_died_before_it_changed_what_is_deployed_has_failed(self, world: World) -> None:
        world.deploy()
        flow = dead_flow(world, world.start())

        assert world.operations.settle(flow.operation)

        assert environment_status(world) is DeploymentStatus.FAILED

    def test_one_that_died_says_nothing_of_an_environment_that_another_one_holds(self, world: World) -> None:
        flow = dead_flow(world, world.start())
        second = world.operations.adopt(DEPLOYMENT_ID, DEV, Action.DEPLOY, "run-2", 1)
        with world.executions.running(DEPLOYMENT_ID, second.operation_id) as run:
            assert world.operations.settle(flow.operation)
            assert environment_status(world) is DeploymentStatus.DEPLOYING
            world.drive(run)
            world.executions.finish(run)
        assert environment_status(world) is DeploymentStatus.DEPLOYED

    def test_one_whose_engine_outlives_its_broken_flow_is_cancelling_until_the_engine_is_gone(
        self, world: World
    ) -> None:
        first = world.start()
        engine = world.processes.start(4711)

        def break_off() -> None:
            with world.executions.running(DEPLOYMENT_ID, first.operation_id) as run:
                run.lease.register_engine(engine)
                run.stop.request()
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            break_off()
        flow = world.processes.current()
        world.processes.become(2000)
        world.processes.end(flow)
        assert world.operations.get(DEPLOYMENT_ID, first.operation_id).status is OperationStatus.CANCELLING
        with pytest.raises(OperationRunning):
            world.start()

        world.processes.end(engine)
        assert world.deploy().status is OperationStatus.SUCCESS

        ended = world.operations.get(DEPLOYMENT_ID, first.operation_id)
        assert (ended.status, ended.message) == (OperationStatus.CANCELLED, "its processes died")
        assert (EventName.DEPLOYMENT_CANCELLED, None) in events(world)

    def test_one_whose_run_was_cancelled_before_it_began_gives_way(self, world: World) -> None:
        first = world.start()
        world.flows.states[first.flow_run_id or ""] = "cancelled"

        second = world.start()

        assert second.operation_id != first.operation_id
        with pytest.raises(Conflict, match="has ended already"):
            world.run(first)

    def test_the_flow_services_word_does_not_end_one_that_holds_the_lease(self, world: World) -> None:
        first = world.start()
        world.flows.states[first.flow_run_id or ""] = "crashed"
        with world.executions.running(DEPLOYMENT_ID, first.operation_id) as run:
            with pytest.raises(OperationRunning):
                world.start()
            world.drive(run)
            assert world.executions.finish(run).status is OperationStatus.SUCCESS
