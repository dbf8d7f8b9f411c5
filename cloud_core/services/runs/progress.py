"""What an engine run reports, as events: each change of a resource, and now and then how far the stack is."""

from __future__ import annotations

import threading
from typing import Final

from cloud_core.domain.events import EventName
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import ResourceAction, ResourceEvent
from cloud_core.services.records.event_writer import EventWriter

PROGRESS_SECONDS: Final = 1.0
"""At most one progress event a stack in this time."""

_NAMES: Final = {
    (ResourceAction.CREATE, "started"): EventName.RESOURCE_CREATING,
    (ResourceAction.CREATE, "done"): EventName.RESOURCE_CREATED,
    (ResourceAction.UPDATE, "started"): EventName.RESOURCE_UPDATING,
    (ResourceAction.UPDATE, "done"): EventName.RESOURCE_UPDATED,
    (ResourceAction.DELETE, "started"): EventName.RESOURCE_DELETING,
    (ResourceAction.DELETE, "done"): EventName.RESOURCE_DELETED,
}


class StackProgress:
    """One stack's engine run; called from the engine's thread. `changes_aws` is false for a run whose steps are not
    really taken: they are no news of resources then."""

    def __init__(
        self, events: EventWriter, stack: str, clock: Clock, expected: int = 0, changes_aws: bool = True
    ) -> None:
        self._events = events
        self._stack = stack
        self._clock = clock
        self._expected = expected
        self._changes_aws = changes_aws
        self._done = 0
        self._last_told = float("-inf")
        self._guard = threading.Lock()

    def __call__(self, event: ResourceEvent) -> None:
        name = EventName.RESOURCE_FAILED if event.phase == "failed" else _NAMES.get((event.action, event.phase))
        with self._guard:
            # What is only read before an `up` is told once more when it is done.
            self._done += event.phase == "done" and event.action is not ResourceAction.REFRESH
            if name is not None and self._changes_aws:
                self._tell_resource(name, event)
            self._tell_progress(event)

    def _tell_resource(self, name: EventName, event: ResourceEvent) -> None:
        resource = {"urn": event.urn, "type": event.type, "name": event.name, "id": event.resource_id}
        seconds = None if event.seconds is None else round(event.seconds, 3)
        self._events.emit(name, self._stack, resource=resource, duration_seconds=seconds, message=event.message)

    def _tell_progress(self, event: ResourceEvent) -> None:
        now = self._clock.monotonic()
        if event.phase == "failed" or now - self._last_told < PROGRESS_SECONDS:
            return
        self._last_told = now
        self._events.emit(
            EventName.STACK_PROGRESS,
            self._stack,
            current_resource={"type": event.type, "name": event.name, "action": event.action.value},
            resources_processed=self._done,
            resources_total=max(self._expected, self._done) or None,
        )
