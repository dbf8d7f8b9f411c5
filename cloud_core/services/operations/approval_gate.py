"""The gate before what needs an approval: asked when an operation is accepted, and again before it takes the lease.

The last word is that of the process which carries the operation out, by its own settings: an edge that asks nobody gets
its operation refused there.
"""

from __future__ import annotations

from datetime import timedelta

from cloud_core.domain.agreements import ApprovalRequest
from cloud_core.domain.approvals import (
    ApprovalRules,
    Standing,
    Verdict,
    judge,
)
from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import ApprovalLapsed, ApprovalNeeded
from cloud_core.domain.events import EventName
from cloud_core.domain.names import EnvironmentName, command_place
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, OperationStatus
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records
from cloud_core.services.operations.approval_contents import Contents
from cloud_core.services.operations.waiting import WaitingOperations
from cloud_core.services.records.refused_runs import log_refusal


class ApprovalGate:
    """`rules` are those of this process."""

    def __init__(self, rules: ApprovalRules, contents: Contents, records: Records, clock: Clock) -> None:
        self.rules = rules
        self.waiting = WaitingOperations(records, clock)
        self._logs = records.logs
        self._contents = contents
        self._clock = clock

    def asking(self, operation: Operation) -> Operation:
        """The new operation as it is to be stored: one that needs an approval waits for it, and says for what."""
        if not self.rules.demand(operation.environment, operation.type):
            return operation
        until = timestamp(self._clock.now() + timedelta(seconds=self.rules.valid_seconds))
        request = ApprovalRequest(digests=self._contents.digests(operation), until=until)
        waiting = {"status": OperationStatus.AWAITING_APPROVAL, "approval_request": request}
        return operation.model_copy(update=waiting)

    def judge(self, operation: Operation) -> Verdict:
        """How the operation stands now; one that waits has lapsed, too, when another one was accepted after it."""
        verdict = judge(operation, lambda: self._contents.digests(operation), self._clock.now(), self.rules)
        newer = self.waiting.successor(operation) if verdict.standing is Standing.AWAITING else None
        if newer is None:
            return verdict
        return Verdict(Standing.LAPSED, (f"{newer.operation_id} was accepted after it",))

    def admit(self, operation: Operation) -> None:
        """Return when the operation may take the lease.

        Raises ApprovalLapsed, having ended it; ApprovalNeeded when nobody has agreed, which leaves one that waits for
        that as it is: whoever starts runs in the flow service can't decide it.
        """
        verdict = self.judge(operation)
        if verdict.standing is Standing.LAPSED:
            raise self.lapse(operation, verdict)
        if verdict.standing in (Standing.AWAITING, Standing.UNASKED):
            self._refuse(operation, verdict)

    def lapse(self, operation: Operation, verdict: Verdict) -> ApprovalLapsed:
        """End the operation as cancelled, with the reasons; the error that tells so."""
        what = "approval" if operation.approval else "request for an approval"
        message = f"the {what} has lapsed: {'; '.join(verdict.reasons)}"
        self.waiting.end(operation, message)
        return ApprovalLapsed(
            f"operation {operation.operation_id} can't run any more, {message}",
            operation_id=operation.operation_id,
            reasons=list(verdict.reasons),
            suggestion=f"look at what would be done now, and ask again: cloud {operation.type.value} {operation.place}",
        )

    def refuse_unknown(self, deployment_id: str, environment: EnvironmentName, action: Action, started_by: str) -> None:
        """ApprovalNeeded for a run that nobody known to us has asked for, where that needs an approval, and in prod
        in any case: the flow service knows no users."""
        is_prod = environment is EnvironmentName.PROD
        if not action.changes_aws or not (is_prod or self.rules.demand(environment, action)):
            return
        name = environment.value
        way_out = f"run 'cloud {action.value} {command_place(deployment_id, environment)}'"
        message = f"{name} can't be changed by a run that was started in the flow service: it knows no users"
        told = f"{action.value} refused: {message}; {way_out}"
        log_refusal(self._logs, self._clock, deployment_id, environment, told, started_by)
        raise ApprovalNeeded(message, environment=name, action=action.value, suggestion=way_out)

    def _refuse(self, operation: Operation, verdict: Verdict) -> None:
        environment = operation.environment.value
        why = "; ".join(verdict.reasons) or "nobody has approved it yet"
        what = f"{operation.type.value} {operation.operation_id} of {environment}"
        message = f"{what} needs somebody else's approval: {why}"
        if verdict.standing is Standing.AWAITING:
            self.waiting.append(operation, EventName.LOG, message=f"a run was refused: {message}", level="warn")
        raise ApprovalNeeded(
            message,
            operation_id=operation.operation_id,
            environment=environment,
            action=operation.type.value,
            suggestion=_way_out(operation, verdict),
        )


def _way_out(operation: Operation, verdict: Verdict) -> str:
    if verdict.standing is Standing.AWAITING:
        return f"run 'cloud approve {operation.deployment_id} {operation.operation_id}' as somebody else"
    environment = operation.environment.value
    return f"set CLOUD_APPROVALS__ENVIRONMENTS as the runner has it, and start the operation of {environment} again"
