"""Tells what happens in an operation: numbered events for those who watch, log lines for those who read later, and what
is counted of it.

Engines report faster than a store takes events, so one thread writes them in order. A store that fails must not
fail a deployment: events that can't be written are counted and logged, and the run goes on.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import CloudError
from cloud_core.domain.events import EventDraft, EventName
from cloud_core.domain.metrics import MetricPoint, points_of
from cloud_core.domain.records import LogEntry, Operation
from cloud_core.logging import carried
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records
from cloud_core.services.records.events import QUIET, log_entry, operation_event

_logger = logging.getLogger(__name__)
_BATCH: Final = 25
PATIENCE_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 1.0
_LINGER_SECONDS: Final = 0.5
"""How long a line waits for others that go with it; events don't wait, since somebody may be watching."""
_DUE: Final = "due"

Sink = Callable[[EventDraft, LogEntry], None]


class EventWriter:
    """Use as a context manager: leaving it writes what is still waiting.

    Nobody waits for more than `patience_seconds` without an event being written: a store that is away must not hold the
    end of a run, nor its lease; one that is only slow gets them all.
    """

    def __init__(
        self,
        operation: Operation,
        records: Records,
        clock: Clock,
        sinks: tuple[Sink, ...] = (),
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._operation = operation
        self._records = records
        self._clock = clock
        self._sinks = sinks
        self._patience = patience_seconds
        self._queue: queue.SimpleQueue[EventDraft | threading.Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=carried(self._work), name=f"events-{operation.operation_id}", daemon=True
        )
        self._written = float("-inf")
        self.lost = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._queue.put(None)
        if not self._wait_for(self._has_ended):
            _logger.warning("about %d events were not written in time and are given up", self._queue.qsize())

    def emit(self, name: EventName, stack: str | None = None, **data: Any) -> None:
        """Queue one event; `data` is plain and holds no secret. Empty values are left out."""
        told = {key: value for key, value in data.items() if value is not None}
        self._queue.put(operation_event(self._operation, name, timestamp(self._clock.now()), stack, **told))

    def flush(self) -> None:
        """Return when everything queued before is written, or the patience is at its end."""
        done = threading.Event()
        self._queue.put(done)
        self._wait_for(done.wait)

    def _has_ended(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _wait_for(self, happens_within: Callable[[float], bool]) -> bool:
        """Whether it happened before the patience was at its end, which each event that is written renews."""
        begun = time.monotonic()
        while not happens_within(min(_LOOK_SECONDS, self._patience)):
            if time.monotonic() - max(begun, self._written) >= self._patience:
                return False
        return True

    def _work(self) -> None:
        entries: list[LogEntry] = []
        points: list[MetricPoint] = []
        due: float | None = None
        while (item := self._next(due)) is not None:
            if isinstance(item, EventDraft):
                self._write(item, entries)
                with self._counting_losses(f"the metrics of {item.event.value}"):
                    points += points_of(self._operation, item)
            is_over = due is not None and time.monotonic() >= due
            if is_over or isinstance(item, threading.Event) or len(entries) >= _BATCH:
                self._write_logs(entries)
            if isinstance(item, threading.Event):
                self._write_points(points)
                item.set()
            due = (due or time.monotonic() + _LINGER_SECONDS) if entries else None
        self._write_logs(entries)
        self._write_points(points)

    def _next(self, due: float | None) -> EventDraft | threading.Event | str | None:
        """What comes next; `_DUE` when nothing came until the lines that wait have to go."""
        if due is None:
            return self._queue.get()
        try:
            return self._queue.get(timeout=max(due - time.monotonic(), 0))
        except queue.Empty:
            return _DUE

    def _write(self, draft: EventDraft, entries: list[LogEntry]) -> None:
        told = draft
        with self._counting_losses(draft.event.value):
            told = self._records.events.append(draft)
            self._written = time.monotonic()
        entry = log_entry(told)
        for sink in self._sinks:
            with self._counting_losses(f"the log line of {draft.event.value}"):
                sink(draft, entry)
        if draft.event not in QUIET:
            entries.append(entry)

    def _write_logs(self, entries: list[LogEntry]) -> None:
        if entries:
            with self._counting_losses(f"{len(entries)} log lines"):
                self._records.logs.create_many(entries)
            entries.clear()

    def _write_points(self, points: list[MetricPoint]) -> None:
        # Nobody waits for them: they go together, at the end or when somebody asks that all be written.
        if points:
            with self._counting_losses(f"{len(points)} points of metrics"):
                self._records.metrics.record_many(points)
            points.clear()

    @contextmanager
    def _counting_losses(self, what: str) -> Iterator[None]:
        try:
            yield
        except (CloudError, OSError) as error:
            self.lost += 1
            _logger.warning("%s could not be written: %s", what, error)
        except Exception:
            # The outermost frame of the thread: were it to die, everybody who waits for it would wait for ever.
            self.lost += 1
            _logger.exception("%s could not be written", what)
