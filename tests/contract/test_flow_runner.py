"""What `ports.flows.FlowRunner` promises, asked of the fake and of Prefect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import get_client

from cloud_core.adapters.prefect.connection import PrefectServer
from cloud_core.adapters.prefect.flow_runner import PrefectFlowRunner
from cloud_core.domain.errors import FlowServiceUnreachable
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
