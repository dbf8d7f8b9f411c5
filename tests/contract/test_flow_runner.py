"""What `ports.flows.FlowRunner` promises, asked of the fake and of Prefect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import IntervalSchedule

from cloud_core.adapters.prefect.connection import PrefectServer
from cloud_core.adapters.prefect.flow_runner import PrefectFlowRunner
from cloud_core.domain.errors import FlowServiceUnreachable
from cloud_core.domain.statuses import Action
from cloud_core.ports.flows import FlowRunner
from cloud_core.testing.builders import an_operation
from cloud_core.testing.flows import FakeFlowRunner

NOWHERE = "http://127.0.0.1:9/api"


@pytest.fixture(params=["fake", "prefect"])
def make(request: pytest.FixtureRequest) -> Callable[[], FlowRunner]:
    if request.param == "fake":
        runner = FakeFlowRunner()
        return lambda: runner
    server = request.getfixturevalue("server")
    return lambda: PrefectFlowRunner(server)


def test_the_same_operation_gives_the_same_run(make: Callable[[], FlowRunner]) -> None:
    operation = an_operation(f"op-{uuid4().hex}")
    first, again = make().submit(operation), make().submit(operation)
    assert first.flow_run_id == again.flow_run_id
    assert make().submit(an_operation(f"op-{uuid4().hex}")).flow_run_id != first.flow_run_id


def test_a_submitted_run_is_found_and_waits(make: Callable[[], FlowRunner]) -> None:
    run = make().submit(an_operation(f"op-{uuid4().hex}"))
    found = make().get(run.flow_run_id)
    assert found is not None
    assert found.state == "scheduled"


def test_an_unknown_run_is_none(make: Callable[[], FlowRunner]) -> None:
    assert make().get(str(uuid4())) is None


def test_registering_an_environment_twice_is_no_error(make: Callable[[], FlowRunner]) -> None:
    make().register_environment("D1BRV40", "dev")
    make().register_environment("D1BRV40", "dev")


def test_the_services_version_is_told(make: Callable[[], FlowRunner]) -> None:
    assert make().check()


def test_a_service_that_does_not_answer_is_unreachable() -> None:
    fake = FakeFlowRunner()
    fake.is_down = True
    for runner in (fake, PrefectFlowRunner(PrefectServer(NOWHERE, None))):
        with pytest.raises(FlowServiceUnreachable):
            runner.check()


def test_an_environments_runs_carry_ids_and_no_values(server: PrefectServer) -> None:
    operation = an_operation(f"op-{uuid4().hex}")
    run = PrefectFlowRunner(server).submit(operation)

    async def read() -> dict[str, object]:
        async with get_client() as client:
            return (await client.read_flow_run(UUID(run.flow_run_id))).parameters

    assert asyncio.run(read()) == {
        "deployment_id": operation.deployment_id,
        "environment": operation.environment.value,
        "action": operation.type.value,
        "operation_id": operation.operation_id,
    }
    assert run.url == f"http://pages/runs/flow-run/{run.flow_run_id}"


class TestAnEnvironmentOfAnEarlierVersion:
    """Its Prefect deployment was made when the flow had no rollback yet, and the service checks parameters."""

    @pytest.fixture
    def deployment_id(self, server: PrefectServer) -> str:
        """With a schedule that somebody added in the pages."""
        name = f"D{uuid4().hex[:6].upper()}"
        PrefectFlowRunner(server).register_environment(name, "dev")

        async def age(client: PrefectClient) -> None:
            found = await _deployment(client, name)
            schema = deepcopy(found.parameter_openapi_schema)
            assert schema is not None
            schema["definitions"]["Action"]["enum"].remove(Action.ROLLBACK.value)
            await client.update_deployment(found.id, DeploymentUpdate(parameter_openapi_schema=schema))
            quarterly = IntervalSchedule(interval=timedelta(days=90))
            made = [DeploymentScheduleCreate(schedule=quarterly, active=True, slug="own")]
            await client.create_deployment_schedules(found.id, made)
            await client.request("POST", "/deployments/{id}/schedule", path_params={"id": found.id}, json={})

        server.ask(age)
        return name

    def test_runs_an_action_that_came_since(self, server: PrefectServer, deployment_id: str) -> None:
        operation = an_operation(f"op-{uuid4().hex}", deployment_id=deployment_id, type=Action.ROLLBACK)
        run = PrefectFlowRunner(server).submit(operation)
        assert run.state == "scheduled"

    def test_keeps_everything_else(self, server: PrefectServer, deployment_id: str) -> None:
        def look() -> dict[str, Any]:
            found = server.ask(lambda client: _deployment(client, deployment_id))
            kept = {"schedules", "paused", "tags", "parameters", "work_pool_name", "concurrency_options", "description"}
            limit = found.global_concurrency_limit
            return {**found.model_dump(include=kept), "limit": limit.limit if limit else None}

        async def planned(client: PrefectClient) -> int:
            found = await _deployment(client, deployment_id)
            return len(await client.get_scheduled_flow_runs_for_deployments([found.id], limit=10))

        before, runs = look(), server.ask(planned)
        assert (before["limit"], len(before["schedules"])) == (1, 1)
        PrefectFlowRunner(server).register_environment(deployment_id, "dev")
        assert look() == before
        assert server.ask(planned) == runs > 0

    def test_is_left_alone_once_it_is_up_to_date(self, server: PrefectServer, deployment_id: str) -> None:
        def updated() -> Any:
            PrefectFlowRunner(server).register_environment(deployment_id, "dev")
            return server.ask(lambda client: _deployment(client, deployment_id)).updated

        assert updated() == updated()


async def _deployment(client: PrefectClient, deployment_id: str) -> DeploymentResponse:
    return await client.read_deployment_by_name(f"environment/{deployment_id}-dev")
