"""Operations from acceptance to their end, over fakes: what is recorded, told and refused."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from cloud_core.domain.errors import (
    ApprovalNeeded,
    Conflict,
    DependentsExist,
    DeploymentNotFound,
    FlowServiceUnreachable,
    InvalidInput,
    OperationNotFound,
    OperationRunning,
    ProtectedResources,
    RecordsUnavailable,
    StackFailed,
    StackNotFound,
)
from cloud_core.domain.events import EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation, StackRecord
from cloud_core.domain.schedule import dependency_failed
from cloud_core.domain.stack_template import StackOutput, StackTemplate
from cloud_core.domain.statuses import Action, DeploymentStatus, OperationStatus, StackStatus
from cloud_core.domain.stopping import CancelLevel
from cloud_core.domain.values import MASK, SecretValue
from cloud_core.ports.engine import ResourceAction, ResourceEvent
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.runs.progress import StackProgress
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.world import World

DEV = EnvironmentName.DEV
CHAIN: dict[str, dict[str, Any]] = {
    "network": {},
    "security": {"dependencies": ["network"], "config": {"vpcId": "${network.vpcId}"}},
    "secrets": {"dependencies": ["security"]},
    "dns": {},
}


@pytest.fixture
def world() -> World:
    world = World(CHAIN)
    world.engine.outputs_of["network"] = {"vpcId": "vpc-1", "token": SecretValue("hush-hush")}
    return world


def stack(world: World, name: str) -> StackRecord:
    record = world.records.stacks.get_stack(DEPLOYMENT_ID, name, DEV)
    assert record is not None
    return record


def events(world: World) -> list[tuple[EventName, str | None]]:
    return [(event.event, event.stack_name) for event in world.records.events.read(DEPLOYMENT_ID)]


def environment_status(world: World) -> DeploymentStatus:
    deployment = world.records.deployments.get_by_id(DEPLOYMENT_ID)
    assert deployment is not None
    return deployment.environment_status[DEV.value]


class TestADeployThatSucceeds:
    def test_ends_deployed_everywhere(self, world: World) -> None:
        outcome = world.deploy()

        assert outcome.status is OperationStatus.SUCCESS
        assert environment_status(world) is DeploymentStatus.DEPLOYED
        assert {name: stack(world, name).status for name in CHAIN} == dict.fromkeys(CHAIN, StackStatus.DEPLOYED)

    def test_gives_a_dependent_the_output_of_this_run(self, world: World) -> None:
        world.deploy()
        assert world.programs.inputs["security"] == {"vpcId": "vpc-1"}
        assert list(stack(world, "security").consumed) == ["network.vpcId"]

    def test_masks_secrets_in_records_and_events(self, world: World) -> None:
        world.deploy()

        record = stack(world, "network")
        assert record.outputs == {"vpcId": "vpc-1", "token": MASK}
        assert record.secret_outputs == ["token"]
        told = [event.model_dump_json() for event in world.records.events.read(DEPLOYMENT_ID)]
        assert not [text for text in told if "hush" in text]

    def test_tells_a_start_every_stack_and_one_end(self, world: World) -> None:
        world.deploy()
        told = events(world)
        assert told[1] == (EventName.DEPLOYMENT_STARTED, None)
        assert told[-1] == (EventName.DEPLOYMENT_COMPLETE, None)
        assert [name for name, _ in told].count(EventName.DEPLOYMENT_COMPLETE) == 1
        assert {stack for name, stack in told if name is EventName.STACK_DEPLOYED} == set(CHAIN)

    def test_returns_the_lease(self, world: World) -> None:
        world.deploy()
        lease = world.records.leases.get(DEPLOYMENT_ID, DEV)
        assert lease is not None
        assert lease.owner is None

    def test_records_layers_of_the_plan(self, world: World) -> None:
        operation = world.start()
        assert operation.layers == [["dns", "network"], ["security"], ["secrets"]]
        world.run(operation)
        assert stack(world, "secrets").layer == 3


class TestADeployThatFails:
    @pytest.fixture
    def failing(self, world: World) -> World:
        world.engine.outputs_of["security"] = StackFailed(
            "stack 'security' failed at aws:ec2:SecurityGroup 'web': InvalidVpc", stack="security", resource="urn:web"
        )
        return world

    def test_is_partial_and_the_independent_branch_is_deployed(self, failing: World) -> None:
        outcome = failing.deploy()
        assert outcome.status is OperationStatus.FAILED
        assert outcome.message == "failed: security"
        assert environment_status(failing) is DeploymentStatus.PARTIAL
        assert stack(failing, "dns").status is StackStatus.DEPLOYED

    def test_skips_dependents_with_the_cause_and_never_starts_them(self, failing: World) -> None:
        operation = failing.start()
        failing.run(operation)
        results = failing.operations.get(DEPLOYMENT_ID, operation.operation_id).results
        assert results["secrets"].status is StackStatus.SKIPPED
        assert results["secrets"].cause == dependency_failed("security")
        assert ("up", "secrets") not in failing.engine.ran

    def test_names_stack_resource_and_reason(self, failing: World) -> None:
        operation = failing.start()
        failing.run(operation)
        result = failing.operations.get(DEPLOYMENT_ID, operation.operation_id).results["security"]
        assert (result.error_code, result.resource) == ("STACK_FAILED", "urn:web")
        assert "InvalidVpc" in (result.error or "")

    def test_succeeds_once_the_cause_is_mended(self, failing: World) -> None:
        failing.deploy()
        failing.engine.outputs_of["security"] = {}
        assert failing.deploy().status is OperationStatus.SUCCESS
        assert environment_status(failing) is DeploymentStatus.DEPLOYED

    def test_looks_for_what_a_run_left_that_may_not_have_ended_by_itself(self, failing: World) -> None:
        failing.deploy()
        assert failing.engine.looked_at == []
        failing.deploy()
        assert failing.engine.looked_at == ["security"]

    def test_all_stacks_failing_is_failed(self, world: World) -> None:
        for name in CHAIN:
            world.engine.outputs_of[name] = StackFailed("no")
        world.deploy()
        assert environment_status(world) is DeploymentStatus.FAILED


class TestUnexpectedEndings:
    def test_a_bug_in_a_stack_is_a_failed_stack_and_shows_no_values(self, world: World) -> None:
        def explode(*_: object) -> None:
            raise ZeroDivisionError("secret-laden text")

        world.programs.load = explode  # type: ignore[assignment, method-assign]
        operation = world.start()
        assert world.run(operation).status is OperationStatus.FAILED
        result = world.operations.get(DEPLOYMENT_ID, operation.operation_id).results["dns"]
        assert result.error == "stack 'dns' failed: unexpected ZeroDivisionError"

    def test_a_flow_that_breaks_ends_its_operation_and_returns_the_lease(self, world: World) -> None:
        operation = world.start()
        with (
            pytest.raises(KeyboardInterrupt),
            world.executions.running(DEPLOYMENT_ID, operation.operation_id),
        ):
            raise KeyboardInterrupt
        ended = world.operations.get(DEPLOYMENT_ID, operation.operation_id)
        assert ended.status is OperationStatus.FAILED
        assert {result.status for result in ended.results.values()} == {StackStatus.FAILED}
        assert events(world)[-1] == (EventName.DEPLOYMENT_FAILED, None)
        assert world.deploy().status is OperationStatus.SUCCESS

    def test_promised_outputs_that_are_missing_fail_the_stack(self) -> None:
        template = StackTemplate.model_validate(
            {
                "name": "network",
                "version": "1.0.0",
                "description": "Network.",
                "parameters": {"outputs": {"vpcId": {"type": "string", "description": "Its id."}}},
            }
        )
        assert isinstance(template.outputs["vpcId"], StackOutput)
        world = World({"network": {}}, {"network": template})
        operation = world.start()
        world.run(operation)
        error = world.operations.get(DEPLOYMENT_ID, operation.operation_id).results["network"].error
        assert error is not None
        assert "vpcId" in error

    def test_a_manifest_that_moved_on_is_refused(self, world: World) -> None:
        operation = world.start()
        world.put_manifest({"network": {}})
        with pytest.raises(Conflict, match="changed after operation"):
            world.run(operation)
        ended = world.operations.get(DEPLOYMENT_ID, operation.operation_id)
        assert ended.status is OperationStatus.FAILED
        assert events(world)[-1] == (EventName.DEPLOYMENT_FAILED, None)

    def test_an_ended_operation_is_not_run_again(self, world: World) -> None:
        operation = world.start()
        world.run(operation)
        with pytest.raises(Conflict, match="has ended already"):
            world.run(operation)


class TestCancel:
    def test_stops_what_runs_and_cancels_what_has_not_begun(self, world: World) -> None:
        operation = world.start()
        with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
            cancelling = world.operations.request_cancel(DEPLOYMENT_ID, operation.operation_id)
            assert cancelling.status is OperationStatus.CANCELLING
            assert world.executions.cancel_level(run) is CancelLevel.INTERRUPT
            run.stop.request()
            world.drive(run)
            outcome = world.executions.finish(run)
        assert outcome.status is OperationStatus.CANCELLED
        assert world.engine.ran == []
        assert events(world)[-1] == (EventName.DEPLOYMENT_CANCELLED, None)

    def test_of_an_ended_operation_changes_nothing(self, world: World) -> None:
        operation = world.start()
        world.run(operation)
        assert world.operations.request_cancel(DEPLOYMENT_ID, operation.operation_id).status is OperationStatus.SUCCESS

    def test_of_an_unknown_operation_is_not_found(self, world: World) -> None:
        with pytest.raises(OperationNotFound, match="op-none"):
            world.operations.request_cancel(DEPLOYMENT_ID, "op-none")


class TestAcceptance:
    def test_submits_one_run_and_remembers_it(self, world: World) -> None:
        operation = world.start()
        assert [known.operation_id for known in world.flows.submitted] == [operation.operation_id]
        assert operation.flow_run_id == f"run-{operation.operation_id}"

    def test_the_same_key_gives_the_same_operation(self, world: World) -> None:
        first, second = world.start(idempotency_key="k"), world.start(idempotency_key="k")
        assert first.operation_id == second.operation_id
        assert len(world.flows.submitted) == 1

    def test_the_key_counts_after_later_operations_too(self, world: World) -> None:
        first = world.start(idempotency_key="k")
        world.run(first)
        world.clock.advance(1)
        world.deploy()
        world.clock.advance(1)
        world.start()
        assert world.start(idempotency_key="k").operation_id == first.operation_id

    @pytest.mark.parametrize(
        "changes", [{"action": Action.DESTROY}, {"environment": EnvironmentName.PROD}, {"stacks": ["network"]}], ids=str
    )
    def test_a_key_does_not_stand_for_another_operation(self, world: World, changes: dict[str, Any]) -> None:
        first = world.start(idempotency_key="k")
        wish = StartOperation(DEPLOYMENT_ID, EnvironmentName.DEV, Action.DEPLOY, "ann", idempotency_key="k")
        with pytest.raises(Conflict, match=first.operation_id):
            world.operations.start(replace(wish, **changes))

    def test_refuses_a_second_operation_naming_the_first(self, world: World) -> None:
        first = world.start()
        with pytest.raises(OperationRunning) as caught:
            world.start()
        assert caught.value.context["operation_id"] == first.operation_id

    def test_an_unreachable_flow_service_leaves_no_operation_that_looks_alive(self, world: World) -> None:
        world.flows.is_down = True
        with pytest.raises(FlowServiceUnreachable):
            world.start()
        latest = world.operations.latest(DEPLOYMENT_ID, DEV)
        assert latest is not None
        assert latest.status is OperationStatus.FAILED

    def test_refuses_a_disabled_environment(self) -> None:
        world = World({"network": {}}, environments={"dev": {"enabled": False, "account": "1", "region": "x"}})
        with pytest.raises(InvalidInput, match="not enabled"):
            world.start()

    def test_two_flows_for_one_environment_never_run_together(self, world: World) -> None:
        operation = world.start()
        entered, leave = threading.Event(), threading.Event()

        def hold() -> None:
            with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
                entered.set()
                assert leave.wait(20)
                world.drive(run)
                world.executions.finish(run)

        thread = threading.Thread(target=hold)
        thread.start()
        assert entered.wait(20)
        intruder = world.operations.adopt(DEPLOYMENT_ID, DEV, Action.DEPLOY, "run-from-the-pages", 1)
        with pytest.raises(OperationRunning, match=operation.operation_id):
            world.run(intruder)
        leave.set()
        thread.join(20)
        assert world.operations.get(DEPLOYMENT_ID, operation.operation_id).status is OperationStatus.SUCCESS
        assert world.operations.get(DEPLOYMENT_ID, intruder.operation_id).status is OperationStatus.FAILED


class TestRunsFromThePages:
    def test_get_an_operation_of_their_own_once(self, world: World) -> None:
        first = world.operations.adopt(DEPLOYMENT_ID, DEV, Action.DEPLOY, "run-1", 1)
        again = world.operations.adopt(DEPLOYMENT_ID, DEV, Action.DEPLOY, "run-1", 1)
        retried = world.operations.adopt(DEPLOYMENT_ID, DEV, Action.DEPLOY, "run-1", 2)
        assert first.operation_id == again.operation_id != retried.operation_id
        assert first.started_by == "prefect-ui"
        assert world.run(first).status is OperationStatus.SUCCESS

    def test_never_touch_prod(self) -> None:
        enabled = {"enabled": True, "account": "123456789012", "region": "us-east-1"}
        world = World({"network": {}}, environments={"dev": enabled, "prod": enabled})
        with pytest.raises(ApprovalNeeded, match="knows no users"):
            world.operations.adopt(DEPLOYMENT_ID, EnvironmentName.PROD, Action.DESTROY, "run-1", 1)
        (line,) = world.records.logs.get_logs(DEPLOYMENT_ID).items
        assert "destroy refused: prod can't be changed" in line.message


class TestSingleStacks:
    def test_need_their_dependencies_deployed(self, world: World) -> None:
        with pytest.raises(InvalidInput, match="network") as caught:
            world.start(stacks=["security"])
        assert caught.value.context["missing"] == ["network"]

    def test_read_outputs_of_what_is_deployed_secrets_included(self, world: World) -> None:
        world.put_manifest({**CHAIN, "dns": {"dependencies": ["network"], "config": {"key": "${network.token}"}}})
        world.deploy(stacks=["network"])
        world.deploy(stacks=["dns"])
        assert world.programs.inputs["dns"] == {"key": SecretValue("hush-hush")}

    def test_leave_the_environments_status_as_it_is(self, world: World) -> None:
        world.deploy(stacks=["network"])
        deployment = world.records.deployments.get_by_id(DEPLOYMENT_ID)
        assert deployment is not None
        assert deployment.status is DeploymentStatus.INITIALIZED

    def test_are_not_destroyed_below_deployed_dependents(self, world: World) -> None:
        world.deploy()
        with pytest.raises(DependentsExist) as caught:
            world.start(Action.DESTROY, stacks=["network"])
        assert caught.value.context["dependents"] == ["secrets", "security"]
        world.run(world.start(Action.DESTROY, stacks=["network"], force=True))
        assert stack(world, "network").status is StackStatus.DESTROYED


class TestDestroy:
    def test_goes_in_the_exact_reverse_and_clears_the_records(self, world: World) -> None:
        world.deploy()
        world.engine.ran.clear()
        assert world.destroy().status is OperationStatus.SUCCESS
        order = [name for _, name in world.engine.ran if name != "dns"]
        assert order == ["secrets", "security", "network"]
        assert environment_status(world) is DeploymentStatus.DESTROYED
        assert stack(world, "network").outputs == {}

    def test_includes_stacks_that_were_switched_off_since(self, world: World) -> None:
        world.deploy()
        world.put_manifest({**CHAIN, "secrets": {"enabled": False, "dependencies": ["security"]}})
        world.destroy()
        assert stack(world, "secrets").status is StackStatus.DESTROYED

    def test_keeps_what_a_stack_that_failed_still_needs(self, world: World) -> None:
        world.deploy()
        world.engine.outputs_of["secrets"] = StackFailed("held back")
        world.destroy()
        assert stack(world, "security").status is StackStatus.DEPLOYED
        assert environment_status(world) is DeploymentStatus.FAILED

    def test_of_nothing_has_nothing_to_do(self, world: World) -> None:
        assert world.destroy().status is OperationStatus.SUCCESS
        assert world.engine.ran == []


class TestRacesAndLosses:
    def test_an_outcome_is_recorded_although_another_environment_writes_the_same_record(self, world: World) -> None:
        operation = world.start()
        with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
            world.drive(run)
            other = world.records.deployments.get_by_id(DEPLOYMENT_ID)
            assert other is not None
            world.records.deployments.update(other.model_copy(update={"description": "changed meanwhile"}))
            world.executions.finish(run)
        assert environment_status(world) is DeploymentStatus.DEPLOYED

    def test_a_lease_that_was_lost_starts_nothing_more_and_fails_what_runs(self, world: World) -> None:
        operation = world.start()
        with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
            lease = world.records.leases.get(DEPLOYMENT_ID, DEV)
            assert lease is not None
            world.records.leases.break_lease(lease)
            assert not run.lease.beat()
            assert not run.may_start
            result = world.stacks.deploy(run, "network", 1)
            assert (result.status, result.error_code) == (StackStatus.FAILED, "LEASE_LOST")
            world.drive(run)
        assert world.engine.ran == []

    def test_unknown_deployments_and_stacks_are_named(self, world: World) -> None:
        for action in Action:
            with pytest.raises(StackNotFound, match="'nowhere' is not in the manifest"):
                world.start(action, stacks=["nowhere"])
        with pytest.raises(InvalidInput, match="'dns' is not deployed"):
            world.start(Action.DESTROY, stacks=["dns"])
        request = StartOperation("D000000", DEV, Action.DEPLOY, started_by="ann")
        with pytest.raises(DeploymentNotFound, match="D000000"):
            world.operations.start(request)

    def test_reading_a_stack_that_is_off_gives_null_and_one_that_is_missing_an_error(self) -> None:
        world = World(
            {
                "off": {"enabled": False},
                "reader": {"dependencies": [], "config": {"text": "${off.x}"}},
            },
            templates={
                "reader": StackTemplate.model_validate(
                    {"name": "reader", "version": "1", "description": "Reads.", "soft_dependencies": ["off"]}
                )
            },
        )
        world.deploy()
        assert world.programs.inputs["reader"] == {"text": None}

    @pytest.mark.parametrize(("known", "read"), [({}, None), ({"x": "from before"}, "from before")])
    def test_a_soft_dependency_that_failed_gives_what_it_last_gave(
        self, known: dict[str, str], read: str | None
    ) -> None:
        world = World(
            {"shaky": {}, "reader": {"config": {"text": "${shaky.x}"}}},
            templates={"reader": StackTemplate.model_validate({"name": "reader", "soft_dependencies": "ALL"})},
        )
        if known:
            world.engine.outputs_of["shaky"] = known
            world.deploy(stacks=["shaky"])
            world.put_manifest({"shaky": {"config": {"a": 1}}, "reader": {"config": {"text": "${shaky.x}"}}})
        world.engine.outputs_of["shaky"] = StackFailed("broken", stack="shaky", resource=None, diagnostics=[])
        assert world.deploy().status is OperationStatus.FAILED
        assert world.programs.inputs["reader"] == {"text": read}

    @pytest.mark.parametrize(("gone", "why"), [(True, "failed"), (False, "is not deployed")])
    def test_who_needs_what_a_soft_dependency_did_not_give_is_told_of_it(self, gone: bool, why: str) -> None:
        """And not to switch on what is on."""
        world = World(
            {"shaky": {}, "reader": {"config": {"text": "${shaky.x}", "more": {"of": ["${shaky.y}"]}}}},
            templates={"reader": StackTemplate.model_validate({"name": "reader", "soft_dependencies": "ALL"})},
        )
        world.programs.needed["reader"] = ["text"]
        world.engine.outputs_of["shaky"] = StackFailed("broken", stack="shaky", resource=None, diagnostics=[])
        operation = world.start(stacks=[] if gone else ["reader"])
        world.run(operation)
        result = world.operations.get(DEPLOYMENT_ID, operation.operation_id).results["reader"]
        assert result.error_code == "INVALID_STACK_INPUT"
        assert result.error == f"stack reader can't do without text of stack shaky, which {why}: it gave no outputs"
        told = next(one for one in world.records.events.read(DEPLOYMENT_ID) if one.event is EventName.STACK_FAILED)
        if not gone:
            assert f"cloud deploy-stack {DEPLOYMENT_ID} shaky --environment dev" in told.data["suggestion"]

    def test_what_else_a_program_refuses_is_told_beside_it(self) -> None:
        world = World(
            {"shaky": {}, "reader": {"config": {"text": "${shaky.x}", "size": None}}},
            templates={"reader": StackTemplate.model_validate({"name": "reader", "soft_dependencies": "ALL"})},
        )
        world.programs.needed["reader"] = ["text", "size"]
        operation = world.start(stacks=["reader"])
        world.run(operation)
        error = world.operations.get(DEPLOYMENT_ID, operation.operation_id).results["reader"].error or ""
        assert "refuses its inputs: text, size = None" in error
        assert "of stack shaky, which is not deployed" in error

    def test_an_optional_output_that_was_not_given_is_null(self) -> None:
        giver = {"name": "giver", "parameters": {"outputs": {"x": {"type": "string", "optional": True}}}}
        world = World(
            {"giver": {}, "reader": {"dependencies": ["giver"], "config": {"text": "${giver.x}"}}},
            templates={"giver": StackTemplate.model_validate(giver)},
        )
        world.deploy()
        assert world.programs.inputs["reader"] == {"text": None}

    def test_an_output_that_does_not_exist_is_named(self, world: World) -> None:
        world.put_manifest(
            {"network": {}, "security": {"dependencies": ["network"], "config": {"id": "${network.no}"}}}
        )
        operation = world.start()
        world.run(operation)
        result = world.operations.get(DEPLOYMENT_ID, operation.operation_id).results["security"]
        assert result.error_code == "UNRESOLVABLE_PLACEHOLDER"
        assert "has no output 'no'" in (result.error or "")

    def test_a_wish_to_cancel_that_can_not_be_read_is_no_wish(self, world: World) -> None:
        operation = world.start()
        with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
            known, run.operation = run.operation, run.operation.model_copy(update={"operation_id": "op-lost"})
            assert world.executions.cancel_level(run) is None
            run.operation = known
            world.drive(run)
            world.executions.finish(run)

    def test_a_stack_that_is_not_deployed_gives_no_output(self, world: World) -> None:
        operation = world.start(stacks=["security"], skip_dependencies=True)
        world.run(operation)
        error = world.operations.get(DEPLOYMENT_ID, operation.operation_id).results["security"].error or ""
        assert "stack network is not deployed: deploy network first" in error

    def test_progress_is_told_once_a_second_and_failures_always(self, world: World) -> None:
        operation = world.start(stacks=["network"])
        with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
            progress = StackProgress(run.events, "network", world.clock)
            started = ResourceEvent(ResourceAction.CREATE, "started", "urn:x", "aws:x:Y", "thing")
            for event in (started, replace(started, phase="done"), replace(started, phase="failed")):
                progress(event)
            world.clock.advance(2)
            progress(started)
            world.drive(run)
            world.executions.finish(run)
        names = [name for name, _ in events(world)]
        assert names.count(EventName.RESOURCE_FAILED) == 1
        assert names.count(EventName.STACK_PROGRESS) == 3


class TestWhatMustNeverHappen:
    def test_a_retried_run_of_one_stack_touches_that_stack_alone(self, world: World) -> None:
        world.deploy()
        world.engine.outputs_of["dns"] = StackFailed("held back")
        ended = world.start(Action.DESTROY, stacks=["dns"])
        world.run(ended)

        again = world.operations.repeat(world.operations.get(DEPLOYMENT_ID, ended.operation_id), "run-1", 2)

        assert (again.type, again.stacks) == (Action.DESTROY, ["dns"])

    def test_a_second_flow_of_the_same_operation_does_not_end_the_one_at_work(self, world: World) -> None:
        operation = world.start()
        with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
            with (
                pytest.raises(OperationRunning),
                world.executions.running(DEPLOYMENT_ID, operation.operation_id),
            ):
                pytest.fail("two flows at work")
            assert not world.operations.get(DEPLOYMENT_ID, operation.operation_id).status.is_terminal
            world.drive(run)
            world.executions.finish(run)
        assert world.operations.get(DEPLOYMENT_ID, operation.operation_id).status is OperationStatus.SUCCESS

    def test_a_destroy_that_failed_keeps_its_order_for_the_next_one(self, world: World) -> None:
        world.deploy()
        world.engine.outputs_of["security"] = StackFailed("held back")
        world.destroy()
        world.engine.outputs_of["security"] = {}
        world.engine.ran.clear()

        assert world.destroy().status is OperationStatus.SUCCESS

        assert [name for _, name in world.engine.ran] == ["security", "network"]

    def test_deploying_one_stack_keeps_its_place_in_the_whole(self, world: World) -> None:
        world.deploy()
        world.deploy(stacks=["secrets"])
        assert stack(world, "secrets").dependencies == ["security"]
        assert stack(world, "secrets").layer == 3

    def test_an_operation_cancelled_while_it_queued_starts_nothing(self, world: World) -> None:
        operation = world.start()
        world.operations.request_cancel(DEPLOYMENT_ID, operation.operation_id)
        assert world.run(operation).status is OperationStatus.CANCELLED
        assert world.engine.ran == []

    def test_an_operation_that_was_never_queued_gives_way_in_time(self, world: World) -> None:
        first = world.start()
        lost = world.operations.get(DEPLOYMENT_ID, first.operation_id)
        world.records.operations.update(lost.model_copy(update={"flow_run_id": None}))
        with pytest.raises(OperationRunning):
            world.start()
        world.clock.advance(200)
        assert world.start().operation_id != first.operation_id

    def test_a_submit_that_breaks_leaves_no_operation_that_looks_alive(self, world: World) -> None:
        def broken(_: object) -> None:
            raise KeyboardInterrupt

        world.flows.submit = broken  # type: ignore[assignment, method-assign]
        with pytest.raises(KeyboardInterrupt):
            world.start()
        latest = world.operations.latest(DEPLOYMENT_ID, DEV)
        assert latest is not None
        assert latest.status is OperationStatus.FAILED

    def test_an_ending_that_could_not_be_written_at_once_is_written_after_all(self, world: World) -> None:
        operation = world.start()
        original, failures = world.records.operations.update, [RecordsUnavailable("away")]

        def flaky(changed: Operation) -> Operation:
            if changed.status.is_terminal and failures:
                raise failures.pop()
            return original(changed)

        world.records.operations.update = flaky  # type: ignore[method-assign]
        with pytest.raises(RecordsUnavailable):
            world.run(operation)
        assert world.operations.get(DEPLOYMENT_ID, operation.operation_id).status is OperationStatus.SUCCESS
        assert environment_status(world) is DeploymentStatus.DEPLOYED


class TestProtection:
    @pytest.fixture
    def protected(self, world: World) -> World:
        world.deploy()
        world.engine.protects = {"network", "dns"}
        world.engine.ran.clear()
        return world

    def test_a_destroy_that_would_meet_it_touches_no_stack_at_all(self, protected: World) -> None:
        operation = protected.start(Action.DESTROY)
        with pytest.raises(ProtectedResources) as caught:
            protected.run(operation)
        assert caught.value.message == (
            "nothing was deleted, because of what is protected: aws:test:Thing 'dns' of stack 'dns', "
            "aws:test:Thing 'network' of stack 'network'"
        )
        assert "'protect: false' in the configuration of dns, network" in (caught.value.suggestion or "")
        assert protected.engine.ran == []
        assert {name: stack(protected, name).status for name in CHAIN} == dict.fromkeys(CHAIN, StackStatus.DEPLOYED)
        assert environment_status(protected) is DeploymentStatus.DEPLOYED

    def test_the_operation_ends_failed_with_the_reason_and_the_lease_is_free(self, protected: World) -> None:
        operation = protected.start(Action.DESTROY)
        with pytest.raises(ProtectedResources):
            protected.run(operation)
        ended = protected.operations.get(DEPLOYMENT_ID, operation.operation_id)
        assert ended.status is OperationStatus.FAILED
        assert "aws:test:Thing 'network' of stack 'network'" in (ended.message or "")
        assert events(protected)[-1] == (EventName.DEPLOYMENT_FAILED, None)
        assert protected.deploy().status is OperationStatus.SUCCESS

    def test_stacks_without_it_may_be_destroyed_alone(self, protected: World) -> None:
        assert protected.destroy(stacks=["secrets"]).status is OperationStatus.SUCCESS
        assert protected.engine.ran == [("destroy", "secrets")]
