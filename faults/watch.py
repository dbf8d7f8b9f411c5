"""An operation watched from outside, and the facts that tell where it is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

import psutil
from comparison import pending
from subject import STACKS, Subject

from cloud_core.domain.events import Event, EventName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, OperationStatus

ENGINE_SECONDS: Final = 60.0


@dataclass
class Watch:
    """An operation that was just begun, watched from outside. `seq` is the last event before it."""

    subject: Subject
    before: str | None
    seq: int
    events: list[Event] = field(default_factory=list)
    has_seen_flow: bool = False
    _operation: Operation | None = None

    @classmethod
    def of(cls, subject: Subject) -> Watch:
        operation = subject.operation
        return cls(subject, operation.operation_id if operation else None, subject.last_seq)

    def look(self) -> Operation | None:
        """The operation as it is now, None before it is accepted; its events since the last look are kept."""
        found = self.subject.operation
        if found is not None and found.operation_id != self.before:
            self._operation = found
        self.events += self.subject.events(self.events[-1].seq if self.events else self.seq)
        return self._operation

    @property
    def operation(self) -> Operation:
        assert self._operation is not None
        return self._operation

    def has_told(self, name: EventName, stack: str | None = None) -> bool:
        return any(one.event is name and stack in (None, one.stack_name) for one in self.events)

    def has_finished(self, stack: str) -> bool:
        return any(self.has_told(name, stack) for name in (EventName.STACK_DEPLOYED, EventName.STACK_CHECKED))


def accepted(watch: Watch) -> bool:
    return watch.operation.flow_run_id is not None and watch.operation.status is OperationStatus.PENDING


def flow_begun(watch: Watch) -> bool:
    watch.has_seen_flow = accepted(watch) and watch.subject.flow(watch.operation) is not None
    return watch.has_seen_flow


def leased(watch: Watch) -> bool:
    lease = watch.subject.lease
    return lease is not None and lease.owner is not None and lease.owner.operation_id == watch.operation.operation_id


def stack_begun(watch: Watch) -> bool:
    return watch.has_told(EventName.STACK_DEPLOYING) or watch.has_told(EventName.STACK_CHECKING)


def engine_starting(watch: Watch) -> bool:
    return leased(watch) and bool(watch.subject.engines())


def resource_slow(watch: Watch) -> bool:
    return watch.has_told(EventName.RESOURCE_CREATING, "slow") and bool(watch.subject.engines())


def aws_asked(watch: Watch) -> bool:
    """Looked for closely: a request to AWS takes some hundredths of a second only."""
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline:
        if pending(watch.subject):
            return True
        time.sleep(0.003)
    return False


def between_stacks(watch: Watch) -> bool:
    """In a retry any stack will do, for what the killed one has done is not done again."""
    return any(map(watch.has_finished, STACKS)) and not all_finished(watch)


def engine_ended(watch: Watch) -> bool:
    """An engine of the operation is gone just now. Nothing is asked of the records: they are to be halted at once."""
    engines = watch.subject.engines()
    try:
        return bool(engines) and engines[0].wait(timeout=ENGINE_SECONDS) is None
    except psutil.TimeoutExpired:
        return False


def all_finished(watch: Watch) -> bool:
    return watch.has_finished("net" if watch.operation.type is Action.DESTROY else "last")


def deleting(watch: Watch) -> bool:
    return watch.has_told(EventName.RESOURCE_DELETING)


def changing(watch: Watch) -> bool:
    return watch.has_told(EventName.RESOURCE_UPDATING) or watch.has_told(EventName.RESOURCE_CREATING)
