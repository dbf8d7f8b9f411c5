"""How the operations of the last hours and days went, counted from their records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Any, Final

from cloud_core.domain.clock import parse_timestamp, timestamp
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, OperationStatus, StackStatus
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records
from cloud_core.services.looking.deployments import DeploymentFilter, DeploymentService
from cloud_core.services.looking.report import operation_seconds
from cloud_core.services.records.operations import newest_first


class Period(StrEnum):
    HOUR = "1h"
    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"


_LENGTH: Final = {
    Period.HOUR: timedelta(hours=1),
    Period.DAY: timedelta(days=1),
    Period.WEEK: timedelta(days=7),
    Period.MONTH: timedelta(days=30),
}


@dataclass(frozen=True)
class MetricsQuery:
    """None counts all: of the organisations `visible`, all environments."""

    period: Period
    visible: frozenset[str] | None = None
    deployment_id: str | None = None
    environment: EnvironmentName | None = None


class MetricsService:
    """Reads the operations of each deployment back to the beginning of the period."""

    def __init__(self, records: Callable[[], Records], deployments: DeploymentService, clock: Clock) -> None:
        self._records = records
        self._deployments = deployments
        self._clock = clock

    def of(self, query: MetricsQuery) -> dict[str, Any]:
        """`{period, timestamp, metrics}`. Raises as `DeploymentService.require_visible` for the one deployment."""
        now = self._clock.now()
        ids = self._ids(query)
        found = [one for each in ids for one in self._since(each, now - _LENGTH[query.period])]
        wanted = [one for one in found if query.environment in (None, one.environment)]
        return {"period": query.period.value, "timestamp": timestamp(now), "metrics": _metrics(wanted)}

    def _ids(self, query: MetricsQuery) -> list[str]:
        if query.deployment_id is not None:
            self._deployments.require_visible(query.deployment_id, query.visible)
            return [query.deployment_id]
        everything = DeploymentFilter(visible=query.visible, include_destroyed=True)
        return [one.deployment.deployment_id for one in self._deployments.list(everything).items]

    def _since(self, deployment_id: str, begin: datetime) -> Iterator[Operation]:
        operations = newest_first(self._records().operations, deployment_id)
        return takewhile(lambda one: parse_timestamp(one.created_at) >= begin, operations)


def _metrics(operations: Iterable[Operation]) -> dict[str, Any]:
    deploys = [one for one in operations if one.type is Action.DEPLOY]
    ended = [one for one in deploys if one.status is OperationStatus.SUCCESS]
    seconds = [found for one in ended if (found := operation_seconds(one)) is not None]
    results = [result for one in deploys for result in one.results.values()]
    return {
        "deployments_started": len(deploys),
        "deployments_completed": len(ended),
        "deployments_failed": sum(one.status is OperationStatus.FAILED for one in deploys),
        "stacks_deployed": sum(result.status is StackStatus.DEPLOYED for result in results),
        "average_deployment_time_seconds": round(sum(seconds) / len(seconds), 3) if seconds else None,
    }
