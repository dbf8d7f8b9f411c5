"""Tells what happens in an operation: numbered events for those who watch, log lines for those who read later, and what
is counted of it.

Engines report faster than a store takes events, so one thread writes them in order. A store that is away is waited for:
what comes meanwhile stands in the queue. But it must not fail a deployment: what it did not take for as long as our
patience lasts is counted and logged, and the run goes on.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import CloudError, InvalidInput
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
_PAUSE_SECONDS: Final = 0.5
_LINGER_SECONDS: Final = 0.5
"""How long a line waits for others that go with it; events don't wait, since somebody may be watching."""
_DUE: Final = "due"
T = TypeVar("T")

Sink = Callable[[EventDraft, LogEntry], None]


class EventWriter:
    """Use as a context manager: leaving it writes what is still waiting, be it by the exception that a signal makes,
    and be there a second signal meanwhile; it takes a third to leave without.

    Nobody waits for more than `patience_seconds` without anything being written: a store that is away must not hold the
    end of a run, nor its lease; one that is only slow gets it all.
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
        self._thread = threading.Thread(target=carried(self._run), name=f"events-{operation.operation_id}", daemon=True)
        # Not `join`: a thread counts as ended for Python 3.11 when a signal breaks off waiting for it.
        self._ended = threading.Event()
        self._written = float("-inf")
        self.lost = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._queue.put(None)
        try:
            self._end()
        except BaseException as again:
            # Whoever wants a process to end tells it more than once: its supervisor, and the terminal its group.
            _logger.warning("%s: what waits is written first", type(again).__name__)
            self._end()
            raise

    def emit(self, name: EventName, stack: str | None = None, **data: Any) -> None:
        """Queue one event; `data` is plain and holds no secret. Empty values are left out."""
        told = {key: value for key, value in data.items() if value is not None}
        self._queue.put(operation_event(self._operation, name, timestamp(self._clock.now()), stack, **told))

    def flush(self) -> None:
        """Return when everything queued before is written, or the patience is at its end."""
        done = threading.Event()
        self._queue.put(done)
        self._wait_for(done.wait)

    def _end(self) -> None:
        if not self._wait_for(self._ended.wait):
            _logger.warning("about %d events were not written in time and are given up", self._queue.qsize())

    def _wait_for(self, happens_within: Callable[[float], bool]) -> bool:
        """Whether it happened before the patience was at its end, which each event that is written renews."""
        begun = time.monotonic()
        while not happens_within(min(_LOOK_SECONDS, self._patience)):
            if time.monotonic() - max(begun, self._written) >= self._patience:
                return False
        return True

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self._ended.set()

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
        told = self._insist(draft.event.value, lambda: self._records.events.append(draft)) or draft.capped()
        entry = log_entry(told)
        for sink in self._sinks:
            with self._counting_losses(f"the log line of {draft.event.value}"):
                sink(draft, entry)
        if draft.event not in QUIET:
            entries.append(entry)

    def _write_logs(self, entries: list[LogEntry]) -> None:
        if entries:
            lines = list(entries)
            entries.clear()
            self._insist(f"{len(lines)} log lines", lambda: self._write_lines(lines))

    def _write_lines(self, lines: list[LogEntry]) -> None:
        """One that the store can't hold must not take the others with it."""
        try:
            self._records.logs.create_many(lines)
        except InvalidInput:
            for line in lines:
                self._write_line(line)

    def _write_line(self, line: LogEntry) -> None:
        try:
            self._records.logs.create(line)
        except InvalidInput as error:
            self.lost += 1
            _logger.warning("the log line of %s could not be written: %s", line.timestamp, error)

    def _write_points(self, points: list[MetricPoint]) -> None:
        # Nobody waits for them: they go together, at the end or when somebody asks that all be written. They have no
        # keys of their own, so that those of a second attempt would count twice.
        if points:
            with self._counting_losses(f"{len(points)} points of metrics"):
                self._records.metrics.record_many(points)
            points.clear()

    def _insist(self, what: str, write: Callable[[], T]) -> T | None:
        """What `write` gives, tried again while the store is away; None when it was lost."""
        end = time.monotonic() + self._patience
        with self._counting_losses(what):
            while True:
                try:
                    found = write()
                except CloudError as error:
                    if not error.retryable or time.monotonic() >= end:
                        raise
                    time.sleep(min(_PAUSE_SECONDS, self._patience))
                else:
                    self._written = time.monotonic()
                    return found
        return None

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
