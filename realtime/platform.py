"""What a relay reads: records, how operations stand, and what the flow service says of their runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from cloud_core.domain.errors import CloudError
from cloud_core.domain.events import Event
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.progress import OperationView
from cloud_core.domain.records import Deployment, Operation
from cloud_core.ports.flows import FlowRun, FlowRunner
from cloud_core.ports.records import Records
from cloud_core.services.looking.watching import WatchService, read_events, seq_before
from cloud_core.services.records.operations import latest_operations
from cloud_core.services.records.statuses import require_deployment
from realtime.story import Story

PAGE: Final = 500
_REMEMBERED: Final = 10_000
"""Events that a story goes back at most."""


class Platform(Protocol):
    """As `bootstrap.EdgeServices` gives it. Attributes may raise Unavailable."""

    @property
    def records(self) -> Records: ...

    @property
    def watching(self) -> WatchService: ...

    @property
    def flows(self) -> FlowRunner: ...


class DeploymentSource:
    """One deployment, read in threads. Everything may raise Unavailable."""

    def __init__(self, platform: Platform, deployment_id: str) -> None:
        self._platform = platform
        self.deployment_id = deployment_id

    def deployment(self) -> Deployment:
        """Raises DeploymentNotFound."""
        return require_deployment(self._platform.records.deployments, self.deployment_id)

    def operation(self, operation_id: str) -> Operation | None:
        return self._platform.records.operations.get(self.deployment_id, operation_id)

    def settled(self, operation: Operation) -> Operation:
        """One that is proven dead is ended, and says so in the log."""
        return self._platform.watching.settled(operation)

    def flow_run(self, operation: Operation) -> FlowRun | None:
        return self._platform.flows.get(operation.flow_run_id) if operation.flow_run_id else None

    def read(self, after: int) -> list[Event]:
        """One page."""
        return self._platform.records.events.read(self.deployment_id, after=after, limit=PAGE)

    def present(self) -> Story:
        """The story up to now, from the newest operation of each environment on."""
        records = self._platform.records
        newest = latest_operations(records.operations, self.deployment_id, list(EnvironmentName)).values()
        first = min((seq_before(records.events, one) for one in newest), default=None)
        last = records.events.last_seq(self.deployment_id)
        story = self._story(last if first is None else max(first, last - _REMEMBERED))
        for event in read_events(records.events, self.deployment_id, story.seq):
            story.skip(event)
        return story

    def past(self, after: int, until: int) -> Story:
        """The story as it was at `after`, with what is needed to tell the events up to `until`."""
        story = self._story(self._first(after, until))
        for event in self._events(story.seq, after):
            story.skip(event)
        story.seq = after
        return story

    def _story(self, seq: int) -> Story:
        return Story(self.deployment_id, self._begin, seq)

    def _begin(self, operation_id: str) -> OperationView | None:
        operation = self.operation(operation_id)
        return self._platform.watching.begin(operation) if operation else None

    def _first(self, after: int, until: int) -> int:
        """A number before the first event of every operation that has one after `after`, or is the last to have one
        before it."""
        names = {event.operation_id for event in self._events(max(0, after - 1), until)}
        found = [operation for name in names if (operation := self._or_none(name))]
        log = self._platform.records.events
        return min([after, *(seq_before(log, operation) for operation in found)])

    def _or_none(self, operation_id: str) -> Operation | None:
        try:
            return self.operation(operation_id)
        except CloudError:
            return None

    def _events(self, after: int, until: int) -> Iterator[Event]:
        while after < until and (page := self.read(after)):
            for event in page:
                if event.seq > until:
                    return
                yield event
            after = page[-1].seq
