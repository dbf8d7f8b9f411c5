"""The one-writer lease in memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from cloud_core.domain.leases import granted, lease_lost, lease_moved_on, operation_running, renewed
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LeaseOwner, LeaseRecord, ProcessIdentity
from cloud_core.ports.clock import Clock
from cloud_core.testing.in_memory.copies import copy_of


class InMemoryLeases:
    """`ports.records.LeaseStore`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._items: dict[tuple[str, EnvironmentName], LeaseRecord] = {}

    def acquire(self, deployment_id: str, environment: EnvironmentName, owner: LeaseOwner) -> LeaseRecord:
        with self._lock:
            present = self._items.get((deployment_id, environment))
            if present is not None and present.owner is not None:
                raise operation_running(present)
            return self._keep(granted(present, deployment_id, environment, owner, self._clock.now()))

    def get(self, deployment_id: str, environment: EnvironmentName) -> LeaseRecord | None:
        with self._lock:
            found = self._items.get((deployment_id, environment))
            return copy_of(found) if found else None

    def break_lease(self, lease: LeaseRecord) -> None:
        with self._lock:
            stored = self._items.get((lease.deployment_id, lease.environment))
            if stored is None or _identity(stored) != _identity(lease):
                raise lease_moved_on(lease)
            self._keep(stored.model_copy(update={"owner": None}))

    def renew(self, lease: LeaseRecord) -> LeaseRecord:
        with self._lock:
            later = renewed(lease, self._clock.now())
            times = {"renewed_at": later.renewed_at, "expires_at": later.expires_at}
            return self._keep(self._held(lease).model_copy(update=times))

    def set_engine_processes(self, lease: LeaseRecord, processes: Sequence[ProcessIdentity]) -> LeaseRecord:
        with self._lock:
            if lease.owner is None:
                raise lease_lost(lease)
            owner = lease.owner.model_copy(update={"engine_processes": list(processes)})
            return self._keep(self._held(lease).model_copy(update={"owner": owner}))

    def release(self, lease: LeaseRecord) -> None:
        with self._lock:
            stored = self._items.get((lease.deployment_id, lease.environment))
            if stored is not None and stored.fence == lease.fence:
                self._keep(stored.model_copy(update={"owner": None}))

    def _held(self, lease: LeaseRecord) -> LeaseRecord:
        stored = self._items.get((lease.deployment_id, lease.environment))
        if stored is None or stored.owner is None or stored.fence != lease.fence:
            raise lease_lost(lease)
        return stored

    def _keep(self, lease: LeaseRecord) -> LeaseRecord:
        self._items[lease.deployment_id, lease.environment] = copy_of(lease)
        return lease


def _identity(lease: LeaseRecord) -> tuple[Any, ...]:
    return lease.fence, lease.owner, lease.renewed_at
