"""Points of metrics in memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from cloud_core.domain.clock import parse_timestamp, timestamp
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
from cloud_core.ports.clock import Clock
from cloud_core.testing.in_memory.copies import copy_of

_RETENTION: Final = timedelta(days=365)


class InMemoryMetrics:
    """`ports.records.MetricRepository`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._points: list[MetricPoint] = []

    def record_metric(
        self, name: str, value: float, unit: Unit = Unit.COUNT, dimensions: Mapping[str, str] | None = None
    ) -> None:
        self.record_many([metric_point(name, value, unit, dimensions, self._clock.now())])

    def record_many(self, points: Sequence[MetricPoint]) -> None:
        with self._lock:
            self._points += [copy_of(point) for point in points]

    def get_metrics(
        self,
        name: str,
        start: datetime,
        end: datetime,
        dimensions: Mapping[str, str] | None = None,
        most: int | None = None,
    ) -> list[MetricPoint]:
        first, last = timestamp(start), timestamp(end)
        with self._lock:
            points = sorted(self._points, key=lambda point: point.timestamp)
        found = [point for point in points if point.metric_name == name and first <= point.timestamp < last]
        if most is not None and len(found) > most:
            raise too_many_points(name, most)
        return [
            copy_of(point)
            for point in found
            if point.is_of(dimensions or {}) and parse_timestamp(point.timestamp) + _RETENTION > self._clock.now()
        ]

    def get_summary(
        self,
        period: Period,
        dimensions: Mapping[str, str] | None = None,
        counts: Counts = everything,
    ) -> dict[Metric, Summary]:
        return summaries(partial(self.get_metrics, dimensions=dimensions), period, self._clock.now(), counts)
