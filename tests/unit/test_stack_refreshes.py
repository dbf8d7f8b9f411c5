"""The state against AWS: what a refresh writes, what a comparison marks, and when either leaves its hands off."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.errors import StackFailed
from cloud_core.domain.events import Event, EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation, StackRecord
from cloud_core.domain.statuses import Action, OperationStatus, StackStatus
from cloud_core.domain.steps import PropertyChange, Step
from cloud_core.domain.values import MASK, SecretValue
from cloud_core.services.looking.findings import LOST, FindingsService
from cloud_core.services.stacks.refreshes import MOVED
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.outages import RecordsWithOutages
from cloud_core.testing.records import InMemoryRecords
from cloud_core.testing.world import World

DEV = EnvironmentName.DEV
CHAIN: dict[str, dict[str, Any]] = {
    "network": {},
    "security": {"dependencies": ["network"], "config": {"vpc": "${network.vpcId}"}},
    "dns": {},
}
URN = "urn:pulumi:x::y::aws:test:Thing::network"
TAGGED = Step("update", URN, "aws:test:Thing", "network", (PropertyChange("tags.Owner", None, "shop"),))
REMOVED = Step("delete", f"{URN}-gone", "aws:test:Thing", "gone")


@pytest.fixture
def world() -> World:
    """A chain that is deployed."""
    world = World(CHAIN)
    world.engine.outputs_of["network"] = {"vpcId": "vpc-1", "token": SecretValue("hush-hush")}
    world.deploy()
    world.engine.ran.clear()
    return world


def run(world: World, action: Action, **changes: Any) -> Operation:
    world.clock.advance(1)
    operation = world.start(action, **changes)
    world.run(operation)
    return world.operations.get(DEPLOYMENT_ID, operation.operation_id)


def record(world: World, name: str = "network") -> StackRecord:
    found = world.records.stacks.get_stack(DEPLOYMENT_ID, name, DEV)
    assert found is not None
    return found


def drifted(world: World, *steps: Step) -> None:
    world.engine.drift_of["network"] = steps or (TAGGED, REMOVED)


def told(world: World, operation: Operation, name: str = "network") -> Event:
    (event,) = [
        event
        for event in world.records.events.read(DEPLOYMENT_ID)
        if (event.operation_id, event.event, event.stack_name)
        == (operation.operation_id, EventName.STACK_CHECKED, name)
    ]
    return event


def redeployed(world: World) -> list[str]:
    """The stacks that another deploy runs the engine for."""
    world.engine.ran.clear()
    world.clock.advance(1)
    world.deploy()
    return [stack for _, stack in world.engine.ran]


class TestComparison:
    def test_of_what_is_as_it_should_be_writes_nothing(self, world: World) -> None:
        before = record(world)
        operation = run(world, Action.DRIFT)
        assert (operation.status, operation.message) == (OperationStatus.SUCCESS, "3 stacks compared")
        assert record(world) == before
        assert {action for action, _ in world.engine.ran} == {"compare"}

    def test_marks_what_differs_and_changes_nothing_else(self, world: World) -> None:
        before = record(world)
        drifted(world)
        operation = run(world, Action.DRIFT)
        mark = record(world).drift
        assert mark is not None
        assert (mark.count, [one.status for one in mark.resources]) == (2, ["changed", "gone"])
        changed = {"drift": None, "version": before.version, "updated_at": before.updated_at}
        assert record(world).model_copy(update=changed) == before
        assert told(world, operation).data["steps"] == [TAGGED.to_data(), REMOVED.to_data()]
        lease = world.records.leases.get(DEPLOYMENT_ID, DEV)
        assert lease is not None
        assert lease.fence == before.fence

    def test_names_no_more_than_twenty_resources_but_counts_all(self, world: World) -> None:
        drifted(world, *(Step("update", f"{URN}{number}", "aws:test:Thing", str(number)) for number in range(25)))
        run(world, Action.DRIFT)
        mark = record(world).drift
        assert mark is not None
        assert (mark.count, len(mark.resources)) == (25, 20)

    def test_takes_the_mark_off_once_aws_is_as_it_was(self, world: World) -> None:
        drifted(world)
        run(world, Action.DRIFT)
        world.engine.drift_of.clear()
        run(world, Action.DRIFT)
        assert record(world).drift is None

    def test_neither_waits_for_a_deploy_nor_marks_what_it_works_on(self, world: World) -> None:
        drifted(world)
        deploying = world.start(Action.DEPLOY, skip_unchanged=False)
        found: list[Operation] = []
        world.engine.during["network"] = lambda: found.append(run(world, Action.DRIFT))
        world.run(deploying)
        (operation,) = found
        assert operation.status is OperationStatus.SUCCESS
        assert told(world, operation).data["note"] == MOVED
        assert told(world, operation).data["steps"] == []
        assert record(world).drift is None

    @pytest.mark.parametrize("action", [Action.DEPLOY, Action.DESTROY])
    def test_that_another_overtakes_marks_nothing_and_says_so(self, world: World, action: Action) -> None:
        drifted(world)

        def overtake() -> None:
            world.clock.advance(1)
            world.run(world.start(action, skip_unchanged=False))

        world.engine.during["network"] = overtake
        operation = run(world, Action.DRIFT, stacks=["network"])
        assert told(world, operation).data["note"] == MOVED
        assert record(world).drift is None

    def test_of_a_stack_that_somebody_took_over_marks_nothing(self, world: World) -> None:
        drifted(world)
        stamp = record(world).fence + 1
        world.engine.during["network"] = lambda: world.records.stacks.stamp(DEPLOYMENT_ID, DEV, stamp)
        operation = run(world, Action.DRIFT, stacks=["network"])
        assert told(world, operation).data["note"] == MOVED
        assert (record(world).drift, record(world).fence) == (None, stamp)

    def test_of_a_stack_whose_record_is_gone_fails(self, world: World) -> None:
        operation = world.start(Action.DRIFT, stacks=["dns"])
        with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as started:
            world.records.stacks.delete(DEPLOYMENT_ID, "dns", DEV)
            world.drive(started)
            world.executions.finish(started)
        assert "not recorded" in str(started.results["dns"].error)

    def test_that_fails_keeps_no_other_stack_back(self, world: World) -> None:
        world.engine.outputs_of["network"] = StackFailed("no credentials", stack="network")
        operation = run(world, Action.DRIFT)
        assert operation.status is OperationStatus.FAILED
        assert operation.results["network"].status is StackStatus.FAILED
        assert operation.results["security"].status is StackStatus.COMPARED
        assert record(world).status is StackStatus.DEPLOYED

    def test_leaves_out_what_is_not_deployed(self, world: World) -> None:
        world.destroy(stacks=["security"])
        operation = run(world, Action.DRIFT)
        assert sorted(operation.results) == ["dns", "network"]


class TestDeployOfAMarkedStack:
    def test_is_not_skipped_and_reads_aws_first(self, world: World) -> None:
        drifted(world)
        run(world, Action.DRIFT)
        assert redeployed(world) == ["network"]
        assert world.engine.last["network"].refresh
        assert record(world).drift is None
        assert world.engine.drift_of == {}
        assert redeployed(world) == []

    def test_is_previewed_with_the_same_eyes_and_its_reason(self, world: World) -> None:
        drifted(world)
        run(world, Action.DRIFT)
        operation = run(world, Action.PREVIEW, previews=Action.DEPLOY)
        assert told(world, operation).data["reasons"] == ["AWS differs from its state in 2 resources"]
        assert told(world, operation).data["steps"]
        assert world.engine.last["network"].refresh

    def test_that_was_marked_as_it_was_entered_reads_aws_too(self, world: World) -> None:
        drifted(world)
        operation = world.start(Action.DEPLOY, skip_unchanged=False)
        with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as started:
            run(world, Action.DRIFT)
            world.drive(started)
            world.executions.finish(started)
        assert world.engine.last["network"].refresh
        assert record(world).drift is None

    def test_keeps_the_mark_when_it_fails(self, world: World) -> None:
        drifted(world)
        run(world, Action.DRIFT)
        world.engine.outputs_of["network"] = StackFailed("no such zone", stack="network")
        world.deploy()
        assert record(world).drift is not None

    def test_a_destroy_takes_the_mark_along(self, world: World) -> None:
        drifted(world)
        run(world, Action.DRIFT)
        world.destroy()
        assert (record(world).status, record(world).drift) == (StackStatus.DESTROYED, None)


class TestRefresh:
    def test_that_finds_nothing_leaves_the_stack_as_it_was_deployed(self, world: World) -> None:
        before = record(world)
        operation = run(world, Action.REFRESH)
        assert (operation.status, operation.message) == (OperationStatus.SUCCESS, "3 stacks refreshed")
        after = record(world)
        assert after.last_operation_id == operation.operation_id
        same = ("version", "updated_at", "fence", "last_operation_id")
        assert after.model_copy(update={name: getattr(before, name) for name in same}) == before
        assert redeployed(world) == []

    def test_goes_in_the_order_of_the_graph_under_the_lease(self, world: World) -> None:
        fence = record(world).fence
        run(world, Action.REFRESH)
        order = [stack for _, stack in world.engine.ran]
        assert order.index("network") < order.index("security")
        assert {action for action, _ in world.engine.ran} == {"refresh"}
        assert record(world).fence > fence

    def test_that_finds_something_records_what_is_there_now(self, world: World) -> None:
        drifted(world)
        run(world, Action.DRIFT)
        operation = run(world, Action.REFRESH)
        after = record(world)
        assert (after.status, after.drift, after.fingerprint) == (StackStatus.DEPLOYED, None, {})
        assert (after.resources, after.resource_count) == ([], 0)
        assert after.outputs == {"vpcId": "vpc-1", "token": MASK}
        assert after.secret_outputs == ["token"]
        assert operation.results["network"].status is StackStatus.REFRESHED
        assert operation.results["network"].changes == {"update": 1, "delete": 1}

    def test_has_the_next_deploy_run_where_aws_differed(self, world: World) -> None:
        drifted(world)
        run(world, Action.REFRESH)
        preview = run(world, Action.PREVIEW, previews=Action.DEPLOY)
        assert told(world, preview).data["reasons"] == ["its state is not the one that a deploy has left"]
        assert redeployed(world) == ["network"]
        assert redeployed(world) == []

    def test_that_dies_on_the_way_leaves_no_stack_that_looks_unchanged(self, world: World) -> None:
        world.engine.outputs_of["network"] = StackFailed("connection lost", stack="network")
        operation = run(world, Action.REFRESH, stacks=["network"])
        assert operation.results["network"].status is StackStatus.FAILED
        assert (record(world).status, record(world).fingerprint) == (StackStatus.DEPLOYED, {})
        world.engine.outputs_of["network"] = {"vpcId": "vpc-1"}
        assert "network" in redeployed(world)

    def test_asks_for_an_unclear_state_to_be_looked_at(self, world: World) -> None:
        run(world, Action.REFRESH)
        assert world.engine.looked_at == []
        world.engine.outputs_of["network"] = StackFailed("no such zone", stack="network")
        world.deploy(skip_unchanged=False)
        world.engine.outputs_of["network"] = {"vpcId": "vpc-1"}
        run(world, Action.REFRESH)
        assert "network" in world.engine.looked_at
        assert record(world).status is StackStatus.FAILED

    def test_is_told_only_when_the_records_have_taken_it(self) -> None:
        clock = FakeClock()
        records = RecordsWithOutages(InMemoryRecords(clock))
        world = World(CHAIN, clock=clock, records=records)
        world.deploy()
        drifted(world)
        operation = world.start(Action.REFRESH, stacks=["network"])
        with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as started:
            world.engine.during["network"] = lambda: setattr(records, "are_away", True)
            world.work[Action.REFRESH](started, "network", 1)
            assert [one.record.stack_name for one in started.unwritten] == ["network"]
            records.are_away = False
            clock.advance(1)
            world.executions.finish(started)
        assert record(world).resource_count == 0
        assert told(world, operation).data["status"] == "refreshed"


class TestFindings:
    def test_are_read_from_what_was_told(self, world: World) -> None:
        drifted(world)
        findings = FindingsService(world.records).read(run(world, Action.DRIFT))
        assert [stack.name for stack in findings.drifted] == ["network"]
        assert findings.unknown == ()
        data = findings.to_data()
        assert data["summary"] == {"total": 3, "clean": 2, "drifted": 1, "unknown": 0, "resources": 2}
        network = next(stack for stack in data["stacks"] if stack["stack_name"] == "network")
        assert (network["status"], network["changes_detected"], network["refreshed_at"]) == ("compared", 2, None)
        changes = [(one["property"], one["expected"], one["actual"], one["action"]) for one in network["changes"]]
        assert changes == [("tags.Owner", None, "shop", "changed"), (None, None, None, "gone")]

    def test_that_were_lost_are_not_taken_for_nothing(self, world: World) -> None:
        operation = run(world, Action.REFRESH)
        lost = operation.model_copy(update={"operation_id": "op-other"})
        findings = FindingsService(world.records).read(lost)
        assert {stack.note for stack in findings.unknown} == {LOST}
        assert len(findings.unknown) == 3

    def test_of_an_operation_that_was_cancelled_early_are_none(self, world: World) -> None:
        operation = world.start(Action.DRIFT)
        findings = FindingsService(world.records).read(operation)
        assert {stack.status for stack in findings.unknown} == {StackStatus.CANCELLED}
