"""Approving: somebody looks at what an operation would do, and agrees, or does not. Who, when and to what is kept."""

from __future__ import annotations

from typing import Final

from cloud_core.domain.agreements import Approval
from cloud_core.domain.approvals import Standing, Verdict
from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import CloudError, Conflict, InvalidInput, NotFound, NotPermitted
from cloud_core.domain.events import EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.states import advance
from cloud_core.domain.statuses import OperationStatus
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records
from cloud_core.services.operations.approval_gate import ApprovalGate
from cloud_core.services.operations.service import OperationService
from cloud_core.services.records.operations import latest_operations, require_operation, update_operation
from cloud_core.services.records.statuses import require_deployment

LONGEST_COMMENT: Final = 1000


class ApprovalService:
    def __init__(self, records: Records, operations: OperationService, gate: ApprovalGate, clock: Clock) -> None:
        self._records = records
        self._operations = operations
        self._gate = gate
        self._clock = clock

    def find(
        self, deployment_id: str, operation_id: str | None = None, environment: EnvironmentName | None = None
    ) -> Operation:
        """That operation, or the only one that waits for an approval.

        Raises DeploymentNotFound, OperationNotFound; NotFound when none waits; InvalidInput when several do, and for an
        operation of another environment than the given one.
        """
        require_deployment(self._records.deployments, deployment_id)
        if operation_id is None:
            return self._only_one(deployment_id, environment)
        found = require_operation(self._records.operations, deployment_id, operation_id)
        if environment not in (None, found.environment):
            raise InvalidInput(
                f"operation {operation_id} is for {found.environment.value}, not for {environment.value}",
                field="environment",
                value=environment.value,
            )
        return found

    def judge(self, operation: Operation, by: str) -> Verdict:
        """Whether this person could approve it now; nothing is written.

        Raises NotPermitted for its author; Conflict for an operation that does not wait for an approval.
        """
        verdict = self._gate.judge(operation)
        if verdict.standing not in (Standing.AWAITING, Standing.LAPSED):
            raise _not_waiting(operation)
        if by == operation.started_by:
            raise NotPermitted(
                f"{by} asked for {operation.type.value} {operation.operation_id}, so somebody else has to approve it",
                operation_id=operation.operation_id,
                started_by=by,
                suggestion="ask a colleague to run this command; to take it back, add --reject",
            )
        return verdict

    def approve(self, operation: Operation, by: str, comment: str | None = None) -> Operation:
        """Write the approval down and submit the flow run.

        Raises, besides what `judge` raises, ApprovalLapsed (the operation is ended then), Conflict when somebody else
        was faster, InvalidInput for a comment that is too long, and FlowServiceUnreachable: it waits again then.
        """
        _check_comment(comment)
        verdict = self.judge(operation, by)
        if verdict.standing is Standing.LAPSED:
            raise self._gate.lapse(operation, verdict)
        assert operation.approval_request is not None
        approval = Approval(
            approved_by=by,
            approved_at=timestamp(self._clock.now()),
            digests=operation.approval_request.digests,
            comment=comment,
        )
        approved = self._write(operation, approval)
        self._tell(approved, approval)
        try:
            return self._operations.submit(approved, _take_back)
        except CloudError:
            self._gate.waiting.tell(operation)
            raise

    def reject(self, operation: Operation, by: str, comment: str | None = None) -> Operation:
        """End the operation before it began; its author may, too. Raises Conflict when it does not wait any more."""
        _check_comment(comment)
        words = f"rejected by {by}" + (f": {comment}" if comment else "")
        ended = self._gate.waiting.end(operation, words, user=by) if operation.status.is_waiting else operation
        if ended.message != words:
            raise _not_waiting(ended)
        return ended

    def _only_one(self, deployment_id: str, environment: EnvironmentName | None) -> Operation:
        # No other than the newest one of an environment can still be approved.
        wanted = [environment] if environment else list(EnvironmentName)
        newest = latest_operations(self._records.operations, deployment_id, wanted)
        found = [newest[one] for one in wanted if one in newest and newest[one].status.is_waiting]
        if len(found) > 1:
            listed = ", ".join(f"{one.operation_id} ({one.environment.value})" for one in found)
            raise InvalidInput(
                f"several operations of {deployment_id} wait for an approval: {listed}",
                field="operation",
                suggestion="name the one that is meant",
            )
        if not found:
            raise NotFound(
                f"no operation of {deployment_id} waits for an approval",
                suggestion=f"see what there was with 'cloud history {deployment_id}'",
            )
        return found[0]

    def _write(self, operation: Operation, approval: Approval) -> Operation:
        def change(current: Operation) -> Operation:
            if not current.status.is_waiting:
                raise _not_waiting(current)
            status = advance(current.status, OperationStatus.PENDING)
            return current.model_copy(update={"status": status, "approval": approval})

        return update_operation(self._records.operations, operation.deployment_id, operation.operation_id, change)

    def _tell(self, operation: Operation, approval: Approval) -> None:
        by = approval.approved_by
        said = f": {approval.comment}" if approval.comment else ""
        self._gate.waiting.append(
            operation,
            EventName.DEPLOYMENT_APPROVED,
            user=by,
            status=operation.status.value,
            approved_by=by,
            digests=approval.digests,
            message=f"by {by}{said}",
        )


def _take_back(current: Operation) -> Operation:
    """The run could not be queued: it waits again, for the same approval."""
    waiting = advance(current.status, OperationStatus.AWAITING_APPROVAL)
    return current.model_copy(update={"status": waiting, "approval": None})


def _not_waiting(operation: Operation) -> Conflict:
    by = f", approved by {operation.approval.approved_by}" if operation.approval else ""
    why = f": {operation.message}" if operation.message else ""
    return Conflict(
        f"operation {operation.operation_id} does not wait for an approval: it is {operation.status.value}{by}{why}",
        operation_id=operation.operation_id,
        status=operation.status.value,
        suggestion=f"run 'cloud history {operation.deployment_id} --operation {operation.operation_id}'",
    )


def _check_comment(comment: str | None) -> None:
    if comment is not None and len(comment) > LONGEST_COMMENT:
        raise InvalidInput(
            f"the comment is too long: at most {LONGEST_COMMENT} characters, it has {len(comment)}",
            field="comment",
            suggestion="put the long version where it can be read later, and its address here",
        )
