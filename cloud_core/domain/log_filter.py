"""Which of a deployment's log lines are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cloud_core.domain.clock import timestamp
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogEntry, LogLevel


def at_least(level: LogLevel) -> frozenset[LogLevel] | None:
    """The level and all that are worse; None is every level."""
    levels = list(LogLevel)
    return frozenset(levels[levels.index(level) :]) if level is not levels[0] else None


@dataclass(frozen=True)
class LogFilter:
    """None matches everything. `text` is a part of the message, in the same case; `since` is inclusive, `until` is not.
    Both are compared as the records keep times, in milliseconds."""

    levels: frozenset[LogLevel] | None = None
    stack_name: str | None = None
    environment: EnvironmentName | None = None
    operation_id: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def begin(self) -> str:
        """The first timestamp that is wanted; empty when there is none."""
        return timestamp(self.since) if self.since else ""

    @property
    def end(self) -> str | None:
        """The first timestamp that is not wanted any more."""
        return timestamp(self.until) if self.until else None

    @property
    def is_empty(self) -> bool:
        """Whether no line can match."""
        return self.levels == frozenset() or (self.end is not None and self.begin >= self.end)

    @property
    def name(self) -> str:
        """Tells it from another one, but for the time: who asks for the last hour, page by page, asks for another hour
        each time."""
        levels = sorted(self.levels) if self.levels is not None else None
        return repr([levels, self.stack_name, self.environment, self.operation_id, self.text])

    def matches(self, entry: LogEntry) -> bool:
        return (
            (self.levels is None or entry.log_level in self.levels)
            and self.stack_name in (None, entry.stack_name)
            and self.environment in (None, entry.environment)
            and self.operation_id in (None, entry.operation_id)
            and (self.text is None or self.text in entry.message)
            and entry.timestamp >= self.begin
            and (self.end is None or entry.timestamp < self.end)
        )


EVERYTHING: Final = LogFilter()
