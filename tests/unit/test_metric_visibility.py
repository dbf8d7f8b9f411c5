"""Who sees which points of metrics: one rule for REST, which sums them up, and GraphQL, which tells each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.testing.calls import deploy_dev
from api.testing.graph import data_of
from cloud_core.domain.metrics import Metric, MetricPoint, organization_of
from cloud_core.services.records.request_counts import RequestCounts
from cloud_core.testing.builders import DEPLOYMENT_ID, NOW
from cloud_core.testing.waiting import wait_for

EVER = {"start_time": "2000-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z"}
ACME, BIRCHWAY = frozenset({"Acme"}), frozenset({"Birchway"})
ASKED = {ACME: 2, BIRCHWAY: 4, ACME | BIRCHWAY: 8, frozenset[str](): 16}


def a_point(**dimensions: str) -> MetricPoint:
    return MetricPoint(metric_name="x", timestamp=NOW, value=1, dimensions=dimensions)


@pytest.mark.parametrize(
    ("dimensions", "seen_by_acme"),
    [
        ({"deployment_id": "D1", "environment": "dev"}, True),
        ({"deployment_id": "D2"}, False),
        ({"organization": "Acme"}, True),
        ({"organization": "Birchway"}, False),
        ({"deployment_id": "D2", "organization": "Acme"}, False),
        ({"environment": "dev"}, False),
        ({}, False),
    ],
    ids=str,
)
def test_the_rule(dimensions: dict[str, str], seen_by_acme: bool) -> None:
    point = a_point(**dimensions)
    assert point.is_visible(ACME, lambda deployment_id: deployment_id == "D1") is seen_by_acme
    assert point.is_visible(None, lambda _: False)


def test_what_somebody_of_several_organisations_did_is_of_none_of_them() -> None:
    assert organization_of(ACME) == {"organization": "Acme"}
    assert organization_of(ACME | BIRCHWAY) == organization_of(frozenset()) == {}


@pytest.fixture
def asked(make_api: Any) -> Any:
    """The API, asked so often by those of each organisation; dev of Acme's deployment is deployed."""

    def made(**settings: Any) -> Any:
        api = make_api(**settings)
        deploy_dev(api.edge)
        counts = RequestCounts(lambda: api.edge.world.records, api.edge.clock)
        for organizations, often in ASKED.items():
            for number in range(often):
                counts.add(organizations, is_error=number == 0)
        counts.write()
        return api

    return made


def told_by_rest(client: Any, **about: str) -> dict[str, Any]:
    answer = client.get("monitoring/metrics", params=about)
    assert answer.status_code == 200, answer.text
    metrics: dict[str, Any] = answer.json()["metrics"]
    return metrics


def told_by_graph(client: Any, name: str) -> float:
    return sum(point["value"] for point in data_of(client, "GetMetrics", metric_name=name, **EVER))


@pytest.mark.parametrize(
    ("groups", "requests", "errors", "deploys"),
    [
        (("org:Acme",), 2, 1, 1),
        (("org:Birchway",), 4, 1, 0),
        (("org:Acme", "org:Birchway"), 6, 2, 1),
        (("org:Globex",), 0, 0, 0),
    ],
    ids=str,
)
def test_an_organisation_sees_its_own_numbers(
    asked: Any, groups: tuple[str, ...], requests: int, errors: int, deploys: int
) -> None:
    client = asked().as_("ReadOnly", *groups)
    told = told_by_rest(client)
    assert (told["api_requests"], told["api_errors"], told["deployments_started"]) == (requests, errors, deploys)
    names = (Metric.API_REQUESTS, Metric.API_ERRORS, Metric.DEPLOYMENTS_STARTED)
    assert [told_by_graph(client, name) for name in names] == [requests, errors, deploys]


def test_whoever_sees_all_organisations_sees_what_belongs_to_none_as_well(asked: Any) -> None:
    client = asked(organization_isolation=False).as_("ReadOnly")
    told = told_by_rest(client)
    assert (told["api_requests"], told["api_errors"], told["deployments_started"]) == (30, 4, 1)
    assert told_by_graph(client, Metric.API_REQUESTS) == 30


@pytest.mark.parametrize("about", [{"deployment_id": DEPLOYMENT_ID}, {"environment": "dev"}], ids=str)
def test_requests_are_of_no_deployment_and_no_environment(asked: Any, about: dict[str, str]) -> None:
    told = told_by_rest(asked().reader(), **about)
    assert (told["api_requests"], told["api_errors"], told["deployments_started"]) == (None, None, 1)


def test_what_an_organisation_records_is_its_own(asked: Any) -> None:
    api = asked()
    point = {"metric_name": "x", "value": 1.5, "unit": "count"}
    made = data_of(api.developer(), "CreateMetric", input=point)
    assert json.loads(made["dimensions"]) == {"organization": "Acme"}
    wish = {"metric_name": "x", **EVER}
    assert data_of(api.reader(), "GetMetrics", **wish) == [made]
    assert data_of(api.as_("Administrators", "org:Birchway"), "GetMetrics", **wish) == []


def test_requests_are_counted_for_the_organisation_of_the_caller(make_api: Any) -> None:
    api = make_api(metrics_seconds=0.02)
    api.client.get("me")
    api.reader().get("me")
    api.as_("ReadOnly", "org:Birchway").get("me")

    def organizations() -> list[str | None]:
        points = api.edge.world.records.metrics.get_metrics(
            Metric.API_REQUESTS, api.edge.clock.now().replace(year=2000), api.edge.clock.now().replace(year=2100)
        )
        return sorted((point.dimensions.get("organization") for point in points), key=str)

    wait_for("the counts are written", lambda: organizations() == ["Acme", "Birchway", None])
