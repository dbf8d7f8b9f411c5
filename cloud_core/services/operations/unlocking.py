"""Freeing an environment from an owner that is gone, when the next operation can't do it by itself.

On the owner's own host its processes tell whether it lives, and nothing else counts. On any other host nothing can be
proven: a human says that it is gone, and its heartbeat must have stopped. The heartbeat is read twice and compared with
itself, since the clocks of two hosts may be minutes apart.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import OperationRunning
from cloud_core.domain.events import EventDraft, EventName
from cloud_core.domain.leases import HEARTBEAT_SECONDS, operation_running
from cloud_core.domain.names import EnvironmentName, command_place
from cloud_core.domain.records import LeaseOwner, LeaseRecord, Operation
from cloud_core.ports.clock import Clock
from cloud_core.ports.processes import Processes
from cloud_core.ports.records import Records
from cloud_core.services.records.events import write_down
from cloud_core.services.records.statuses import require_deployment
from cloud_core.services.runs.lease import owner_is_gone

_logger = logging.getLogger(__name__)

HEARTBEAT_WATCH_SECONDS: Final = 2.5 * HEARTBEAT_SECONDS
"""How long a heartbeat is waited for: more than two of them."""


@dataclass(frozen=True)
class Unlocking:
    """Who holds the environment, None when nobody does; `is_proven` says that the owner is known to be gone."""

    lease: LeaseRecord | None
    owner: LeaseOwner | None
    is_proven: bool = False

    def to_data(self, deployment_id: str, environment: EnvironmentName, freed: bool) -> dict[str, Any]:
        """For programs."""
        owner = self.owner
        return {
            "deployment_id": deployment_id,
            "environment": environment.value,
            "freed": freed,
            "operation_id": owner.operation_id if owner else None,
            "host": owner.host.partition("/")[0] if owner else None,
            "pid": owner.flow_process.pid if owner else None,
            "proven_dead": self.is_proven,
        }


class UnlockService:
    def __init__(
        self, records: Records, processes: Processes, settle: Callable[[Operation], bool], clock: Clock
    ) -> None:
        self._records = records
        self._processes = processes
        self._settle = settle
        self._clock = clock

    def look(self, deployment_id: str, environment: EnvironmentName, force: bool) -> Unlocking:
        """Who would be removed. Raises DeploymentNotFound; OperationRunning when the owner lives, or may live and
        `force` is not given."""
        require_deployment(self._records.deployments, deployment_id)
        lease = self._records.leases.get(deployment_id, environment)
        owner = lease.owner if lease else None
        if lease is None or owner is None:
            return Unlocking(None, None)
        if owner_is_gone(owner, self._processes):
            return Unlocking(lease, owner, is_proven=True)
        if owner.host == self._processes.host():
            place = command_place(deployment_id, environment)
            raise operation_running(lease, f"it is alive: stop it with 'cloud cancel {place}'")
        if not force:
            raise operation_running(lease, _other_host(owner))
        return Unlocking(lease, owner)

    def free(self, found: Unlocking, by: str) -> None:
        """Remove the owner that was looked at, write down who did it, and end its operation.

        Raises OperationRunning when a heartbeat arrives meanwhile, VersionConflict when it moved on.
        """
        lease, owner = found.lease, found.owner
        if lease is None or owner is None:
            return
        if not found.is_proven:
            self._require_silence(lease)
        self._records.leases.break_lease(lease)
        self._write_down(lease, owner, found.is_proven, by)
        operation = self._records.operations.get(lease.deployment_id, owner.operation_id)
        if operation is not None:
            self._settle(operation)

    def _require_silence(self, lease: LeaseRecord) -> None:
        self._clock.sleep(HEARTBEAT_WATCH_SECONDS)
        now = self._records.leases.get(lease.deployment_id, lease.environment)
        if now is not None and (now.fence, now.renewed_at) != (lease.fence, lease.renewed_at):
            raise OperationRunning(
                f"the owner of {lease.deployment_id} {lease.environment.value} is alive: it renewed its lease while it "
                "was watched",
                **operation_running(now).context,
            )

    def _write_down(self, lease: LeaseRecord, owner: LeaseOwner, is_proven: bool, by: str) -> None:
        why = "its processes are gone" if is_proven else "its heartbeat has stopped, and it was forced"
        message = (
            f"{by} freed {lease.deployment_id} {lease.environment.value} from operation {owner.operation_id} "
            f"(process {owner.flow_process.pid} on host {owner.host.partition('/')[0]}): {why}"
        )
        _logger.warning(message)
        draft = EventDraft(
            deployment_id=lease.deployment_id,
            operation_id=owner.operation_id,
            environment=lease.environment,
            event=EventName.LOG,
            data={"message": message, "level": "warn", "user": by},
            timestamp=timestamp(self._clock.now()),
        )
        write_down(self._records, draft, user=by)


def _other_host(owner: LeaseOwner) -> str:
    pids = ", ".join(str(process.pid) for process in (owner.flow_process, *owner.engine_processes))
    return (
        f"nothing can be proven from here: make sure on host {owner.host.partition('/')[0]} that the processes {pids} "
        "are gone, then add --force"
    )
