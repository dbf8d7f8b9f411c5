"""What is counted of deploys and of requests, and that a store which fails costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import RecordsUnavailable
from cloud_core.domain.events import EventName
from cloud_core.domain.metrics import Metric, MetricPoint, Period, Unit, points_of
from cloud_core.domain.statuses import Action
from cloud_core.services.records.event_writer import EventWriter
from cloud_core.services.records.events import count
from cloud_core.services.records.request_counts import RequestCounts
from cloud_core.testing.builders import DEPLOYMENT_ID, an_event, an_operation
from cloud_core.testing.clock import START, FakeClock
from cloud_core.testing.records import InMemoryRecords

NOBODYS: frozenset[str] = frozenset()


class Away:
    """A store of metrics that can't be reached until `back`."""

    def __init__(self, records: InMemoryRecords) -> None:
        self.back = False
        self._metrics = records.metrics

    def record_many(self, points: Sequence[MetricPoint]) -> None:
        if not self.back:
            raise RecordsUnavailable("the records can't be reached")
        self._metrics.record_many(points)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def records(clock: FakeClock) -> InMemoryRecords:
    return InMemoryRecords(clock)


def _totals(records: InMemoryRecords) -> dict[str, float]:
    return {name.value: found.total for name, found in records.metrics.get_summary(Period.HOUR).items() if found.count}


@pytest.mark.parametrize(
    ("name", "data", "counted"),
    [
        (EventName.DEPLOYMENT_STARTED, {}, {"deployments_started": 1}),
        (EventName.DEPLOYMENT_FAILED, {}, {"deployments_failed": 1}),
        (EventName.DEPLOYMENT_COMPLETE, {}, {"deployments_completed": 1, "deployment_duration": 90}),
        (EventName.DEPLOYMENT_CANCELLED, {}, {}),
        (
            EventName.STACK_DEPLOYED,
            {"status": "deployed", "duration_seconds": 2.5, "changes": {"create": 3, "same": 1}},
            {"stacks_deployed": 1, "stack_deployment_duration": 2.5, "resources_created": 3},
        ),
        (EventName.STACK_DEPLOYED, {"status": "deployed", "changes": None}, {"stacks_deployed": 1}),
        (EventName.STACK_DEPLOYED, {"status": "skipped", "cause": "unchanged"}, {"stacks_skipped": 1}),
        (EventName.STACK_SKIPPED, {"status": "skipped"}, {"stacks_skipped": 1}),
        (EventName.STACK_FAILED, {"status": "failed"}, {"stacks_failed": 1}),
        (EventName.STACK_FAILED, {"status": "cancelled"}, {}),
        (EventName.STACK_DEPLOYING, {}, {}),
        (EventName.LOG, {"message": "hello"}, {}),
    ],
)
def test_what_an_event_counts_for(name: EventName, data: dict[str, Any], counted: dict[str, float]) -> None:
    moment = timestamp(START + timedelta(seconds=90))
    points = points_of(an_operation(), an_event(event=name, data=data, timestamp=moment))
    assert {point.metric_name: point.value for point in points} == counted
    assert {point.timestamp for point in points} <= {moment}
    assert {point.metric_name for point in points if point.unit is Unit.SECONDS} == {
        name for name in counted if name.endswith("duration")
    }


def test_a_point_says_what_it_is_of() -> None:
    (point,) = points_of(an_operation(), an_event(event=EventName.STACK_SKIPPED, stack_name="network"))
    assert point.dimensions == {"deployment_id": DEPLOYMENT_ID, "environment": "dev", "stack_name": "network"}


@pytest.mark.parametrize("action", [action for action in Action if action is not Action.DEPLOY])
def test_other_operations_than_deploys_are_not_counted(action: Action) -> None:
    assert points_of(an_operation(type=action), an_event(event=EventName.DEPLOYMENT_STARTED)) == []


def test_a_flow_s_events_are_counted(records: InMemoryRecords, clock: FakeClock) -> None:
    with EventWriter(an_operation(), records, clock) as events:
        events.emit(EventName.DEPLOYMENT_STARTED)
        for stack in ("network", "dns"):
            events.emit(EventName.STACK_DEPLOYED, stack, status="deployed", duration_seconds=2.0)
        events.flush()
        assert _totals(records)["stacks_deployed"] == 2
        events.emit(EventName.DEPLOYMENT_COMPLETE)
    assert _totals(records) == {
        "deployments_started": 1,
        "stacks_deployed": 2,
        "stack_deployment_duration": 4,
        "deployments_completed": 1,
        "deployment_duration": 0,
    }


def test_metrics_that_are_lost_cost_no_event_and_no_line(records: InMemoryRecords, clock: FakeClock) -> None:
    store: Any = SimpleNamespace(events=records.events, logs=records.logs, metrics=Away(records))
    with EventWriter(an_operation(), store, clock) as events:
        events.emit(EventName.DEPLOYMENT_STARTED)
        events.emit(EventName.DEPLOYMENT_COMPLETE)
    assert [event.event.value for event in records.events.read(DEPLOYMENT_ID)] == [
        "deployment_started",
        "deployment_complete",
    ]
    assert len(records.logs.get_logs(DEPLOYMENT_ID).items) == 2
    assert events.lost == 1
    count(store, an_operation(), [an_event(event=EventName.DEPLOYMENT_FAILED)])
    assert _totals(records) == {}


def test_a_value_that_can_t_be_kept_costs_its_point_only(records: InMemoryRecords, clock: FakeClock) -> None:
    with EventWriter(an_operation(), records, clock) as events:
        events.emit(EventName.STACK_DEPLOYED, "network", status="deployed", duration_seconds=float("nan"))
        events.emit(EventName.DEPLOYMENT_STARTED)
    assert _totals(records) == {"deployments_started": 1}
    assert records.events.last_seq(DEPLOYMENT_ID) == 2


def test_requests_are_written_together(records: InMemoryRecords, clock: FakeClock) -> None:
    counts = RequestCounts(lambda: records, clock)
    counts.write()
    for is_error in (False, True, False):
        counts.add(NOBODYS, is_error=is_error)
    assert _totals(records) == {}
    counts.write()
    counts.write()
    assert _totals(records) == {"api_requests": 3, "api_errors": 1}
    found = records.metrics.get_metrics(Metric.API_REQUESTS, START, START + timedelta(days=1))
    assert [point.value for point in found] == [3]


def test_requests_that_could_not_be_written_are_written_with_the_next(
    records: InMemoryRecords, clock: FakeClock
) -> None:
    metrics = Away(records)
    store: Any = SimpleNamespace(metrics=metrics)
    counts = RequestCounts(lambda: store, clock)
    counts.add(NOBODYS, is_error=False)
    counts.write()
    metrics.back = True
    counts.add(NOBODYS, is_error=True)
    counts.write()
    assert _totals(records) == {"api_requests": 2, "api_errors": 1}
