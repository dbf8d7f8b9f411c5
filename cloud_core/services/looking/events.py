"""What happened in a deployment, from any number on: for those who follow it from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cloud_core.domain.events import Event
from cloud_core.domain.records import Operation
from cloud_core.ports.flows import FlowRun, FlowRunner
from cloud_core.ports.records import Records
from cloud_core.services.looking.watching import WatchService
from cloud_core.services.records.operations import require_operation


@dataclass(frozen=True)
class EventPage:
    """Events, oldest first; `last_seq` is the newest there is, 0 without any."""

    deployment_id: str
    events: tuple[Event, ...]
    last_seq: int

    def to_data(self) -> dict[str, Any]:
        return {
            "deployment_id": self.deployment_id,
            "events": [_event_data(one) for one in self.events],
            "last_seq": self.last_seq,
        }


@dataclass(frozen=True)
class OperationRun:
    """An operation, settled, and its run as the flow service sees it; None without one."""

    operation: Operation
    run: FlowRun | None

    def to_data(self) -> dict[str, Any]:
        return {
            "operation_id": self.operation.operation_id,
            "is_over": self.operation.status.is_terminal,
            "flow_run_id": self.operation.flow_run_id,
            "state": self.run.state if self.run else None,
            "url": self.run.url if self.run else None,
        }


class EventService:
    """Reads only, but that an operation which is proven dead is ended: as all followers do."""

    def __init__(self, records: Records, watching: WatchService, flows: Callable[[], FlowRunner]) -> None:
        self._records = records
        self._watching = watching
        self._flows = flows

    def after(self, deployment_id: str, seq: int, limit: int) -> EventPage:
        """At most `limit` events with a higher number; with 0 only what the newest number is."""
        log = self._records.events
        events = log.read(deployment_id, seq, limit) if limit else []
        return EventPage(deployment_id, tuple(events), log.last_seq(deployment_id))

    def run(self, deployment_id: str, operation_id: str) -> OperationRun:
        """OperationNotFound; FlowServiceUnreachable when its run has to be asked for and can't be."""
        operation = self._watching.settled(require_operation(self._records.operations, deployment_id, operation_id))
        asks = operation.flow_run_id is not None and not operation.status.is_terminal
        return OperationRun(operation, self._flows().get(operation.flow_run_id or "") if asks else None)


def _event_data(event: Event) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "type": event.type.value,
        "event": event.event.value,
        "operation_id": event.operation_id,
        "environment": event.environment.value,
        "stack_name": event.stack_name,
        "timestamp": event.timestamp,
        "data": event.data,
    }
