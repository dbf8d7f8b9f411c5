"""Port to the schedules that the flow service keeps, where operators see, pause and change them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.recurrence import zone
from cloud_core.domain.statuses import Action

SCHEDULED_ACTIONS: Final = (Action.DEPLOY, Action.REFRESH, Action.DRIFT)
"""What may run by itself."""


@dataclass(frozen=True)
class ScheduleKey:
    """An environment has at most one schedule of ours for each action."""

    deployment_id: str
    environment: EnvironmentName
    action: Action


@dataclass(frozen=True)
class WantedSchedule:
    """`cron` has five fields or is a name such as @daily; `timezone` is one of the IANA database."""

    key: ScheduleKey
    cron: str
    timezone: str
    paused: bool = False


@dataclass(frozen=True)
class LastRun:
    """The newest run that a schedule started, in the flow service's words. `due` is when it should have begun."""

    flow_run_id: str
    state: str
    message: str | None
    due: datetime


@dataclass(frozen=True)
class Schedule:
    """A schedule as it stands in the flow service, also one that was made or changed there.

    `name` is the flow service's, None for one that was made in its pages without one. `rule` tells when in one line:
    the cron expression, or what else the pages offer; `cron` is None then. `next_run` is the run that waits, or the
    next that will be planned (`is_planned` false); None while it is paused. `carrier` is the flow service's deployment
    that has it, `page` its address for people; `carrier_paused`: all of that deployment's schedules rest.
    """

    environment: EnvironmentName
    action: str
    name: str | None
    rule: str
    cron: str | None
    timezone: str
    paused: bool
    carrier: str
    carrier_paused: bool = False
    next_run: datetime | None = None
    is_planned: bool = False
    last_run: LastRun | None = None
    page: str | None = None

    def to_data(self) -> dict[str, Any]:
        """For programs; times in its own zone."""
        return {
            "environment": self.environment.value,
            "action": self.action,
            "name": self.name,
            "rule": self.rule,
            "cron": self.cron,
            "timezone": self.timezone,
            "paused": self.paused or self.carrier_paused,
            "next_run": self._iso(self.next_run) if self.next_run else None,
            "is_planned": self.is_planned,
            "last_run": self._last_data(self.last_run) if self.last_run else None,
            "prefect_deployment": self.carrier,
            "url": self.page,
        }

    def _last_data(self, last: LastRun) -> dict[str, Any]:
        return {
            "flow_run_id": last.flow_run_id,
            "state": last.state,
            "message": last.message,
            "due": self._iso(last.due),
        }

    def _iso(self, moment: datetime) -> str:
        return moment.astimezone(zone(self.timezone)).isoformat()


@dataclass(frozen=True)
class ScheduledStart:
    """What started a run: the schedule in one line, as far as it still exists, and when the run was due."""

    rule: str | None
    due: datetime


class Schedules(Protocol):
    """Raises FlowServiceUnreachable when the service does not answer."""

    def next_times(self, cron: str, timezone: str, count: int) -> list[datetime]:
        """When the expression comes true next. Raises InvalidInput when that is never, or it can't be read."""

    def set(self, wanted: WantedSchedule) -> Schedule:
        """Make the key's schedule, or change it to this; others stay as they are. Raises InvalidInput."""

    def list(self, deployment_id: str) -> list[Schedule]:
        """All of the deployment's schedules, in the order of environment and action."""

    def remove(self, key: ScheduleKey) -> bool:
        """Whether there was one. Runs that it planned are gone as well; one that has begun goes on."""

    def pause(self, key: ScheduleKey, paused: bool) -> Schedule | None:
        """Let it rest, or go on; None when there is none."""

    def started(self, flow_run_id: str) -> ScheduledStart | None:
        """The schedule behind a run; None when somebody started it."""
