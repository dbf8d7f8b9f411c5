"""Following an operation through the event log until its record says that it has ended.

Budget of one follower: the event log is read at most four times a second while something happens, and once a second
when it is quiet; the operation's record every three seconds; the flow service and the lease every fifteen seconds, and
only while nothing is told. The record alone decides how the operation ended: an event may be lost, and the flow
service calls live runs crashed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from cloud_core.domain.clock import parse_timestamp, timestamp
from cloud_core.domain.errors import CloudError, Unavailable
from cloud_core.domain.events import Event, EventName
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.progress import OperationView, usual_seconds
from cloud_core.domain.progress_fold import fold
from cloud_core.domain.records import Operation
from cloud_core.domain.states import UNCHANGED
from cloud_core.domain.statuses import OperationStatus
from cloud_core.ports.clock import Clock
from cloud_core.ports.flows import FlowRunner
from cloud_core.ports.records import EventLog, Records
from cloud_core.services.looking.doubts import QUIET_SECONDS, Doubts, Settle
from cloud_core.services.records.operations import holding_operation, require_operation

FIRST_WAIT_SECONDS: Final = 0.25
LAST_WAIT_SECONDS: Final = 1.0
RECORD_SECONDS: Final = 3.0
PATIENCE_SECONDS: Final = 60.0
"""How long the records may be away before a follower gives up."""

_ENDS_BY_RECORDS: Final = frozenset(
    {
        OperationStatus.IN_PROGRESS,
        OperationStatus.CANCELLING,
        OperationStatus.AWAITING_APPROVAL,
        OperationStatus.SUCCESS,
    }
)
_SLOWING: Final = 1.5
_PAGE: Final = 500
_LAST_EVENT_LOOKS: Final = 8
_CLOCKS_DIFFER: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Ending:
    """How it ended. `broken` tells why the record will never say so: then nothing is known about the result."""

    operation: Operation
    broken: str | None = None

    @property
    def is_success(self) -> bool:
        return self.broken is None and self.operation.status is OperationStatus.SUCCESS


@dataclass(frozen=True)
class Look:
    """One look: the view, the operation's events since the last look, something worth telling, and maybe the end."""

    view: OperationView
    events: tuple[Event, ...] = ()
    notice: str | None = None
    ending: Ending | None = None


class WatchService:
    """Any number of followers may look at the same operation; they change nothing but to end what is proven dead."""

    def __init__(self, records: Records, flows: Callable[[], FlowRunner], settle: Settle, clock: Clock) -> None:
        self._records = records
        self._flows = flows
        self._settle = settle
        self._clock = clock

    def settled(self, operation: Operation) -> Operation:
        """The operation as it stands; one that has begun and is proven dead is ended first, as is one that waited too
        long for an approval, and one that died with the lease after its end is rid of it. As it is when that can't be
        asked now. The flow service is not asked."""
        return self._settled(operation) if operation.status in _ENDS_BY_RECORDS else operation

    def polled(self, operation: Operation) -> Operation:
        """`settled`, for those who come again and again until it is over: of one that has not begun for a while the
        flow service is asked as well, or who waits for a run that will never begin waits for ever."""
        age = self._clock.now() - parse_timestamp(operation.submitted_at)
        is_overdue = operation.status is OperationStatus.PENDING and age.total_seconds() > QUIET_SECONDS
        return self._settled(operation) if is_overdue else self.settled(operation)

    def _settled(self, operation: Operation) -> Operation:
        try:
            has_ended = operation.status.is_terminal
            if not self._settle(operation) or has_ended:
                return operation
            return require_operation(self._records.operations, operation.deployment_id, operation.operation_id)
        except CloudError:
            return operation

    def at_work(self, deployment_id: str, environment: EnvironmentName) -> Operation | None:
        """The operation that holds the environment, settled; None when there is none, or it has died."""
        holder = holding_operation(self._records, deployment_id, environment)
        found = self.settled(holder) if holder else None
        return None if found is None or found.status.is_terminal else found

    def catch_up(self, operation: Operation, graph: StackGraph | None = None) -> OperationView:
        """How the operation stands by everything told so far; with a graph the waiting stacks know for whom."""
        view = self.begin(operation, graph)
        return fold(view, read_events(self._records.events, view.deployment_id, view.seq)).settle(operation)

    def follow(self, operation: Operation, graph: StackGraph | None = None) -> Iterator[Look]:
        """Looks, the first at once and the last with an ending.

        Raises Unavailable when the records stay away for a minute; the operation goes on without its follower.
        """
        doubts = Doubts(self._records.leases, self._flows, self._settle, self._clock)
        follower = _Follower(self._records, doubts, self._clock, operation, self.begin(operation, graph))
        while True:
            look = follower.look()
            yield look
            if look.ending is not None:
                return
            self._clock.sleep(follower.wait)

    def standing(self, operation: Operation) -> OperationView:
        """How it stands, at the least cost: of one that has ended its record tells all, one that has not begun has no
        events yet."""
        if operation.status.is_terminal:
            return OperationView.begin(operation).settle(operation)
        if operation.status.is_unbegun:
            return OperationView.begin(operation, None, self._usual(operation)).settle(operation)
        return self.catch_up(operation)

    def _usual(self, operation: Operation) -> dict[str, float]:
        past = self._records.operations.list_by_deployment(operation.deployment_id).items
        return usual_seconds([one for one in past if one.environment is operation.environment], operation.type)

    def begin(self, operation: Operation, graph: StackGraph | None = None) -> OperationView:
        """How it stands before its first event, with how long its stacks usually take."""
        dependencies = {name: graph.dependencies(name) for name in graph.names} if graph else None
        view = OperationView.begin(operation, dependencies, self._usual(operation))
        return replace(view, seq=seq_before(self._records.events, operation))


class _Follower:
    """What one follower remembers between its looks. `wait` is how long it should sleep before the next one."""

    def __init__(
        self, records: Records, doubts: Doubts, clock: Clock, operation: Operation, view: OperationView
    ) -> None:
        self.wait = FIRST_WAIT_SECONDS
        self._records = records
        self._doubts = doubts
        self._clock = clock
        self._operation = operation
        self._view = view
        self._told: list[Event] = []
        self._asked = float("-inf")
        self._answered = clock.monotonic()

    def look(self) -> Look:
        try:
            look = self._look()
        except Unavailable as error:
            if not error.retryable or self._clock.monotonic() - self._answered >= PATIENCE_SECONDS:
                raise
            self.wait = LAST_WAIT_SECONDS
            return Look(self._view, notice=self._doubts.once(f"{error.message}; still trying"))
        self._answered = self._clock.monotonic()
        self.wait = FIRST_WAIT_SECONDS if look.events else min(LAST_WAIT_SECONDS, self.wait * _SLOWING)
        return look

    def _look(self) -> Look:
        self._read()
        if self._view.status.is_terminal or self._clock.monotonic() - self._asked >= RECORD_SECONDS:
            self._ask_record()
        if self._operation.status.is_terminal:
            self._wait_for_last_event()
            return Look(self._view.settle(self._operation), self._take(), ending=Ending(self._operation))
        notice = self._doubts.look(self._operation, anything_told=bool(self._told))
        if self._doubts.broken is not None:
            return Look(self._view, self._take(), ending=Ending(self._operation, self._doubts.broken))
        if self._operation.status is OperationStatus.CANCELLING:
            self._view = replace(self._view, status=OperationStatus.CANCELLING)
        return Look(self._view, self._take(), notice)

    def _read(self) -> None:
        """Fold new events into the view, and keep the operation's own until a look takes them."""
        events = read_events(self._records.events, self._view.deployment_id, self._view.seq)
        self._view = fold(self._view, events)
        self._told += [event for event in events if event.operation_id == self._operation.operation_id]

    def _take(self) -> tuple[Event, ...]:
        taken = tuple(self._told)
        self._told = []
        return taken

    def _ask_record(self) -> None:
        mine = self._operation
        self._operation = require_operation(self._records.operations, mine.deployment_id, mine.operation_id)
        self._asked = self._clock.monotonic()

    def _wait_for_last_event(self) -> None:
        """The record ends before the last event is told: wait for it a moment, so that nothing is missed."""
        for _ in range(_LAST_EVENT_LOOKS):
            if self._view.status.is_terminal:
                return
            self._clock.sleep(FIRST_WAIT_SECONDS)
            self._read()


def read_events(log: EventLog, deployment_id: str, after: int) -> list[Event]:
    """Every event after that number."""
    events: list[Event] = []
    while page := log.read(deployment_id, after=after, limit=_PAGE):
        events += page
        after = page[-1].seq
        if len(page) < _PAGE:
            break
    return events


def checks_of(log: EventLog, operation: Operation) -> dict[str, Event]:
    """What a preview, a comparison or a refresh has told of each stack that it could look at."""
    return _told_of_stacks(log, operation, EventName.STACK_CHECKED)


def unchanged_in(log: EventLog, operation: Operation) -> frozenset[str]:
    """Stacks that the operation has skipped, deployed as they should be: no record of theirs says so."""
    told = _told_of_stacks(log, operation, EventName.STACK_DEPLOYED)
    return frozenset(name for name, event in told.items() if event.data.get("cause") == UNCHANGED)


def _told_of_stacks(log: EventLog, operation: Operation, name: EventName) -> dict[str, Event]:
    """The operation's last event of that name for each stack."""
    return {
        event.stack_name or "": event
        for event in read_events(log, operation.deployment_id, seq_before(log, operation))
        if event.operation_id == operation.operation_id and event.event is name
    }


def seq_before(log: EventLog, operation: Operation) -> int:
    """A number before the operation's first event, found by halving: the log may hold months of other events."""
    begin = timestamp(parse_timestamp(operation.created_at) - _CLOCKS_DIFFER)
    low, high = 0, log.last_seq(operation.deployment_id)
    while high - low > _PAGE:
        middle = (low + high) // 2
        found = log.read(operation.deployment_id, after=middle, limit=1)
        if not found or found[0].timestamp >= begin:
            high = middle
        else:
            low = found[0].seq
    return low
