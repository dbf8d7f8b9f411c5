"""Operations, in the Deployments table: up to four items each.

    SK=OPERATION#<created_at>#<id>   the operation itself
    SK=OP#<id>                       points to it
    SK=IDEMPOTENCY#<key>             the operation that the key stands for, as it was asked for
    SK=TURN#<turn>                   the operation that has the turn, as it was asked for

They are written the other way round: the turn and the key first, which decide; then the pointer, then the operation.
Whoever meets a turn or a key finishes the work of a writer that died in between, so that one key gives one operation in
every case. A turn whose operation came to nothing, as its key stood for another one, stands for that.
"""

from __future__ import annotations

import json
from typing import Final

from boto3.dynamodb.conditions import Attr
from boto3.dynamodb.conditions import Key as KeyCondition

from cloud_core.adapters.dynamodb import keys
from cloud_core.adapters.dynamodb.errors import ConditionFailed
from cloud_core.adapters.dynamodb.models import from_item, operation_from_item, operation_to_item, to_item, to_json
from cloud_core.adapters.dynamodb.paging import Listing, read_page
from cloud_core.adapters.dynamodb.serializer import Item
from cloud_core.adapters.dynamodb.table import Query, Table
from cloud_core.domain.conflicts import already_exists, version_conflict
from cloud_core.domain.errors import InvalidInput, OperationNotFound, VersionConflict
from cloud_core.domain.records import Operation
from cloud_core.ports.records import Page

_ABSENT: Final = Attr("PK").not_exists()
_LONGEST_KEY: Final = 256


class DynamoOperations:
    """`ports.records.OperationRepository` over the Deployments table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._found: tuple[str, str] | None = None

    def create(self, operation: Operation, turn: str | None = None) -> Operation:
        created = operation.model_copy(update={"version": 1})
        if turn is None:
            return self._create(created, is_shared=False)
        first = self._choose(created, keys.turn(turn))
        if first.operation_id != created.operation_id:
            return self.get(first.deployment_id, first.operation_id) or self._create(first, is_shared=True)
        return self._create(created, is_shared=True)

    def get(self, deployment_id: str, operation_id: str) -> Operation | None:
        place = self._place(deployment_id, operation_id)
        item = self._table.get(keys.key(deployment_id, place)) if place else None
        return operation_from_item(item) if item else None

    def get_by_key(self, deployment_id: str, idempotency_key: str) -> Operation | None:
        """One whose writer died after it had put the key is there by its key alone."""
        item = self._table.get(keys.key(deployment_id, keys.idempotency(idempotency_key)))
        if item is None:
            return None
        chosen = from_item(Operation, json.loads(item["operation"]))
        return self.get(deployment_id, chosen.operation_id) or chosen

    def update(self, operation: Operation) -> Operation:
        updated = operation.model_copy(update={"version": operation.version + 1})
        try:
            self._table.put(_item(updated), Attr("version").eq(operation.version))
        except ConditionFailed as failure:
            raise _conflict(operation, failure) from failure
        return updated

    def list_by_deployment(self, deployment_id: str, limit: int = 20, next_token: str | None = None) -> Page[Operation]:
        partition = KeyCondition("PK").eq(keys.partition(deployment_id))
        query = Query(partition & KeyCondition("SK").begins_with(keys.OPERATIONS))
        listing = Listing(f"operations of {deployment_id}", query)
        items, following = read_page(self._table, listing, limit, next_token)
        return Page([operation_from_item(item) for item in items], following)

    def _place(self, deployment_id: str, operation_id: str) -> str | None:
        """The sort key that the pointer tells. A pointer is never changed, and a process asks for the same operation
        over and over: the last one is kept."""
        name, kept = _name(deployment_id, operation_id), self._found
        if kept is not None and kept[0] == name:
            return kept[1]
        pointer = self._table.get(keys.key(deployment_id, keys.operation_pointer(operation_id)))
        if pointer is None:
            return None
        self._found = name, str(pointer["operation_sk"])
        return self._found[1]

    def _create(self, operation: Operation, is_shared: bool) -> Operation:
        """`is_shared` when others may be about to store the same operation."""
        key = operation.idempotency_key
        if key is None:
            return self._store(operation, is_shared)
        if len(key.encode()) > _LONGEST_KEY:
            raise InvalidInput(
                f"the idempotency key is too long: at most {_LONGEST_KEY} bytes, it has {len(key.encode())}",
                field="idempotency_key",
            )
        chosen = self._choose(operation, keys.idempotency(key))
        if chosen is operation:
            return self._store(operation, is_shared=True)
        return self.get(chosen.deployment_id, chosen.operation_id) or self._store(chosen, is_shared=True)

    def _choose(self, operation: Operation, sort_key: str) -> Operation:
        """The operation that stands there: this very one where the place was free, or the one that was first."""
        place = keys.key(operation.deployment_id, sort_key)
        try:
            self._table.put({**place, "operation": to_json("operation", to_item(operation))}, _ABSENT)
        except ConditionFailed as failure:
            return from_item(Operation, json.loads(failure.present["operation"]))
        return operation

    def _store(self, operation: Operation, is_shared: bool) -> Operation:
        """Raises AlreadyExists when the id is taken by another operation."""
        pointer = keys.key(operation.deployment_id, keys.operation_pointer(operation.operation_id))
        place = keys.operation(operation)
        try:
            self._table.put({**pointer, "operation_sk": place}, _ABSENT)
        except ConditionFailed as failure:
            if failure.present["operation_sk"] != place:
                raise already_exists(f"operation {operation.operation_id}") from failure
        try:
            self._table.put(_item(operation), _ABSENT)
        except ConditionFailed as failure:
            if not is_shared:
                raise already_exists(f"operation {operation.operation_id}") from failure
            return operation_from_item(failure.present)  # another caller was faster
        self._found = _name(operation.deployment_id, operation.operation_id), place
        return operation


def _item(operation: Operation) -> Item:
    return {**keys.key(operation.deployment_id, keys.operation(operation)), **operation_to_item(operation)}


def _name(deployment_id: str, operation_id: str) -> str:
    return f"{deployment_id} {operation_id}"


def _conflict(operation: Operation, failure: ConditionFailed) -> OperationNotFound | VersionConflict:
    name = operation.operation_id
    if failure.stored is None:
        return OperationNotFound(f"operation {name} does not exist", operation_id=name)
    return version_conflict(f"operation {name}", operation.version, failure.stored["version"])
