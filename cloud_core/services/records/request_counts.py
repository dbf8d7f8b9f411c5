"""How many requests an API process has answered, by organisation: counted in memory, written now and then."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import CloudError
from cloud_core.domain.metrics import Metric, MetricPoint, organization_of
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records

_Counts = Counter[tuple[Metric, frozenset[str]]]
_logger = logging.getLogger(__name__)


class RequestCounts:
    """Safe between threads. `records` may raise: what could not be written is written with the next ones."""

    def __init__(self, records: Callable[[], Records], clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: _Counts = Counter()

    def add(self, organizations: frozenset[str], *, is_error: bool) -> None:
        """One request more of somebody of these organisations; an error is one that the platform could not answer as it
        should."""
        with self._lock:
            self._counts[Metric.API_REQUESTS, organizations] += 1
            self._counts[Metric.API_ERRORS, organizations] += is_error

    def write(self) -> None:
        """Write what came since the last time, a point for each metric and organisation; nothing when nothing came.

        Never raises a CloudError.
        """
        with self._lock:
            counts, self._counts = self._counts, Counter()
        points = _points(counts, timestamp(self._clock.now()))
        if not points:
            return
        try:
            self._records().metrics.record_many(points)
        except CloudError as error:
            _logger.warning("the counts of requests could not be written: %s", error)
            with self._lock:
                self._counts.update(counts)


def _points(counts: _Counts, now: str) -> list[MetricPoint]:
    return [
        MetricPoint(metric_name=metric, timestamp=now, value=count, dimensions=organization_of(organizations))
        for (metric, organizations), count in counts.items()
        if count
    ]
