"""The records of an operation's stacks, written under its token; a result that they can't take waits on disk.

What an engine did is true whether the records can be reached or not. So a result that can't be written is kept in the
journal of this host first. The operation writes it, and tells of it, once a heartbeat has shown that the records are
back and the lease is still its own; until then it starts nothing. If it never gets there, the environment's next
operation on this host writes it, unless the stack has been changed since.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from cloud_core.domain.clock import timestamp
from cloud_core.domain.drift import DriftMark
from cloud_core.domain.errors import LeaseLost, StackNotFound, Unavailable, VersionConflict
from cloud_core.domain.events import EventName
from cloud_core.domain.names import engine_stack_name
from cloud_core.domain.records import Operation, StackRecord
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import StackTarget
from cloud_core.ports.journal import ResultJournal
from cloud_core.ports.records import StackRepository
from cloud_core.services.records.races import retry_lost_races
from cloud_core.services.runs.run import OperationRun, Unwritten
from cloud_core.services.stacks.changes import Change

_logger = logging.getLogger(__name__)


class StackRecords:
    """Safe from many threads."""

    def __init__(self, stacks: StackRepository, journal: ResultJournal, clock: Clock) -> None:
        self._stacks = stacks
        self._journal = journal
        self._clock = clock

    def find(self, run: OperationRun, stack: str) -> StackRecord | None:
        """The stack's record; None for one that was never touched."""
        return self._stacks.get_stack(run.operation.deployment_id, stack, run.operation.environment)

    def read(self, run: OperationRun, stack: str) -> StackRecord:
        """The stack's record; made on first use."""
        return self.find(run, stack) or self._stacks.create(
            new_stack_record(
                run.target(stack), run.graph.layer_of(stack), timestamp(self._clock.now()), run.lease.fence
            )
        )

    def save(self, run: OperationRun, stack: str, change: Change) -> StackRecord:
        """Apply the change to the newest record under our fencing token; a lost race is tried again."""
        return retry_lost_races(lambda: self._stacks.update(change(self.read(run, stack)), fence=run.lease.fence))

    def mark_drift(self, seen: StackRecord, drift: DriftMark | None) -> bool:
        """Whether the mark was written: only where nobody has written the stack, nor taken it over, since it was seen.

        Needs no lease, since it takes nothing for granted but the record itself, and leaves the token as it is.
        """
        try:
            self._stacks.update(seen.model_copy(update={"drift": drift}))
        except (VersionConflict, LeaseLost, StackNotFound) as error:
            _logger.info("stack %s is not marked: %s", seen.stack_name, error)
            return False
        return True

    def conclude(self, run: OperationRun, entered: StackRecord, change: Change, tell: Callable[[], None]) -> None:
        """Write how the stack ended, then tell; `entered` is the record as the stack's work began.

        When the records are away, or the lease is another's, the result goes into the journal and is told later, if
        ever. Raises what the journal raises when it can't keep it either.
        """
        try:
            self.save(run, entered.stack_name, change)
        except (Unavailable, LeaseLost) as error:
            record = change(entered)
            place = self._journal.keep(record)
            run.note_unwritten(Unwritten(record, tell, self._clock.monotonic()))
            _logger.error("the result of stack %s is kept in %s: %s", record.stack_name, place, error)
        else:
            tell()

    def catch_up(self, run: OperationRun) -> None:
        """Write and tell what waits, as far as a heartbeat that succeeded since shows that we may. Never raises
        Unavailable or LeaseLost: then it goes on waiting."""
        for one in run.unwritten:
            if run.lease.is_lost or not run.lease.was_renewed_since(one.since):
                continue
            try:
                self._write(one.record, run.lease.fence)
            except (Unavailable, LeaseLost) as error:
                _logger.warning("the result of stack %s goes on waiting: %s", one.record.stack_name, error)
                return
            run.note_written(one)
            one.tell()

    def settle(self, run: OperationRun) -> None:
        """The last try of an operation that ends: ask for the lease once more, then catch up."""
        if run.unwritten:
            run.lease.beat()
            self.catch_up(run)

    def recover(self, operation: Operation, fence: int) -> list[StackRecord]:
        """Write what earlier operations left in this host's journal; returns what was written."""
        kept = self._journal.kept(operation.deployment_id, operation.environment)
        return [record for record in kept if self._write(record, fence)]

    def _write(self, record: StackRecord, fence: int) -> bool:
        """Whether it was written; a stack that another operation has changed since is left alone."""

        def write() -> bool:
            current = self._stacks.get_stack(record.deployment_id, record.stack_name, record.environment)
            if current is None or current.last_operation_id != record.last_operation_id:
                return False
            newest: dict[str, Any] = {"version": current.version, "updated_at": current.updated_at}
            if _is_younger(current.drift, record):
                newest["drift"] = current.drift
            self._stacks.update(record.model_copy(update=newest), fence=fence)
            return True

        written = retry_lost_races(write)
        if not written:
            _logger.warning(
                "the kept result of stack %s (%s, operation %s) is dropped: the stack has been changed since",
                record.stack_name,
                record.status.value,
                record.last_operation_id,
            )
        self._journal.discard(record)
        return written


def _is_younger(drift: DriftMark | None, record: StackRecord) -> bool:
    """Whether it was found after the stack had ended as the record tells."""
    ended = record.last_deployment.completed_at if record.last_deployment else None
    return drift is not None and (ended is None or drift.found_at > ended)


def new_stack_record(target: StackTarget, layer: int, now: str, fence: int) -> StackRecord:
    """Of a stack that was never touched."""
    name = engine_stack_name(target.deployment_id, target.stack, target.environment)
    return StackRecord(
        deployment_id=target.deployment_id,
        stack_name=target.stack,
        environment=target.environment,
        pulumi_stack_name=f"{target.organization}/{target.project}/{name}",
        layer=layer,
        created_at=now,
        updated_at=now,
        fence=fence,
    )


def tell_recovered(run: OperationRun, recovered: Sequence[StackRecord]) -> None:
    """To those who watch the operation that wrote them."""
    for record in recovered:
        message = (
            f"stack {record.stack_name} is {record.status.value}: operation {record.last_operation_id} had kept this "
            "on its host while the records were away"
        )
        run.events.emit(EventName.LOG, record.stack_name, message=message)


def what_waits(run: OperationRun) -> str:
    """Names the results that the records never took, for people."""
    stacks = sorted(one.record.stack_name for one in run.unwritten)
    if not stacks:
        return ""
    return f"; the results of {', '.join(stacks)} wait on this host for the environment's next operation"
