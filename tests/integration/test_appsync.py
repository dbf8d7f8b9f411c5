"""The AppSync resolvers, run by the AppSync simulator (which is not ours) on a DynamoDB, beside our own server on the
same tables: both answer the same."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from api.app import create_app
from api.graph.server import executable_schema
from api.testing.calling import ApiClient, calling
from api.testing.graph import operation_text
from api.testing.issuer import TokenIssuer
from cloud_core.adapters.aws.appsync import AppSyncPublisher
from cloud_core.adapters.dynamodb.client import AccessKey, records_client
from cloud_core.adapters.dynamodb.records import DynamoRecords
from cloud_core.adapters.dynamodb.tables import create_tables
from cloud_core.adapters.graph.operations import shipped_operations
from cloud_core.adapters.local.clock import SystemClock
from cloud_core.bootstrap import EdgeServices
from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.metrics import Metric, Unit, metric_point
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LastDeployment, LogLevel, ResourceRecord
from cloud_core.domain.statuses import DeploymentStatus, StackStatus
from cloud_core.services.manifests.creation import InitRequest
from cloud_core.services.manifests.records import ManifestRecords
from cloud_core.settings import Settings
from cloud_core.testing.builders import a_log_entry, a_stack, an_owner
from cloud_core.testing.missing import left_out
from realtime.publishing import Publishing

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "tests" / "appsync"
ID, OTHER = "D000001", "D000002"
DEV = {"deployment_id": ID, "environment": "dev"}
NETWORK = {**DEV, "stack_name": "network"}
EVER = {"start_time": "2020-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z"}
KEY = AccessKey("test", "test")
TABLES = {name: f"graph-{name}" for name in ("deployments", "stacks", "logs", "metrics")}
SIGNED = "AWS4-HMAC-SHA256 Credential=AKIA-SERVICE/20310101/us-east-1/appsync/aws4_request"
"""How a service signs what it asks for."""
GROUPS = {"admin": "Administrators", "developer": "Developers", "reader": "ReadOnly"}


def needed_program(name: str) -> str:
    """Skipped aloud where it is missing, but failed in CI."""
    found = shutil.which(name)
    if found is None or not (SERVER / "node_modules").is_dir():
        left_out(f"{name} or its packages are missing: install Node 20 and run `make node`")
    return found


@pytest.fixture(scope="module")
def client(endpoint: str) -> Any:
    found = records_client(endpoint, "us-east-1", KEY)
    create_tables(found, "graph-")
    return found


@pytest.fixture(scope="module")
def records(client: Any) -> DynamoRecords:
    return DynamoRecords(client, "graph-", SystemClock())


class Both:
    """Our server and the simulator, asked the same by the same user."""

    def __init__(self, issuer: TokenIssuer, ours: ApiClient, url: str, records: DynamoRecords) -> None:
        self.records = records
        self._issuer = issuer
        self._ours = ours
        self.url = url

    def token(self, who: str, organization: str = "Acme") -> str:
        claims = self._issuer.claims(SystemClock(), who, groups=(GROUPS[who], f"org:{organization}"))
        return self._issuer.token(claims)

    def ours(self, name: str, who: str = "admin", **variables: Any) -> dict[str, Any]:
        self._ours.token = self.token(who)
        answer: dict[str, Any] = self._ours.post("/graphql", json=body(name, variables)).json()
        return answer

    def theirs(self, name: str, who: str = "admin", authorization: str | None = None, **variables: Any) -> Any:
        headers = {"Authorization": authorization or self.token(who)}
        answer = httpx.post(f"{self.url}/graphql", json=body(name, variables), headers=headers, timeout=60)
        return answer.json()

    def same(self, name: str, who: str = "admin", **variables: Any) -> Any:
        """What both give; tokens of pages, which are each one's own, are left out."""
        ours, theirs = self.ours(name, who, **variables), self.theirs(name, who, **variables)
        assert "errors" not in ours, ours
        assert "errors" not in theirs, theirs
        (mine,), (other,) = ours["data"].values(), theirs["data"].values()
        assert plain(other) == plain(mine)
        return plain(mine)

    def refused(self, name: str, who: str = "admin", **variables: Any) -> str:
        """The type of the error that both give."""
        (mine,) = self.ours(name, who, **variables)["errors"]
        theirs = self.kind(name, who, **variables)
        assert theirs == mine["extensions"]["errorType"], mine
        return theirs

    def done(self, name: str, who: str = "admin", **variables: Any) -> Any:
        """What the simulator gives."""
        answer = self.theirs(name, who, **variables)
        assert "errors" not in answer, answer
        (value,) = answer["data"].values()
        return plain(value)

    def kind(self, name: str, who: str = "admin", **variables: Any) -> str:
        """The type of the error that the simulator gives."""
        return kind_of(self.theirs(name, who, **variables))


def kind_of(answer: dict[str, Any]) -> str:
    """Without the complaints about what is null for that reason."""
    kinds = [str(one["errorType"]) for one in answer.get("errors", ()) if "errorType" in one]
    assert kinds, answer
    return kinds[0]


def kind_of_ours(answer: dict[str, Any]) -> str:
    (error,) = answer["errors"]
    return str(error["extensions"]["errorType"])


def body(name: str, variables: dict[str, Any]) -> dict[str, Any]:
    return {"query": operation_text(name), "operationName": name, "variables": variables}


def plain(value: Any) -> Any:
    """With the JSON in its texts read, and without tokens."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items() if name != "nextToken"}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        return plain(json.loads(value))
    return value


@pytest.fixture(scope="module")
def simulator(endpoint: str, client: Any) -> Iterator[str]:
    node = needed_program("node")
    wish = json.dumps({"graphql": str(ROOT / "graphql"), "endpoint": endpoint, "tables": TABLES})
    run = subprocess.Popen(
        [node, "--no-warnings", "serve.js", wish],
        cwd=SERVER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with run:
        assert run.stdout is not None
        assert run.stdin is not None
        yield json.loads(run.stdout.readline())["url"]
        run.stdin.close()  # it ends with us
        run.wait(timeout=30)


@pytest.fixture(scope="module")
def servers(
    simulator: str, records: DynamoRecords, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Both, EdgeServices]]:
    with TokenIssuer().serving() as issuer:
        workspace = tmp_path_factory.mktemp("workspace")
        settings = Settings(workspace=workspace, cognito=issuer.settings, engine={"digest_key": "of these tests"})
        services = EdgeServices(settings)
        services.__dict__["records"] = records
        with calling(create_app(settings, services)) as ours:
            yield Both(issuer, ours, simulator, records), services


@pytest.fixture
def both(servers: tuple[Both, EdgeServices], client: Any) -> Both:
    """Over the same records for every test, whatever another one has written."""
    both, services = servers
    for table in TABLES.values():
        for page in client.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                client.delete_item(TableName=table, Key={name: item[name] for name in ("PK", "SK")})
    fill(services, both.records)
    return both


def fill(services: EdgeServices, records: DynamoRecords) -> None:
    """Two deployments of two organisations, with stacks and lines."""
    for deployment_id, organization in ((ID, "Acme"), (OTHER, "Globex"), ("D000003", "Acme")):
        wishes = InitRequest(
            template="minimal",
            deployment_id=deployment_id,
            org=organization,
            project="shop",
            domain="shop.example",
            region="us-east-1",
            accounts={"dev": "123456789012"},
            description="of tests",
        )
        ManifestRecords(records.deployments, SystemClock()).create(services.manifests.draft(wishes).data, "ann")
    known = records.deployments.get_by_id(ID)
    assert known is not None
    status = DeploymentStatus.PARTIAL
    changes = {"environment_status": {"dev": status}, "status": status}
    records.deployments.update(known.model_copy(update=changes))
    last = LastDeployment(started_at=known.created_at, duration_seconds=12.75, result="success")
    for number, (name, stands) in enumerate(
        (("network", StackStatus.DEPLOYED), ("security", StackStatus.FAILED), ("dns", StackStatus.PENDING)), 1
    ):
        resource = ResourceRecord(type="aws:ec2/vpc:Vpc", name="vpc", urn=f"urn:{name}", status="created")
        outputs = {"vpcId": "vpc-1", "deep": {"list": [1, "two", 2.5]}}
        made = {"layer": number, "status": stands, "outputs": outputs, "resources": [resource], "resource_count": 1}
        records.stacks.create(a_stack(name, deployment_id=ID, **made, last_deployment=last))
        records.stacks.create(a_stack(name, deployment_id=OTHER, **made))
    for number, level in enumerate((LogLevel.INFO, LogLevel.ERROR, LogLevel.ERROR)):
        at = f"2031-01-01T0{number}:00:00.000Z"
        line = {"timestamp": at, "log_level": level, "stack_name": "network", "details": {"n": number}}
        records.logs.create(a_log_entry(f"line {number}", deployment_id=ID, **line))
        records.logs.create(a_log_entry(f"other {number}", deployment_id=OTHER, **line))


class TestQueries:
    @pytest.mark.parametrize(
        ("name", "variables", "count"),
        [
            ("GetDeployment", {"deployment_id": ID}, None),
            ("GetDeployment", {"deployment_id": "D999999"}, None),
            ("ListDeployments", {}, 2),
            ("ListDeployments", {"organization": "Acme", "status": "PARTIAL"}, 1),
            ("ListDeployments", {"status": "INITIALIZED"}, 1),
            ("ListDeploymentsByStatus", {"status": "INITIALIZED"}, 1),
            ("GetDeploymentOutputs", DEV, None),
            ("GetDeploymentProgress", DEV, None),
            ("GetStack", NETWORK, None),
            ("GetStack", {**NETWORK, "environment": "prod"}, None),
            ("ListStacks", {"deployment_id": ID}, 3),
            ("ListStacks", {"deployment_id": ID, "environment": "stage"}, 0),
            ("ListStacksByName", {"stack_name": "network"}, 1),
            ("ListStacksByStatus", {"status": "FAILED"}, 1),
            ("ListLogs", {"deployment_id": ID}, 3),
            ("ListLogs", {"deployment_id": ID, "level": "ERROR", "stack_name": "network"}, 2),
            ("ListLogs", {"deployment_id": ID, "start_time": "2031-01-01T01:00:00Z"}, 2),
            (
                "ListLogs",
                {
                    "deployment_id": ID,
                    "start_time": "2031-01-01T00:00:00.000Z",
                    "end_time": "2031-01-01T03:00:00.000+02:00",
                },
                2,
            ),
            ("ListLogsByLevel", {"level": "ERROR"}, 2),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_both_give_the_same(self, both: Both, name: str, variables: dict[str, Any], count: int | None) -> None:
        found = both.same(name, "reader", **variables)
        assert count is None or len(found["items"]) == count

    def test_what_is_of_another_organisation(self, both: Both) -> None:
        assert both.refused("GetDeployment", deployment_id=OTHER) == "Unauthorized"
        assert both.refused("ListDeployments", organization="Globex") == "Unauthorized"
        for name, variables in (
            ("GetStack", NETWORK),
            ("ListStacks", {"deployment_id": ID}),
            ("ListLogs", {"deployment_id": ID}),
            ("GetDeploymentOutputs", DEV),
            ("GetDeploymentProgress", DEV),
        ):
            assert both.refused(name, **{**variables, "deployment_id": OTHER}) == "Unauthorized", name
            assert both.refused(name, **{**variables, "deployment_id": "D999999"}) == "NotFound", name

    def test_pages_go_on_where_the_last_one_ended(self, both: Both) -> None:
        seen, token = [], None
        for _ in range(5):
            answer = both.theirs("ListStacks", deployment_id=ID, limit=1, nextToken=token)["data"]["listStacks"]
            seen += [one["stack_name"] for one in answer["items"]]
            token = answer["nextToken"]
            if token is None:
                break
        assert (seen, token) == (["dns", "network", "security"], None)
        assert both.refused("ListStacks", deployment_id=ID, limit=0) == "InvalidInput"

    def test_nobody_without_a_token_nor_a_group(self, both: Both) -> None:
        answer = both.theirs("GetDeployment", authorization="nonsense", deployment_id=ID)
        assert kind_of(answer) == "UnauthorizedException"


class TestStacks:
    def test_a_person_says_that_a_stack_failed(self, both: Both) -> None:
        place = {**DEV, "stack_name": "network"}
        version = self.version(both, "network")
        for status in ("DESTROYED", "PENDING", "DEPLOYING"):
            assert both.refused("UpdateStackStatus", **place, status=status, version=version) == "Unauthorized"
        assert both.refused("UpdateStackStatus", **place, status="FAILED", version=version + 7) == "VersionConflict"
        done = both.done("UpdateStackStatus", "developer", **place, status="FAILED", version=version)
        assert (done["status"], done["version"]) == ("FAILED", version + 1)
        assert both.same("GetStack", **place) == done
        facts = {"outputs": "{}", "version": version + 1}
        assert both.refused("UpdateStack", input={**place, **facts}) == "Unauthorized"
        pending = {**DEV, "stack_name": "dns", "status": "FAILED", "version": self.version(both, "dns")}
        assert both.refused("UpdateStackStatus", **pending) == "IllegalTransition"
        missing = {**DEV, "stack_name": "nothing", "status": "FAILED", "version": 1}
        assert both.refused("UpdateStackStatus", **missing) == "NotFound"
        prod = {**place, "environment": "prod", "status": "FAILED", "version": 1}
        assert both.refused("UpdateStackStatus", "developer", **prod) == "Unauthorized"

    def test_a_service_says_what_a_run_found_out(self, both: Both) -> None:
        """Signed requests are of services; the simulator takes any that names a key."""
        version = self.version(both, "security")
        wish = {
            **DEV,
            "stack_name": "security",
            "version": version,
            "status": "DEPLOYED",
            "outputs": '{"id": "sg-1"}',
            "resources": '[{"type": "t", "name": "n", "urn": "u", "status": "created"}]',
            "resource_count": 9,
            "last_deployment": '{"started_at": "2031-01-01T00:00:00.000Z", "result": "success"}',
        }
        answer = both.theirs("UpdateStack", authorization=SIGNED, input=wish)
        assert "errors" not in answer, answer
        found = both.same("GetStack", **DEV, stack_name="security")
        assert (found["status"], found["outputs"], found["resource_count"]) == ("DEPLOYED", {"id": "sg-1"}, 9)
        again = both.theirs("UpdateStack", authorization=SIGNED, input=wish)
        assert kind_of(again) == "VersionConflict"

    def test_nothing_is_written_while_an_operation_holds_the_environment(self, both: Both) -> None:
        version = self.version(both, "network")
        wish = {**NETWORK, "status": "FAILED", "version": version}
        lease = both.records.leases.acquire(ID, EnvironmentName.DEV, an_owner("op-1"))
        try:
            assert both.kind("UpdateStackStatus", **wish) == "OperationInProgress"
            assert both.kind("DeleteStack", **{**DEV, "stack_name": "dns"}) == "OperationInProgress"
            assert both.kind("DeleteDeployment", deployment_id=ID) == "OperationInProgress"
            text = json.dumps(both.same("GetDeployment", deployment_id=ID)["manifest"])
            change = {"deployment_id": ID, "manifest": text, "version": 2}
            assert both.kind("UpdateManifest", **change) == "OperationInProgress"
        finally:
            both.records.leases.release(lease)
        assert self.version(both, "network") == version

    def test_a_run_that_has_taken_the_stacks_over_is_not_overwritten(self, both: Both) -> None:
        """As between the look at the lease and the write: the stacks carry a token that the lease does not show yet."""
        wish = {**NETWORK, "status": "FAILED", "version": self.version(both, "network")}
        both.records.stacks.stamp(ID, EnvironmentName.DEV, 99)
        assert both.kind("UpdateStackStatus", **wish) == "VersionConflict"

    def test_made_and_deleted(self, both: Both) -> None:
        known = both.records.deployments.get_by_id(ID)
        assert known is not None
        place = {"deployment_id": ID, "stack_name": "network", "environment": "stage"}
        name = f"{known.pulumi_org}/shop/{ID}-network-stage"
        wish = {**place, "pulumi_stack_name": name, "layer": 1, "dependencies": []}
        assert both.refused("CreateStack", input={**wish, "pulumi_stack_name": "x"}) == "InvalidInput"
        assert both.refused("CreateStack", input={**wish, "stack_name": "nothing"}) == "NotFound"
        assert both.refused("CreateStack", "reader", input=wish) == "Unauthorized"
        made = both.done("CreateStack", "developer", input=wish)
        assert (made["status"], made["version"], made["resource_count"]) == ("PENDING", 1, 0)
        assert both.same("GetStack", **place) == made
        assert both.records.stacks.get_stack(ID, "network", EnvironmentName.STAGE) is not None
        assert both.refused("CreateStack", input=wish) == "AlreadyExists"
        assert both.refused("DeleteStack", **DEV, stack_name="security") == "Conflict"
        assert both.refused("DeleteStack", "developer", **place) == "Unauthorized"
        assert both.done("DeleteStack", **place) is True
        assert both.done("DeleteStack", **place) is False

    def version(self, both: Both, stack: str) -> int:
        found = both.records.stacks.get_stack(ID, stack, EnvironmentName.DEV)
        assert found is not None
        return found.version


class TestDeployments:
    def test_one_is_made_changed_and_deleted(self, both: Both) -> None:
        known = both.same("GetDeployment", deployment_id="D000003")
        manifest = known["manifest"]
        manifest["deployment"]["id"] = "D000009"
        names = ("organization", "project", "domain", "template")
        outline = {name: json.dumps(known[name]) for name in ("environments", "stacks")}
        wish = {**{name: known[name] for name in names}, **outline, "created_by": "x", "manifest": json.dumps(manifest)}
        assert both.refused("CreateDeployment", input={**wish, "project": "another"}) == "InvalidInput"
        assert both.refused("CreateDeployment", input={**wish, "organization": "Globex"}) == "Unauthorized"
        assert both.refused("CreateDeployment", input={**wish, "manifest": "{}"}) == "InvalidManifest"
        made = both.done("CreateDeployment", "developer", input=wish)
        assert (made["created_by"], made["version"], made["status"]) == ("developer", 1, "INITIALIZED")
        assert both.same("GetDeployment", deployment_id="D000009") == made
        assert both.refused("CreateDeployment", input=wish) == "AlreadyExists"
        self.changed(both, manifest)
        assert both.refused("DeleteDeployment", "developer", deployment_id="D000009") == "Unauthorized"
        assert both.done("DeleteDeployment", deployment_id="D000009") is True
        assert both.same("DeleteDeployment", deployment_id="D000009") is False
        assert both.refused("DeleteDeployment", deployment_id=ID) == "Conflict"

    def changed(self, both: Both, manifest: dict[str, Any]) -> None:
        place = {"deployment_id": "D000009", "version": 1}
        changed = {**manifest, "deployment": {**manifest["deployment"], "description": "changed"}}
        moved = {**manifest, "deployment": {**manifest["deployment"], "project": "another"}}
        assert both.refused("UpdateManifest", **place, manifest=json.dumps(moved)) == "InvalidManifest"
        done = both.done("UpdateManifest", "developer", **place, manifest=json.dumps(changed))
        assert done["version"] == 2
        stored = both.records.deployments.get_by_id("D000009")
        assert stored is not None
        assert (stored.manifest_version, stored.description, stored.digest[:7]) == (2, "changed", "sha256:")
        kept = both.records.deployments.kept_manifest("D000009", 1)
        assert kept is not None
        assert kept.manifest == manifest
        assert both.refused("UpdateManifest", **place, manifest=json.dumps(changed)) == "VersionConflict"
        place["version"] = 2
        outline = {**place, "environments": '{"stage": {"enabled": true}}'}
        done = both.done("UpdateDeployment", "developer", input=outline)
        assert done["environments"]["stage"]["enabled"] is True
        assert both.same("GetDeployment", deployment_id="D000009") == done
        place["version"] = 3
        assert both.refused("UpdateDeploymentStatus", **place, status="DEPLOYED") == "IllegalTransition"
        assert both.done("UpdateDeploymentStatus", **place, status="INITIALIZED")["version"] == 4


class TestLinesAndMetrics:
    def test_lines_are_written(self, both: Both) -> None:
        line = {"deployment_id": "D000003", "level": "WARN", "message": 'mind "the" gap', "details": '{"a": [1]}'}
        made = both.done("CreateLog", "developer", input={**line, "user_id": "ada"})
        assert (made["user_id"], made["level"], made["details"]) == ("developer", "WARN", {"a": [1]})
        more = both.done("CreateLogs", "developer", inputs=[line, {**line, "environment": "dev"}])
        assert [one["environment"] for one in more] == [None, "dev"]
        assert len(both.same("ListLogs", deployment_id="D000003")["items"]) == 3
        for wrong in ([], [line] * 26, [{**line, "message": ""}]):
            assert both.refused("CreateLogs", inputs=wrong) == "InvalidInput"
        assert both.refused("CreateLog", "reader", input=line) == "Unauthorized"

    def test_points_are_written_and_read(self, both: Both) -> None:
        of_one = json.dumps({"deployment_id": ID})
        point = {"metric_name": "disk.used", "value": 2.5, "unit": "count", "dimensions": of_one}
        made = both.done("CreateMetric", "developer", input=point)
        assert (made["value"], made["dimensions"]) == (2.5, {"deployment_id": ID})
        both.done("CreateMetric", input={**point, "dimensions": None})
        for wrong in ({"unit": "stones"}, {"metric_name": "No word"}):
            assert both.refused("CreateMetric", input={**point, **wrong}) == "InvalidInput"
        wish = {"metric_name": "disk.used", **EVER}
        assert both.same("GetMetrics", "reader", **wish, dimensions=of_one) == [made]
        both.records.metrics.record_metric("disk.used", 7)
        both.records.metrics.record_metric("disk.used", 8, dimensions={"organization": "Globex"})
        assert [one["dimensions"] for one in both.done("GetMetrics", "reader", **wish)] == [{"organization": "Acme"}]
        of_none = json.dumps({"deployment_id": "D999999"})
        assert both.refused("GetMetrics", **wish, dimensions=of_none) == "NotFound"
        assert both.refused("GetMetrics", **wish, dimensions='{"colour": "red"}') == "InvalidInput"

    @pytest.mark.parametrize("name", [Metric.API_REQUESTS, Metric.STACKS_DEPLOYED])
    def test_nobody_adds_to_what_the_platform_counts(self, both: Both, name: str) -> None:
        point = {"metric_name": name, "value": 1, "unit": "count"}
        assert both.refused("CreateMetric", "developer", input=point) == "Unauthorized"
        assert both.refused("CreateMetric", "admin", input=point) == "Unauthorized"
        made = both.theirs("CreateMetric", authorization=SIGNED, input=point)
        assert made["data"]["createMetric"]["metric_name"] == name

    def test_very_many_points_want_a_shorter_time(self, both: Both) -> None:
        moment = parse_timestamp("2031-05-01T00:00:00.000Z")
        points = [
            metric_point("many", number, Unit.COUNT, {"organization": "Acme"}, moment + timedelta(seconds=number))
            for number in range(1001)
        ]
        both.records.metrics.record_many(points)
        wish = {"metric_name": "many", "end_time": "2100-01-01T00:00:00Z"}
        assert both.refused("GetMetrics", **wish, start_time=points[0].timestamp) == "InvalidInput"
        assert len(both.same("GetMetrics", **wish, start_time=points[1].timestamp)) == 1000


MANIFEST_PARTS: list[tuple[str, Any]] = [
    ("deployment", []),
    ("environments", [1]),
    ("stacks", "x"),
    ("environments", {"dev": 1}),
    ("stacks", {"network": []}),
]
SECTION_PARTS: list[tuple[str, Any]] = [
    ("tags", "x"),
    ("tags", {"a": 1}),
    ("description", {}),
    ("description", 5),
    ("pulumiOrg", [1]),
]


THERE = {"deployment_id": OTHER, "environment": "dev"}
STACK_THERE = {**THERE, "stack_name": "network"}
LINE_THERE = {"deployment_id": OTHER, "level": "INFO", "message": "x"}
OF_GLOBEX = {"organization": "Globex", "project": "shop", "domain": "shop.example", "template": "minimal"}
ELSEWHERE: dict[str, dict[str, Any]] = {
    "GetDeployment": {"deployment_id": OTHER},
    "ListDeployments": {"organization": "Globex"},
    "GetDeploymentOutputs": THERE,
    "GetDeploymentProgress": THERE,
    "GetStack": STACK_THERE,
    "ListStacks": {"deployment_id": OTHER},
    "ListLogs": {"deployment_id": OTHER},
    "CreateDeployment": {
        "input": {**OF_GLOBEX, "environments": "{}", "stacks": "{}", "manifest": "{}", "created_by": "x"}
    },
    "UpdateDeployment": {"input": {"deployment_id": OTHER, "version": 1, "environments": "{}"}},
    "UpdateDeploymentStatus": {"deployment_id": OTHER, "version": 1, "status": "INITIALIZED"},
    "UpdateManifest": {"deployment_id": OTHER, "version": 1, "manifest": "{}"},
    "DeleteDeployment": {"deployment_id": OTHER},
    "CreateStack": {"input": {**STACK_THERE, "pulumi_stack_name": "x", "layer": 1, "dependencies": []}},
    "UpdateStack": {"input": {**STACK_THERE, "version": 1, "status": "FAILED"}},
    "UpdateStackStatus": {**STACK_THERE, "version": 1, "status": "FAILED"},
    "DeleteStack": STACK_THERE,
    "CreateLog": {"input": LINE_THERE},
    "CreateLogs": {"inputs": [LINE_THERE]},
    "CreateMetric": {
        "input": {"metric_name": "x", "value": 1, "unit": "count", "dimensions": json.dumps({"deployment_id": OTHER})}
    },
    "GetMetrics": {"metric_name": "x", **EVER, "dimensions": json.dumps({"deployment_id": OTHER})},
}
"""Whatever names a deployment of another organisation."""


class TestOtherOrganisations:
    @pytest.mark.parametrize("name", ELSEWHERE)
    def test_even_administrators_are_refused_what_is_elsewhere(self, both: Both, client: Any, name: str) -> None:
        before = self.everything(client)
        assert both.refused(name, "admin", **ELSEWHERE[name]) == "Unauthorized"
        assert self.everything(client) == before

    def everything(self, client: Any) -> dict[str, Any]:
        return {name: client.scan(TableName=name)["Items"] for name in TABLES.values()}

    def test_nothing_that_names_a_deployment_is_left_out_above(self) -> None:
        """Lists over all of them leave others out."""
        schema = executable_schema()
        fields = [name for root in (schema.query_type, schema.mutation_type) if root for name in root.fields]
        open_ones = {
            "listDeploymentsByStatus",
            "listStacksByName",
            "listStacksByStatus",
            "listLogsByLevel",
        }
        named = {name for name in fields if not name.startswith("publish")} - open_ones
        assert {name[0].lower() + name[1:] for name in ELSEWHERE} == named


class TestAtTheSameTime:
    def test_of_writers_of_one_version_one_wins_wherever_they_ask(self, both: Both) -> None:
        record = both.records.stacks.get_stack(ID, "network", EnvironmentName.DEV)
        known = both.records.deployments.get_by_id("D000003")
        assert record is not None
        assert known is not None
        changed = {**known.manifest, "deployment": {**known.manifest["deployment"], "description": "changed"}}
        stack = {**NETWORK, "status": "FAILED", "version": record.version}
        manifest = {"deployment_id": "D000003", "version": known.version, "manifest": json.dumps(changed)}
        for name, wish in (("UpdateStackStatus", stack), ("UpdateManifest", manifest)):
            with ThreadPoolExecutor(12) as pool:
                theirs = [pool.submit(both.theirs, name, "developer", None, **wish) for _ in range(11)]
                ours = pool.submit(
                    lambda name, wish: [both.ours(name, "developer", **wish) for _ in range(5)], name, wish
                )
                answers = [*(one.result() for one in theirs), *ours.result()]
            assert len([one for one in answers if "errors" not in one]) == 1
        after = both.records.stacks.get_stack(ID, "network", EnvironmentName.DEV)
        assert after is not None
        assert after.version == record.version + 1
        assert both.same("GetDeployment", deployment_id="D000003")["version"] == known.version + 1


class TestWhatWouldPoisonLists:
    """A record that can't be read would break each list that it is in, those of other organisations included."""

    @pytest.mark.parametrize("details", ["[1]", '"x"', "1", "true"])
    def test_a_line_s_details_are_an_object(self, both: Both, details: str) -> None:
        line = {"deployment_id": ID, "level": "ERROR", "message": "x", "details": details}
        assert both.refused("CreateLog", "developer", input=line) == "InvalidInput"
        assert both.refused("CreateLogs", "developer", inputs=[line]) == "InvalidInput"

    @pytest.mark.parametrize(
        "dimensions", ["[1]", '"x"', '{"environment": 5}', '{"stack_name": {"a": "b"}}', '{"deployment_id": 5}']
    )
    def test_a_point_s_dimensions_are_texts(self, both: Both, dimensions: str) -> None:
        point = {"metric_name": "disk.used", "value": 1, "unit": "count", "dimensions": dimensions}
        assert both.kind("CreateMetric", "developer", input=point) == "InvalidInput"

    @pytest.mark.parametrize(("part", "value"), MANIFEST_PARTS)
    def test_a_manifest_has_its_parts(self, both: Both, part: str, value: Any) -> None:
        self.tried(both, lambda manifest: manifest.update({part: value}))

    @pytest.mark.parametrize(("part", "value"), SECTION_PARTS)
    def test_what_is_told_of_a_deployment_is_what_it_is_read_as(self, both: Both, part: str, value: Any) -> None:
        self.tried(both, lambda manifest: manifest["deployment"].update({part: value}))

    def tried(self, both: Both, spoil: Any) -> None:
        known = both.same("GetDeployment", deployment_id="D000003")
        manifest = json.loads(json.dumps(known["manifest"]))
        spoil(manifest)
        wish = {"deployment_id": "D000003", "version": known["version"], "manifest": json.dumps(manifest)}
        self.malformed(both, "UpdateManifest", **wish)
        self.malformed(both, "UpdateDeployment", input=wish)
        if isinstance(manifest["deployment"], dict):
            manifest["deployment"]["id"] = "D000009"
        names = ("organization", "project", "domain", "template")
        said = {**{name: known[name] for name in names}, "environments": "{}", "stacks": "{}", "created_by": "x"}
        self.malformed(both, "CreateDeployment", input={**said, "manifest": json.dumps(manifest)})
        assert len(both.same("ListDeployments")["items"]) == 2

    def malformed(self, both: Both, name: str, **wish: Any) -> None:
        """To both, whatever they call it."""
        for kind in (both.kind(name, "developer", **wish), kind_of_ours(both.ours(name, "developer", **wish))):
            assert kind in ("InvalidInput", "InvalidManifest")

    @pytest.mark.parametrize("deployment_id", ["x", "d000009", "D00009", "D0000091", "D000009#x", ""])
    def test_an_id_is_one(self, both: Both, deployment_id: str) -> None:
        known = both.same("GetDeployment", deployment_id="D000003")
        manifest = {**known["manifest"], "deployment": {**known["manifest"]["deployment"], "id": deployment_id}}
        names = ("organization", "project", "domain", "template")
        said = {**{name: known[name] for name in names}, "environments": "{}", "stacks": "{}", "created_by": "x"}
        wish = {**said, "deployment_id": deployment_id, "manifest": json.dumps(manifest)}
        assert both.kind("CreateDeployment", input=wish) == "InvalidInput"

    @pytest.mark.parametrize("facts", [{"outputs": "[1]"}, {"resources": "{}"}, {"last_deployment": '"x"'}])
    def test_what_a_service_tells_of_a_stack_has_its_shape(self, both: Both, facts: dict[str, str]) -> None:
        told = both.theirs("UpdateStack", authorization=SIGNED, input={**NETWORK, "version": 1, **facts})
        assert kind_of(told) == "InvalidInput"


class TestWhatIsTooMuch:
    """Pages of DynamoDB end after 1 MB: what has none is whole, or refused."""

    def test_stacks_that_are_too_large_to_be_read_at_once(self, both: Both) -> None:
        long = "x" * 190_000  # what a record holds of its outputs
        for number in range(6):
            outputs = {"text": long}
            made = {"status": StackStatus.DEPLOYED, "outputs": outputs}
            both.records.stacks.create(a_stack(f"large-{number}", deployment_id=ID, **made))
        for name in ("GetDeploymentOutputs", "GetDeploymentProgress"):
            assert both.kind(name, **DEV) == "InvalidInput"
        assert len(both.ours("GetDeploymentProgress", **DEV)["data"]["getDeploymentProgress"]["stacks"]) == 9

    def test_an_organisation_s_deployments_may_be_as_many_as_they_are(self, both: Both) -> None:
        known = both.records.deployments.get_by_id("D000003")
        assert known is not None
        large = {**known.manifest, "notes": "x" * 150_000}
        for number in range(10):
            both.records.deployments.create(
                known.model_copy(update={"deployment_id": f"D10000{number}", "manifest": large})
            )
        for name, wanted in (
            ("ListStacksByName", {"stack_name": "network"}),
            ("ListStacksByStatus", {"status": "DEPLOYED"}),
            ("ListLogsByLevel", {"level": "ERROR"}),
        ):
            assert {one["deployment_id"] for one in both.same(name, **wanted)["items"]} == {ID}

    @pytest.mark.parametrize(
        "name", ["ListDeployments", "ListStacks", "ListLogs", "ListStacksByName", "ListLogsByLevel"]
    )
    def test_a_limit_of_null_is_none(self, both: Both, name: str) -> None:
        wanted = {"deployment_id": ID, "stack_name": "network", "level": "ERROR", "limit": None}
        needed = {one: wanted[one] for one in wanted if f"${one}:" in operation_text(name)}
        assert both.kind(name, **needed) == "InvalidInput"
        assert kind_of_ours(both.ours(name, **needed)) == "InvalidInput"


async def followed(both: Both, name: str, work: Any, who: str = "reader", **variables: Any) -> dict[str, Any]:
    """What a subscriber of AppSync's real-time protocol is told once the work is done."""
    headers = {"Authorization": both.token(who)}
    told = base64.b64encode(json.dumps(headers).encode()).decode()
    url = f"{both.url.replace('http', 'ws', 1)}/graphql/realtime?header={told}&payload=e30="
    async with connect(url, subprotocols=["graphql-ws"]) as socket, asyncio.timeout(60):  # type: ignore[list-item]

        async def heard(*kinds: str) -> dict[str, Any]:
            while (message := json.loads(await socket.recv()))["type"] not in (*kinds, "error"):
                pass
            return dict(message)

        await socket.send('{"type": "connection_init"}')
        await heard("connection_ack")
        query = {"query": shipped_operations()[name], "variables": variables}
        payload = {"data": json.dumps(query), "extensions": {"authorization": headers}}
        await socket.send(json.dumps({"id": "one", "type": "start", "payload": payload}))
        first = await heard("start_ack")
        if first["type"] == "error":
            return first
        await asyncio.to_thread(work)
        return await heard("data")


class TestPublishing:
    """The platform writes past AppSync: only what it publishes is told there."""

    @pytest.fixture
    def publisher(self, both: Both) -> Iterator[AppSyncPublisher]:
        made = AppSyncPublisher(f"{both.url}/graphql", "us-east-1", key=("AKIATESTS", "secret"))
        yield made
        made.close()

    def test_a_stack_is_told_as_its_record_stands(self, both: Both, publisher: AppSyncPublisher) -> None:
        record = both.records.stacks.get_stack(ID, "network", EnvironmentName.DEV)
        assert record is not None
        told = asyncio.run(followed(both, "OnStackUpdated", lambda: publisher.stack(record), deployment_id=ID))
        assert plain(told["payload"]["data"]["onStackUpdated"]) == both.same("GetStack", **NETWORK)

    def test_so_are_deployments_and_lines(self, both: Both, publisher: AppSyncPublisher) -> None:
        record = both.records.deployments.get_by_id(ID)
        assert record is not None
        told = asyncio.run(
            followed(both, "OnDeploymentUpdated", lambda: publisher.deployment(record), deployment_id=ID)
        )
        assert plain(told["payload"]["data"]["onDeploymentUpdated"]) == both.same("GetDeployment", deployment_id=ID)
        line = both.records.logs.get_logs(ID, 1).items[0]
        told = asyncio.run(followed(both, "OnLogCreated", lambda: publisher.line(line), deployment_id=ID))
        assert told["payload"]["data"]["onLogCreated"]["message"] == line.message

    def test_the_relay_publishes_what_a_run_has_written(
        self, both: Both, publisher: AppSyncPublisher, servers: tuple[Both, EdgeServices]
    ) -> None:
        """Past AppSync, by the records' own repositories, as runs do."""
        deployments, stacks = both.records.deployments, both.records.stacks
        known = deployments.get_by_id(ID)
        assert known is not None
        deployments.update(known.model_copy(update={"status": DeploymentStatus.DEPLOYING}))
        publishing = Publishing(servers[1], publisher, 1.0)
        publishing.look()

        def run() -> None:
            record = stacks.get_stack(ID, "network", EnvironmentName.DEV)
            assert record is not None
            stacks.update(record.model_copy(update={"status": StackStatus.DEPLOYING}))
            publishing.look()

        told = asyncio.run(followed(both, "OnStackUpdated", run, deployment_id=ID))
        assert told["payload"]["data"]["onStackUpdated"]["status"] == "DEPLOYING"

    @pytest.mark.parametrize("name", ["OnDeploymentUpdated", "OnStackUpdated", "OnLogCreated"])
    def test_only_who_may_see_the_deployment_is_told(self, both: Both, name: str) -> None:
        refused = asyncio.run(followed(both, name, lambda: None, who="admin", deployment_id=OTHER))
        assert refused["type"] == "error"

    def test_what_is_gone_meanwhile_is_nobody_s_error(self, both: Both, publisher: AppSyncPublisher) -> None:
        record = both.records.deployments.get_by_id(ID)
        assert record is not None
        publisher.deployment(record.model_copy(update={"deployment_id": "D999999"}))
        publisher.stack(a_stack("network", deployment_id="D999999"))

    @pytest.mark.parametrize("who", GROUPS)
    def test_people_can_publish_nothing(self, both: Both, who: str) -> None:
        for name, variables in (
            ("PublishDeployment", {"deployment_id": ID}),
            ("PublishStack", NETWORK),
            ("PublishLog", {"deployment_id": ID, "timestamp": "2031-01-01T00:00:00.000Z", "log_id": "x"}),
        ):
            assert both.refused(name, who, **variables).startswith("Unauthorized"), name
