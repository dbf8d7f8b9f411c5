"""Results that the records can't take: kept, written when the lease is proven ours, or left to the next operation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest

from cloud_core.domain.clock import parse_timestamp, timestamp
from cloud_core.domain.drift import DriftMark
from cloud_core.domain.errors import NotPermitted, RecordsUnavailable, StackFailed
from cloud_core.domain.events import EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord
from cloud_core.domain.statuses import Action, DeploymentStatus, OperationStatus, StackStatus
from cloud_core.domain.values import MASK, SecretValue
from cloud_core.services.runs.run import OperationRun
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.outages import RecordsWithOutages
from cloud_core.testing.records import InMemoryRecords
from cloud_core.testing.result_journal import InMemoryResultJournal
from cloud_core.testing.world import World

DEV = EnvironmentName.DEV
CHAIN: dict[str, dict[str, Any]] = {
    "network": {},
    "security": {"dependencies": ["network"], "config": {"vpcId": "${network.vpcId}"}},
}


class Scene:
    """A deploy of `network`, then `security`, whose records go away while network's engine runs."""

    def __init__(self) -> None:
        clock = FakeClock()
        self.records = RecordsWithOutages(InMemoryRecords(clock))
        self.journal = InMemoryResultJournal()
        self.world = World(CHAIN, clock=clock, records=self.records, journal=self.journal)
        self.world.engine.outputs_of["network"] = {"vpcId": "vpc-1", "token": SecretValue("hush-hush")}

    def go_away(self) -> None:
        self.records.are_away = True

    def free_lease(self) -> Any:
        lease = self.records.leases.get(DEPLOYMENT_ID, DEV)
        self.records.leases.break_lease(lease)
        return lease

    def lose_lease(self) -> None:
        lost = self.free_lease()
        self.records.leases.acquire(DEPLOYMENT_ID, DEV, lost.owner)
        self.records.stacks.stamp(DEPLOYMENT_ID, DEV, lost.fence + 1)

    def come_back(self, run: OperationRun) -> None:
        """The records are there again, and the next heartbeat finds them."""
        self.records.are_away = False
        self.world.clock.advance(1)
        run.lease.beat()

    @property
    def kept(self) -> list[StackRecord]:
        return self.journal.kept(DEPLOYMENT_ID, DEV)

    def status(self, stack: str) -> StackStatus:
        found = self.records.stacks.get_stack(DEPLOYMENT_ID, stack, DEV)
        return StackStatus(found.status)

    def told(self, name: EventName) -> list[str]:
        found = self.records.events.read(DEPLOYMENT_ID)
        return [event.stack_name for event in found if event.event is name]

    @contextmanager
    def running(self, action: Action = Action.DEPLOY) -> Iterator[OperationRun]:
        operation = self.world.start(action)
        with self.world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
            yield run

    def die(self) -> None:
        """Break off a deploy whose records are away, and leave its process for dead."""
        self.world.engine.during["network"] = self.go_away
        with suppress(RecordsUnavailable), self.running() as run:
            self.world.stacks.deploy(run, "network", 1)
            self.world.executions.finish(run)
        assert self.records.are_away
        self.begin_anew()

    def begin_anew(self) -> None:
        """In another process, with the records back."""
        self.records.are_away = False
        self.world.processes.end(self.world.processes.current())
        self.world.processes.become(2000)


@pytest.fixture
def scene() -> Scene:
    return Scene()


class TestWhileTheOperationLives:
    def test_a_result_is_kept_and_nothing_new_starts(self, scene: Scene) -> None:
        scene.world.engine.during["network"] = scene.go_away
        with scene.running() as run:
            result = scene.world.stacks.deploy(run, "network", 1)
            assert result.status is StackStatus.DEPLOYED
            assert not run.may_start
            (kept,) = scene.kept
            assert (kept.stack_name, kept.status) == ("network", StackStatus.DEPLOYED)
            assert kept.last_operation_id == run.operation.operation_id
            scene.come_back(run)
            run.events.flush()
            assert scene.status("network") is StackStatus.DEPLOYING
            assert scene.told(EventName.STACK_DEPLOYED) == []
            scene.world.drive(run)
            scene.world.executions.finish(run)

    def test_it_is_written_and_told_once_a_heartbeat_succeeded_and_the_operation_goes_on(self, scene: Scene) -> None:
        scene.world.engine.during["network"] = scene.go_away
        with scene.running() as run:
            schedule = run.schedule()
            (step,) = schedule.next()
            schedule.finish(scene.world.stacks.deploy(run, step.stack, 1))
            scene.records.are_away = False
            scene.world.stacks.records.catch_up(run)
            assert scene.status("network") is StackStatus.DEPLOYING, "the lease may be another's by now"

            scene.come_back(run)
            scene.world.stacks.records.catch_up(run)

            assert scene.status("network") is StackStatus.DEPLOYED
            assert scene.kept == []
            assert run.may_start
            (step,) = schedule.next()
            schedule.finish(scene.world.stacks.deploy(run, step.stack, 2))
            assert scene.world.executions.finish(run).status is OperationStatus.SUCCESS
        assert scene.told(EventName.STACK_DEPLOYED) == ["network", "security"]
        assert scene.world.programs.inputs["security"] == {"vpcId": "vpc-1"}

    def test_a_failure_is_kept_as_well(self, scene: Scene) -> None:
        scene.world.engine.during["network"] = scene.go_away
        scene.world.engine.outputs_of["network"] = StackFailed("no such zone", stack="network", resource="urn:zone")
        with scene.running() as run:
            assert scene.world.stacks.deploy(run, "network", 1).error == "no such zone"
            scene.come_back(run)
            scene.world.stacks.records.catch_up(run)
            assert scene.status("network") is StackStatus.FAILED
            run.events.flush()
            assert scene.told(EventName.STACK_FAILED) == ["network"]
            scene.world.drive(run)
            scene.world.executions.finish(run)

    def test_what_waits_at_the_end_is_tried_once_more(self, scene: Scene) -> None:
        scene.world.engine.during["security"] = scene.go_away
        with scene.running() as run:
            scene.world.drive(run)
            assert [record.stack_name for record in scene.kept] == ["security"]
            scene.world.clock.advance(1)
            scene.records.are_away = False
            assert scene.world.executions.finish(run).status is OperationStatus.SUCCESS
        assert scene.status("security") is StackStatus.DEPLOYED
        assert scene.kept == []

    def test_records_that_go_away_again_keep_it_waiting(self, scene: Scene) -> None:
        scene.world.engine.during["network"] = scene.go_away
        with scene.running() as run:
            scene.world.stacks.deploy(run, "network", 1)
            scene.come_back(run)
            scene.go_away()
            scene.world.stacks.records.catch_up(run)
            assert len(scene.kept) == 1
            assert not run.may_start
            scene.come_back(run)
            scene.world.stacks.records.catch_up(run)
            assert scene.kept == []
            scene.world.drive(run)
            scene.world.executions.finish(run)

    def test_no_secret_is_kept(self, scene: Scene) -> None:
        scene.die()
        (kept,) = scene.kept
        assert kept.outputs == {"vpcId": "vpc-1", "token": MASK}
        assert "hush" not in kept.model_dump_json()

    def test_without_a_place_to_keep_it_the_stack_has_failed(self, scene: Scene) -> None:
        scene.world.engine.during["network"] = scene.go_away
        scene.journal.failure = NotPermitted("the disk is full")
        with scene.running() as run:
            result = scene.world.stacks.deploy(run, "network", 1)
            assert (result.status, result.error) == (StackStatus.FAILED, "the disk is full")
            scene.come_back(run)
            scene.world.drive(run)
            scene.world.executions.finish(run)


class TestWithoutTheLease:
    def test_a_result_stays_on_disk_and_is_named(self, scene: Scene) -> None:
        scene.world.engine.during["network"] = scene.lose_lease
        with scene.running() as run:
            scene.world.stacks.deploy(run, "network", 1)
            scene.world.clock.advance(1)
            outcome = scene.world.executions.finish(run)
        assert outcome.status is OperationStatus.FAILED
        assert outcome.message == (
            "the lease was lost: another owner has the environment; the results of network wait on this host for the "
            "environment's next operation"
        )
        assert [record.stack_name for record in scene.kept] == ["network"]
        assert scene.status("network") is StackStatus.DEPLOYING

    def test_the_next_operation_writes_it(self, scene: Scene) -> None:
        self.test_a_result_stays_on_disk_and_is_named(scene)
        scene.free_lease()
        with scene.running() as run:
            assert scene.status("network") is StackStatus.DEPLOYED
            scene.world.drive(run)
            scene.world.executions.finish(run)


class TestAfterTheOperationDied:
    @pytest.mark.parametrize(("later", "stays"), [(60, True), (-60, False)])
    def test_a_drift_that_was_found_since_stays(self, scene: Scene, later: float, stays: bool) -> None:
        """A comparison needs no lease: it may mark the stack before the kept result is written."""
        scene.die()
        ended = parse_timestamp(scene.kept[0].last_deployment.completed_at)
        mark = DriftMark(found_at=timestamp(ended + timedelta(seconds=later)), count=1)
        seen = scene.records.stacks.get_stack(DEPLOYMENT_ID, "network", DEV)
        assert scene.world.stacks.records.mark_drift(seen, mark)
        with scene.running() as run:
            found = scene.records.stacks.get_stack(DEPLOYMENT_ID, "network", DEV)
            assert (found.status, found.drift) == (StackStatus.DEPLOYED, mark if stays else None)
            scene.world.drive(run)
            scene.world.executions.finish(run)

    def test_the_next_one_writes_its_result_and_tells_so(self, scene: Scene) -> None:
        scene.die()
        assert scene.status("network") is StackStatus.DEPLOYING
        with scene.running() as run:
            assert scene.status("network") is StackStatus.DEPLOYED
            assert scene.kept == []
            scene.world.drive(run)
            assert "network" not in scene.world.engine.looked_at
            scene.world.executions.finish(run)
        lines = [event for event in scene.records.events.read(DEPLOYMENT_ID) if event.event is EventName.LOG]
        (line,) = [event for event in lines if event.stack_name == "network"]
        assert line.data["message"].startswith("stack network is deployed: operation ")

    def test_a_stack_that_was_changed_since_is_left_alone(self, scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
        scene.die()
        (kept,) = scene.kept
        scene.journal.discard(kept)
        scene.world.engine.outputs_of["network"] = StackFailed("broken since")
        scene.world.deploy()
        scene.journal.keep(kept)
        scene.world.engine.outputs_of["network"] = {"vpcId": "vpc-2"}

        with scene.running() as run:
            assert scene.status("network") is StackStatus.FAILED
            scene.world.drive(run)
            scene.world.executions.finish(run)

        assert scene.kept == []
        assert "is dropped: the stack has been changed since" in caplog.text

    def test_a_stack_that_it_destroyed_is_not_destroyed_again(self, scene: Scene) -> None:
        scene.world.deploy()
        scene.world.engine.during["security"] = scene.go_away
        with suppress(RecordsUnavailable), scene.running(Action.DESTROY) as run:
            scene.world.stacks.destroy(run, "security", 1)
            scene.world.executions.finish(run)
        scene.begin_anew()
        scene.world.engine.ran.clear()

        assert scene.world.destroy().status is OperationStatus.SUCCESS

        assert scene.world.engine.ran == [("destroy", "network")]
        deployment = scene.records.deployments.get_by_id(DEPLOYMENT_ID)
        assert deployment.environment_status[DEV.value] is DeploymentStatus.DESTROYED
