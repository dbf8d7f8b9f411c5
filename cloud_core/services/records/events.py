"""Events of operations, and the lines that tell them to those who read the log later."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cloud_core.domain.errors import CloudError
from cloud_core.domain.events import Event, EventDraft, EventName
from cloud_core.domain.metrics import points_of
from cloud_core.domain.records import LogEntry, LogLevel, Operation
from cloud_core.domain.schedule import cause_words
from cloud_core.ports.records import Records

_logger = logging.getLogger(__name__)
_FAILURES: Final = frozenset({EventName.STACK_FAILED, EventName.RESOURCE_FAILED, EventName.DEPLOYMENT_FAILED})
QUIET: Final = frozenset({EventName.STACK_PROGRESS})
"""Events that make no log line."""


def operation_event(
    operation: Operation, name: EventName, now: str, stack: str | None = None, /, **data: Any
) -> EventDraft:
    """The event of the operation, at that timestamp; `data` is plain and holds no secret."""
    return EventDraft(
        deployment_id=operation.deployment_id,
        operation_id=operation.operation_id,
        environment=operation.environment,
        event=name,
        stack_name=stack,
        data=data,
        timestamp=now,
    )


def write_down(records: Records, draft: EventDraft, user: str | None = None) -> None:
    """Tell an event that no flow tells, and write its log line, under the name of who did it."""
    entry = log_entry(records.events.append(draft))
    records.logs.create(entry.model_copy(update={"user_id": user}))


def count(records: Records, operation: Operation, events: Iterable[EventDraft]) -> None:
    """Add to the metrics what these events say; a metric that is lost fails nothing."""
    try:
        records.metrics.record_many([point for event in events for point in points_of(operation, event)])
    except CloudError as error:
        _logger.warning("points of metrics of %s could not be written: %s", operation.operation_id, error)


def log_entry(draft: EventDraft) -> LogEntry:
    """The line that tells the event to those who read later. An event's number keeps lines of one moment in order."""
    return LogEntry(
        log_id=f"{draft.seq:012d}" if isinstance(draft, Event) else str(uuid.uuid4()),
        deployment_id=draft.deployment_id,
        timestamp=draft.timestamp,
        log_level=_level(draft),
        message=describe(draft.event, draft.stack_name, draft.data),
        stack_name=draft.stack_name,
        environment=draft.environment,
        details=draft.data,
        operation_id=draft.operation_id,
    )


def _level(draft: EventDraft) -> LogLevel:
    """A line that has a level keeps it."""
    if draft.event is EventName.LOG and draft.data.get("level") in set(LogLevel):
        return LogLevel(draft.data["level"])
    return LogLevel.ERROR if draft.event in _FAILURES else LogLevel.INFO


def describe(name: EventName, stack: str | None, data: Mapping[str, Any]) -> str:
    """One line for people."""
    subject = stack or "deployment"
    if name.value.startswith("resource_"):
        resource = data.get("resource") or {}
        text = f"{subject}: {resource.get('type')} {resource.get('name')} {name.value.removeprefix('resource_')}"
    elif name is EventName.LOG:
        return str(data.get("message", ""))
    else:
        text = f"{subject} {_happened(name, data)}"
    reason = str(data.get("error_message") or cause_words(data.get("cause")) or data.get("message") or "")
    reason = reason.removeprefix(f"{_happened(name, data)}: ")
    return f"{text}: {reason}" if reason else text


def _happened(name: EventName, data: Mapping[str, Any]) -> str:
    """In a word or two. A destroy's events have the names of a deploy's: its stacks' statuses tell them apart."""
    status = data.get("status") if name.value.startswith("stack_") else None
    return str(status or name.value.partition("_")[2].replace("_", " "))
