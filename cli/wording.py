"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from cloud_core.domain.clock import parse_timestamp

if TYPE_CHECKING:
    from cloud_core.domain.records import Operation

STATES: Final = {
    "in step": "The file and the record say the same.",
    "unpushed": "The deployment has no record yet: the next deploy makes it.",
    "edited": "The file was edited: the next deploy, or 'cloud manifest push', makes it the record.",
    "behind": "The record moved on: 'cloud manifest pull' brings it into the file.",
    "diverged": "Both moved on: 'pull --force' takes the record, 'push --force' takes the file.",
}
"""How the manifest's file stands to its record."""

UNTOUCHED: Final = {"pending": "not deployed"}
"""Words for the status of a stack on which nothing works."""

_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86400


def duration(seconds: float | None) -> str:
    """`3.4 s`, `34 s`, `2 min 05 s`, `1 h 02 min`; nothing for None."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"


def stopwatch(seconds: float) -> str:
    """`0:07`, `12:34`, `1:02:03`."""
    whole = int(seconds)
    hours, rest = divmod(whole, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def age(timestamp: str | None, now: datetime) -> str:
    """`12 s ago` up to a day, then the local date and time; nothing for None."""
    if timestamp is None:
        return ""
    moment = parse_timestamp(timestamp)
    seconds = max(0, int((now - moment).total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds} s ago"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min ago"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h ago"
    return local_time(timestamp)


def local_time(timestamp: str | None) -> str:
    """`2026-01-02 03:04`, in this machine's zone."""
    return parse_timestamp(timestamp).astimezone().strftime("%Y-%m-%d %H:%M") if timestamp else ""


def time_of_day(timestamp: str) -> str:
    """`03:04:05`, in this machine's zone."""
    return parse_timestamp(timestamp).astimezone().strftime("%H:%M:%S")


def occasion(operation: Operation) -> str:
    """As what a deploy was asked for that somebody did not simply call so: `promoted from dev`; nothing else tells."""
    if operation.back_to_version is not None:
        return f"back to version {operation.back_to_version}"
    if operation.promoted_from is not None:
        return f"promoted from {operation.promoted_from.value}"
    return f"retry of {operation.retry_of}" if operation.retry_of else ""


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 stack`, `2 stacks`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
