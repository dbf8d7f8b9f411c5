"""What every `MetricRepository` promises."""

from __future__ import annotations

import math
import threading
from datetime import timedelta
from typing import Any

import pytest

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.metrics import Metric, MetricPoint, Period, Summary, Unit
from cloud_core.ports.records import Records
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.clock import START, FakeClock

END = START + timedelta(days=1)


def _point(seconds: float, value: float = 1, name: str = "stacks_deployed", **dimensions: str) -> MetricPoint:
    moment = timestamp(START + timedelta(seconds=seconds))
    return MetricPoint(metric_name=name, timestamp=moment, value=value, dimensions=dimensions)


def test_a_point_comes_back_as_it_was_recorded(records: Records) -> None:
    records.metrics.record_metric("disk.used", 0.25, Unit.BYTES, {"deployment_id": DEPLOYMENT_ID})
    assert records.metrics.get_metrics("disk.used", START, END) == [
        MetricPoint(
            metric_name="disk.used",
            timestamp=timestamp(START),
            value=0.25,
            unit=Unit.BYTES,
            dimensions={"deployment_id": DEPLOYMENT_ID},
        )
    ]


def test_two_points_of_one_moment_are_both_kept(records: Records) -> None:
    for value in (1, 2, 2):
        records.metrics.record_metric("a", value)
    assert sorted(point.value for point in records.metrics.get_metrics("a", START, END)) == [1, 2, 2]


def test_threads_at_the_same_moment_lose_nothing(records: Records) -> None:
    threads = [
        threading.Thread(target=lambda: [records.metrics.record_metric("a", 1) for _ in range(10)]) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(records.metrics.get_metrics("a", START, END)) == 60


def test_a_range_is_read_oldest_first_with_its_start_and_without_its_end(records: Records) -> None:
    points = [_point(second) for second in range(5)]
    records.metrics.record_many(points[::-1])
    found = records.metrics.get_metrics("stacks_deployed", START + timedelta(seconds=1), START + timedelta(seconds=4))
    assert found == points[1:4]
    assert records.metrics.get_metrics("stacks_deployed", END, START) == []
    assert records.metrics.get_metrics("stacks_deployed", START, START) == []
    assert records.metrics.get_metrics("stacks", START, END) == []


def test_dimensions_that_are_asked_for_have_to_be_there(records: Records) -> None:
    dev, prod = _point(0, deployment_id="D1", environment="dev"), _point(1, deployment_id="D1", environment="prod")
    none = _point(2)
    records.metrics.record_many([dev, prod, none])

    def found(**dimensions: str) -> list[MetricPoint]:
        return records.metrics.get_metrics("stacks_deployed", START, END, dimensions)

    assert found() == [dev, prod, none]
    assert found(environment="prod") == [prod]
    assert found(environment="prod", deployment_id="D1") == [prod]
    assert found(environment="prod", deployment_id="D2") == []


def test_more_points_than_one_answer_holds_are_all_read(records: Records) -> None:
    points = [_point(n / 1000, long="x" * 1500) for n in range(900)]
    records.metrics.record_many(points)
    assert records.metrics.get_metrics("stacks_deployed", START, END) == points


def test_more_points_than_are_wanted_are_refused_with_the_way_out(records: Records) -> None:
    records.metrics.record_many([_point(n, environment="dev" if n else "prod") for n in range(5)])
    records.metrics.record_many([_point(0, name="other")])
    assert len(records.metrics.get_metrics("stacks_deployed", START, END, most=5)) == 5
    with pytest.raises(InvalidInput, match="stacks_deployed has more than 4 points in this time: ask for a shorter"):
        records.metrics.get_metrics("stacks_deployed", START, END, most=4)
    # Those that have other dimensions are read as well.
    with pytest.raises(InvalidInput, match="more than 3 points"):
        records.metrics.get_metrics("stacks_deployed", START, END, {"environment": "prod"}, most=3)
    assert len(records.metrics.get_metrics("stacks_deployed", START + timedelta(seconds=1), END, most=4)) == 4
    assert records.metrics.get_metrics("stacks_deployed", END, START, most=4) == []


@pytest.mark.parametrize(
    ("name", "value"), [("", 1), ("a b", 1), ("A", 1), ("a" * 101, 1), ("a", math.nan), ("a", math.inf)]
)
def test_what_can_t_be_kept_is_refused(records: Records, name: str, value: float) -> None:
    with pytest.raises(InvalidInput, match="can't be kept"):
        records.metrics.record_metric(name, value)
    assert records.metrics.get_metrics(name or "none", START, END) == []


def test_no_points_are_no_error(records: Records) -> None:
    records.metrics.record_many([])
    assert records.metrics.get_summary(Period.HOUR)[Metric.API_REQUESTS] == Summary(0, 0)
    assert records.metrics.get_summary(Period.HOUR)[Metric.API_REQUESTS].average is None


def test_a_summary_is_of_the_period_until_now(records: Records, clock: FakeClock) -> None:
    records.metrics.record_many([_point(0, 5), _point(3600, 2), _point(7200, 4)])
    clock.advance(7200)
    found = records.metrics.get_summary(Period.HOUR)
    assert found.keys() == set(Metric)
    assert found[Metric.STACKS_DEPLOYED] == Summary(2, 6, 2, 4)
    assert found[Metric.STACKS_DEPLOYED].average == 3
    assert records.metrics.get_summary(Period.DAY)[Metric.STACKS_DEPLOYED].total == 11


def test_a_summary_counts_what_is_recorded_at_this_very_moment(records: Records) -> None:
    records.metrics.record_metric(Metric.API_REQUESTS, 7)
    assert records.metrics.get_summary(Period.HOUR)[Metric.API_REQUESTS].total == 7


def test_a_summary_of_some_points_leaves_out_the_others(records: Records) -> None:
    records.metrics.record_many(
        [
            _point(0, 1, deployment_id="D1", environment="dev"),
            _point(0, 2, deployment_id="D2", environment="dev"),
            _point(0, 4, deployment_id="D1", environment="prod"),
            _point(0, 8),
        ]
    )

    def total(*arguments: Any) -> float:
        return records.metrics.get_summary(Period.HOUR, *arguments)[Metric.STACKS_DEPLOYED].total

    assert total() == 15
    assert total({"environment": "dev"}) == 3
    assert total(None, lambda point: point.dimensions.get("deployment_id") == "D1") == 5
    assert total({"environment": "dev"}, lambda point: point.value < 2) == 1
    assert total(None, lambda point: False) == 0


def test_points_older_than_a_year_are_not_read(records: Records, clock: FakeClock) -> None:
    old, young = _point(0), _point(2 * 24 * 3600)
    records.metrics.record_many([old, young])
    clock.advance(timedelta(days=366).total_seconds())
    assert records.metrics.get_metrics("stacks_deployed", START, START + timedelta(days=400)) == [young]


def test_a_point_s_item_expires_after_a_year(dynamo, clock: FakeClock) -> None:
    dynamo.records(clock).metrics.record_metric("a", 1)
    (item,) = dynamo.items("metrics")
    assert item["ttl"] == int((START + timedelta(days=365)).timestamp())
    assert item["PK"] == "METRIC#a"
    assert item["SK"].startswith(f"TIMESTAMP#{timestamp(START)}#")
    assert len(item["SK"].rpartition("#")[2]) == 8
