"""What GraphQL answers, to whom, and what it refuses."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from api.testing.graph import data_of as data
from api.testing.graph import refused
from cloud_core.domain.metrics import Metric, Unit, metric_point
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.page_tokens import encode_token
from cloud_core.domain.records import LogLevel
from cloud_core.domain.statuses import Action, StackStatus
from cloud_core.resources import data_dir
from cloud_core.services.operations.guards import StartOperation
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.builders import a_log_entry, a_stack

DEV = {"deployment_id": ID, "environment": "dev"}
EVER = {"start_time": "2000-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z"}


@pytest.fixture
def deployed(api: Any) -> Any:
    """The API with dev deployed, and nothing running."""
    api.edge.operations.start(StartOperation(ID, EnvironmentName.DEV, Action.DEPLOY, "dev"))
    api.edge.clock.advance(1)
    return api


def test_a_deployment_is_what_its_record_is(api: Any) -> None:
    found = data(api.reader(), "GetDeployment", deployment_id=ID)
    record = api.edge.world.records.deployments.get_by_id(ID)
    assert found["status"] == "INITIALIZED"
    assert found["version"] == record.version
    assert json.loads(found["manifest"]) == record.manifest
    assert json.loads(found["environments"])["dev"] == {
        "enabled": True,
        "region": "us-east-1",
        "account_id": "123456789012",
    }
    assert set(json.loads(found["stacks"])) == {"network", "security", "secrets", "dns"}


def test_what_there_is_none_of_is_null(api: Any) -> None:
    assert data(api.reader(), "GetDeployment", deployment_id="D999999") is None
    assert data(api.reader(), "GetStack", **DEV, stack_name="network") is None


def test_deployments_of_other_organisations_are_not_seen(api: Any) -> None:
    api.another("D000001", "Globex")
    reader = api.reader()
    assert refused(reader, "GetDeployment", deployment_id="D000001")["code"] == "AUTHZ_ORGANIZATION_MISMATCH"
    assert refused(reader, "ListDeployments", organization="Globex")["errorType"] == "Unauthorized"
    assert refused(reader, "ListStacks", deployment_id="D000001")["errorType"] == "Unauthorized"
    assert [one["deployment_id"] for one in data(reader, "ListDeployments")["items"]] == [ID]
    listed = data(reader, "ListDeploymentsByStatus", status="INITIALIZED")["items"]
    assert [one["deployment_id"] for one in listed] == [ID]


def test_stacks_and_lines_of_other_organisations_are_left_out(deployed: Any) -> None:
    deployed.another("D000001", "Globex")
    records = deployed.edge.world.records
    records.stacks.create(a_stack("network", deployment_id="D000001", status=StackStatus.DEPLOYED))
    records.logs.create(a_log_entry(deployment_id="D000001", log_level=LogLevel.ERROR))
    reader = deployed.reader()
    for name, wanted in (
        ("ListStacksByName", {"stack_name": "network"}),
        ("ListStacksByStatus", {"status": "DEPLOYED"}),
    ):
        assert {one["deployment_id"] for one in data(reader, name, **wanted)["items"]} == {ID}
    assert data(reader, "ListLogsByLevel", level="ERROR")["items"] == []
    apart = deployed.as_("ReadOnly", "org:Globex", user="gil")
    assert {one["deployment_id"] for one in data(apart, "ListLogsByLevel", level="ERROR")["items"]} == {"D000001"}


def test_without_isolation_all_are_seen(make_api: Any) -> None:
    api = make_api(organization_isolation=False)
    api.another("D000001", "Globex")
    reader = api.as_("ReadOnly", user="rob")
    assert len(data(reader, "ListDeploymentsByStatus", status="INITIALIZED")["items"]) == 2
    assert refused(reader, "ListDeployments")["code"] == "VALIDATION_INVALID_FORMAT"
    listed = data(reader, "ListDeployments", organization="Globex", status="INITIALIZED")["items"]
    assert [one["deployment_id"] for one in listed] == ["D000001"]


def test_lists_come_in_pages(deployed: Any) -> None:
    reader = deployed.reader()
    seen, token = [], None
    for _ in range(4):
        page = data(reader, "ListStacks", deployment_id=ID, limit=1, nextToken=token)
        seen += [one["stack_name"] for one in page["items"]]
        token = page["nextToken"]
    assert (seen, token) == (["dns", "network", "secrets", "security"], None)
    first = data(reader, "ListStacksByStatus", status="DEPLOYED", limit=3)
    rest = data(reader, "ListStacksByStatus", status="DEPLOYED", limit=3, nextToken=first["nextToken"])
    assert (len(first["items"]), len(rest["items"]), rest["nextToken"]) == (3, 1, None)
    wrong = refused(reader, "ListStacks", deployment_id=ID, nextToken="x")
    assert (wrong["errorType"], wrong["suggestion"]) == ("InvalidInput", "start again without nextToken")
    assert wrong["message"].startswith("nextToken is none of this list's: pass it on exactly")
    assert refused(reader, "ListStacks", deployment_id=ID, limit=0)["errorType"] == "InvalidInput"
    assert refused(reader, "ListStacks", deployment_id=ID, limit=1001)["errorType"] == "InvalidInput"


def test_a_stack_its_outputs_and_how_far_all_are(deployed: Any) -> None:
    reader = deployed.reader()
    stack = data(reader, "GetStack", **DEV, stack_name="network")
    assert (stack["status"], stack["layer"], stack["environment"]) == ("DEPLOYED", 1, "dev")
    assert stack["last_deployment"]["result"] == "success"
    outputs = json.loads(data(reader, "GetDeploymentOutputs", **DEV))
    assert set(outputs) == {"network", "security", "secrets", "dns"}
    progress = data(reader, "GetDeploymentProgress", **DEV)
    assert (progress["total_stacks"], progress["deployed_stacks"], progress["progress_percent"]) == (4, 4, 100)
    assert [one["layer"] for one in progress["stacks"]] == [1, 1, 2, 3]
    assert (
        refused(reader, "GetStack", **{**DEV, "environment": "staging"}, stack_name="x")["errorType"] == "InvalidInput"
    )


def test_lines_by_level_stack_and_time(deployed: Any) -> None:
    reader, records = deployed.reader(), deployed.edge.world.records
    for hour, level, stack in ((1, LogLevel.INFO, None), (2, LogLevel.ERROR, "dns"), (3, LogLevel.ERROR, "network")):
        at = f"2031-01-01T0{hour}:00:00.000Z"
        records.logs.create(a_log_entry(timestamp=at, log_level=level, stack_name=stack, message=f"line {hour}"))

    def lines(**wanted: Any) -> list[str]:
        return [one["message"] for one in data(reader, "ListLogs", deployment_id=ID, **wanted)["items"]]

    begin = {"start_time": "2031-01-01T00:00:00Z"}
    assert lines(**begin) == ["line 3", "line 2", "line 1"]
    assert lines(**begin, level="ERROR") == ["line 3", "line 2"]
    assert lines(**begin, stack_name="dns") == ["line 2"]
    assert lines(start_time="2031-01-01T01:00:00Z", end_time="2031-01-01T04:00:00+02:00") == ["line 2", "line 1"]
    assert lines(**begin, limit=1) == ["line 3"]


def test_metrics_are_kept_and_read(deployed: Any) -> None:
    reader = deployed.reader()
    times = {"start_time": "2000-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z"}
    for name in ("deployments_started", "deployments_completed"):
        (point,) = data(reader, "GetMetrics", metric_name=name, **times)
        assert (point["value"], point["unit"], json.loads(point["dimensions"])) == (1.0, "count", DEV)
    wanted = json.dumps({"environment": "stage"})
    assert data(reader, "GetMetrics", metric_name="deployments_started", **times, dimensions=wanted) == []
    assert data(reader, "GetMetrics", metric_name="deployments_failed", **times) == []
    assert data(reader, "GetMetrics", metric_name="something", **times) == []
    apart = deployed.as_("ReadOnly", "org:Globex", user="gil")
    assert data(apart, "GetMetrics", metric_name="deployments_started", **times) == []
    unknown = json.dumps({"colour": "red"})
    told = refused(reader, "GetMetrics", metric_name="x", **times, dimensions=unknown)
    assert told["errorType"] == "InvalidInput"
    point = {"metric_name": "x", "value": 1.5, "unit": "count"}
    made = data(deployed.developer(), "CreateMetric", input=point)
    assert data(deployed.developer(), "GetMetrics", metric_name="x", **times) == [made]
    for wrong in ({"unit": "stones"}, {"metric_name": "no word"}):
        assert refused(deployed.developer(), "CreateMetric", input={**point, **wrong})["errorType"] == "InvalidInput"


@pytest.mark.parametrize("name", Metric)
def test_nobody_adds_to_what_the_platform_counts(api: Any, name: str) -> None:
    point = {"metric_name": name, "value": 1, "unit": "count"}
    for client in (api.developer(), api.admin()):
        told = refused(client, "CreateMetric", input=point)
        assert (told["errorType"], told["suggestion"]) == ("Unauthorized", "record it under a name of your own")
    # AppSync has the same list.
    template = data_dir("graphql") / "appsync" / "functions" / "putMetric.request.vtl"
    assert f'"{name.value}"' in template.read_text("utf-8")


def test_points_of_a_deployment_are_refused_to_those_who_do_not_see_it(deployed: Any) -> None:
    wish = {"metric_name": "stacks_deployed", **EVER}
    of_it = {"dimensions": json.dumps({"deployment_id": ID})}
    assert len(data(deployed.reader(), "GetMetrics", **wish, **of_it)) == 4
    apart = deployed.as_("ReadOnly", "org:Globex", user="gil")
    assert refused(apart, "GetMetrics", **wish, **of_it)["code"] == "AUTHZ_ORGANIZATION_MISMATCH"
    of_none = {"dimensions": json.dumps({"deployment_id": "D999999"})}
    assert refused(deployed.reader(), "GetMetrics", **wish, **of_none)["errorType"] == "NotFound"


def test_very_many_points_want_a_shorter_time(api: Any) -> None:
    metrics, clock = api.edge.world.records.metrics, api.edge.clock
    for _ in range(2):
        metrics.record_many([metric_point("x", 1, Unit.COUNT, {"organization": "Acme"}, clock.now())] * 501)
        clock.advance(60)
    told = refused(api.reader(), "GetMetrics", metric_name="x", **EVER)
    assert told["errorType"] == "InvalidInput"
    assert told["message"] == "x has more than 1000 points in this time: ask for a shorter time"
    shorter = {**EVER, "start_time": (clock.now() - timedelta(seconds=90)).isoformat()}
    assert len(data(api.reader(), "GetMetrics", metric_name="x", **shorter)) == 501


def test_the_token_of_a_page_tells_nothing_of_what_was_left_out(api: Any) -> None:
    records = api.edge.world.records
    api.another("D000001", "Globex")
    for number in range(25):
        records.stacks.create(a_stack(f"hidden-{number:02}", deployment_id="D000001", status=StackStatus.FAILED))
        records.logs.create(a_log_entry(deployment_id="D000001", log_level=LogLevel.ERROR))
    for name, wanted in (
        ("ListStacksByStatus", {"status": "FAILED"}),
        ("ListLogsByLevel", {"level": "ERROR"}),
    ):
        page = data(api.reader(), name, **wanted, limit=1)
        assert page["items"] == []
        opened = base64.urlsafe_b64decode(page["nextToken"])
        assert b"D000001" not in opened
        assert b"hidden" not in opened
        rest = data(api.reader(), name, **wanted, limit=1, nextToken=page["nextToken"])
        assert (rest["items"], rest["nextToken"]) == ([], None)
        sealed = page["nextToken"]
        changed = sealed[:50] + ("A" if sealed[50] != "A" else "B") + sealed[51:]
        for wrong in (changed, "x", "ü", encode_token("stacks", {"place": "x"})):
            answer = refused(api.reader(), name, **wanted, nextToken=wrong)
            assert (answer["errorType"], answer["message"].split()[0]) == ("InvalidInput", "nextToken")
    other = data(api.reader(), "ListStacksByStatus", status="FAILED", limit=1)["nextToken"]
    assert (
        refused(api.reader(), "ListStacksByStatus", status="DEPLOYED", nextToken=other)["errorType"] == "InvalidInput"
    )


def test_lines_of_many_deployments_cost_so_many_looks_a_page(api: Any) -> None:
    records = api.edge.world.records
    known = records.deployments.get_by_id(ID)
    for number in range(450):
        other = {"deployment_id": f"D{number:06}", "organization": "Globex"}
        records.deployments.create(known.model_copy(update=other))
        records.logs.create(a_log_entry(deployment_id=f"D{number:06}", log_level=LogLevel.ERROR))
    looked: list[str] = []
    get_by_id = records.deployments.get_by_id
    records.deployments.get_by_id = lambda one: looked.append(one) or get_by_id(one)
    pages, token = 0, None
    while pages == 0 or token:
        page = data(api.reader(), "ListLogsByLevel", level="ERROR", limit=1000, nextToken=token)
        assert page["items"] == []
        assert len(looked) <= 200
        looked.clear()
        pages, token = pages + 1, page["nextToken"]
    assert pages == 3
