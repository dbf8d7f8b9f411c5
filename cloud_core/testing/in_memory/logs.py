"""Log lines in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.log_filter import EVERYTHING, LogFilter
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogEntry, LogLevel
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Page
from cloud_core.testing.in_memory.copies import copy_of
from cloud_core.testing.in_memory.paging import newest_first

RETENTION: Final = timedelta(days=90)


class InMemoryLogs:
    """`ports.records.LogRepository`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._items: dict[tuple[str, str, str], LogEntry] = {}

    def create(self, entry: LogEntry) -> None:
        self.create_many([entry])

    def create_many(self, entries: Sequence[LogEntry]) -> None:
        with self._lock:
            for entry in entries:
                place = (entry.deployment_id, entry.timestamp, entry.log_id)
                self._items[place] = copy_of(entry)

    def get_logs(
        self,
        deployment_id: str,
        limit: int = 100,
        next_token: str | None = None,
        wanted: LogFilter = EVERYTHING,
    ) -> Page[LogEntry]:
        return self._page(
            f"logs of {deployment_id} {wanted.name}",
            lambda entry: entry.deployment_id == deployment_id and wanted.matches(entry),
            limit,
            next_token,
        )

    def get_logs_by_level(self, level: LogLevel, limit: int = 50, next_token: str | None = None) -> Page[LogEntry]:
        return self._page(f"logs of level {level.value}", lambda entry: entry.log_level is level, limit, next_token)

    def get_logs_by_stack(
        self,
        deployment_id: str,
        stack_name: str,
        environment: EnvironmentName,
        limit: int = 100,
        next_token: str | None = None,
    ) -> Page[LogEntry]:
        wanted = LogFilter(stack_name=stack_name, environment=environment)
        return self.get_logs(deployment_id, limit, next_token, wanted)

    def _page(self, name: str, is_wanted: Callable[[LogEntry], bool], limit: int, token: str | None) -> Page[LogEntry]:
        with self._lock:
            alive = [entry for entry in self._items.values() if not is_expired(entry.timestamp, self._clock)]
        found = [copy_of(entry) for entry in alive if is_wanted(entry)]
        return newest_first(name, found, lambda entry: (entry.timestamp, entry.log_id), limit, token)


def is_expired(written_at: str, clock: Clock) -> bool:
    return parse_timestamp(written_at) + RETENTION <= clock.now()
