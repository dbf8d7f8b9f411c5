"""The event log in memory."""

from __future__ import annotations

import threading
from collections import defaultdict

from cloud_core.domain.clock import timestamp
from cloud_core.domain.events import Event, EventDraft
from cloud_core.domain.page_tokens import check_limit
from cloud_core.ports.clock import Clock
from cloud_core.testing.in_memory.copies import copy_of
from cloud_core.testing.in_memory.logs import is_expired


class InMemoryEvents:
    """`ports.records.EventLog`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._items: defaultdict[str, list[tuple[str, Event]]] = defaultdict(list)  # with the time of its writing

    def append(self, draft: EventDraft) -> Event:
        with self._lock:
            events = self._items[draft.deployment_id]
            event = Event(**draft.capped().model_dump(), seq=len(events) + 1)
            events.append((timestamp(self._clock.now()), event))
            return copy_of(event)

    def read(self, deployment_id: str, after: int = 0, limit: int = 500) -> list[Event]:
        check_limit(limit)
        with self._lock:
            later = self._items[deployment_id][max(after, 0) :]
        alive = [event for written_at, event in later if not is_expired(written_at, self._clock)]
        return [copy_of(event) for event in alive[:limit]]

    def last_seq(self, deployment_id: str) -> int:
        with self._lock:
            return len(self._items[deployment_id])
