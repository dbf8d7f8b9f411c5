"""Schedules of a deployment's environments: what may be one, and how they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from cloud_core.domain.approvals import ApprovalRules
from cloud_core.domain.errors import InvalidInput, NotFound
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.recurrence import parse_cron, parse_timezone
from cloud_core.ports.records import DeploymentRepository
from cloud_core.ports.schedules import SCHEDULED_ACTIONS, Schedule, ScheduleKey, Schedules, WantedSchedule
from cloud_core.services.operations.guards import require_enabled
from cloud_core.services.records.statuses import require_deployment


class ScheduleService:
    """The flow service keeps the schedules; nothing of them is in our records."""

    def __init__(
        self,
        deployments: DeploymentRepository,
        schedules: Callable[[], Schedules],
        rules: Callable[[], ApprovalRules] = ApprovalRules,
    ) -> None:
        self._deployments = deployments
        self._schedules = schedules
        self._rules = rules

    def rehearse(self, wanted: WantedSchedule, count: int = 3) -> list[datetime]:
        """The times at which it would come true next; raises what `set` would raise."""
        checked = self._checked(wanted)
        return self._schedules().next_times(checked.cron, checked.timezone, count)

    def set(self, wanted: WantedSchedule) -> Schedule:
        """Make the action's schedule, or change it to this.

        Raises DeploymentNotFound, FlowServiceUnreachable, and InvalidInput for an environment that is off, an action
        that is not for schedules, a deploy of prod or of what needs an approval, and a time zone or cron expression
        that can't be followed.
        """
        return self._schedules().set(self._checked(wanted))

    def list(self, deployment_id: str, environment: EnvironmentName | None = None) -> list[Schedule]:
        """Also those that were made in the flow service's pages. Raises DeploymentNotFound."""
        require_deployment(self._deployments, deployment_id)
        found = self._schedules().list(deployment_id)
        return [one for one in found if environment in (None, one.environment)]

    def remove(self, key: ScheduleKey) -> None:
        """Raises DeploymentNotFound, and NotFound when there is none."""
        require_deployment(self._deployments, key.deployment_id)
        if not self._schedules().remove(key):
            raise missing_schedule(key)

    def pause(self, key: ScheduleKey, paused: bool) -> Schedule:
        """Let it rest, or go on. Raises DeploymentNotFound, and NotFound when there is none."""
        require_deployment(self._deployments, key.deployment_id)
        found = self._schedules().pause(key, paused)
        if found is None:
            raise missing_schedule(key)
        return found

    def require(self, key: ScheduleKey) -> None:
        """Raises DeploymentNotFound, and NotFound when there is none."""
        found = self.list(key.deployment_id, key.environment)
        if not any(one.name and one.action == key.action.value for one in found):
            raise missing_schedule(key)

    def _checked(self, wanted: WantedSchedule) -> WantedSchedule:
        key = wanted.key
        deployment = require_deployment(self._deployments, key.deployment_id)
        require_enabled(deployment, key.environment)
        _refuse_action(key, self._rules())
        return replace(wanted, cron=parse_cron(wanted.cron), timezone=parse_timezone(wanted.timezone))


def _refuse_action(key: ScheduleKey, rules: ApprovalRules) -> None:
    """What may not run by itself: a schedule can't be asked, and its runs carry nobody's approval."""
    if key.action not in SCHEDULED_ACTIONS:
        names = ", ".join(action.value for action in SCHEDULED_ACTIONS)
        raise InvalidInput(
            f"{key.action.value} can't be scheduled",
            field="action",
            value=key.action.value,
            suggestion=f"schedule one of {names}",
        )
    environment, is_prod = key.environment.value, key.environment is EnvironmentName.PROD
    if (is_prod and key.action.changes_aws) or rules.demand(key.environment, key.action):
        action = key.action.value
        command = f"cloud {action} {key.deployment_id} -e {environment}"
        raise InvalidInput(
            f"{action} of {environment} can't be scheduled: a run that begins by itself has nobody's approval",
            field="action",
            value=action,
            suggestion=f"schedule drift there, and run '{command}' yourself",
        )


def missing_schedule(key: ScheduleKey) -> NotFound:
    return NotFound(
        f"{key.deployment_id} {key.environment.value} has no schedule for {key.action.value}",
        field="action",
        value=key.action.value,
        suggestion=f"run 'cloud schedule list {key.deployment_id}' to see those that there are",
    )
