"""What is counted and timed of the platform's own work: points of named metrics, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cloud_core.domain.clock import parse_timestamp, timestamp
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.events import EventDraft, EventName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, StackStatus


class Metric(StrEnum):
    """The metrics that the platform itself records. Others may be kept beside them, under names of their own."""

    DEPLOYMENTS_STARTED = "deployments_started"
    DEPLOYMENTS_COMPLETED = "deployments_completed"
    DEPLOYMENTS_FAILED = "deployments_failed"
    DEPLOYMENT_DURATION = "deployment_duration"
    STACKS_DEPLOYED = "stacks_deployed"
    STACKS_SKIPPED = "stacks_skipped"
    STACKS_FAILED = "stacks_failed"
    STACK_DEPLOYMENT_DURATION = "stack_deployment_duration"
    RESOURCES_CREATED = "resources_created"
    API_REQUESTS = "api_requests"
    API_ERRORS = "api_errors"


ORGANIZATION: Final = "organization"
"""The dimension of points that belong to an organisation and to none of its deployments."""


def too_many_points(name: str, most: int) -> InvalidInput:
    """The refusal of a time in which there are more of them."""
    return InvalidInput(
        f"{name} has more than {most} points in this time: ask for a shorter time",
        field="start_time",
        suggestion="let start_time and end_time lie closer together",
    )


class Unit(StrEnum):
    COUNT = "count"
    SECONDS = "seconds"
    BYTES = "bytes"


class Period(StrEnum):
    """How far back a summary looks."""

    HOUR = "1h"
    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"

    @property
    def length(self) -> timedelta:
        hours = {Period.HOUR: 1, Period.DAY: 24, Period.WEEK: 7 * 24, Period.MONTH: 30 * 24}
        return timedelta(hours=hours[self])


class MetricPoint(BaseModel):
    """One value. `dimensions` say what it is of: `deployment_id`, `stack_name`, `environment`, or `organization`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    metric_name: str = Field(pattern=r"^[a-z][a-z0-9_.]{0,99}$")
    timestamp: str
    value: float
    unit: Unit = Unit.COUNT
    dimensions: dict[str, str] = Field(default_factory=dict)

    def is_of(self, dimensions: Mapping[str, str]) -> bool:
        return dimensions.items() <= self.dimensions.items()

    def is_visible(self, organizations: frozenset[str] | None, sees: Callable[[str], bool]) -> bool:
        """Whether those see it who see these organisations, None for all: it is the one rule for everything that is
        told of points.

        A point is its deployment's (`sees` tells of an id whether they see it), else its organisation's. One of neither
        is the platform's, and seen by those alone who see everything.
        """
        if organizations is None:
            return True
        deployment_id = self.dimensions.get("deployment_id")
        return self.dimensions.get(ORGANIZATION) in organizations if deployment_id is None else sees(deployment_id)


def organization_of(organizations: frozenset[str]) -> dict[str, str]:
    """The dimension of what somebody of these organisations did: what somebody of several did is of none of them."""
    return {ORGANIZATION: min(organizations)} if len(organizations) == 1 else {}


Counts = Callable[[MetricPoint], bool]
"""Which points count."""


def everything(_: MetricPoint) -> bool:
    return True


def metric_point(
    name: str, value: float, unit: Unit, dimensions: Mapping[str, str] | None, moment: datetime
) -> MetricPoint:
    """Raises InvalidInput for a name or a value that can't be kept."""
    try:
        return MetricPoint(
            metric_name=name, timestamp=timestamp(moment), value=value, unit=unit, dimensions=dict(dimensions or {})
        )
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        raise InvalidInput(f"{field} of the metric {name!r} can't be kept: {first['msg']}", field=field) from None


@dataclass(frozen=True)
class Summary:
    """What the points of one metric come to; `average` is None without points."""

    count: int
    total: float
    least: float | None = None
    most: float | None = None

    @property
    def average(self) -> float | None:
        return self.total / self.count if self.count else None


def summary_of(points: Iterable[MetricPoint], counts: Counts = everything) -> Summary:
    """Of the points that count."""
    values = [point.value for point in points if counts(point)]
    return Summary(len(values), sum(values), min(values, default=None), max(values, default=None))


def summaries(
    read: Callable[[Metric, datetime, datetime], Iterable[MetricPoint]],
    period: Period,
    now: datetime,
    counts: Counts = everything,
) -> dict[Metric, Summary]:
    """Of each metric over the period until now. `read` gives a metric's points from one moment to before another."""
    # What is recorded in this very millisecond counts, too.
    start, end = now - period.length, now + Period.HOUR.length
    return {metric: summary_of(read(metric, start, end), counts) for metric in Metric}


def points_of(operation: Operation, event: EventDraft) -> list[MetricPoint]:
    """What an event of a deploy adds to the metrics; other operations are not counted."""
    if operation.type is not Action.DEPLOY:
        return []
    dimensions = {"deployment_id": event.deployment_id, "environment": event.environment.value}
    if event.stack_name is not None:
        dimensions["stack_name"] = event.stack_name
    return [
        MetricPoint(
            metric_name=metric,
            timestamp=event.timestamp,
            value=value,
            unit=Unit.SECONDS if metric in _TIMES else Unit.COUNT,
            dimensions=dimensions,
        )
        for metric, value in _values(operation, event)
    ]


_TIMES: Final = frozenset({Metric.DEPLOYMENT_DURATION, Metric.STACK_DEPLOYMENT_DURATION})
_PLAIN: Final = {
    EventName.DEPLOYMENT_STARTED: Metric.DEPLOYMENTS_STARTED,
    EventName.DEPLOYMENT_FAILED: Metric.DEPLOYMENTS_FAILED,
    EventName.STACK_SKIPPED: Metric.STACKS_SKIPPED,
}


def _values(operation: Operation, event: EventDraft) -> list[tuple[Metric, float]]:
    if event.event in _PLAIN:
        return [(_PLAIN[event.event], 1)]
    if event.event is EventName.DEPLOYMENT_COMPLETE:
        seconds = (parse_timestamp(event.timestamp) - parse_timestamp(operation.submitted_at)).total_seconds()
        return [(Metric.DEPLOYMENTS_COMPLETED, 1), (Metric.DEPLOYMENT_DURATION, max(seconds, 0))]
    if event.event is EventName.STACK_DEPLOYED:
        return _of_a_stack(event)
    if event.event is EventName.STACK_FAILED and event.data.get("status") != StackStatus.CANCELLED.value:
        return [(Metric.STACKS_FAILED, 1)]
    return []


def _of_a_stack(event: EventDraft) -> list[tuple[Metric, float]]:
    if event.data.get("status") == StackStatus.SKIPPED.value:
        return [(Metric.STACKS_SKIPPED, 1)]
    found: list[tuple[Metric, float]] = [(Metric.STACKS_DEPLOYED, 1)]
    if "duration_seconds" in event.data:
        found.append((Metric.STACK_DEPLOYMENT_DURATION, event.data["duration_seconds"]))
    if created := (event.data.get("changes") or {}).get("create"):
        found.append((Metric.RESOURCES_CREATED, created))
    return found
