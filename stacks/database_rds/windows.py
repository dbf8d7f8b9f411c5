"""Times at which RDS may back up and maintain an instance, in UTC."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK: Final = r"([01][0-9]|2[0-3]):([0-5][0-9])"
_DAILY: Final = re.compile(f"{_CLOCK}-{_CLOCK}")
_WEEKLY: Final = re.compile(f"({'|'.join(_DAYS)}):{_CLOCK}-({'|'.join(_DAYS)}):{_CLOCK}")
_DAY: Final = 24 * 60
_WEEK: Final = 7 * _DAY
_SHORTEST: Final = 30


def _backup_window(text: str) -> str:
    if not _DAILY.fullmatch(text):
        raise ValueError("must be a daily window such as 02:00-03:00 (UTC)")
    return _long_enough(text, _length(_daily(text), _DAY))


def _maintenance_window(text: str) -> str:
    if not _WEEKLY.fullmatch(text):
        raise ValueError("must be a weekly window in lower case such as sun:04:00-sun:05:00 (UTC)")
    return _long_enough(text, _length(_weekly(text), _WEEK))


BackupWindow = Annotated[str, AfterValidator(_backup_window)]
MaintenanceWindow = Annotated[str, AfterValidator(_maintenance_window)]


def overlap(backup: str, maintenance: str) -> bool:
    """Whether the two windows meet on any day of the week."""
    daily, weekly = _daily(backup), _weekly(maintenance)
    length, maintained = _length(daily, _DAY), _length(weekly, _WEEK)
    starts = (day * _DAY + daily[0] for day in range(len(_DAYS)))
    return any((start - weekly[0]) % _WEEK < maintained or (weekly[0] - start) % _WEEK < length for start in starts)


def _daily(text: str) -> tuple[int, int]:
    """Start and end in minutes of the day."""
    first, last = text.split("-")
    return _minutes(first), _minutes(last)


def _weekly(text: str) -> tuple[int, int]:
    """Start and end in minutes of the week."""
    first, last = (part.split(":", 1) for part in text.split("-"))
    return _DAYS.index(first[0]) * _DAY + _minutes(first[1]), _DAYS.index(last[0]) * _DAY + _minutes(last[1])


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _length(window: tuple[int, int], period: int) -> int:
    return (window[1] - window[0]) % period


def _long_enough(text: str, minutes: int) -> str:
    if minutes < _SHORTEST:
        raise ValueError(f"must last at least {_SHORTEST} minutes")
    return text
