"""Looking ahead: what a preview tells of each stack, what it carries on, and that it leaves no trace."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.errors import StackFailed
from cloud_core.domain.events import Event, EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.schedule import dependency_failed
from cloud_core.domain.statuses import Action, OperationStatus, StackStatus
from cloud_core.domain.values import UNKNOWN, SecretValue
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.world import World

DEV = EnvironmentName.DEV
CHAIN: dict[str, dict[str, Any]] = {
    "network": {},
    "security": {"dependencies": ["network"], "config": {"vpc": "${network.vpcId}"}},
    "dns": {},
}


@pytest.fixture
def world() -> World:
    world = World(CHAIN)
    world.engine.outputs_of["network"] = {"vpcId": UNKNOWN}
    return world


def preview(world: World, **changes: Any) -> Operation:
    operation = world.start(Action.PREVIEW, previews=changes.pop("previews", Action.DEPLOY), **changes)
    world.run(operation)
    return world.operations.get(DEPLOYMENT_ID, operation.operation_id)


def told(world: World, operation: Operation) -> dict[str, Event]:
    events = world.records.events.read(DEPLOYMENT_ID, 0)
    return {
        event.stack_name or "": event
        for event in events
        if event.operation_id == operation.operation_id and event.event is EventName.STACK_CHECKED
    }


def test_a_fresh_deployment_previews_completely_and_leaves_no_trace(world: World) -> None:
    operation = preview(world)

    assert operation.status is OperationStatus.SUCCESS
    assert operation.message == "3 stacks previewed"
    assert {result.status for result in operation.results.values()} == {StackStatus.PREVIEWED}
    assert world.programs.inputs["security"] == {"vpc": UNKNOWN}
    events = told(world, operation)
    assert events["security"].data["waits_for"] == ["network"]
    assert events["security"].data["reasons"] == ["it was never deployed"]
    assert [step["action"] for step in events["network"].data["steps"]] == ["create"]
    assert world.records.stacks.list_by_deployment(DEPLOYMENT_ID) == []
    deployment = world.records.deployments.get_by_id(DEPLOYMENT_ID)
    assert deployment is not None
    assert deployment.environment_status == {}
    assert world.records.leases.get(DEPLOYMENT_ID, DEV) is None


def test_nothing_is_told_of_resources_since_none_is_touched(world: World) -> None:
    operation = preview(world)
    events = world.records.events.read(DEPLOYMENT_ID, 0)
    mine = [event for event in events if event.operation_id == operation.operation_id]
    assert not [event for event in mine if event.event.value.startswith(("resource_", "stack_deploy"))]


def test_one_stack_can_be_previewed_before_those_that_it_reads_are_there(world: World) -> None:
    operation = preview(world, stacks=["security"])
    assert operation.results["security"].status is StackStatus.PREVIEWED
    assert world.programs.inputs["security"] == {"vpc": UNKNOWN}


def test_unchanged_stacks_are_skipped_and_a_change_shows_in_those_that_read_it(world: World) -> None:
    world.engine.outputs_of["network"] = {"vpcId": "vpc-1"}
    world.deploy()
    world.engine.ran.clear()
    operation = preview(world)
    assert operation.message == "0 stacks previewed, 3 unchanged"
    assert world.engine.ran == []

    world.programs.digests["network"] = "another"
    world.engine.outputs_of["network"] = {"vpcId": "vpc-2"}
    operation = preview(world)
    assert world.programs.inputs["security"] == {"vpc": "vpc-2"}
    events = told(world, operation)
    assert events["network"].data["reasons"] == ["changed: program"]
    assert operation.results["dns"].status is StackStatus.SKIPPED


def test_an_upstream_that_gives_the_same_as_before_does_not_change_its_readers(world: World) -> None:
    world.engine.outputs_of["network"] = {"vpcId": SecretValue("vpc-1")}
    world.deploy()
    world.programs.digests["network"] = "another"
    operation = preview(world)
    assert operation.results["network"].status is StackStatus.PREVIEWED
    assert operation.results["security"].status is StackStatus.SKIPPED


def test_a_stack_that_can_not_be_previewed_stops_its_dependents_only(world: World) -> None:
    world.engine.outputs_of["network"] = StackFailed("no such zone", stack="network", resource=None, diagnostics=[])
    operation = preview(world)
    assert operation.status is OperationStatus.FAILED
    assert operation.results["security"].cause == dependency_failed("network")
    assert operation.results["dns"].status is StackStatus.PREVIEWED
    assert world.records.stacks.list_by_deployment(DEPLOYMENT_ID) == []


def test_a_destroy_is_previewed_in_its_own_order(world: World) -> None:
    world.engine.outputs_of["network"] = {"vpcId": "vpc-1"}
    world.deploy()
    world.engine.protects.add("network")
    world.engine.ran.clear()
    operation = preview(world, previews=Action.DESTROY)

    ran = [stack for _, stack in world.engine.ran]
    assert ran.index("security") < ran.index("network")
    assert {action for action, _ in world.engine.ran} == {"preview_destroy"}
    events = told(world, operation)
    assert [step["action"] for step in events["dns"].data["steps"]] == ["delete"]
    assert len(events["network"].data["protected"]) == 1
    assert world.records.stacks.get_stack(DEPLOYMENT_ID, "dns", DEV).status is StackStatus.DEPLOYED  # type: ignore[union-attr]


def test_a_preview_neither_waits_for_a_deploy_nor_stands_in_its_way(world: World) -> None:
    world.engine.outputs_of["network"] = {"vpcId": "vpc-1"}
    looking = world.start(Action.PREVIEW, previews=Action.DEPLOY)
    deploying = world.start(Action.DEPLOY)
    latest = world.operations.latest(DEPLOYMENT_ID, DEV)
    assert latest is not None
    assert latest.operation_id == deploying.operation_id
    with world.executions.running(DEPLOYMENT_ID, deploying.operation_id) as run:
        world.run(looking)
        world.drive(run)
        world.executions.finish(run)
    assert world.operations.get(DEPLOYMENT_ID, deploying.operation_id).status is OperationStatus.SUCCESS


def test_a_preview_whose_process_died_is_found_so(world: World) -> None:
    operation = world.start(Action.PREVIEW, previews=Action.DEPLOY)
    with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
        begun = run.operation
        assert not world.operations.settle(begun)
        world.processes.end(begun.reader.flow_process)  # type: ignore[union-attr]
        assert world.operations.settle(begun)
    ended = world.operations.get(DEPLOYMENT_ID, operation.operation_id)
    assert (ended.status, ended.message) == (OperationStatus.FAILED, "its processes died")
