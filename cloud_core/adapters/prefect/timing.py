"""When a Prefect schedule comes true: told by the same code that the server plans its runs with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from prefect.client.schemas.schedules import (
    SCHEDULE_TYPES,
    CronSchedule,
    IntervalSchedule,
    NoSchedule,
    RRuleSchedule,
)
from prefect.server.schemas.schedules import SCHEDULE_TYPES as SERVER_SCHEDULES
from pydantic import TypeAdapter, ValidationError

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.recurrence import UTC as UTC_NAME
from cloud_core.domain.recurrence import invalid_cron

_SERVER: Final[TypeAdapter[Any]] = TypeAdapter(SERVER_SCHEDULES)
_UNITS: Final = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min"))


async def cron_schedule(cron: str, timezone: str) -> CronSchedule:
    """The expression in a time zone that exists. Raises InvalidInput when it can't be read or never comes true."""
    try:
        made = CronSchedule(cron=cron, timezone=timezone)
        if await next_times(made, 1):
            return made
        why = "that never comes"
    except ValidationError as error:
        if any("timezone" in problem["loc"] for problem in error.errors()):
            raise InvalidInput(f"time zone {timezone!r} is unknown", field="timezone", value=timezone) from error
        why = "a field is not one of those that cron knows"
    except ValueError:  # of the library that follows expressions
        why = "that never comes"
    raise invalid_cron(cron, why)


async def next_times(schedule: SCHEDULE_TYPES, count: int) -> list[datetime]:
    """The next times from now on; fewer when it ends before."""
    if isinstance(schedule, NoSchedule):
        return []
    planned = _SERVER.validate_python(schedule.model_dump())
    return list(await planned.get_dates(n=count, start=datetime.now(UTC)))


def rule_of(schedule: SCHEDULE_TYPES) -> str:
    """`0 2 * * *`, `every 5 min`, or the rule of a calendar."""
    if isinstance(schedule, CronSchedule):
        return schedule.cron
    if isinstance(schedule, IntervalSchedule):
        return f"every {_words(schedule.interval)}"
    return schedule.rrule if isinstance(schedule, RRuleSchedule) else "never"


def zone_of(schedule: SCHEDULE_TYPES) -> str:
    """The name of its time zone; UTC when it has none."""
    return (None if isinstance(schedule, NoSchedule) else schedule.timezone) or UTC_NAME


def _words(interval: timedelta) -> str:
    for unit, name in _UNITS:
        if not interval % unit:
            return f"{interval // unit} {name}"
    return f"{interval.total_seconds():g} s"
