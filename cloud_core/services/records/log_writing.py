"""Log lines that somebody sends."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogEntry, LogLevel
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records

MOST_LINES: Final = 25
LONGEST_MESSAGE: Final = 8192


@dataclass(frozen=True)
class NewLine:
    deployment_id: str
    level: LogLevel
    message: str
    stack_name: str | None = None
    environment: EnvironmentName | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


class LogWriting:
    def __init__(self, records: Callable[[], Records], clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def write(self, lines: Sequence[NewLine], user: str) -> list[LogEntry]:
        """Store all of them or raise. InvalidInput for none, for more than 25, and for an empty or overlong message."""
        if not 0 < len(lines) <= MOST_LINES:
            raise InvalidInput(f"{len(lines)} lines at once: 1 to {MOST_LINES} are taken", field="inputs")
        now = timestamp(self._clock.now())
        entries = [_entry(line, user, now) for line in lines]
        self._records().logs.create_many(entries)
        return entries


def _entry(line: NewLine, user: str, now: str) -> LogEntry:
    if not 0 < len(line.message) <= LONGEST_MESSAGE:
        raise InvalidInput(f"a message has 1 to {LONGEST_MESSAGE} characters", field="message")
    return LogEntry(
        log_id=str(uuid.uuid4()),
        deployment_id=line.deployment_id,
        timestamp=now,
        log_level=line.level,
        message=line.message,
        stack_name=line.stack_name,
        environment=line.environment,
        details=dict(line.details),
        user_id=user,
    )
