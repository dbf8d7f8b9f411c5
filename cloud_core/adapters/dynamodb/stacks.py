"""Stacks: `PK=DEPLOYMENT#<id>`, `SK=STACK#<stack>#<env>`, and the mark of their highest fence, `SK=FENCE#<env>`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from boto3.dynamodb.conditions import Attr, ConditionBase
from boto3.dynamodb.conditions import Key as KeyCondition

from cloud_core.adapters.dynamodb import keys
from cloud_core.adapters.dynamodb.errors import ConditionFailed
from cloud_core.adapters.dynamodb.models import from_item, to_item
from cloud_core.adapters.dynamodb.paging import Listing, read_all, read_page
from cloud_core.adapters.dynamodb.serializer import Item, require_filled
from cloud_core.adapters.dynamodb.table import Query, Table
from cloud_core.domain.clock import timestamp_after
from cloud_core.domain.conflicts import already_exists, overtaken, version_conflict
from cloud_core.domain.errors import CloudError, StackNotFound
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord
from cloud_core.domain.stack_sizes import capped
from cloud_core.domain.statuses import StackStatus
from cloud_core.domain.tables import STACK_NAME_INDEX, STACKS, STATUS_INDEX, IndexDefinition
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Page


class DynamoStacks:
    """`ports.records.StackRepository` over the Stacks table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def create(self, stack: StackRecord) -> StackRecord:
        created = capped(stack).model_copy(update={"version": 1})
        try:
            self._table.put(_item(created), Attr("PK").not_exists())
        except ConditionFailed as failure:
            raise already_exists(_name(stack)) from failure
        self._withdraw_if_overtaken(created)
        return created

    def get_stack(self, deployment_id: str, stack_name: str, environment: EnvironmentName) -> StackRecord | None:
        item = self._table.get(keys.key(deployment_id, keys.stack(stack_name, environment)))
        return from_item(StackRecord, item) if item else None

    def list_by_deployment(self, deployment_id: str, environment: EnvironmentName | None = None) -> list[StackRecord]:
        partition = KeyCondition("PK").eq(keys.partition(deployment_id))
        wanted = Attr("environment").eq(environment.value) if environment else None
        query = Query(partition & KeyCondition("SK").begins_with(keys.STACKS), filter=wanted, newest_first=False)
        return [from_item(StackRecord, item) for item in read_all(self._table, query)]

    def update(self, stack: StackRecord, fence: int | None = None) -> StackRecord:
        mine = stack.fence if fence is None else fence
        later = timestamp_after(stack.updated_at, self._clock.now())
        updated = capped(stack).model_copy(
            update={"version": stack.version + 1, "updated_at": later, "fence": mine},
        )
        try:
            self._table.put(_item(updated), Attr("version").eq(stack.version) & Attr("fence").lte(mine))
        except ConditionFailed as failure:
            raise _refusal(updated, stack.version, failure) from failure
        return updated

    def stamp(self, deployment_id: str, environment: EnvironmentName, fence: int) -> None:
        # The mark first: a stack that is created too late to be in the list below meets it (see `create`).
        not_higher = Attr("fence").lte(fence)
        marks = {keys.fence(environment): Attr("fence").not_exists() | not_higher}
        self._raise_fences(deployment_id, environment, fence, marks)
        stacks = self.list_by_deployment(deployment_id, environment)
        places = {keys.stack(stack.stack_name, environment): not_higher for stack in stacks}
        self._raise_fences(deployment_id, environment, fence, places)

    def delete(
        self, deployment_id: str, stack_name: str, environment: EnvironmentName, version: int | None = None
    ) -> bool:
        place = keys.key(deployment_id, keys.stack(stack_name, environment))
        return self._table.delete_version(place, f"stack {stack_name} of {deployment_id} {environment.value}", version)

    def list_by_stack_name(self, stack_name: str, limit: int = 50, next_token: str | None = None) -> Page[StackRecord]:
        return self._list(STACK_NAME_INDEX, stack_name, limit, next_token)

    def list_by_status(self, status: StackStatus, limit: int = 50, next_token: str | None = None) -> Page[StackRecord]:
        return self._list(STATUS_INDEX, status.value, limit, next_token)

    def _list(self, index: IndexDefinition, value: str, limit: int, token: str | None) -> Page[StackRecord]:
        query = Query(KeyCondition(index.hash_key).eq(value), index.name)
        listing = Listing(f"stacks by {index.hash_key} {value}", query, index.keys)
        items, following = read_page(self._table, listing, limit, token)
        return Page([from_item(StackRecord, item) for item in items], following)

    def _raise_fences(
        self, deployment_id: str, environment: EnvironmentName, fence: int, places: Mapping[str, ConditionBase]
    ) -> None:
        for place, condition in places.items():
            try:
                self._table.update(keys.key(deployment_id, place), {"fence": fence}, condition)
            except ConditionFailed as failure:
                if failure.stored is not None:  # else it was deleted since it was listed
                    raise overtaken(deployment_id, environment, fence, failure.stored["fence"]) from failure

    def _withdraw_if_overtaken(self, created: StackRecord) -> None:
        mark = self._table.get(keys.key(created.deployment_id, keys.fence(created.environment)))
        if mark is None or mark["fence"] <= created.fence:
            return
        place = keys.key(created.deployment_id, keys.stack(created.stack_name, created.environment))
        with suppress(ConditionFailed):  # it is the new owner's by now
            self._table.delete(place, Attr("version").eq(1) & Attr("fence").eq(created.fence))
        raise overtaken(created.deployment_id, created.environment, created.fence, mark["fence"])


def _item(stack: StackRecord) -> Item:
    place = keys.key(stack.deployment_id, keys.stack(stack.stack_name, stack.environment))
    item = {**place, **to_item(stack)}
    require_filled(item, STACKS.index_keys)
    return item


def _name(stack: StackRecord) -> str:
    return f"stack {stack.stack_name} of {stack.deployment_id} {stack.environment.value}"


def _refusal(updated: StackRecord, read_version: int, failure: ConditionFailed) -> CloudError:
    if failure.stored is None:
        return StackNotFound(f"{_name(updated)} does not exist", stack=updated.stack_name)
    if failure.stored["fence"] > updated.fence:
        return overtaken(updated.deployment_id, updated.environment, updated.fence, failure.stored["fence"])
    return version_conflict(_name(updated), read_version, failure.stored["version"])
