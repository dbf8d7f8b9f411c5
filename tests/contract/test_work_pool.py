"""What `python -m flows.pool` makes in a real Prefect server, the first time and again."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.objects import WorkPool

from cloud_core.adapters.prefect.connection import PrefectServer
from cloud_core.adapters.prefect.work_pool import SILENCE_WATCH
from cloud_core.domain.errors import Conflict
from flows.pool import prepare


@pytest.fixture
def name() -> str:
    return f"pool-{uuid4().hex[:8]}"


def defaults(pool: WorkPool) -> dict[str, Any]:
    return {name: one["default"] for name, one in pool.base_job_template["variables"]["properties"].items()}


def test_runs_use_the_given_interpreter_and_are_not_tied_to_their_worker(server: PrefectServer, name: str) -> None:
    server.ask(lambda client: prepare(client, "/srv/my cloud/python", name))
    pool = server.ask(lambda client: client.read_work_pool(name))
    assert pool.type == "process"
    assert defaults(pool)["command"] == "'/srv/my cloud/python' -m prefect.engine"
    assert defaults(pool)["stream_output"] is False
    assert defaults(pool)["working_dir"] is None


def test_again_it_brings_up_to_date_and_leaves_a_pause(server: PrefectServer, name: str) -> None:
    server.ask(lambda client: prepare(client, "/old/python", name))
    server.ask(lambda client: client.update_work_pool(name, WorkPoolUpdate(is_paused=True)))
    server.ask(lambda client: prepare(client, "/new/python", name))
    pool = server.ask(lambda client: client.read_work_pool(name))
    assert defaults(pool)["command"] == "/new/python -m prefect.engine"
    assert pool.is_paused


def test_there_is_one_watch_over_silent_runs(server: PrefectServer, name: str) -> None:
    for _ in range(2):
        server.ask(lambda client: prepare(client, "python", name))
    (watch,) = server.ask(lambda client: client.read_automations_by_name(SILENCE_WATCH))
    assert watch.enabled
    assert [action.type for action in watch.actions] == ["change-flow-run-state"]


def test_a_pool_of_another_type_is_left_alone(server: PrefectServer, name: str) -> None:
    async def make(client: PrefectClient) -> WorkPool:
        return await client.create_work_pool(WorkPoolCreate(name=name, type="docker"))

    server.ask(make)
    with pytest.raises(Conflict, match=f"{name}.*'docker' in place of 'process'") as found:
        server.ask(lambda client: prepare(client, "python", name))
    assert found.value.suggestion == f"delete it with 'prefect work-pool delete {name}', then try again"
