"""Whether a message is among what somebody wants. Pure."""

from __future__ import annotations

from typing import Final

from cloud_core.domain.connections import Filters
from cloud_core.domain.events import EventType
from cloud_core.domain.records import LogLevel
from realtime.protocol import Message

_LEVELS: Final = tuple(LogLevel)


def wants(filters: Filters, message: Message) -> bool:
    """Whether the message is among what is wanted."""
    data = message.data or {}
    if filters.environment is not None and message.environment != filters.environment:
        return False
    if filters.operation_id is not None and message.operation_id != filters.operation_id:
        return False
    if "operation_status" in data:
        return True
    if filters.types and message.type.value not in filters.types:
        return False
    if filters.stack_name is not None and data.get("stack_name") != filters.stack_name:
        return False
    level = data.get("level") if message.type.value == EventType.LOG_CREATED else None
    return filters.min_level is None or level is None or _rank(level) >= _rank(filters.min_level)


def _rank(level: str) -> int:
    return _LEVELS.index(LogLevel(level))
