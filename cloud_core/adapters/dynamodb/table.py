"""One DynamoDB table: the few calls that the repositories need.

Two things are done here once for all of them. A short outage is waited out. And a conditional write whose answer was
lost and which is then sent again is recognised: each write marks its item, so a condition that fails on our own mark
means that the write had landed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from boto3.dynamodb.conditions import Attr, ConditionBase

from cloud_core.adapters.dynamodb.client import DynamoClient
from cloud_core.adapters.dynamodb.errors import ConditionFailed, translate_dynamodb_errors
from cloud_core.adapters.dynamodb.expressions import Expressions, Request
from cloud_core.adapters.dynamodb.keys import Key
from cloud_core.adapters.dynamodb.serializer import Item, from_attributes, to_attributes
from cloud_core.domain.conflicts import version_conflict
from cloud_core.domain.errors import RecordsUnavailable
from cloud_core.ports.clock import Clock

PATIENCE_SECONDS: Final = 12.0
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 2.0
_BATCH: Final = 25
_MARK: Final = "write_id"


@dataclass(frozen=True)
class Query:
    """A query of the table or of one of its indexes. Those of the table are strongly consistent."""

    condition: ConditionBase
    index: str | None = None
    filter: ConditionBase | None = None
    newest_first: bool = True


class Table:
    """Raises what `translate_dynamodb_errors` says; RecordsUnavailable only after `patience_seconds` of trying."""

    def __init__(self, client: DynamoClient, name: str, clock: Clock, patience_seconds: float) -> None:
        self.name = name
        self._client = client
        self._clock = clock
        self._patience = patience_seconds

    def get(self, key: Key) -> Item | None:
        answer = self._call("get_item", {"Key": to_attributes(key), "ConsistentRead": True})
        return from_attributes(answer["Item"]) if "Item" in answer else None

    def put(self, item: Item, condition: ConditionBase) -> None:
        """Raises ConditionFailed with the stored item."""
        mark = uuid4().hex
        request = {"Item": to_attributes({**item, _MARK: mark})}
        self._write("put_item", request | _conditional(Expressions(), condition), mark)

    def update(self, key: Key, values: Mapping[str, Any], condition: ConditionBase, remove: Iterable[str] = ()) -> Item:
        """Set and remove attributes; the item as it is afterwards. Raises ConditionFailed with the stored item."""
        mark = uuid4().hex
        expressions = Expressions().update({**values, _MARK: mark}, remove)
        request = {"Key": to_attributes(key), "ReturnValues": "ALL_NEW"} | _conditional(expressions, condition)
        return self._write("update_item", request, mark)

    def delete(self, key: Key, condition: ConditionBase | None = None) -> bool:
        """Whether the item existed. Raises ConditionFailed with the stored item."""
        request = {"Key": to_attributes(key), "ReturnValues": "ALL_OLD"} | _conditional(Expressions(), condition)
        return "Attributes" in self._call("delete_item", request)

    def delete_version(self, key: Key, name: str, version: int | None) -> bool:
        """Whether the item existed; VersionConflict when it has another version than the one that is meant."""
        try:
            return self.delete(key, None if version is None else Attr("version").eq(version))
        except ConditionFailed as failure:
            if failure.stored is None or version is None:
                return False
            raise version_conflict(name, version, failure.stored["version"]) from failure

    def query(self, query: Query, limit: int | None = None, start: Key | None = None) -> tuple[list[Item], Key | None]:
        """One page of items as they are stored, and where the next one starts; `limit` counts before the filter."""
        expressions = Expressions().condition("KeyConditionExpression", query.condition)
        request: Request = {
            **expressions.condition("FilterExpression", query.filter).request(),
            "ScanIndexForward": not query.newest_first,
            **({"IndexName": query.index} if query.index else {"ConsistentRead": True}),
            **({"Limit": limit} if limit else {}),
            **({"ExclusiveStartKey": to_attributes(start)} if start else {}),
        }
        answer = self._call("query", request)
        following = answer.get("LastEvaluatedKey")
        return [from_attributes(item) for item in answer["Items"]], from_attributes(following) if following else None

    def put_all(self, items: Sequence[Item]) -> None:
        """Write without conditions, 25 at a time; what DynamoDB leaves unprocessed is sent again."""
        for first in range(0, len(items), _BATCH):
            self._put_batch([{"PutRequest": {"Item": to_attributes(item)}} for item in items[first : first + _BATCH]])

    def _put_batch(self, requests: list[Request]) -> None:
        attempts = _Attempts(self._clock, self._patience)
        while requests:
            answer = self._retry("batch_write_item", {"RequestItems": {self.name: requests}})
            requests = answer.get("UnprocessedItems", {}).get(self.name, [])
            if requests and not attempts.pause():
                raise RecordsUnavailable(
                    f"the table {self.name} left {len(requests)} items of a batch unprocessed", table=self.name
                )

    def _write(self, operation: str, request: Request, mark: str) -> Item:
        """The item afterwards, as far as the operation tells it."""
        try:
            return from_attributes(self._call(operation, request).get("Attributes", {}))
        except ConditionFailed as failure:
            if failure.stored is None or failure.stored.get(_MARK) != mark:
                raise
            return failure.stored

    def _call(self, operation: str, request: Request) -> Any:
        return self._retry(operation, {"TableName": self.name, **request})

    def _retry(self, operation: str, request: Request) -> Any:
        attempts = _Attempts(self._clock, self._patience)
        while True:
            try:
                with translate_dynamodb_errors(self.name):
                    return getattr(self._client, operation)(**request)
            except RecordsUnavailable:
                if not attempts.pause():
                    raise


class _Attempts:
    """Growing pauses with jitter, until the patience is at its end."""

    def __init__(self, clock: Clock, patience_seconds: float) -> None:
        self._clock = clock
        self._end = clock.monotonic() + patience_seconds
        self._pause = _FIRST_PAUSE_SECONDS

    def pause(self) -> bool:
        """Sleep a while and say True, or say False at once when there is no time left."""
        if self._clock.monotonic() + self._pause > self._end:
            return False
        self._clock.sleep(self._pause * random.uniform(0.5, 1.0))
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)
        return True


def _conditional(expressions: Expressions, condition: ConditionBase | None) -> Request:
    request = expressions.condition("ConditionExpression", condition).request()
    return request | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"} if condition is not None else request
