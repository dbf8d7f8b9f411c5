"""What each question costs: calls of DynamoDB, counted where they leave the process. docs/records.md has the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from api.app import create_app
from api.testing.calling import ApiClient, calling
from api.testing.issuer import TokenIssuer
from cloud_core.adapters.dynamodb.client import DynamoClient
from cloud_core.adapters.dynamodb.records import DynamoRecords
from cloud_core.adapters.dynamodb.tables import create_tables, delete_tables
from cloud_core.domain.log_filter import LogFilter
from cloud_core.domain.metrics import Metric, Period
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogLevel, Operation
from cloud_core.domain.statuses import DeploymentStatus, StackStatus
from cloud_core.ports.records import Records
from cloud_core.services.looking.deployments import DeploymentFilter
from cloud_core.services.looking.history import OperationFilter
from cloud_core.services.looking.logs import LogQuery
from cloud_core.services.looking.metrics import MetricsQuery
from cloud_core.services.records.statuses import require_deployment
from cloud_core.settings import Settings
from cloud_core.settings.api import ApiSettings
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.calls import counted
from cloud_core.testing.clock import START, FakeClock
from cloud_core.testing.edge import FakeEdge, RunAtOnce

DEV = EnvironmentName.DEV
STATUSES = len(DeploymentStatus)
END = START + timedelta(days=9)


@dataclass(frozen=True)
class Scene:
    """A deployment of four stacks in dev, beside others of another organisation."""

    edge: FakeEdge
    client: DynamoClient
    operation_id: str
    prefix: str

    @property
    def records(self) -> Records:
        return self.edge.records

    def cost(self, ask: Callable[[], object]) -> dict[str, int]:
        """Of being asked again: a process remembers where the last operation is."""
        ask()
        with counted(self.client) as calls:
            ask()
        return dict(calls)


@pytest.fixture(scope="module")
def scene(dynamodb_client: DynamoClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One for all: questions leave it as it is."""
    prefix = "counted-"
    create_tables(dynamodb_client, prefix)
    records = DynamoRecords(dynamodb_client, prefix, FakeClock())
    edge = FakeEdge(tmp_path_factory.mktemp("calls"), records=records)
    operation = edge.world.start()
    for number in range(3):
        other = {"deployment_id": f"D00000{number}", "organization": "Other"}
        records.deployments.create(require_deployment(records.deployments, ID).model_copy(update=other))
    records.metrics.record_metric(Metric.API_REQUESTS, 1)
    yield Scene(edge, dynamodb_client, operation.operation_id, prefix)
    delete_tables(dynamodb_client, prefix)


PATTERNS: dict[str, tuple[Callable[[Records], object], dict[str, int]]] = {
    "a deployment by its id": (lambda one: one.deployments.get_by_id(ID), {"GetItem": 1}),
    "an organisation's deployments": (lambda one: one.deployments.list_by_organization("Acme"), {"Query": 1}),
    "deployments with a status": (lambda one: one.deployments.list_by_status(DeploymentStatus.DEPLOYED), {"Query": 1}),
    "a stack": (lambda one: one.stacks.get_stack(ID, "network", DEV), {"GetItem": 1}),
    "a deployment's stacks": (lambda one: one.stacks.list_by_deployment(ID), {"Query": 1}),
    "an environment's stacks": (lambda one: one.stacks.list_by_deployment(ID, DEV), {"Query": 1}),
    "stacks of a name": (lambda one: one.stacks.list_by_stack_name("network"), {"Query": 1}),
    "stacks with a status": (lambda one: one.stacks.list_by_status(StackStatus.DEPLOYED), {"Query": 1}),
    "the newest lines": (lambda one: one.logs.get_logs(ID), {"Query": 1}),
    "lines since a time": (lambda one: one.logs.get_logs(ID, wanted=LogFilter(since=START)), {"Query": 1}),
    "a stack's lines": (lambda one: one.logs.get_logs_by_stack(ID, "network", DEV), {"Query": 1}),
    "lines of a level": (lambda one: one.logs.get_logs_by_level(LogLevel.ERROR), {"Query": 1}),
    "recording a metric": (lambda one: one.metrics.record_metric("a", 1), {"BatchWriteItem": 1}),
    "a metric's points": (lambda one: one.metrics.get_metrics("stacks_deployed", START, END), {"Query": 1}),
    "a summary": (lambda one: one.metrics.get_summary(Period.DAY), {"Query": len(Metric)}),
    "newest operations": (lambda one: one.operations.list_by_deployment(ID), {"Query": 1}),
    "events": (lambda one: one.events.read(ID, after=2), {"Query": 1}),
    "the lease": (lambda one: one.leases.get(ID, DEV), {"GetItem": 1}),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_an_access_pattern_is_one_call(scene: Scene, name: str) -> None:
    ask, cost = PATTERNS[name]
    assert scene.cost(lambda: ask(scene.records)) == cost


def test_an_operation_by_its_id_is_two_calls_and_then_one(scene: Scene) -> None:
    operations = DynamoRecords(scene.client, scene.prefix, FakeClock()).operations
    for cost in (2, 1):
        with counted(scene.client) as calls:
            assert operations.get(ID, scene.operation_id)
        assert calls == {"GetItem": cost}


def test_lines_are_written_25_at_a_time_in_their_order(scene: Scene) -> None:
    lines = scene.records.logs.get_logs(ID).items
    many = [lines[0].model_copy(update={"log_id": f"x{number:03d}"}) for number in range(60)]
    assert scene.cost(lambda: scene.records.logs.create_many(many)) == {"BatchWriteItem": 3}


SERVICES: dict[str, tuple[Callable[[FakeEdge], object], dict[str, int]]] = {
    "status": (lambda edge: edge.status.report(ID, DEV), {"GetItem": 2, "Query": 2}),
    "list": (lambda edge: edge.deployments.list(DeploymentFilter()), {"Query": STATUSES}),
    "list of a status": (
        lambda edge: edge.deployments.list(DeploymentFilter(statuses=frozenset({DeploymentStatus.DEPLOYED}))),
        {"Query": 1},
    ),
    "list of an organisation": (lambda edge: edge.deployments.list(DeploymentFilter("Acme")), {"Query": 1}),
    "logs": (lambda edge: edge.logs.read(LogQuery(ID, DEV)), {"GetItem": 2, "Query": 2}),
    "metrics": (lambda edge: edge.metrics.of(MetricsQuery(Period.DAY)), {"Query": len(Metric)}),
    "history": (lambda edge: edge.history.operations(ID, OperationFilter(), 20), {"GetItem": 1, "Query": 1}),
    "outputs": (lambda edge: edge.outputs.of_deployment(ID, DEV), {"GetItem": 1, "Query": 1}),
}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_call_costs_what_it_did(scene: Scene, name: str) -> None:
    ask, cost = SERVICES[name]
    assert scene.cost(lambda: ask(scene.edge)) == cost


def test_no_question_scans(scene: Scene) -> None:
    with counted(scene.client) as calls:
        for ask, _ in PATTERNS.values():
            ask(scene.records)
        for answer, _ in SERVICES.values():
            answer(scene.edge)
    assert "Scan" not in calls


@pytest.fixture
def api(scene: Scene) -> Iterator[ApiClient]:
    with TokenIssuer().serving() as issuer:
        clock = FakeClock()
        app = create_app(Settings(api=ApiSettings(), cognito=issuer.settings), scene.edge, clock)
        with calling(app) as client:
            client.token = issuer.token(issuer.claims(clock, "ann", "access", ("Administrators", "org:Acme")))
            yield client


READS = {
    f"deployments/{ID}/status?environment=dev": {"GetItem": 2, "Query": 2},
    "deployments": {"Query": 1},
    f"deployments/{ID}/manifest": {"GetItem": 2},
    f"deployments/{ID}/operations": {"GetItem": 2, "Query": 1},
    f"deployments/{ID}/outputs?environment=dev": {"GetItem": 2, "Query": 1},
    f"monitoring/deployments/{ID}/logs?environment=dev": {"GetItem": 3, "Query": 2},
    "monitoring/metrics": {"Query": len(Metric) + 1},
}


@pytest.mark.parametrize("path", READS)
def test_a_read_over_http_costs_what_it_did(scene: Scene, api: ApiClient, path: str) -> None:
    def ask() -> None:
        answer = api.get(path)
        assert answer.status_code == 200, answer.text

    assert scene.cost(ask) == READS[path]


def test_accepting_a_deploy_over_http_costs_what_it_did(scene: Scene, api: ApiClient) -> None:
    """Until its flow run is queued, with an idempotency key, behind an operation that has ended well."""
    flows, world = scene.edge.flows, scene.edge.world
    assert isinstance(flows, RunAtOnce)
    scene.edge.clock.advance(1)
    world.start(skip_unchanged=False)
    scene.edge.clock.advance(1)
    until_queued: list[dict[str, int]] = []
    with counted(scene.client) as calls:

        def run(operation: Operation) -> None:
            until_queued.append(dict(calls))
            world.run(operation)

        flows.run = run
        body = {"environment": "dev", "skip_unchanged": False}
        answer = api.post(f"deployments/{ID}/deploy", json=body, headers={"Idempotency-Key": "one"})
        flows.run = world.run
    assert answer.status_code == 202, answer.text
    # The deployment twice, the key, the lease twice; the newest operations, and those that wait; the turn, the key, the
    # operation with what finds it, the event.
    assert until_queued == [{"GetItem": 5, "Query": 2, "PutItem": 5}]


def test_a_deploy_writes_its_lines_and_metrics_in_batches(scene: Scene) -> None:
    """Its events go one by one, since somebody may be watching; its lines wait half a second for each other."""
    with counted(scene.client) as calls:
        operation = scene.edge.world.start(skip_unchanged=False)
    lines = [one for one in scene.records.logs.get_logs(ID).items if one.operation_id == operation.operation_id]
    assert len(lines) >= 10
    assert calls["BatchWriteItem"] <= 8
    assert "Scan" not in calls
