"""Operations that wait for an approval: told when they begin to wait, and ended when nothing can come of them.

They hold nothing and have no flow run, so that ending them can't hurt. One environment has at most one that can still
be approved: whatever else is accepted there takes its place, since what was to be approved would meet something else.
"""

from __future__ import annotations

from typing import Any

from cloud_core.domain.approvals import NOT_IN_TIME, is_late
from cloud_core.domain.clock import timestamp
from cloud_core.domain.events import EventName
from cloud_core.domain.records import Operation
from cloud_core.domain.states import advance
from cloud_core.domain.statuses import OperationStatus
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records
from cloud_core.services.records.events import operation_event, write_down
from cloud_core.services.records.operations import latest_operation, operations_of, update_operation


class WaitingOperations:
    """Reads and writes records alone."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def tell(self, operation: Operation) -> None:
        """That it waits, for whom, and until when."""
        asked = operation.approval_request
        until = asked.until if asked else None
        what = f"{operation.type.value} of {operation.environment.value} by {operation.started_by}"
        message = f"{what} waits for somebody else's approval, until {until}"
        status = OperationStatus.AWAITING_APPROVAL.value
        self.append(operation, EventName.DEPLOYMENT_AWAITING_APPROVAL, status=status, until=until, message=message)

    def end(self, operation: Operation, message: str, user: str | None = None) -> Operation:
        """Cancelled before it began, with the reason; one that is not as it was looked at is returned as it is now: it
        may have been approved meanwhile."""
        now = timestamp(self._clock.now())
        ended = {"message": message, "completed_at": now}

        def change(current: Operation) -> Operation:
            if current.status is not operation.status or not current.status.is_unbegun:
                return current
            return current.model_copy(update={"status": advance(current.status, OperationStatus.CANCELLED), **ended})

        written = update_operation(self._records.operations, operation.deployment_id, operation.operation_id, change)
        if (written.message, written.completed_at) == (message, now):
            cancelled = OperationStatus.CANCELLED.value
            data = {"status": cancelled, "operation_status": cancelled, "message": message}
            self.append(written, EventName.DEPLOYMENT_CANCELLED, user, **data)
        return written

    def end_if_late(self, operation: Operation) -> bool:
        """Whether it waited longer than it may; it is ended then."""
        asked = operation.approval_request
        if asked is None or not is_late(asked, self._clock.now()):
            return False
        return self.end(operation, NOT_IN_TIME).status.is_terminal

    def supersede(self, newer: Operation) -> None:
        """End what waits in the environment since before this operation was accepted."""
        words = f"{newer.operation_id}, a {newer.type.value} by {newer.started_by}, was accepted in its place"
        for one in operations_of(self._records.operations, newer.deployment_id, newer.environment):
            if one.operation_id == newer.operation_id or one.created_at > newer.created_at:
                continue
            if not one.status.is_waiting:
                return
            self.end(one, words)

    def successor(self, operation: Operation) -> Operation | None:
        """The environment's newest operation when that is not this one any more."""
        newest = latest_operation(self._records.operations, operation.deployment_id, operation.environment)
        return None if newest is None or newest.operation_id == operation.operation_id else newest

    def append(self, operation: Operation, event: EventName, user: str | None = None, **data: Any) -> None:
        """Tell it to those who watch, and write it down with its user for those who read later."""
        told = {**data, **({"user": user} if user else {})}
        write_down(self._records, operation_event(operation, event, timestamp(self._clock.now()), **told), user)
