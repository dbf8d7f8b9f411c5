"""Points of metrics, one by one, as far as whoever asks may see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from cloud_core.domain.errors import InvalidInput, NotPermitted
from cloud_core.domain.metrics import Metric, MetricPoint, Unit, metric_point, organization_of
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records
from cloud_core.services.looking.visibility import require_visible
from cloud_core.services.records.statuses import require_deployment

MOST_POINTS: Final = 1000
"""Points that a metric may have in the time that is asked for: there are no pages."""
DIMENSIONS: Final = ("deployment_id", "stack_name", "environment")
# The store's end is not included, ours is; times are kept in milliseconds.
_INCLUDED: Final = timedelta(milliseconds=1)


class VisiblePoints:
    def __init__(self, records: Callable[[], Records], clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def record(
        self, name: str, value: float, unit: str, dimensions: Mapping[str, Any], visible: frozenset[str] | None
    ) -> MetricPoint:
        """Store a point of now; one of no deployment is of the organisation of whoever records it.

        InvalidInput for a name, a unit or dimensions that can't be; NotPermitted for a metric that the platform itself
        records: its figures are what it has counted, and nobody adds to them.
        """
        if name in set(Metric):
            raise NotPermitted(
                f"{name} is counted by the platform alone", suggestion="record it under a name of your own"
            )
        given = _checked(dimensions)
        if "deployment_id" not in given:
            given |= organization_of(visible or frozenset())
        point = metric_point(name, value, _unit(unit), given, self._clock.now())
        self._records().metrics.record_many([point])
        return point

    def read(
        self, name: str, times: tuple[datetime, datetime], dimensions: Mapping[str, Any], visible: frozenset[str] | None
    ) -> list[MetricPoint]:
        """Of these times, both included, oldest first; only points that have all of these dimensions, which are
        InvalidInput where there are none such, as is a time in which the metric has more than MOST_POINTS.
        DeploymentNotFound, OrganizationMismatch for the deployment that they name."""
        wanted, records = _checked(dimensions), self._records()
        named = wanted.get("deployment_id")
        if named is not None:
            require_visible(require_deployment(records.deployments, named), visible)
        found = records.metrics.get_metrics(name, times[0], times[1] + _INCLUDED, wanted, MOST_POINTS)
        sees = cache(lambda deployment_id: deployment_id == named or self._sees(deployment_id, visible))
        return [point for point in found if point.is_visible(visible, sees)]

    def _sees(self, deployment_id: str, visible: frozenset[str] | None) -> bool:
        found = self._records().deployments.get_by_id(deployment_id)
        return found is not None and (visible is None or found.organization in visible)


def _unit(unit: str) -> Unit:
    try:
        return Unit(unit)
    except ValueError:
        units = ", ".join(one.value for one in Unit)
        raise InvalidInput(f"unit {unit!r} is unknown: use {units}", field="unit", value=unit) from None


def _checked(dimensions: Mapping[str, Any]) -> dict[str, str]:
    wrong = [name for name, value in dimensions.items() if name not in DIMENSIONS or not isinstance(value, str)]
    if wrong:
        raise InvalidInput(
            f"dimensions {', '.join(sorted(wrong))} can't be: they are {', '.join(DIMENSIONS)}, and texts",
            field="dimensions",
        )
    return {name: str(value) for name, value in dimensions.items()}
