"""From asking for an approval to the run behind it, and every way in which there is none, over fakes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cloud_core.domain.approvals import ApprovalRules
from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import (
    ApprovalLapsed,
    ApprovalNeeded,
    CloudError,
    Conflict,
    FlowServiceUnreachable,
    InvalidInput,
    NotFound,
    NotPermitted,
    OperationNotFound,
    OperationRunning,
)
from cloud_core.domain.events import EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, OperationStatus, StackStatus
from cloud_core.services.operations.approvals import LONGEST_COMMENT, ApprovalService
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.operations.promotions import PromotionService
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.clock import START
from cloud_core.testing.engine import FakePrograms
from cloud_core.testing.world import World

DEV, PROD = EnvironmentName.DEV, EnvironmentName.PROD
_PLACE = {"enabled": True, "account": "123456789012", "region": "us-east-1"}
ENVIRONMENTS = {"dev": _PLACE, "prod": _PLACE}
STACKS: dict[str, dict[str, Any]] = {"network": {}, "security": {"dependencies": ["network"]}}
STRICT = ApprovalRules(frozenset({PROD}), valid_seconds=3600)


@pytest.fixture
def world() -> World:
    """Prod needs an approval, given within an hour."""
    made = World(STACKS, environments=ENVIRONMENTS)
    made.gate.rules = STRICT
    return made


@pytest.fixture
def approvals(world: World) -> ApprovalService:
    return ApprovalService(world.records, world.edges, world.gate, world.clock)


def ask(world: World, action: Action = Action.DEPLOY, environment: EnvironmentName = PROD, **changes: Any) -> Operation:
    """An operation that ann asked for, a second after whatever was before."""
    world.clock.advance(1)
    return world.edges.start(StartOperation(DEPLOYMENT_ID, environment, action, started_by="ann", **changes))


def stored(world: World, operation: Operation) -> Operation:
    return world.operations.get(DEPLOYMENT_ID, operation.operation_id)


def told(world: World, operation: Operation) -> list[tuple[EventName, str]]:
    events = world.records.events.read(DEPLOYMENT_ID)
    mine = [event for event in events if event.operation_id == operation.operation_id]
    return [(event.event, str(event.data.get("message"))) for event in mine]


def lines(world: World) -> list[tuple[str, str | None]]:
    """The log, newest first, with who is meant by each."""
    return [(entry.message, entry.user_id) for entry in world.records.logs.get_logs(DEPLOYMENT_ID).items]


class TestAsking:
    @pytest.mark.parametrize("action", [Action.DEPLOY, Action.DESTROY])
    def test_what_changes_prod_waits(self, world: World, action: Action) -> None:
        operation = ask(world, action)
        assert operation.status is OperationStatus.AWAITING_APPROVAL
        assert operation.approval_request is not None
        assert operation.approval_request.until == timestamp(START + timedelta(seconds=3601))
        assert stored(world, operation) == operation

    def test_it_holds_nothing_and_has_no_run(self, world: World) -> None:
        operation = ask(world)
        assert world.flows.submitted == []
        assert operation.flow_run_id is None
        assert world.records.leases.get(DEPLOYMENT_ID, PROD) is None

    def test_it_pins_everything_that_decides_what_is_done(self, world: World) -> None:
        request = ask(world).approval_request
        assert request is not None
        assert set(request.digests) == {"manifest", "program:network", "program:security", *_plugins(world)}
        assert request.digests["program:network"] == world.programs.digest("network")

    def test_a_destroy_pins_the_manifest_alone(self, world: World) -> None:
        request = ask(world, Action.DESTROY).approval_request
        assert request is not None
        assert set(request.digests) == {"manifest"}

    def test_it_is_told_and_written_down(self, world: World) -> None:
        operation = ask(world)
        ((event, message),) = told(world, operation)
        assert event is EventName.DEPLOYMENT_AWAITING_APPROVAL
        assert "deploy of prod by ann waits for somebody else's approval, until 2026-01-02T04:04:06" in message
        assert "waits for somebody else's approval" in lines(world)[0][0]

    @pytest.mark.parametrize(
        ("action", "environment"),
        [(Action.DEPLOY, DEV), (Action.REFRESH, PROD), (Action.PREVIEW, PROD), (Action.DRIFT, PROD)],
    )
    def test_what_does_not_change_prod_runs_at_once(
        self, world: World, action: Action, environment: EnvironmentName
    ) -> None:
        previews = Action.DEPLOY if action is Action.PREVIEW else None
        operation = ask(world, action, environment, previews=previews)
        assert operation.approval_request is None
        assert [one.operation_id for one in world.flows.submitted] == [operation.operation_id]

    def test_a_deploy_that_would_change_nothing_needs_nobody(self, world: World, approvals: ApprovalService) -> None:
        world.run(approvals.approve(ask(world), "bob"))
        again = ask(world)
        assert again.status is OperationStatus.SUCCESS
        assert (again.approval_request, again.flow_run_id) == (None, None)

    def test_of_two_that_come_behind_one_that_waits_the_second_finds_the_first(self, world: World) -> None:
        ask(world)
        world.gate.rules = ApprovalRules()
        assert ask(world).status is OperationStatus.PENDING
        with pytest.raises(OperationRunning):
            ask(world)

    def test_the_same_key_gives_the_operation_that_waits(self, world: World) -> None:
        first = ask(world, idempotency_key="release-7")
        assert ask(world, idempotency_key="release-7") == first
        assert world.edges.turns.to_join(_wish(idempotency_key="release-7"), attach=False) == first

    def test_a_program_that_is_not_here_is_missed_once_it_comes(self, world: World, approvals: ApprovalService) -> None:
        world.programs = FakePrograms("security")
        operation = ask(world)
        world.programs = FakePrograms("network", "security")
        with pytest.raises(ApprovalLapsed, match="the program of network has changed"):
            approvals.approve(operation, "bob")


class TestApproving:
    def test_somebody_else_lets_it_run(self, world: World, approvals: ApprovalService) -> None:
        operation = ask(world)
        world.clock.advance(60)
        approved = approvals.approve(operation, "bob", "as agreed")
        assert approved.status is OperationStatus.PENDING
        assert approved.approval is not None
        assert (approved.approval.approved_by, approved.approval.comment) == ("bob", "as agreed")
        assert approved.approval.approved_at == timestamp(world.clock.now())
        assert approved.approval.digests == operation.approval_request.digests  # type: ignore[union-attr]
        assert approved.flow_run_id == f"run-{operation.operation_id}"
        assert world.run(approved).status is OperationStatus.SUCCESS

    def test_who_and_why_is_told_and_written_down(self, world: World, approvals: ApprovalService) -> None:
        operation = ask(world)
        approvals.approve(operation, "bob", "as agreed")
        assert (EventName.DEPLOYMENT_APPROVED, "by bob: as agreed") in told(world, operation)
        assert ("deployment approved: by bob: as agreed", "bob") in lines(world)

    def test_its_author_can_not(self, world: World, approvals: ApprovalService) -> None:
        operation = ask(world)
        with pytest.raises(NotPermitted, match="so somebody else has to approve it"):
            approvals.approve(operation, "ann")
        assert stored(world, operation) == operation

    def test_one_approval_is_enough_and_no_second_run_comes_of_another(
        self, world: World, approvals: ApprovalService
    ) -> None:
        operation = ask(world)
        approvals.approve(operation, "bob")
        with pytest.raises(Conflict, match="it is pending, approved by bob"):
            approvals.approve(stored(world, operation), "eve")
        with pytest.raises(Conflict, match="it is pending, approved by bob"):
            approvals.approve(operation, "eve")  # who had looked before bob agreed
        assert len(world.flows.submitted) == 1

    def test_of_what_needs_none_is_refused(self, world: World, approvals: ApprovalService) -> None:
        with pytest.raises(Conflict, match="does not wait for an approval: it is pending"):
            approvals.approve(ask(world, environment=DEV), "bob")

    def test_without_the_flow_service_it_waits_again(self, world: World, approvals: ApprovalService) -> None:
        operation = ask(world)
        world.flows.is_down = True
        with pytest.raises(FlowServiceUnreachable):
            approvals.approve(operation, "bob")
        waiting = stored(world, operation)
        assert (waiting.status, waiting.approval) == (OperationStatus.AWAITING_APPROVAL, None)
        assert told(world, operation)[-1][0] is EventName.DEPLOYMENT_AWAITING_APPROVAL
        world.flows.is_down = False
        assert world.run(approvals.approve(waiting, "bob")).status is OperationStatus.SUCCESS

    def test_a_run_that_is_queued_long_after_the_request_is_not_taken_for_dead(
        self, world: World, approvals: ApprovalService
    ) -> None:
        operation = ask(world)
        world.clock.advance(1800)
        approved = approvals.approve(operation, "bob")
        not_queued_yet = approved.model_copy(update={"flow_run_id": None})
        assert not world.edges.settle(not_queued_yet)

    def test_a_comment_has_its_length(self, world: World, approvals: ApprovalService) -> None:
        operation = ask(world)
        for decide in (approvals.approve, approvals.reject):
            with pytest.raises(InvalidInput, match="comment is too long: at most 1000 characters, it has 1001"):
                decide(operation, "bob", "x" * (LONGEST_COMMENT + 1))


class TestLapsing:
    """Before the approval, and between the approval and the run."""

    CHANGES: tuple[tuple[Callable[[World], object], str], ...] = (
        (lambda world: world.put_manifest({**STACKS, "dns": {}}), "the manifest has changed"),
        (lambda world: world.programs.digests.update(network="edited"), "the program of network has changed"),
        (lambda world: world.programs.versions.update(aws="99"), "the plugin aws"),
    )

    @pytest.mark.parametrize(("change", "reason"), CHANGES)
    def test_of_a_request(
        self, world: World, approvals: ApprovalService, change: Callable[[World], object], reason: str
    ) -> None:
        operation = ask(world)
        change(world)
        with pytest.raises(ApprovalLapsed, match=reason) as caught:
            approvals.approve(operation, "bob")
        assert caught.value.suggestion
        ended = stored(world, operation)
        assert ended.status is OperationStatus.CANCELLED
        assert reason in (ended.message or "")
        assert told(world, operation)[-1] == (EventName.DEPLOYMENT_CANCELLED, ended.message)
        assert world.flows.submitted == []

    @pytest.mark.parametrize(("change", "reason"), CHANGES)
    def test_of_an_approval(
        self, world: World, approvals: ApprovalService, change: Callable[[World], object], reason: str
    ) -> None:
        approved = approvals.approve(ask(world), "bob")
        change(world)
        with pytest.raises(ApprovalLapsed, match=reason):
            world.run(approved)
        ended = stored(world, approved)
        assert ended.status is OperationStatus.CANCELLED
        assert reason in (ended.message or "")
        assert world.engine.ran == []
        assert world.records.leases.get(DEPLOYMENT_ID, PROD) is None

    def test_of_a_request_that_nobody_answered(self, world: World, approvals: ApprovalService) -> None:
        operation = ask(world)
        world.clock.advance(3601)
        with pytest.raises(ApprovalLapsed, match="nobody approved it in time"):
            approvals.approve(operation, "bob")

    def test_of_an_approval_whose_run_never_came(self, world: World, approvals: ApprovalService) -> None:
        operation = ask(world)
        world.clock.advance(3000)
        approved = approvals.approve(operation, "bob")
        world.clock.advance(3601)
        with pytest.raises(ApprovalLapsed, match="its approval is too old"):
            world.run(approved)

    def test_not_of_one_that_was_approved_while_somebody_looked(self, world: World, approvals: ApprovalService) -> None:
        seen = ask(world)
        approvals.approve(seen, "bob")
        world.clock.advance(3601)
        assert not world.edges.settle(seen)
        assert stored(world, seen).status is OperationStatus.PENDING

    def test_a_request_that_is_too_old_is_ended_by_whoever_asks_next(self, world: World) -> None:
        operation = ask(world)
        assert not world.edges.settle(operation)
        world.clock.advance(3601)
        assert world.edges.settle(operation)
        assert stored(world, operation).message == "nobody approved it in time"

    def test_when_another_operation_is_accepted(self, world: World, approvals: ApprovalService) -> None:
        first = ask(world)
        second = ask(world, Action.DESTROY)
        assert stored(world, first).status is OperationStatus.CANCELLED
        assert f"{second.operation_id}, a destroy by ann, was accepted in its place" in (
            stored(world, first).message or ""
        )
        assert stored(world, second).status is OperationStatus.AWAITING_APPROVAL
        with pytest.raises(Conflict, match="it is cancelled"):
            approvals.approve(stored(world, first), "bob")

    def test_when_another_one_was_accepted_unseen(self, world: World, approvals: ApprovalService) -> None:
        """Two that are accepted at once under keys of their own may not see each other."""
        first = ask(world)
        changes = {"operation_id": "op-later", "created_at": "2026-01-02T03:05:00.000Z", "idempotency_key": "a key"}
        later = first.model_copy(update=changes)
        world.records.operations.create(later)
        with pytest.raises(ApprovalLapsed, match="op-later was accepted after it"):
            approvals.approve(first, "bob")

    def test_but_not_for_one_that_only_reads(self, world: World) -> None:
        first = ask(world)
        ask(world, Action.DRIFT)
        assert stored(world, first).status is OperationStatus.AWAITING_APPROVAL

    def test_a_stack_whose_program_is_edited_during_the_run_is_not_deployed(
        self, world: World, approvals: ApprovalService
    ) -> None:
        approved = approvals.approve(ask(world), "bob")
        with world.executions.running(DEPLOYMENT_ID, approved.operation_id) as run:
            world.programs.digests["security"] = "edited"
            world.drive(run)
            world.executions.finish(run)
        results = stored(world, approved).results
        assert results["network"].status is StackStatus.DEPLOYED
        assert results["security"].status is StackStatus.FAILED
        assert "the program of security has changed since it was approved" in (results["security"].error or "")


class TestPlans:
    def test_the_plan_is_part_of_what_is_approved(self, world: World, approvals: ApprovalService) -> None:
        preview = ask(world, Action.PREVIEW, previews=Action.DEPLOY)
        world.run(preview)
        operation = ask(world, plan_id=preview.operation_id)
        assert operation.approval_request is not None
        assert operation.approval_request.digests["plan"].startswith("sha256:")
        assert world.run(approvals.approve(operation, "bob")).status is OperationStatus.SUCCESS


class TestRejecting:
    @pytest.mark.parametrize(
        ("by", "comment", "message"),
        [("bob", "not on a Friday", "rejected by bob: not on a Friday"), ("ann", None, "rejected by ann")],
    )
    def test_ends_it_before_it_began(
        self, world: World, approvals: ApprovalService, by: str, comment: str | None, message: str
    ) -> None:
        operation = ask(world)
        ended = approvals.reject(operation, by, comment)
        assert (ended.status, ended.message) == (OperationStatus.CANCELLED, message)
        assert (f"deployment cancelled: {message}", by) in lines(world)
        with pytest.raises(Conflict, match="has ended already"):
            world.run(ended)

    def test_of_what_does_not_wait_any_more_is_refused(self, world: World, approvals: ApprovalService) -> None:
        operation = ask(world)
        approved = approvals.approve(operation, "bob")
        with pytest.raises(Conflict, match="it is pending, approved by bob"):
            approvals.reject(approved, "eve")
        world.run(approved)
        with pytest.raises(Conflict, match="it is success, approved by bob"):
            approvals.reject(operation, "eve")  # who had looked before it ran

    def test_cancelling_does_the_same(self, world: World) -> None:
        ended = world.edges.request_cancel(DEPLOYMENT_ID, ask(world).operation_id)
        assert (ended.status, ended.message) == (OperationStatus.CANCELLED, "cancelled before it was approved")

    def test_a_rejected_manifest_is_not_promoted(self, world: World, approvals: ApprovalService) -> None:
        """It is the record's, but was never deployed there."""
        stage = EnvironmentName.STAGE
        world.put_manifest(STACKS, {**ENVIRONMENTS, "stage": _PLACE})
        world.gate.rules = ApprovalRules(frozenset({stage}))
        world.run(approvals.approve(ask(world, environment=stage), "bob"))
        promotions = PromotionService(world.records, world.programs)
        promotions.require_promotable(DEPLOYMENT_ID, stage, PROD)
        world.put_manifest({**STACKS, "dns": {}}, {**ENVIRONMENTS, "stage": _PLACE})
        approvals.reject(ask(world, environment=stage), "bob")
        with pytest.raises(Conflict, match="version 3 of the manifest was not deployed in stage yet"):
            promotions.require_promotable(DEPLOYMENT_ID, stage, PROD)


class TestTheGateOfTheRun:
    def test_an_edge_that_asks_nobody_is_refused(self, world: World) -> None:
        world.gate.rules = ApprovalRules()
        operation = ask(world)
        world.gate.rules = STRICT
        with pytest.raises(ApprovalNeeded, match="needs somebody else's approval: nobody was asked") as caught:
            world.run(operation)
        assert "CLOUD_APPROVALS__ENVIRONMENTS" in (caught.value.suggestion or "")
        assert stored(world, operation).status is OperationStatus.FAILED
        assert world.engine.ran == []

    def test_a_run_of_one_that_waits_is_refused_and_leaves_it_waiting(self, world: World) -> None:
        operation = ask(world)
        with pytest.raises(ApprovalNeeded, match="nobody has approved it yet") as caught:
            world.run(operation)
        assert f"cloud approve {DEPLOYMENT_ID} {operation.operation_id}" in (caught.value.suggestion or "")
        assert stored(world, operation) == operation
        assert "a run was refused: deploy" in lines(world)[0][0]

    def test_an_approval_of_its_author_counts_for_nothing(self, world: World, approvals: ApprovalService) -> None:
        approved = approvals.approve(ask(world), "bob")
        forged = stored(world, approved).model_copy(update={"started_by": "bob"})
        world.records.operations.update(forged)
        with pytest.raises(ApprovalNeeded, match="its own author approved it"):
            world.run(forged)

    def test_what_an_edge_asked_for_needs_it_whatever_the_runner_says(
        self, world: World, approvals: ApprovalService
    ) -> None:
        operation = ask(world)
        world.gate.rules = ApprovalRules()
        with pytest.raises(ApprovalNeeded):
            world.run(operation)
        assert world.run(approvals.approve(operation, "bob")).status is OperationStatus.SUCCESS

    @pytest.mark.parametrize("environment", [DEV, PROD])
    def test_a_run_from_the_pages_is_refused_and_logged(self, world: World, environment: EnvironmentName) -> None:
        world.gate.rules = ApprovalRules(frozenset({DEV}))
        with pytest.raises(ApprovalNeeded, match=f"{environment.value} can't be changed by a run that was started"):
            world.operations.adopt(DEPLOYMENT_ID, environment, Action.DEPLOY, "run-1", 1)
        message, user = lines(world)[0]
        assert f"deploy refused: {environment.value} can't be changed" in message
        assert user is None

    def test_a_run_from_the_pages_that_reads_is_welcome(self, world: World) -> None:
        assert world.operations.adopt(DEPLOYMENT_ID, PROD, Action.REFRESH, "run-1", 1).type is Action.REFRESH

    def test_a_retry_in_the_pages_of_what_was_approved_is_refused(
        self, world: World, approvals: ApprovalService
    ) -> None:
        approved = approvals.approve(ask(world), "bob")
        world.run(approved)
        with pytest.raises(ApprovalNeeded):
            world.operations.repeat(stored(world, approved), "run-1", 2)

    def test_a_second_process_of_the_same_run_is_not_judged_again(
        self, world: World, approvals: ApprovalService
    ) -> None:
        approved = approvals.approve(ask(world), "bob")
        with world.executions.running(DEPLOYMENT_ID, approved.operation_id) as run:
            world.programs.digests["network"] = "edited"
            world.gate.admit(stored(world, approved))
            world.drive(run)
            world.executions.finish(run)


class TestFinding:
    def test_the_only_one_that_waits(self, world: World, approvals: ApprovalService) -> None:
        operation = ask(world)
        assert approvals.find(DEPLOYMENT_ID) == operation
        assert approvals.find(DEPLOYMENT_ID, environment=PROD) == operation
        assert approvals.find(DEPLOYMENT_ID, operation.operation_id, PROD) == operation

    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            ((), NotFound, "no operation of D1BRV40 waits"),
            ((None, DEV), NotFound, "no operation of D1BRV40 waits"),
            (("op-none",), OperationNotFound, "op-none"),
        ],
    )
    def test_none(
        self, world: World, approvals: ApprovalService, arguments: Any, error: type[CloudError], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            approvals.find(DEPLOYMENT_ID, *arguments)

    def test_several(self, world: World, approvals: ApprovalService) -> None:
        world.gate.rules = ApprovalRules(frozenset({DEV, PROD}))
        ask(world)
        ask(world, environment=DEV)
        with pytest.raises(InvalidInput, match=r"several operations .* \(dev\), .* \(prod\)"):
            approvals.find(DEPLOYMENT_ID)

    def test_of_another_environment(self, world: World, approvals: ApprovalService) -> None:
        operation = ask(world)
        with pytest.raises(InvalidInput, match="is for prod, not for dev"):
            approvals.find(DEPLOYMENT_ID, operation.operation_id, DEV)


def _wish(**changes: Any) -> StartOperation:
    return StartOperation(DEPLOYMENT_ID, PROD, Action.DEPLOY, started_by="ann", **changes)


def _plugins(world: World) -> set[str]:
    return {f"plugin:{name}" for name in world.programs.plugins()}
