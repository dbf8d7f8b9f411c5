"""The one-writer lease: `PK=DEPLOYMENT#<id>`, `SK=LOCK#<env>` in the Deployments table.

A released or broken lease keeps its item without an owner, so that its fence goes on growing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from boto3.dynamodb.conditions import Attr, ConditionBase

from cloud_core.adapters.dynamodb import keys
from cloud_core.adapters.dynamodb.errors import ConditionFailed
from cloud_core.adapters.dynamodb.models import lease_from_item, to_item
from cloud_core.adapters.dynamodb.table import Table
from cloud_core.domain.errors import RecordsUnavailable
from cloud_core.domain.leases import granted, lease_lost, lease_moved_on, operation_running, renewed
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LeaseOwner, LeaseRecord, ProcessIdentity
from cloud_core.ports.clock import Clock

_ATTEMPTS: Final = 10


class DynamoLeases:
    """`ports.records.LeaseStore` over the Deployments table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def acquire(self, deployment_id: str, environment: EnvironmentName, owner: LeaseOwner) -> LeaseRecord:
        for _ in range(_ATTEMPTS):
            present = self.get(deployment_id, environment)
            if present is not None and present.owner is not None:
                raise operation_running(present)
            lease = granted(present, deployment_id, environment, owner, self._clock.now())
            with suppress(ConditionFailed):  # somebody was faster: look again who it is
                self._table.put({**_key(lease), **to_item(lease)}, _unchanged(present))
                return lease
        raise RecordsUnavailable(
            f"the lease of {deployment_id} {environment.value} changes too fast to be taken",
            deployment_id=deployment_id,
        )

    def get(self, deployment_id: str, environment: EnvironmentName) -> LeaseRecord | None:
        item = self._table.get(keys.key(deployment_id, keys.lease(environment)))
        return lease_from_item(item) if item else None

    def break_lease(self, lease: LeaseRecord) -> None:
        owner = to_item(lease)["owner"]
        same = Attr("owner").eq(owner) & Attr("renewed_at").eq(lease.renewed_at) & Attr("fence").eq(lease.fence)
        try:
            self._table.update(_key(lease), {}, same, remove=["owner"])
        except ConditionFailed as failure:
            raise lease_moved_on(lease) from failure

    def renew(self, lease: LeaseRecord) -> LeaseRecord:
        item = to_item(renewed(lease, self._clock.now()))
        return self._change(lease, {name: item[name] for name in ("renewed_at", "expires_at")})

    def set_engine_processes(self, lease: LeaseRecord, processes: Sequence[ProcessIdentity]) -> LeaseRecord:
        if lease.owner is None:
            raise lease_lost(lease)
        owner = lease.owner.model_copy(update={"engine_processes": list(processes)})
        return self._change(lease, {"owner": to_item(owner)})

    def release(self, lease: LeaseRecord) -> None:
        with suppress(ConditionFailed):
            self._table.update(_key(lease), {}, _held(lease), remove=["owner"])

    def _change(self, lease: LeaseRecord, values: dict[str, object]) -> LeaseRecord:
        try:
            return lease_from_item(self._table.update(_key(lease), values, _held(lease)))
        except ConditionFailed as failure:
            raise lease_lost(lease) from failure


def _key(lease: LeaseRecord) -> keys.Key:
    return keys.key(lease.deployment_id, keys.lease(lease.environment))


def _unchanged(present: LeaseRecord | None) -> ConditionBase:
    if present is None:
        return Attr("PK").not_exists()
    return Attr("fence").eq(present.fence) & Attr("owner").not_exists()


def _held(lease: LeaseRecord) -> ConditionBase:
    # A fence is given once, so it names the owner.
    return Attr("fence").eq(lease.fence) & Attr("owner").exists()
