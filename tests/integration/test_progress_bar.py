"""How far a flow run is, as a real flow service shows it."""

from __future__ import annotations

from typing import Any

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.runtime import flow_run
from prefect.states import Completed

from cloud_core.domain.records import StackResult
from cloud_core.domain.statuses import StackStatus
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.waiting import wait_for
from cloud_core.testing.world import World
from flows.progress import progress_shown

_SECONDS = 20.0
KEY = f"{DEPLOYMENT_ID.lower()}-dev-progress"


pytestmark = [pytest.mark.usefixtures("flow_service"), pytest.mark.xdist_group("flow-service")]


def shown(run_id: str) -> list[tuple[float, str]]:
    """Percent and description of each progress bar of the flow run: others have shared the server before."""
    wanted = {"artifacts": {"key": {"any_": [KEY]}, "flow_run_id": {"any_": [run_id]}}}
    with get_client(sync_client=True) as client:
        found = client.request("POST", "/artifacts/filter", json=wanted).json()
    return [(one["data"], one["description"]) for one in found]


def test_it_grows_with_the_stacks_and_is_full_only_when_all_went_well() -> None:
    seen: list[list[tuple[float, str]]] = []

    @flow(persist_result=False)
    def rehearsal() -> Any:
        world = World({"network": {}, "security": {"dependencies": ["network"]}})
        operation = world.start()
        run_id = str(flow_run.id)
        with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
            with progress_shown(run, look_seconds=0.05):
                run.remember(StackResult(stack_name="network", status=StackStatus.DEPLOYED))
                wait_for("half of it is shown", lambda: [one[0] for one in shown(run_id)] == [50.0], _SECONDS)
                seen.append(shown(run_id))
                run.remember(StackResult(stack_name="security", status=StackStatus.FAILED))
            seen.append(shown(run_id))
            world.executions.finish(run)
        return Completed(message="-")

    rehearsal()

    assert seen == [
        [(50.0, f"1 of 2 stacks of deploy {DEPLOYMENT_ID} dev")],
        [(50.0, f"1 of 2 stacks of deploy {DEPLOYMENT_ID} dev; 1 failed, cancelled or not reached")],
    ]
