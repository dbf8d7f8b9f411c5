"""Deploys that end at once: only when a flow would find nothing to do either, and told as a flow tells it."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.errors import RecordsUnavailable, StackFailed
from cloud_core.domain.events import EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.states import UNCHANGED
from cloud_core.domain.statuses import Action, DeploymentStatus, OperationStatus, StackStatus
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.records.statuses import require_deployment
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.world import World

DEV = EnvironmentName.DEV
CHAIN: dict[str, dict[str, Any]] = {
    "network": {},
    "security": {"dependencies": ["network"], "config": {"vpc": "${network.vpcId}"}},
}


@pytest.fixture
def world() -> World:
    """A chain that is deployed."""
    world = World(CHAIN)
    world.engine.outputs_of["network"] = {"vpcId": "vpc-1"}
    world.deploy()
    return world


def wish(**changes: Any) -> StartOperation:
    return StartOperation(DEPLOYMENT_ID, DEV, Action.DEPLOY, started_by="ann", **changes)


def is_queued(operation: Operation) -> bool:
    return operation.status is OperationStatus.PENDING and operation.flow_run_id is not None


def test_an_unchanged_deployment_ends_at_once_without_a_flow_run(world: World) -> None:
    runs = len(world.flows.submitted)
    operation = world.edges.start(wish())

    assert operation.status is OperationStatus.SUCCESS
    assert operation.message == "nothing to do: all 2 stacks are unchanged"
    assert operation.flow_run_id is None
    assert {(one.status, one.cause) for one in operation.results.values()} == {(StackStatus.SKIPPED, UNCHANGED)}
    assert len(world.flows.submitted) == runs
    assert world.operations.get(DEPLOYMENT_ID, operation.operation_id) == operation


def test_it_is_told_as_a_flow_tells_it(world: World) -> None:
    operation = world.edges.start(wish())
    events = [one for one in world.records.events.read(DEPLOYMENT_ID, 0) if one.operation_id == operation.operation_id]
    assert [(one.event, one.stack_name) for one in events] == [
        (EventName.DEPLOYMENT_STARTED, None),
        (EventName.STACK_DEPLOYED, "network"),
        (EventName.STACK_DEPLOYED, "security"),
        (EventName.DEPLOYMENT_COMPLETE, None),
    ]
    assert events[1].data["status"] == "skipped"
    assert events[1].data["outputs"] == {"vpcId": "vpc-1"}
    assert events[-1].data["operation_status"] == "success"


def test_its_lines_are_in_the_log(world: World) -> None:
    operation = world.edges.start(wish())
    lines = [
        one for one in world.records.logs.get_logs(DEPLOYMENT_ID).items if one.operation_id == operation.operation_id
    ]
    assert [one.stack_name for one in reversed(lines)] == [None, "network", "security", None]
    assert lines[0].message == "deployment complete: nothing to do: all 2 stacks are unchanged"


def test_the_same_key_gives_the_operation_that_ended(world: World) -> None:
    first = world.edges.start(wish(idempotency_key="k"))
    assert world.edges.start(wish(idempotency_key="k")) == first


def test_what_is_asked_for_all_the_same_is_run(world: World) -> None:
    assert is_queued(world.edges.start(wish(skip_unchanged=False)))


def test_a_change_is_run(world: World) -> None:
    world.programs.digests["security"] = "another"
    assert is_queued(world.edges.start(wish()))


def test_one_stack_that_is_unchanged_ends_at_once(world: World) -> None:
    world.programs.digests["security"] = "another"
    operation = world.edges.start(wish(stacks=["network"]))
    assert operation.status is OperationStatus.SUCCESS
    assert operation.message == "nothing to do: 1 stack is unchanged"


def test_an_environment_that_is_not_called_deployed_is_run(world: World) -> None:
    record = require_deployment(world.records.deployments, DEPLOYMENT_ID)
    world.records.deployments.update(
        record.model_copy(update={"environment_status": {"dev": DeploymentStatus.PARTIAL}})
    )
    assert is_queued(world.edges.start(wish()))


def test_a_value_that_only_the_runner_knows_is_left_to_the_flow(world: World) -> None:
    world.put_manifest({**CHAIN, "network": {"config": {"key": "{{RUNTIME:env:CLOUD_VAR_KEY}}"}}})
    assert is_queued(world.edges.start(wish()))


def test_a_destroy_is_never_a_no_op(world: World) -> None:
    asked = StartOperation(DEPLOYMENT_ID, DEV, Action.DESTROY, started_by="ann")
    assert is_queued(world.edges.start(asked))


def test_records_that_can_not_be_read_are_no_proof(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = iter([RecordsUnavailable("away")])
    stored = world.records.stacks.list_by_deployment

    def list_by_deployment(*place: Any) -> Any:
        for error in reads:
            raise error
        return stored(*place)

    monkeypatch.setattr(world.records.stacks, "list_by_deployment", list_by_deployment)
    assert is_queued(world.edges.start(wish()))


def test_the_reason_after_a_failure_is_that(world: World) -> None:
    error = StackFailed("broken", stack="security", resource=None, diagnostics=[])
    world.engine.outputs_of["security"] = [error]
    world.programs.digests["security"] = "another"
    world.deploy()
    deployment = require_deployment(world.records.deployments, DEPLOYMENT_ID)
    reasons = world.edges.reasons(wish(), deployment, world.edges.plan(wish(), deployment))
    assert reasons == {"network": [], "security": ["its last run did not succeed"]}


def test_reasons_are_foreseen_for_each_stack(world: World) -> None:
    world.programs.digests["security"] = "another"
    deployment = require_deployment(world.records.deployments, DEPLOYMENT_ID)
    plan = world.edges.plan(wish())
    assert world.edges.reasons(wish(), deployment, plan) == {"network": [], "security": ["changed: program"]}
    destroy = StartOperation(DEPLOYMENT_ID, DEV, Action.DESTROY, started_by="ann")
    assert world.edges.reasons(destroy, deployment, plan) == {}
    assert world.operations.reasons(wish(), deployment, plan) == {}
