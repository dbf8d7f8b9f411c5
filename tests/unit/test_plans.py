"""Plans: what a preview told, kept in a file, and deploys that are confined to them."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from cloud_core.domain.errors import Conflict, InvalidInput, StackFailed
from cloud_core.domain.events import EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.plan import Plan
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, StackStatus
from cloud_core.domain.steps import PropertyChange, Step
from cloud_core.domain.values import UNKNOWN
from cloud_core.ports.records import Records
from cloud_core.services.looking.plans import PlannedSteps, PlanService
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.world import World

DEV = EnvironmentName.DEV
CHAIN: dict[str, dict[str, Any]] = {
    "network": {},
    "security": {"dependencies": ["network"], "config": {"vpc": "${network.vpcId}"}},
}
UPDATE = Step("update", "urn:pulumi:x::y::aws:test:Thing::network", "aws:test:Thing", "network")


class MeetingReaders(PlanService):
    """Holds each reader until there is a second one, or none comes for a moment."""

    def __init__(self, records: Records) -> None:
        super().__init__(records)
        self.reads = 0
        self._both = threading.Barrier(2)

    def read(self, deployment_id: str, operation_id: str) -> Plan:
        self.reads += 1
        with contextlib.suppress(threading.BrokenBarrierError):
            self._both.wait(timeout=0.2)
        return super().read(deployment_id, operation_id)


@pytest.fixture
def world() -> World:
    world = World(CHAIN)
    world.engine.outputs_of["network"] = {"vpcId": UNKNOWN}
    return world


def made(world: World, **changes: Any) -> Plan:
    operation = world.start(Action.PREVIEW, **{"previews": Action.DEPLOY, **changes})
    world.run(operation)
    return world.plans.read(DEPLOYMENT_ID, operation.operation_id)


def deployed(world: World, plan: Plan) -> Operation:
    world.engine.outputs_of["network"] = {"vpcId": "vpc-1"}
    operation = world.start(Action.DEPLOY, plan_id=plan.operation_id)
    world.run(operation)
    return world.operations.get(DEPLOYMENT_ID, operation.operation_id)


def test_a_plan_tells_each_stack_and_the_sum(world: World) -> None:
    plan = made(world)
    assert [(stack.name, stack.layer, stack.waits_for) for stack in plan.stacks] == [
        ("network", 1, ()),
        ("security", 2, ("network",)),
    ]
    assert plan.summary == {"create": 2, "update": 0, "replace": 0, "delete": 0, "same": 0}
    assert plan.is_complete
    assert [stack.name for stack in plan.changed] == ["network", "security"]


def test_skipped_stacks_are_told_with_the_time_of_their_deploy(world: World) -> None:
    world.engine.outputs_of["network"] = {"vpcId": "vpc-1"}
    world.deploy()
    plan = made(world)
    assert [stack.name for stack in plan.skipped] == ["network", "security"]
    assert plan.skipped[0].last_deployed_at
    assert plan.changed == ()
    assert plan.is_complete


def test_a_stack_that_failed_leaves_the_plan_incomplete(world: World) -> None:
    world.engine.outputs_of["network"] = StackFailed("no", stack="network", resource=None, diagnostics=[])
    plan = made(world)
    assert not plan.is_complete
    assert plan.stacks[0].error == "no"
    with pytest.raises(Conflict, match="not every stack could be looked at"):
        world.plans.require_current(plan)


def test_a_preview_that_was_never_run_is_no_complete_plan(world: World) -> None:
    operation = world.start(Action.PREVIEW, previews=Action.DEPLOY)
    plan = world.plans.read(DEPLOYMENT_ID, operation.operation_id)
    assert {stack.status for stack in plan.stacks} == {StackStatus.CANCELLED}
    assert not plan.is_complete


def test_a_plan_survives_its_file_and_nothing_else_does(world: World) -> None:
    world.engine.steps_of["network"] = [replace(UPDATE, properties=(PropertyChange("size", "1", "2", True),))]
    plan = made(world)
    kept = plan.to_file()
    assert Plan.from_file(kept) == plan
    world.plans.require_current(Plan.from_file(kept))
    for spoiled in ({**kept, "digest": "another"}, {**kept, "format": 99}, [], {}):
        with pytest.raises(InvalidInput, match="plan"):
            Plan.from_file(spoiled)
    with pytest.raises(InvalidInput, match="not the one that operation"):
        world.plans.require_current(replace(plan, stacks=plan.stacks[:1]))


def test_only_previews_make_plans(world: World) -> None:
    operation = world.start(Action.DEPLOY)
    with pytest.raises(InvalidInput, match="is a deploy, not a preview"):
        world.plans.read(DEPLOYMENT_ID, operation.operation_id)


def test_a_plan_lapses_when_the_manifest_moves_on(world: World) -> None:
    plan = made(world)
    world.put_manifest({**CHAIN, "dns": {}})
    with pytest.raises(Conflict, match="the manifest moved on from version 1 to 2"):
        world.plans.require_current(plan)


def test_a_plan_of_a_destroy_is_not_deployed(world: World) -> None:
    world.engine.outputs_of["network"] = {"vpcId": "vpc-1"}
    world.deploy()
    with pytest.raises(Conflict, match="it looks ahead to a destroy"):
        world.plans.require_current(made(world, previews=Action.DESTROY))


def test_what_was_planned_is_deployed(world: World) -> None:
    operation = deployed(world, made(world))
    assert {result.status for result in operation.results.values()} == {StackStatus.DEPLOYED}
    assert [action for action, stack in world.engine.ran if stack == "network"] == ["preview", "preview", "up"]


def test_the_look_before_a_planned_deploy_counts_no_resource_of_it(world: World) -> None:
    world.engine.outputs_of["network"] = {"vpcId": "vpc-1"}
    world.deploy()
    plan = made(world, skip_unchanged=False)
    operation = world.start(Action.DEPLOY, plan_id=plan.operation_id, skip_unchanged=False)
    world.run(operation)

    told = [
        (event.event, event.data.get("resources_total"))
        for event in world.records.events.read(DEPLOYMENT_ID)
        if (event.operation_id, event.stack_name) == (operation.operation_id, "network")
    ]
    progress = EventName.STACK_PROGRESS
    assert [one for one in told if one[0] in (progress, EventName.STACK_DEPLOYING)] == [
        (progress, None),
        (EventName.STACK_DEPLOYING, None),
        (progress, 1),
    ]


def test_a_stack_that_departs_from_the_plan_is_left_as_it_is(world: World) -> None:
    plan = made(world)
    world.engine.steps_of["network"] = [UPDATE]
    operation = deployed(world, plan)

    result = operation.results["network"]
    assert (result.status, result.error_code) == (StackStatus.FAILED, "PLAN_DEPARTED")
    assert "update was not planned" in (result.error or "")
    assert operation.results["security"].cause == "dependency_failed:network"
    assert ("up", "network") not in world.engine.ran
    record = world.records.stacks.get_stack(DEPLOYMENT_ID, "network", DEV)
    assert record is not None
    assert record.status is StackStatus.PENDING


def test_stacks_that_are_deployed_at_once_read_the_plan_once(world: World) -> None:
    plans = MeetingReaders(world.records)
    planned = PlannedSteps(plans)
    operation = world.start(Action.DEPLOY, plan_id=made(world).operation_id)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda stack: planned.of(operation, stack), CHAIN))
    assert [[step.name for step in steps or ()] for steps in found] == [["network"], ["security"]]
    assert plans.reads == 1


def test_a_stack_that_is_no_part_of_the_plan_is_not_deployed(world: World) -> None:
    plan = made(world, stacks=["network"])
    operation = deployed(world, plan)
    assert operation.results["network"].status is StackStatus.DEPLOYED
    assert operation.results["security"].error_code == "CONFLICT"
