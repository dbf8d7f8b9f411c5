"""When something happens again: a cron expression in a time zone, read strictly enough to explain what is wrong."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from cloud_core.domain.errors import InvalidInput

UTC: Final = "UTC"
_FIELDS: Final = ("minute", "hour", "day of the month", "month", "day of the week")
_NAMED: Final = frozenset({"@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"})
_EXAMPLE: Final = "write five fields, such as '0 2 * * *' for 02:00 each day, or one of " + ", ".join(sorted(_NAMED))


def parse_cron(text: str) -> str:
    """The expression with single spaces. Raises InvalidInput unless it has five fields, or is a name such as @daily.

    Whether each field is possible is for the one to say who will follow it.
    """
    fields = text.split()
    if len(fields) == len(_FIELDS) or (len(fields) == 1 and fields[0] in _NAMED):
        return " ".join(fields)
    raise invalid_cron(text, f"it has {len(fields)} fields, and not the five of {', '.join(_FIELDS)}")


def invalid_cron(text: str, why: str) -> InvalidInput:
    """The error of an expression that nobody can follow."""
    return InvalidInput(f"cron {text!r} can't be followed: {why}", field="cron", value=text, suggestion=_EXAMPLE)


def parse_timezone(text: str) -> str:
    """The name of a time zone of the IANA database, unchanged; InvalidInput with the nearest one that there is."""
    zones = available_timezones()
    if text in zones:
        return text
    folded = {zone.casefold(): zone for zone in zones}
    places = {zone.rpartition("/")[2].casefold(): zone for zone in sorted(zones)}
    near = get_close_matches(text.casefold(), folded, n=1) or get_close_matches(text.casefold(), places, n=1)
    hint = f"did you mean {folded.get(near[0]) or places[near[0]]!r}?" if near else "such as 'Europe/Berlin' or 'UTC'"
    raise InvalidInput(
        f"time zone {text!r} is unknown",
        field="timezone",
        value=text,
        suggestion=f"use a name of the IANA list; {hint}",
    )


def zone(name: str) -> ZoneInfo:
    """The time zone; UTC for one that this machine does not know."""
    return ZoneInfo(name) if name in available_timezones() else ZoneInfo(UTC)
