"""How the deploys of the last hours and days went, and how much the API was asked, summed up from the metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cloud_core.domain.clock import timestamp
from cloud_core.domain.metrics import Counts, Metric, Period, Summary, everything
from cloud_core.domain.names import EnvironmentName
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records
from cloud_core.services.looking.deployments import DeploymentFilter, DeploymentService


@dataclass(frozen=True)
class MetricsQuery:
    """None counts all: of the organisations `visible`, all environments."""

    period: Period
    visible: frozenset[str] | None = None
    deployment_id: str | None = None
    environment: EnvironmentName | None = None

    @property
    def dimensions(self) -> dict[str, str]:
        named = {"deployment_id": self.deployment_id, "environment": self.environment}
        return {name: str(value) for name, value in named.items() if value is not None}

    @property
    def tells_requests(self) -> bool:
        """Requests to the API are of no deployment and no environment."""
        return not self.dimensions


class MetricsService:
    def __init__(self, records: Callable[[], Records], deployments: DeploymentService, clock: Clock) -> None:
        self._records = records
        self._deployments = deployments
        self._clock = clock

    def of(self, query: MetricsQuery) -> dict[str, Any]:
        """`{period, timestamp, metrics}`. Raises as `DeploymentService.require_visible` for the one deployment."""
        found = self._records().metrics.get_summary(query.period, query.dimensions, self._counts(query))
        return {
            "period": query.period.value,
            "timestamp": timestamp(self._clock.now()),
            "metrics": _metrics(found, with_requests=query.tells_requests),
        }

    def _counts(self, query: MetricsQuery) -> Counts:
        """Whoever sees everything has the points counted of deployments whose records are gone, too."""
        if query.deployment_id is not None:
            self._deployments.require_visible(query.deployment_id, query.visible)
            return everything
        if query.visible is None:
            return everything
        theirs = DeploymentFilter(visible=query.visible, include_destroyed=True)
        ids = frozenset(one.deployment.deployment_id for one in self._deployments.list(theirs).items)
        return lambda point: point.is_visible(query.visible, ids.__contains__)


def _metrics(found: Mapping[Metric, Summary], with_requests: bool) -> dict[str, Any]:
    def total(metric: Metric) -> int:
        return round(found[metric].total)

    def average(metric: Metric) -> float | None:
        mean = found[metric].average
        return None if mean is None else round(mean, 3)

    return {
        "deployments_started": total(Metric.DEPLOYMENTS_STARTED),
        "deployments_completed": total(Metric.DEPLOYMENTS_COMPLETED),
        "deployments_failed": total(Metric.DEPLOYMENTS_FAILED),
        "stacks_deployed": total(Metric.STACKS_DEPLOYED),
        "stacks_skipped": total(Metric.STACKS_SKIPPED),
        "stacks_failed": total(Metric.STACKS_FAILED),
        "resources_created": total(Metric.RESOURCES_CREATED),
        "average_deployment_time_seconds": average(Metric.DEPLOYMENT_DURATION),
        "average_stack_time_seconds": average(Metric.STACK_DEPLOYMENT_DURATION),
        "api_requests": total(Metric.API_REQUESTS) if with_requests else None,
        "api_errors": total(Metric.API_ERRORS) if with_requests else None,
    }
