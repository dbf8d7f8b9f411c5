"""The lines of a deployment's log files: `[YYYY-MM-DD HH:MM:SS] [LEVEL] [component] message`, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from cloud_core.domain.records import LogLevel


def log_line(moment: datetime, level: LogLevel, component: str, message: str) -> str:
    """One line, whatever the message holds: line breaks in it become spaces."""
    time = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"[{time}] [{level.value.upper()}] [{component}] {' '.join(message.splitlines())}"
