"""A flow service's schedules in memory; its runs start when a test says so."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from cloud_core.domain.errors import FlowServiceUnreachable
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.recurrence import invalid_cron, parse_timezone, zone
from cloud_core.ports.schedules import LastRun, Schedule, ScheduledStart, ScheduleKey, WantedSchedule
from cloud_core.testing.clock import START

_FIELD: Final = re.compile(r"[0-9*/,A-Z-]+|@[a-z]+")
_LARGEST: Final = 59


class FakeSchedules:
    """`ports.schedules.Schedules`. Whatever the expression, the next time is the next full hour after `now`."""

    def __init__(self) -> None:
        self.now = START
        self.kept: dict[ScheduleKey, Schedule] = {}
        self.starts: dict[str, ScheduledStart] = {}
        self.is_down = False

    def next_times(self, cron: str, timezone: str, count: int) -> list[datetime]:
        self._require_up()
        parse_timezone(timezone)
        numbers = [int(number) for number in re.findall(r"\d+", cron)]
        if not all(map(_FIELD.fullmatch, cron.split())) or any(number > _LARGEST for number in numbers):
            raise invalid_cron(cron, "a field is not one of those that cron knows")
        hour = self.now.replace(minute=0, second=0, microsecond=0).astimezone(zone(timezone))
        return [hour + timedelta(hours=number) for number in range(1, count + 1)]

    def set(self, wanted: WantedSchedule) -> Schedule:
        times = self.next_times(wanted.cron, wanted.timezone, 1)
        known = self.kept.get(wanted.key)
        self.kept[wanted.key] = made = Schedule(
            environment=wanted.key.environment,
            action=wanted.key.action.value,
            name=f"cloud-{wanted.key.action.value}",
            rule=wanted.cron,
            cron=wanted.cron,
            timezone=wanted.timezone,
            paused=wanted.paused,
            carrier=f"{wanted.key.deployment_id}-{wanted.key.environment.value}-scheduled-{wanted.key.action.value}",
            next_run=None if wanted.paused else times[0],
            is_planned=not wanted.paused,
            last_run=known.last_run if known else None,
        )
        return made

    def list(self, deployment_id: str) -> list[Schedule]:
        self._require_up()
        order = list(EnvironmentName)
        found = [one for key, one in self.kept.items() if key.deployment_id == deployment_id]
        return sorted(found, key=lambda one: (order.index(one.environment), one.action))

    def remove(self, key: ScheduleKey) -> bool:
        self._require_up()
        return self.kept.pop(key, None) is not None

    def pause(self, key: ScheduleKey, paused: bool) -> Schedule | None:
        self._require_up()
        found = self.kept.get(key)
        if found is None:
            return None
        times = self.next_times(found.rule, found.timezone, 1)
        self.kept[key] = changed = replace(
            found, paused=paused, next_run=None if paused else times[0], is_planned=not paused
        )
        return changed

    def started(self, flow_run_id: str) -> ScheduledStart | None:
        self._require_up()
        return self.starts.get(flow_run_id)

    def fire(self, key: ScheduleKey, flow_run_id: str, state: str = "Running") -> None:
        """The key's schedule starts this run at its next time."""
        found = self.kept[key]
        assert found.next_run is not None
        self.starts[flow_run_id] = ScheduledStart(f"{found.rule} {found.timezone}", found.next_run)
        self.kept[key] = replace(found, last_run=LastRun(flow_run_id, state, None, found.next_run))

    def _require_up(self) -> None:
        if self.is_down:
            raise FlowServiceUnreachable("the flow service can't be reached")
