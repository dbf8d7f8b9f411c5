"""What administrators ask for, through the API: approvals, freed environments, promotions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from cloud_core.adapters.rest.client import RestClient, new_key, place
from cloud_core.adapters.rest.records import RestRecords
from cloud_core.adapters.rest.runs import RestRuns
from cloud_core.domain.approvals import Standing, Verdict
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LeaseOwner, LeaseRecord, Operation, ProcessIdentity
from cloud_core.ports.clock import Clock
from cloud_core.remote.named import record_of, require_stack
from cloud_core.services.operations.approvals import ApprovalService
from cloud_core.services.operations.record_moves import RollbackRequest
from cloud_core.services.operations.rollbacks import Rollback
from cloud_core.services.operations.unlocking import Unlocking

_UNTOLD: Final = ""


class RemoteApprovals:
    """As `services.operations.approvals`. Who approves is whoever the token is of."""

    def __init__(self, client: RestClient, records: RestRecords, runs: RestRuns, clock: Clock) -> None:
        self._client = client
        self._runs = runs
        # Finding only reads.
        self._finding = ApprovalService(cast(Any, records), cast(Any, None), cast(Any, None), clock)

    def find(
        self, deployment_id: str, operation_id: str | None = None, environment: EnvironmentName | None = None
    ) -> Operation:
        """Raises as the service does."""
        return self._finding.find(deployment_id, operation_id, environment)

    def judge(self, operation: Operation, by: str) -> Verdict:
        """Whether it could be approved now; raises as the service does."""
        told = self._ask(operation, "approve", {"dry_run": True})
        lapsed = tuple(told["lapsed"])
        return Verdict(Standing.LAPSED if lapsed else Standing.AWAITING, lapsed)

    def approve(self, operation: Operation, by: str, comment: str | None = None) -> Operation:
        return self._runs.operation(self._ask(operation, "approve", {"comment": comment}))

    def reject(self, operation: Operation, by: str, comment: str | None = None) -> Operation:
        return self._runs.operation(self._ask(operation, "reject", {"comment": comment}))

    def _ask(self, operation: Operation, word: str, body: Mapping[str, Any]) -> Any:
        where = place("deployments", operation.deployment_id, "operations", operation.operation_id, word)
        return self._client.post(where, body)


class RemoteUnlocking:
    """As `services.operations.unlocking`."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def look(self, deployment_id: str, environment: EnvironmentName, force: bool) -> Unlocking:
        """Who would be removed. Raises as the service does."""
        told = self._client.post(_unlock(deployment_id, environment), {"force": force, "dry_run": True})
        if told["operation_id"] is None:
            return Unlocking(None, None)
        process = ProcessIdentity(pid=told["pid"], started=0.0)
        owner = LeaseOwner(operation_id=told["operation_id"], host=told["host"], flow_process=process)
        lease = LeaseRecord(
            deployment_id=deployment_id,
            environment=environment,
            owner=owner,
            fence=0,
            acquired_at=_UNTOLD,
            renewed_at=_UNTOLD,
            expires_at=_UNTOLD,
        )
        return Unlocking(lease, owner, told["proven_dead"])

    def free(self, found: Unlocking, by: str) -> None:
        """Raises as the service does."""
        assert found.lease is not None
        # What is not proven was forced by whoever asked; the API watches the heartbeat then.
        body = {"force": not found.is_proven}
        self._client.post(_unlock(found.lease.deployment_id, found.lease.environment), body)


def _unlock(deployment_id: str, environment: EnvironmentName) -> str:
    return place("deployments", deployment_id, "environments", environment.value, "unlock")


class RemoteMoves:
    """As `services.operations.record_moves`."""

    def __init__(self, client: RestClient, runs: RestRuns) -> None:
        self._client = client
        self._runs = runs

    def foresee_rollback(self, wish: RollbackRequest) -> Rollback:
        """What going back would change; the earlier manifest itself stays where it is. Raises as the service does."""
        if wish.stack is not None:
            require_stack(self._client, wish.deployment_id, wish.stack)
        told = self._client.post(_rollback(wish), {**_way_back(wish), "dry_run": True})
        record = record_of(self._client, wish.deployment_id)
        changes, left = tuple(told["changes"]), tuple(told["left_over"])
        return Rollback(record, wish.environment, told["to_version"], record.manifest, changes, left)

    def preview_rollback(self, wish: RollbackRequest) -> Operation:
        """Raises as the service does."""
        return self._begin(wish, {"parallel": wish.parallel, "preview": True})

    def roll_back(self, wish: RollbackRequest) -> Operation:
        """Raises as the service does."""
        return self._begin(wish, {"parallel": wish.parallel, "plan_id": wish.plan_id})

    def _begin(self, wish: RollbackRequest, how: Mapping[str, Any]) -> Operation:
        key = wish.idempotency_key or new_key()
        return self._runs.operation(self._client.post(_rollback(wish), {**_way_back(wish), **how}, key=key))


def _rollback(wish: RollbackRequest) -> str:
    return place("deployments", wish.deployment_id, "rollback")


def _way_back(wish: RollbackRequest) -> dict[str, Any]:
    return {"environment": wish.environment.value, "to_version": wish.to_version, "stack": wish.stack}


class RemotePromotions:
    """As `services.operations.promotions`: what a promotion would do is asked for next, and says it too."""

    def require_promotable(self, deployment_id: str, source: EnvironmentName, target: EnvironmentName) -> None:
        """Nothing is asked twice."""
