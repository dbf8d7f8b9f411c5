"""What the log does not tell of open operations: what the flow service says of their runs, and ends that nobody told.

An operation that is proven dead is ended in its record, which appends its last event. When the record has ended and
the log does not say so for a while, as after a crash between the two, the end is told from the record.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

from cloud_core.domain.errors import CloudError
from cloud_core.domain.events import Event, EventName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import OperationStatus
from cloud_core.ports.clock import Clock
from cloud_core.ports.flows import FlowRun
from realtime.limits import Limits
from realtime.platform import DeploymentSource
from realtime.protocol import Message
from realtime.story import Story

T = TypeVar("T")
FLOW_STATE: Final = "flow_state"
_PLAIN: Final = frozenset({"scheduled", "pending", "running", "completed", "failed"})
"""States that the operation's own events tell of. The flow service's names of others: late, paused, cancelled."""
_LOOKS_BEFORE_TELLING: Final = 3
_ENDINGS: Final = {
    OperationStatus.SUCCESS: EventName.DEPLOYMENT_COMPLETE,
    OperationStatus.FAILED: EventName.DEPLOYMENT_FAILED,
    OperationStatus.CANCELLED: EventName.DEPLOYMENT_CANCELLED,
}


class Call(Protocol):
    """Does the work in its turn."""

    def __call__(self, work: Callable[[], T], free: bool = False) -> Awaitable[T]: ...


@dataclass
class _Known:
    """What was found out about one operation, and when (monotonic seconds)."""

    told_at: float
    record_at: float = float("-inf")
    flow_at: float = float("-inf")
    settled_at: float = float("-inf")
    state: str = ""
    ended_looks: int = 0
    operation: Operation | None = field(default=None)


class OperationsWatch:
    """Of one deployment. Nothing is asked while no operation is open."""

    def __init__(self, source: DeploymentSource, limits: Limits, clock: Clock) -> None:
        self._source = source
        self._limits = limits
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def note(self, events: list[Event]) -> None:
        """These were told just now."""
        for event in events:
            if event.operation_id in self._known:
                self._known[event.operation_id].told_at = self._clock.monotonic()

    async def look(self, story: Story, call: Call) -> list[Message]:
        """What is new of operations that are open."""
        messages: list[Message | None] = []
        self._known = {name: known for name, known in self._known.items() if name in story.open_operations}
        for name in story.open_operations:
            known = self._known.setdefault(name, _Known(told_at=self._clock.monotonic()))
            if self._is_due(known.record_at, self._limits.record_wait):
                messages += await self._look_at_record(name, known, story, call)
            if known.operation is not None and self._is_due(known.flow_at, self._limits.flow_wait):
                messages.append(await self._look_at_flow(known.operation, known, story, call))
        return [message for message in messages if message is not None]

    def _is_due(self, last: float, wait: float) -> bool:
        return self._clock.monotonic() - last >= wait

    async def _look_at_record(self, name: str, known: _Known, story: Story, call: Call) -> list[Message | None]:
        known.record_at = self._clock.monotonic()
        operation = known.operation = await call(lambda: self._source.operation(name))
        if operation is None:
            return []
        if operation.status.is_terminal:
            known.ended_looks += 1
            ended = known.ended_looks >= _LOOKS_BEFORE_TELLING
            return [self._end(story, operation)] if ended else []
        quiet = self._is_due(max(known.told_at, known.settled_at), self._limits.quiet_wait)
        if quiet:
            await self._settle(operation, known, call)
        return []

    async def _settle(self, operation: Operation, known: _Known, call: Call) -> None:
        known.settled_at = self._clock.monotonic()
        known.operation = await call(lambda: self._source.settled(operation))

    async def _look_at_flow(self, operation: Operation, known: _Known, story: Story, call: Call) -> Message | None:
        known.flow_at = self._clock.monotonic()
        try:
            run = await call(lambda: self._source.flow_run(operation))
        except CloudError:
            return None  # it only adds to what the records tell
        if run is None or operation.status.is_terminal:
            return None
        if run.has_ended:
            await self._settle(operation, known, call)
        name, before = run.name or run.state, known.state
        known.state = name
        if name == before or {name, before or name} <= _PLAIN:
            return None
        return story.beside(operation.operation_id, FLOW_STATE, self._clock.now(), flow_run=_of(run))

    def _end(self, story: Story, operation: Operation) -> Message | None:
        view = story.view(operation.operation_id)
        if view is None:
            return None
        story.settle(view.settle(operation))
        told = {
            "status": operation.status.value,
            "operation_status": operation.status.value,
            "operation_type": operation.type.value,
            "message": operation.message,
        }
        event = _ENDINGS[operation.status].value
        return story.beside(operation.operation_id, event, self._clock.now(), **told)


def _of(run: FlowRun) -> dict[str, Any]:
    return {"id": run.flow_run_id, "state": run.name or run.state, "url": run.url}
