"""The rules of the one-writer lease, the same for every store.

Times are the wall clock of whoever writes them. They are shown to people and compared with nothing but the reader's
own clock, which may be minutes off: so an expiry alone never frees a lease. What decides is the fence (a counter)
and, on the host of the owner, the proof that its processes are gone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cloud_core.domain.clock import parse_timestamp, timestamp, timestamp_after
from cloud_core.domain.errors import LeaseLost, OperationRunning, VersionConflict
from cloud_core.domain.names import EnvironmentName, command_place
from cloud_core.domain.records import LeaseOwner, LeaseRecord

LEASE_SECONDS: Final = 60.0
HEARTBEAT_SECONDS: Final = 10.0
STALE_SECONDS: Final = 45.0
"""Without a renewal for so long, an owner starts nothing new."""


def granted(
    previous: LeaseRecord | None, deployment_id: str, environment: EnvironmentName, owner: LeaseOwner, now: datetime
) -> LeaseRecord:
    """The lease of a new owner: its fence is one higher than any before."""
    return LeaseRecord(
        deployment_id=deployment_id,
        environment=environment,
        owner=owner,
        fence=previous.fence + 1 if previous else 1,
        acquired_at=timestamp(now),
        renewed_at=timestamp(now),
        expires_at=timestamp(now + timedelta(seconds=LEASE_SECONDS)),
    )


def renewed(lease: LeaseRecord, now: datetime) -> LeaseRecord:
    """The lease after a heartbeat; `renewed_at` always changes, so that a heartbeat can be told from none."""
    return lease.model_copy(
        update={
            "renewed_at": timestamp_after(lease.renewed_at, now),
            "expires_at": timestamp(now + timedelta(seconds=LEASE_SECONDS)),
        }
    )


def is_expired(lease: LeaseRecord, now: datetime) -> bool:
    return parse_timestamp(lease.expires_at) <= now


def operation_running(lease: LeaseRecord, suggestion: str | None = None) -> OperationRunning:
    """The refusal that names who holds the lease, where, and since when."""
    owner = lease.owner
    if owner is None:
        return OperationRunning(f"another operation is taking {lease.deployment_id} {lease.environment}", **_of(lease))
    host = owner.host.partition("/")[0]
    place = command_place(lease.deployment_id, lease.environment)
    return OperationRunning(
        f"operation {owner.operation_id} is changing {lease.deployment_id} {lease.environment}: it runs on host {host} "
        f"(process {owner.flow_process.pid}) since {lease.acquired_at}, last heartbeat {lease.renewed_at}",
        operation_id=owner.operation_id,
        host=host,
        pid=owner.flow_process.pid,
        since=lease.acquired_at,
        renewed_at=lease.renewed_at,
        suggestion=suggestion or f"follow it with 'cloud status {place} --watch' or wait until it ends",
        **_of(lease),
    )


def lease_lost(lease: LeaseRecord) -> LeaseLost:
    owner = lease.owner.operation_id if lease.owner else "nobody"
    return LeaseLost(
        f"operation {owner} no longer holds the lease of {lease.deployment_id} {lease.environment} "
        f"(its token was {lease.fence}): another owner took it or it was broken",
        fence=lease.fence,
        **_of(lease),
    )


def lease_moved_on(lease: LeaseRecord) -> VersionConflict:
    """The refusal to break a lease that is not any more as it was looked at."""
    return VersionConflict(
        f"the lease of {lease.deployment_id} {lease.environment} moved on: its owner is alive, or it is another's",
        suggestion="look again before it is broken",
        **_of(lease),
    )


def _of(lease: LeaseRecord) -> dict[str, str]:
    return {"deployment_id": lease.deployment_id, "environment": lease.environment.value}
