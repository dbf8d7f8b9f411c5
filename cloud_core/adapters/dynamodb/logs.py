"""Log lines: `PK=DEPLOYMENT#<id>`, `SK=TIMESTAMP#<iso>#<uuid>` in the Logs table; they live 90 days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from boto3.dynamodb.conditions import Attr, ConditionBase
from boto3.dynamodb.conditions import Key as KeyCondition

from cloud_core.adapters.dynamodb import keys
from cloud_core.adapters.dynamodb.models import from_item, to_item
from cloud_core.adapters.dynamodb.paging import Listing, read_page
from cloud_core.adapters.dynamodb.serializer import Item
from cloud_core.adapters.dynamodb.table import Query, Table
from cloud_core.adapters.dynamodb.tables import LOG_LEVEL_INDEX, RETENTION_SECONDS, TTL_ATTRIBUTE
from cloud_core.domain.clock import parse_timestamp, timestamp
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogEntry, LogLevel
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Page


class DynamoLogs:
    """`ports.records.LogRepository` over the Logs table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def create(self, entry: LogEntry) -> None:
        self.create_many([entry])

    def create_many(self, entries: Sequence[LogEntry]) -> None:
        by_place = {(entry.deployment_id, keys.log(entry)): entry for entry in entries}  # a batch takes a key once
        self._table.put_all([_item(entry) for entry in by_place.values()])

    def get_logs(
        self,
        deployment_id: str,
        limit: int = 100,
        since: datetime | None = None,
        next_token: str | None = None,
    ) -> Page[LogEntry]:
        first = keys.LOGS + (timestamp(since) if since else "")
        listing = self._listing(f"logs of {deployment_id} since {first}", _lines(deployment_id, first))
        return self._page(listing, limit, next_token)

    def get_logs_by_level(self, level: LogLevel, limit: int = 50, next_token: str | None = None) -> Page[LogEntry]:
        query = Query(KeyCondition("log_level").eq(level.value), LOG_LEVEL_INDEX.name, unexpired(self._clock))
        return self._page(Listing(f"logs of level {level.value}", query, LOG_LEVEL_INDEX.keys), limit, next_token)

    def get_logs_by_stack(
        self,
        deployment_id: str,
        stack_name: str,
        environment: EnvironmentName,
        limit: int = 100,
        next_token: str | None = None,
    ) -> Page[LogEntry]:
        name = f"logs of {deployment_id} {stack_name} {environment.value}"
        wanted = Attr("stack_name").eq(stack_name) & Attr("environment").eq(environment.value)
        return self._page(self._listing(name, _lines(deployment_id, keys.LOGS), wanted), limit, next_token)

    def _listing(self, name: str, condition: ConditionBase, wanted: ConditionBase | None = None) -> Listing:
        alive = unexpired(self._clock)
        return Listing(name, Query(condition, filter=alive & wanted if wanted is not None else alive))

    def _page(self, listing: Listing, limit: int, token: str | None) -> Page[LogEntry]:
        items, following = read_page(self._table, listing, limit, token)
        return Page([from_item(LogEntry, item) for item in items], following)


def unexpired(clock: Clock) -> ConditionBase:
    """DynamoDB deletes late: what is past its time is left out here."""
    return Attr(TTL_ATTRIBUTE).gt(int(clock.now().timestamp()))


def expiry(written_at: str) -> int:
    """When an item of that timestamp expires, in seconds since the epoch."""
    return int(parse_timestamp(written_at).timestamp()) + RETENTION_SECONDS


def _lines(deployment_id: str, first: str) -> ConditionBase:
    return KeyCondition("PK").eq(keys.partition(deployment_id)) & KeyCondition("SK").between(
        first, keys.LOGS + keys.LAST
    )


def _item(entry: LogEntry) -> Item:
    place = keys.key(entry.deployment_id, keys.log(entry))
    return {**place, **to_item(entry), TTL_ATTRIBUTE: expiry(entry.timestamp)}
