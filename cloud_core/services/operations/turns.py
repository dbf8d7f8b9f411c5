"""Whose turn it is in an environment: the one operation that it is about, and the one place behind it."""

from __future__ import annotations

from cloud_core.domain.errors import OperationRunning
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.ports.records import Records
from cloud_core.services.operations.abandoned import AbandonedOperations
from cloud_core.services.operations.guards import StartOperation, require_same
from cloud_core.services.records.operations import holding_operation, latest_operation


class Turns:
    """Looks at what an environment is about and finds what has died there: see `services.abandoned`."""

    def __init__(self, records: Records, abandoned: AbandonedOperations) -> None:
        self._records = records
        self._abandoned = abandoned

    def current(self, deployment_id: str, environment: EnvironmentName) -> Operation | None:
        """The one operation that the environment is about: that which holds it and lives, else the newest one that has
        held it, or is to."""
        holder = holding_operation(self._records, deployment_id, environment)
        if holder is not None and not self._abandoned.settle(holder):
            return holder
        return latest_operation(self._records.operations, deployment_id, environment)

    def require_idle(self, request: StartOperation) -> None:
        """OperationRunning while another operation holds the environment; a request that only reads needs no hold.

        A courtesy: the lease is the guard. A request with the idempotency key of the one that holds it is let through,
        and so is one behind an operation that is proven dead, or that waits for an approval: it takes its place.
        """
        if request.action.only_reads:
            return
        self._require_behind(self.current(request.deployment_id, request.environment), request.idempotency_key)

    def _require_behind(self, current: Operation | None, key: str | None) -> None:
        """OperationRunning unless what has that idempotency key can be accepted behind this one, or is this one."""
        if current is None or current.status.is_waiting or (key is not None and key == current.idempotency_key):
            return
        if not self._abandoned.settle(current):
            raise _running(current)

    def to_join(self, request: StartOperation, attach: bool) -> Operation | None:
        """The operation of the request's idempotency key, or the environment's if it runs, does the same, and is to be
        attached to. None when the request is one of its own. Raises Conflict as `asked_before`."""
        if (known := self.asked_before(request)) is not None:
            return known
        current = self.current(request.deployment_id, request.environment) if attach else None
        if current is None or current.type is not request.action:
            return None
        return None if self._abandoned.settle(current) else current

    def asked_before(self, request: StartOperation) -> Operation | None:
        """The operation that stands for the request's idempotency key, whatever became of it; Conflict when it is
        another one than is asked for."""
        known = self.of_key(request.deployment_id, request.idempotency_key)
        return require_same(known, request) if known else None

    def of_key(self, deployment_id: str, idempotency_key: str | None) -> Operation | None:
        """The operation that stands for the key, whatever it does; None without a key."""
        if idempotency_key is None:
            return None
        return self._records.operations.get_by_key(deployment_id, idempotency_key)

    def accept(self, operation: Operation) -> Operation:
        """Store it; the one that is there with its idempotency key is returned in its place. OperationRunning while
        another one holds the environment. The key is not looked for here: `asked_before` does, and the store.

        Behind the environment's newest operation there is one place, the turn: of many that come at the same moment one
        is stored, and is named to the others.
        """
        store, key = self._records.operations.create, operation.idempotency_key
        if operation.type.only_reads:
            return store(operation)
        before = self.current(operation.deployment_id, operation.environment)
        self._require_behind(before, key)
        while True:
            turn = f"{operation.environment.value}#{before.operation_id if before else 'none'}"
            stored = store(operation, turn)
            if stored.operation_id == operation.operation_id or (key is not None and key == stored.idempotency_key):
                return stored
            # Not the newest by its time of creation, since clocks differ: the next place is behind it.
            before = stored
            self._require_behind(before, key)


def _running(operation: Operation) -> OperationRunning:
    return OperationRunning(
        f"operation {operation.operation_id} ({operation.type.value}, {operation.status.value}) holds "
        f"{operation.deployment_id} {operation.environment.value}, started by {operation.started_by}",
        operation_id=operation.operation_id,
        suggestion=f"follow it with 'cloud status {operation.place} --watch'",
    )
