"""Log lines: `PK=DEPLOYMENT#<id>`, `SK=TIMESTAMP#<iso>#<uuid>` in the Logs table; they live 90 days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import and_

from boto3.dynamodb.conditions import Attr, ConditionBase
from boto3.dynamodb.conditions import Key as KeyCondition

from cloud_core.adapters.dynamodb import keys
from cloud_core.adapters.dynamodb.models import from_item, to_item
from cloud_core.adapters.dynamodb.paging import Listing, read_page
from cloud_core.adapters.dynamodb.serializer import Item
from cloud_core.adapters.dynamodb.table import Query, Table
from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.log_filter import EVERYTHING, LogFilter
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogEntry, LogLevel
from cloud_core.domain.tables import LOG_LEVEL_INDEX, RETENTION_SECONDS, TTL_ATTRIBUTE
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
        next_token: str | None = None,
        wanted: LogFilter = EVERYTHING,
    ) -> Page[LogEntry]:
        if wanted.is_empty:
            return Page([])  # DynamoDB refuses a range that ends before it begins
        first, last = keys.LOGS + wanted.begin, keys.LOGS + (wanted.end or keys.LAST)
        place = KeyCondition("PK").eq(keys.partition(deployment_id)) & KeyCondition("SK").between(first, last)
        query = Query(place, filter=reduce(and_, _matching(wanted), unexpired(self._clock)))
        listing = Listing(f"logs of {deployment_id} {wanted.name}", query, bounds=(first, last))
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
        wanted = LogFilter(stack_name=stack_name, environment=environment)
        return self.get_logs(deployment_id, limit, next_token, wanted)

    def _page(self, listing: Listing, limit: int, token: str | None) -> Page[LogEntry]:
        items, following = read_page(self._table, listing, limit, token)
        return Page([from_item(LogEntry, item) for item in items], following)


def unexpired(clock: Clock) -> ConditionBase:
    """DynamoDB deletes late: what is past its time is left out here."""
    return Attr(TTL_ATTRIBUTE).gt(int(clock.now().timestamp()))


def expiry(written_at: str, retention_seconds: int = RETENTION_SECONDS) -> int:
    """When an item of that timestamp expires, in seconds since the epoch."""
    return int(parse_timestamp(written_at).timestamp()) + retention_seconds


def _matching(wanted: LogFilter) -> Iterator[ConditionBase]:
    """What the place of a line does not tell."""
    if wanted.levels is not None:
        yield Attr("log_level").is_in(sorted(wanted.levels))
    for name in ("stack_name", "environment", "operation_id"):
        if (value := getattr(wanted, name)) is not None:
            yield Attr(name).eq(value)
    if wanted.text is not None:
        yield Attr("message").contains(wanted.text)


def _item(entry: LogEntry) -> Item:
    place = keys.key(entry.deployment_id, keys.log(entry))
    return {**place, **to_item(entry), TTL_ATTRIBUTE: expiry(entry.timestamp)}
