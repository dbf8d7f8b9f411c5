"""Operations that will never end by themselves: found by proof, and ended with the truth.

Proof is never the flow service's word about a run that has begun, since it calls live runs crashed. An operation in
progress is over when it does not hold the lease any more, or when it holds it and its processes on this host are
gone. One that has not begun holds nothing, so that ending it can't hurt: a late flow finds it ended and refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from cloud_core.domain.clock import parse_timestamp, timestamp
from cloud_core.domain.errors import VersionConflict
from cloud_core.domain.events import EventName
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.records import LeaseOwner, Operation, StackResult
from cloud_core.domain.states import UNCHANGED, environment_status_of
from cloud_core.domain.statuses import DeploymentStatus, OperationStatus, StackStatus
from cloud_core.ports.clock import Clock
from cloud_core.ports.flows import FlowRunner
from cloud_core.ports.processes import Processes
from cloud_core.ports.records import Records
from cloud_core.services.looking.watching import unchanged_in
from cloud_core.services.operations.waiting import WaitingOperations
from cloud_core.services.records.events import count, log_entry, operation_event
from cloud_core.services.records.operations import update_operation
from cloud_core.services.records.statuses import EnvironmentStatuses, require_deployment
from cloud_core.services.runs.lease import owner_is_gone

_QUEUING_SECONDS: Final = 120.0
"""Whoever accepts an operation queues its run at once; after so long it has died in between."""

_ENDINGS: Final = {
    OperationStatus.FAILED: EventName.DEPLOYMENT_FAILED,
    OperationStatus.CANCELLED: EventName.DEPLOYMENT_CANCELLED,
}


class AbandonedOperations:
    """Asked before an operation is refused because of another one."""

    def __init__(self, records: Records, flows: Callable[[], FlowRunner], processes: Processes, clock: Clock) -> None:
        self._waiting = WaitingOperations(records, clock)
        self._records = records
        self._flows = flows
        self._processes = processes
        self._clock = clock
        self._statuses = EnvironmentStatuses(records.deployments)

    def settle(self, operation: Operation) -> bool:
        """Whether the operation is over; one that died without saying so is ended here, and told."""
        if operation.status is OperationStatus.SUCCESS:
            self._free_behind(operation)
        if operation.status.is_terminal:
            return True
        if operation.status.is_waiting:
            return self._waiting.end_if_late(operation)
        reason = self._why_over(operation)
        if reason is not None:
            self._end(operation, reason)
        return reason is not None

    def _why_over(self, operation: Operation) -> str | None:
        owner = self._owner(operation)
        if owner is not None:
            return "its processes died" if owner_is_gone(owner, self._processes) else None
        if operation.status in (OperationStatus.IN_PROGRESS, OperationStatus.CANCELLING):
            return "its flow ended without ending it"
        return self._why_never_begun(operation)

    def _why_never_begun(self, operation: Operation) -> str | None:
        if operation.flow_run_id is None:
            return "it was never queued" if self._age(operation) > _QUEUING_SECONDS else None
        run = self._flows().get(operation.flow_run_id)
        if run is not None and not run.has_ended:
            return None
        return f"its flow run was {run.state if run else 'deleted'} before it began"

    def _age(self, operation: Operation) -> float:
        return (self._clock.now() - parse_timestamp(operation.submitted_at)).total_seconds()

    def _owner(self, operation: Operation) -> LeaseOwner | None:
        """Who is at work on the operation: the lease's owner when it is this one, or its reader."""
        if operation.type.only_reads:
            return operation.reader
        owner = self._holder(operation)
        return owner if owner and owner.operation_id == operation.operation_id else None

    def _is_free(self, operation: Operation) -> bool:
        """Whether no other operation holds the environment."""
        owner = self._holder(operation)
        return owner is None or owner.operation_id == operation.operation_id

    def _holder(self, operation: Operation) -> LeaseOwner | None:
        lease = self._records.leases.get(operation.deployment_id, operation.environment)
        return lease.owner if lease else None

    def _end(self, operation: Operation, reason: str) -> None:
        now = timestamp(self._clock.now())

        def end(current: Operation) -> Operation:
            if current.status.is_terminal:
                return current
            stopping = current.status is OperationStatus.CANCELLING
            status = OperationStatus.CANCELLED if stopping else OperationStatus.FAILED
            return current.model_copy(update={"status": status, "message": reason, "completed_at": now})

        ended = update_operation(self._records.operations, operation.deployment_id, operation.operation_id, end)
        if (ended.message, ended.completed_at) == (reason, now):
            self._leave(ended, self._reached(ended))
            self._tell(ended, reason, now)

    def _leave(self, operation: Operation, reached: DeploymentStatus | None) -> None:
        """The environment as it stands now. Whoever mends what is left takes the lease over, and learns from it which
        engines are dead; when nothing is left nobody would, so that it is given back here."""
        if operation.decides_environment:
            status = reached or DeploymentStatus.FAILED
            self._statuses.give_up(operation, status, lambda: self._is_free(operation))
        if reached is not None:
            self._give_back(operation)

    def _free_behind(self, operation: Operation) -> None:
        """Give back the lease of one that ended well and died before it did so itself: nothing is left to mend, so that
        nobody would take it over."""
        owner = self._owner(operation)
        if owner is not None and not operation.type.only_reads and owner_is_gone(owner, self._processes):
            self._give_back(operation)

    def _give_back(self, operation: Operation) -> None:
        lease = self._records.leases.get(operation.deployment_id, operation.environment)
        if lease is not None and lease.owner is not None and lease.owner.operation_id == operation.operation_id:
            with suppress(VersionConflict):  # somebody else has just removed its dead owner
                self._records.leases.break_lease(lease)

    def _reached(self, operation: Operation) -> DeploymentStatus | None:
        """How the environment stands, when the operation had done every stack before it died: a retry finds nothing to
        do then, and would never say so. None when stacks are left."""
        records = self._records.stacks.list_by_deployment(operation.deployment_id, operation.environment)
        results = {
            record.stack_name: StackResult(stack_name=record.stack_name, status=record.status)
            for record in records
            if record.status is operation.done(record.stack_name) and record.last_operation_id == operation.operation_id
        }
        for name in unchanged_in(self._records.events, operation) - results.keys():
            results[name] = StackResult(stack_name=name, status=StackStatus.SKIPPED, cause=UNCHANGED)
        if not results.keys() >= {name for layer in operation.layers for name in layer}:
            return None
        deployment = require_deployment(self._records.deployments, operation.deployment_id)
        enabled = Manifest.model_validate(deployment.manifest).stacks_in(operation.environment.value)
        stored = {record.stack_name: record.status for record in records}
        return environment_status_of(operation.type, results, stored, enabled)

    def _tell(self, operation: Operation, reason: str, now: str) -> None:
        status = operation.status.value
        told = {"status": status, "operation_status": status, "message": f"found dead: {reason}"}
        event = self._records.events.append(operation_event(operation, _ENDINGS[operation.status], now, **told))
        self._records.logs.create(log_entry(event))
        count(self._records, operation, [event])
