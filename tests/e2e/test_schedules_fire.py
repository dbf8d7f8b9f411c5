"""Schedules on the sandbox: the flow service starts runs by itself, and each ends in our records or says why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from cloud_core.domain.statuses import OperationStatus
from cloud_core.testing.waiting import wait_for

pytestmark = pytest.mark.xdist_group("sandbox")

until = partial(wait_for, seconds=180)
EVERY_MINUTE = ("--cron", "* * * * *", "--timezone", "Europe/Berlin")


def operation_of(cloud: Any, deployment_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = cloud.data("status", deployment_id)["environments"]["dev"]["operation"]
    return found


def last_run(cloud: Any, deployment_id: str) -> dict[str, Any] | None:
    """Of the deployment's only schedule."""
    (schedule,) = cloud.data("schedule", "list", deployment_id)["schedules"]
    found: dict[str, Any] | None = schedule["last_run"]
    return found


@pytest.fixture
def planned(prefect: httpx.Client) -> Iterator[Callable[..., dict[str, Any]]]:
    """Make deployments of the flow `environment` by the API, with one schedule each; they are deleted at the end."""
    made: list[str] = []

    def make(name: str, schedule: dict[str, Any]) -> dict[str, Any]:
        flow = prefect.get("/flows/name/environment").raise_for_status().json()
        body = {"name": name, "flow_id": flow["id"], "schedules": [{"schedule": schedule, "active": True}]}
        deployment: dict[str, Any] = prefect.post("/deployments/", json=body).raise_for_status().json()
        made.append(deployment["id"])
        return deployment

    yield make
    for identity in made:
        prefect.delete(f"/deployments/{identity}").raise_for_status()


def runs_of(prefect: httpx.Client, deployment: dict[str, Any]) -> list[dict[str, Any]]:
    body = {"deployments": {"id": {"any_": [deployment["id"]]}}, "sort": "EXPECTED_START_TIME_ASC"}
    found: list[dict[str, Any]] = prefect.post("/flow_runs/filter", json=body).raise_for_status().json()
    return found


def test_the_flow_service_plans_runs_of_cron_schedules(prefect: httpx.Client, planned: Any) -> None:
    """With a wrong version of one of its libraries it does not, and says nothing: see the pins in pyproject.toml."""
    deployment = planned("yearly", {"cron": "0 0 1 1 *", "timezone": "UTC"})

    run, *_ = until("a run is planned", lambda: runs_of(prefect, deployment))

    assert (run["state_name"], run["auto_scheduled"]) == ("Scheduled", True)
    assert datetime.fromisoformat(run["expected_start_time"]).strftime("%m-%d %H:%M") == "01-01 00:00"


def test_a_schedule_fires_and_its_run_is_an_operation_of_ours(cloud: Any, prefect: httpx.Client, look: Any) -> None:
    deployment_id = cloud.init("slow", "nightly")
    made = cloud.data("schedule", "set", deployment_id, "--action", "deploy", *EVERY_MINUTE)
    assert made["is_planned"]
    until("the operation begins", lambda: look.operation(deployment_id))
    cloud.data("schedule", "remove", deployment_id, "--action", "deploy")
    assert cloud.data("schedule", "list", deployment_id)["schedules"] == []

    until("the operation ends", lambda: look.operation(deployment_id).status.is_terminal)
    assert cloud.data("status", deployment_id)["status"] == "deployed"
    operation = operation_of(cloud, deployment_id)
    assert operation is not None
    assert operation["started_by"] == "schedule * * * * * Europe/Berlin"
    assert operation["status"] == "success"
    run = prefect.get(f"/flow_runs/{operation['flow_run_id']}").raise_for_status().json()
    assert run["created_by"]["display_value"] == "cloud-deploy"


@pytest.mark.extended
def test_a_scheduled_run_gives_way_to_the_one_at_work(cloud: Any, look: Any) -> None:
    deployment_id = cloud.init("slow", "giving-way")
    cloud.configure(deployment_id, "slow", seconds=120)
    running = cloud.data("deploy", deployment_id, "--auto-approve", "--detach")["operation_id"]
    until("it is at work", lambda: look.operation(deployment_id).status is OperationStatus.IN_PROGRESS)
    cloud.data("schedule", "set", deployment_id, "--action", "deploy", *EVERY_MINUTE)

    ended = until("the scheduled run ends", lambda: last_run(cloud, deployment_id))

    cloud.data("schedule", "remove", deployment_id, "--action", "deploy")
    assert (ended["state"], ended["message"]) == ("Cancelled", "the environment was busy")
    left = operation_of(cloud, deployment_id)
    assert left is not None
    assert (left["operation_id"], left["status"]) == (running, "in_progress")
    assert cloud("cancel", deployment_id, "--yes").code == 0
    assert cloud("destroy", deployment_id, "--auto-approve").code == 0


@pytest.mark.extended
def test_a_schedule_of_the_pages_is_listed_and_does_not_bring_back_what_was_destroyed(
    cloud: Any, prefect: httpx.Client
) -> None:
    deployment_id = cloud.deployed("slow", "gone")
    assert cloud("destroy", deployment_id, "--auto-approve").code == 0
    destroyed = operation_of(cloud, deployment_id)
    own = prefect.get(f"/deployments/name/environment/{deployment_id}-dev").raise_for_status().json()
    soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    rule = {"schedule": {"interval": 86400, "anchor_date": soon, "timezone": "UTC"}, "active": True}
    prefect.post(f"/deployments/{own['id']}/schedules", json=[rule]).raise_for_status()
    prefect.post(f"/deployments/{own['id']}/schedule", json={}).raise_for_status()

    run = until("the run begins", lambda: last_run(cloud, deployment_id))["flow_run_id"]
    until("the run ends", lambda: prefect.get(f"/flow_runs/{run}").raise_for_status().json()["end_time"])
    ended = last_run(cloud, deployment_id)

    assert ended is not None
    assert ended["state"] == "Skipped"
    assert ended["message"].startswith("scheduled deploy of dev skipped: it was destroyed")
    (listed,) = cloud.data("schedule", "list", deployment_id)["schedules"]
    assert (listed["name"], listed["rule"], listed["prefect_deployment"]) == (None, "every 1 d", own["name"])
    assert operation_of(cloud, deployment_id) == destroyed
    assert ended["message"] in cloud("logs", deployment_id, "--since", "1h").out
