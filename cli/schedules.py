"""Schedules as people and programs read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cli.text import status_text, styled, table
from cloud_core.domain.recurrence import zone

if TYPE_CHECKING:
    from datetime import datetime

    from rich.text import Text

    from cloud_core.ports.schedules import Schedule

_MARKS: Final = {
    "Completed": "success",
    "Failed": "failed",
    "Crashed": "failed",
    "TimedOut": "failed",
    "Cancelled": "cancelled",
    "Skipped": "skipped",
    "Running": "in_progress",
    "Cancelling": "cancelling",
}
_HEADINGS: Final = ("Environment", "Action", "When", "Time zone", "State", "Next run", "Last run", "")


def render_schedules(found: list[Schedule], now: datetime) -> list[Any]:
    """A row for each."""
    if not found:
        return [styled("No schedules: 'cloud schedule set' makes one.")]
    return [table(_HEADINGS, [_row(one, now) for one in found])]


def next_words(one: Schedule, now: datetime) -> str:
    """`next 2026-01-02 03:00`, or why there is none."""
    if one.paused or one.carrier_paused:
        return "paused"
    return f"next {_next(one, now)}"


def _row(one: Schedule, now: datetime) -> list[str | Text]:
    rests = one.paused or one.carrier_paused
    state = status_text("", "paused") if rests else status_text("ok", "active")
    own = styled(one.action) if one.name else styled(f"{one.action} (made in the pages)")
    last = one.last_run
    how = status_text(_MARKS.get(last.state, ""), f"{last.state.lower()} {_local(one, last.due)}") if last else ""
    why = last.message or "" if last and last.state != "Completed" else ""
    return [
        styled(one.environment.value, "bold"),
        own,
        one.rule,
        one.timezone,
        state,
        "" if rests else _next(one, now),
        how,
        why,
    ]


def _next(one: Schedule, now: datetime) -> str:
    """A run that should have begun says so: no runner is there, or it waits for another run."""
    if one.next_run is None:
        return "never"
    shown = _local(one, one.next_run)
    return f"{shown}, late" if one.next_run < now else shown


def _local(one: Schedule, moment: datetime) -> str:
    return f"{moment.astimezone(zone(one.timezone)):%Y-%m-%d %H:%M}"
