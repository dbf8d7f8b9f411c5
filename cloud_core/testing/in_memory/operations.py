"""Operations in memory."""

from __future__ import annotations

import threading

from cloud_core.domain.conflicts import already_exists, version_conflict
from cloud_core.domain.errors import OperationNotFound
from cloud_core.domain.records import Operation
from cloud_core.ports.records import Page
from cloud_core.testing.in_memory.copies import copy_of
from cloud_core.testing.in_memory.paging import newest_first


class InMemoryOperations:
    """`ports.records.OperationRepository`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: dict[tuple[str, str], Operation] = {}
        self._by_key: dict[tuple[str, str], str] = {}
        self._by_turn: dict[tuple[str, str], str] = {}

    def create(self, operation: Operation, turn: str | None = None) -> Operation:
        name, key = operation.operation_id, operation.idempotency_key
        with self._lock:
            chosen = self._by_turn.get((operation.deployment_id, turn or ""))
            if chosen is None and key is not None:
                chosen = self._by_key.get((operation.deployment_id, key))
            if turn is not None:
                self._by_turn.setdefault((operation.deployment_id, turn), chosen or name)
            if chosen is not None:
                return copy_of(self._items[operation.deployment_id, chosen])
            if (operation.deployment_id, name) in self._items:
                raise already_exists(f"operation {name}")
            if key is not None:
                self._by_key[operation.deployment_id, key] = name
            return self._keep(operation.model_copy(update={"version": 1}))

    def get(self, deployment_id: str, operation_id: str) -> Operation | None:
        with self._lock:
            found = self._items.get((deployment_id, operation_id))
            return copy_of(found) if found else None

    def get_by_key(self, deployment_id: str, idempotency_key: str) -> Operation | None:
        with self._lock:
            chosen = self._by_key.get((deployment_id, idempotency_key))
        return self.get(deployment_id, chosen) if chosen else None

    def update(self, operation: Operation) -> Operation:
        name = operation.operation_id
        with self._lock:
            stored = self._items.get((operation.deployment_id, name))
            if stored is None:
                raise OperationNotFound(f"operation {name} does not exist", operation_id=name)
            if stored.version != operation.version:
                raise version_conflict(f"operation {name}", operation.version, stored.version)
            return self._keep(operation.model_copy(update={"version": operation.version + 1}))

    def list_by_deployment(self, deployment_id: str, limit: int = 20, next_token: str | None = None) -> Page[Operation]:
        with self._lock:
            found = [copy_of(item) for key, item in self._items.items() if key[0] == deployment_id]
        name = f"operations of {deployment_id}"
        return newest_first(name, found, lambda item: (item.created_at, item.operation_id), limit, next_token)

    def _keep(self, operation: Operation) -> Operation:
        self._items[operation.deployment_id, operation.operation_id] = copy_of(operation)
        return operation
