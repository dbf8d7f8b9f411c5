"""A stack may give more than the records can hold: nothing is lost for that, and nothing is cut unseen."""

from __future__ import annotations

import pytest

from cloud_core.domain.events import Event, EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord
from cloud_core.domain.statuses import Action, OperationStatus, StackStatus
from cloud_core.domain.steps import PropertyChange, Step
from cloud_core.domain.values import SecretValue
from cloud_core.services.looking.findings import TOO_LARGE, FindingsService
from cloud_core.services.looking.outputs import OutputService
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.world import World

HUGE = "begin" + "x" * 500_000 + "end"
READER = {"dependencies": ["giver"], "config": {"policy": "${giver.policy}", "id": "${giver.id}"}}
DEV = EnvironmentName.DEV


@pytest.fixture
def world() -> World:
    world = World({"giver": {}, "reader": READER})
    world.engine.outputs_of["giver"] = {"id": "vpc-1", "policy": HUGE, "token": SecretValue("hush-hush")}
    return world


def record(world: World) -> StackRecord:
    found = world.records.stacks.get_stack(DEPLOYMENT_ID, "giver", DEV)
    assert found is not None
    return found


def told(world: World, name: EventName) -> list[Event]:
    return [one for one in world.records.events.read(DEPLOYMENT_ID) if one.event is name]


def test_the_stack_is_deployed_recorded_and_told(world: World) -> None:
    assert world.deploy().status is OperationStatus.SUCCESS
    assert (record(world).status, record(world).large_outputs) == (StackStatus.DEPLOYED, ["policy"])
    event = next(one for one in told(world, EventName.STACK_DEPLOYED) if one.stack_name == "giver")
    assert event.data["outputs"] == {"id": "vpc-1", "token": "***"}
    assert event.left_out == ("outputs.policy",)
    assert world.records.logs.get_logs_by_stack(DEPLOYMENT_ID, "giver", DEV).items


def test_its_readers_get_it_whole_from_this_run_and_from_the_engine_later(world: World) -> None:
    world.deploy()
    assert world.programs.inputs["reader"] == {"policy": HUGE, "id": "vpc-1"}
    world.put_manifest({"giver": {}, "reader": {**READER, "config": {**READER["config"], "more": 1}}})
    world.programs.inputs.clear()
    world.deploy()
    assert world.programs.inputs == {"reader": {"policy": HUGE, "id": "vpc-1", "more": 1}}


def test_it_changes_nothing_while_it_stays_the_same(world: World) -> None:
    world.deploy()
    world.engine.ran.clear()
    assert world.deploy().status is OperationStatus.SUCCESS
    assert world.engine.ran == []


def test_who_looks_at_outputs_is_told_where_it_can_be_read(world: World) -> None:
    world.deploy()
    outputs = OutputService(world.records, lambda: world.engine)
    shown = outputs.value(DEPLOYMENT_ID, "giver", "policy", DEV)
    assert shown == (
        "[488 KB: too large for the records, read it with 'cloud stack-outputs D1BRV40 giver policy "
        "--environment dev --show-secrets']"
    )
    assert outputs.value(DEPLOYMENT_ID, "giver", "policy", DEV, show_secrets=True) == HUGE


@pytest.mark.parametrize("action", [Action.PREVIEW, Action.DRIFT])
def test_what_was_found_and_is_too_large_does_not_look_like_nothing(world: World, action: Action) -> None:
    world.deploy()
    changes = tuple(PropertyChange(f"p{number}", "a" * 1000, "b" * 1000) for number in range(300))
    steps = [Step("update", "urn:x", "aws:s3:Bucket", "x", changes)]
    world.engine.steps_of["giver"], world.engine.drift_of["giver"] = steps, steps
    started = world.start(action, skip_unchanged=False)
    assert world.run(started).status is OperationStatus.SUCCESS
    event = next(one for one in told(world, EventName.STACK_CHECKED) if one.stack_name == "giver")
    assert event.left_out == ("steps",)
    if action is Action.PREVIEW:
        plan = world.plans.read(DEPLOYMENT_ID, started.operation_id)
        planned = next(one for one in plan.stacks if one.name == "giver")
        assert planned.status is StackStatus.FAILED
        assert "too large to be recorded" in (planned.error or "")
    else:
        operation = world.records.operations.get(DEPLOYMENT_ID, started.operation_id)
        assert operation is not None
        found = FindingsService(world.records).read(operation)
        assert next(one for one in found.stacks if one.name == "giver").note == TOO_LARGE
