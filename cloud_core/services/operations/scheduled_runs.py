"""Flow runs without an operation: who or what started them, and whether a scheduled one may go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cloud_core.domain.clock import parse_timestamp, timestamp
from cloud_core.domain.errors import OperationRunning, RunSkipped
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, DeploymentStatus, OperationStatus
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records
from cloud_core.ports.schedules import ScheduledStart, Schedules
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.operations.service import OperationService
from cloud_core.services.records.operations import latest_operation
from cloud_core.services.records.refused_runs import log_refusal
from cloud_core.services.records.statuses import require_deployment

_BY_SCHEDULE: Final = "schedule"
_AT_WORK: Final = frozenset({OperationStatus.IN_PROGRESS, OperationStatus.CANCELLING})
_NOT_TO_BE_DISTURBED: Final = _AT_WORK | {OperationStatus.AWAITING_APPROVAL}
"""Nobody's request is to lapse because of a run that could as well be the next one."""


class ScheduledRuns:
    """A scheduled run never waits for another one, and is never a failure because of one: it is skipped, and told."""

    def __init__(
        self, records: Records, operations: OperationService, schedules: Callable[[], Schedules], clock: Clock
    ) -> None:
        self._records = records
        self._operations = operations
        self._schedules = schedules
        self._clock = clock

    def adopt(
        self, deployment_id: str, environment: EnvironmentName, action: Action, flow_run_id: str, attempt: int
    ) -> Operation:
        """The operation of a flow run that a schedule started, or somebody in the flow service's pages.

        A further attempt is somebody's: schedules don't repeat. Raises RunSkipped for a scheduled run that finds the
        environment busy, or destroyed, or its work done by a run that began after it was due.
        """
        start = self._schedules().started(flow_run_id) if attempt == 1 else None
        if start is None:
            return self._operations.adopt(deployment_id, environment, action, flow_run_id, attempt)
        wish = StartOperation(deployment_id, environment, action, started_by=_name(start))
        reason = self._reason_to_skip(wish, start)
        if reason is not None:
            raise self._skipped(wish, reason)
        return self._operations.adopt_scheduled(wish, flow_run_id)

    def _reason_to_skip(self, wish: StartOperation, start: ScheduledStart) -> str | None:
        return self._is_gone(wish) or self._is_busy(wish) or self._is_done(wish, start)

    def _is_gone(self, wish: StartOperation) -> str | None:
        """Nothing that was destroyed comes back by itself."""
        deployment = require_deployment(self._records.deployments, wish.deployment_id)
        status = deployment.environment_status.get(wish.environment)
        if status is not DeploymentStatus.DESTROYED or wish.action is Action.DESTROY:
            return None
        return "it was destroyed; deploy it once, and the schedule goes on"

    def _is_busy(self, wish: StartOperation) -> str | None:
        try:
            self._operations.turns.require_idle(wish)
        except OperationRunning as running:
            return running.message
        current = self._operations.latest(wish.deployment_id, wish.environment)
        if current is None or current.status not in _NOT_TO_BE_DISTURBED or self._operations.settle(current):
            return None
        doing = "is changing it" if current.status in _AT_WORK else "waits for somebody to approve it"
        return f"operation {current.operation_id} ({current.type.value}, {current.status.value}) {doing}"

    def _is_done(self, wish: StartOperation, start: ScheduledStart) -> str | None:
        """Runs that pile up, because no runner was there or they had to wait, come down to one."""
        last = latest_operation(self._records.operations, wish.deployment_id, wish.environment, {wish.action})
        if last is None or last.previews is not None or parse_timestamp(last.created_at) <= start.due:
            return None
        return f"operation {last.operation_id} did the same after this run was due, {timestamp(start.due)}"

    def _skipped(self, wish: StartOperation, reason: str) -> RunSkipped:
        message = f"scheduled {wish.action.value} of {wish.environment.value} skipped: {reason}"
        log_refusal(self._records.logs, self._clock, wish.deployment_id, wish.environment, message, wish.started_by)
        return RunSkipped(message, environment=wish.environment.value, action=wish.action.value)


def _name(start: ScheduledStart) -> str:
    """`schedule 0 2 * * * Europe/Berlin`; without the rule when it is gone by now."""
    return f"{_BY_SCHEDULE} {start.rule}" if start.rule else _BY_SCHEDULE
