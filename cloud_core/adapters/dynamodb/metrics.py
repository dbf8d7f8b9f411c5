"""Points of metrics: `PK=METRIC#<name>`, `SK=TIMESTAMP#<iso>#<8 hex digits>` in the Metrics table; they live 365 days.

The random tail keeps two points of one metric and moment apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial, reduce
from operator import and_
from typing import Final
from uuid import uuid4

from boto3.dynamodb.conditions import Attr, ConditionBase
from boto3.dynamodb.conditions import Key as KeyCondition

from cloud_core.adapters.dynamodb.logs import expiry, unexpired
from cloud_core.adapters.dynamodb.models import from_item, to_item
from cloud_core.adapters.dynamodb.paging import read_all
from cloud_core.adapters.dynamodb.serializer import Item
from cloud_core.adapters.dynamodb.table import Query, Table
from cloud_core.domain.clock import timestamp
from cloud_core.domain.metrics import (
    Counts,
    Metric,
    MetricPoint,
    Period,
    Summary,
    Unit,
    everything,
    metric_point,
    summaries,
    too_many_points,
)
from cloud_core.domain.tables import METRIC_RETENTION_SECONDS, TTL_ATTRIBUTE
from cloud_core.ports.clock import Clock

_POINTS: Final = "TIMESTAMP#"
_TAIL: Final = 8


class DynamoMetrics:
    """`ports.records.MetricRepository` over the Metrics table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def record_metric(
        self, name: str, value: float, unit: Unit = Unit.COUNT, dimensions: Mapping[str, str] | None = None
    ) -> None:
        self.record_many([metric_point(name, value, unit, dimensions, self._clock.now())])

    def record_many(self, points: Sequence[MetricPoint]) -> None:
        self._table.put_all([_item(point) for point in points])

    def get_metrics(
        self,
        name: str,
        start: datetime,
        end: datetime,
        dimensions: Mapping[str, str] | None = None,
        most: int | None = None,
    ) -> list[MetricPoint]:
        first, last = _POINTS + timestamp(start), _POINTS + timestamp(end)
        if first >= last:
            return []  # DynamoDB refuses a range that ends before it begins
        place = KeyCondition("PK").eq(_partition(name)) & KeyCondition("SK").between(first, last)
        wanted = reduce(and_, _matching(dimensions or {}), unexpired(self._clock))
        query = Query(place, filter=wanted, newest_first=False)
        items = read_all(self._table, query) if most is None else self._few(name, query, most)
        return [from_item(MetricPoint, item) for item in items]

    def _few(self, name: str, query: Query, most: int) -> list[Item]:
        """One call, which reads no more than that before it filters."""
        items, following = self._table.query(query, most + 1)
        if following is not None or len(items) > most:
            raise too_many_points(name, most)
        return items

    def get_summary(
        self,
        period: Period,
        dimensions: Mapping[str, str] | None = None,
        counts: Counts = everything,
    ) -> dict[Metric, Summary]:
        return summaries(partial(self.get_metrics, dimensions=dimensions), period, self._clock.now(), counts)


def _partition(name: str) -> str:
    return f"METRIC#{name}"


def _matching(dimensions: Mapping[str, str]) -> Iterator[ConditionBase]:
    for name, value in dimensions.items():
        yield Attr(f"dimensions.{name}").eq(value)


def _item(point: MetricPoint) -> Item:
    return {
        "PK": _partition(point.metric_name),
        "SK": f"{_POINTS}{point.timestamp}#{uuid4().hex[:_TAIL]}",
        **to_item(point),
        TTL_ATTRIBUTE: expiry(point.timestamp, METRIC_RETENTION_SECONDS),
    }
