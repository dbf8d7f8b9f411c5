"""What operators do in Prefect's pages, through the API that the pages use; and cancelling from the command line."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil
import pytest

from cloud_core.testing.waiting import wait_for

pytestmark = pytest.mark.xdist_group("sandbox")


class Pages:
    """The calls behind the buttons."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def start(self, deployment_id: str, **parameters: Any) -> str:
        """Quick run of the environment's own Prefect deployment."""
        found = self._client.get(f"/deployments/name/environment/{deployment_id}-dev").raise_for_status().json()
        body = {"parameters": {**found["parameters"], **parameters}}
        made = self._client.post(f"/deployments/{found['id']}/create_flow_run", json=body)
        return str(made.raise_for_status().json()["id"])

    def state(self, run: str) -> str:
        return str(self._client.get(f"/flow_runs/{run}").raise_for_status().json()["state_type"])

    def set_state(self, run: str, kind: str, name: str) -> None:
        body = {"state": {"type": kind, "name": name}, "force": False}
        self._client.post(f"/flow_runs/{run}/set_state", json=body).raise_for_status()

    def resume(self, run: str) -> None:
        self._client.post(f"/flow_runs/{run}/resume").raise_for_status()

    def task_states(self, run: str) -> dict[str, str]:
        body = {"task_runs": {"flow_run_id": {"any_": [run]}}}
        found = self._client.post("/task_runs/filter", json=body).raise_for_status().json()
        return {task["name"]: task["state_name"] for task in found}


@pytest.fixture(scope="module")
def pages(prefect: httpx.Client) -> Pages:
    return Pages(prefect)


@pytest.fixture
def running(cloud: Any, look: Any) -> tuple[str, dict[str, Any]]:
    """A detached deploy whose first stack takes a minute, once that stack's resource is being created."""
    deployment_id = cloud.init("slow", "stopping")
    cloud.configure(deployment_id, "slow", seconds=60)
    operation = cloud.data("deploy", deployment_id, "--auto-approve", "--detach")
    wait_for("the resource is being created", lambda: look.logged(deployment_id, "creating"))
    return deployment_id, operation


def engines(sandbox: dict[str, Any]) -> list[psutil.Process]:
    """The engines of this sandbox: other tests run engines at the same time."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "cwd"])
        if any("auto.inline" in part for part in process.info["cmdline"] or [])
        and Path(process.info["cwd"] or "/").is_relative_to(sandbox["state_dir"])
    ]


def status(cloud: Any, deployment_id: str) -> dict[str, str]:
    found = cloud.data("status", deployment_id)["environments"]["dev"]
    return {name: stack["status"] for name, stack in found["stacks"].items()}


def operation_of(cloud: Any, deployment_id: str) -> dict[str, Any]:
    return dict(cloud.data("status", deployment_id)["environments"]["dev"]["operation"])


def test_a_run_started_in_the_pages_works_like_one_from_the_command_line(cloud: Any, pages: Pages) -> None:
    deployment_id = cloud.deployed("slow", "starting")

    run = pages.start(deployment_id, action="destroy")

    wait_for("the run ends", lambda: pages.state(run) == "COMPLETED")
    assert cloud.data("status", deployment_id)["status"] == "destroyed"


def test_a_run_that_failed_can_be_retried_in_the_pages(cloud: Any, pages: Pages) -> None:
    deployment_id = cloud.init("own", "retrying")
    cloud.configure(deployment_id, "place", subnetCidr="192.168.0.0/24")
    failed = cloud.data("status", deployment_id)
    operation = cloud("deploy", deployment_id, "--auto-approve", "--json")
    assert operation.code == 1
    run = cloud.data("status", deployment_id)["environments"]["dev"]["operation"]["flow_run_id"]
    assert pages.state(run) == "FAILED", failed
    cloud.configure(deployment_id, "place", subnetCidr="10.50.9.0/24")
    cloud("validate", deployment_id)

    pages.set_state(run, "SCHEDULED", "AwaitingRetry")

    wait_for("the run is executed again", lambda: pages.state(run) in ("RUNNING", "COMPLETED"))
    wait_for("the run ends", lambda: pages.state(run) in ("COMPLETED", "FAILED"))
    assert status(cloud, deployment_id)["vault"] == "deployed"


def test_a_cancel_in_the_pages_stops_the_engine_and_starts_nothing_more(
    cloud: Any, pages: Pages, sandbox: dict[str, Any], running: tuple[str, dict[str, Any]]
) -> None:
    deployment_id, operation = running
    before = engines(sandbox)
    assert before

    pages.set_state(operation["flow_run_id"], "CANCELLING", "Cancelling")

    wait_for("the run is cancelled", lambda: pages.state(operation["flow_run_id"]) == "CANCELLED")
    assert not psutil.wait_procs(before, timeout=30)[1]
    assert status(cloud, deployment_id).get("after", "pending") == "pending"
    wait_for("the lease is free", lambda: cloud("destroy", deployment_id, "--auto-approve").code == 0)


def test_a_cancel_from_the_command_line_ends_cancelled_everywhere(
    cloud: Any, pages: Pages, running: tuple[str, dict[str, Any]]
) -> None:
    deployment_id, operation = running

    assert cloud("cancel", deployment_id, "--yes").code == 0

    wait_for("the run is cancelled", lambda: pages.state(operation["flow_run_id"]) == "CANCELLED")
    tasks = pages.task_states(operation["flow_run_id"])
    assert tasks == {"slow-dev": "Cancelled", "after-dev": "Cancelled"}
    assert cloud("destroy", deployment_id, "--auto-approve").code == 0


def test_a_lost_lease_stops_the_engine_and_ends_the_operation_failed(
    cloud: Any, sandbox: dict[str, Any], running: tuple[str, dict[str, Any]]
) -> None:
    deployment_id, operation = running
    before = engines(sandbox)
    assert before

    pass_lease_on(sandbox["records_endpoint"], deployment_id)

    assert not psutil.wait_procs(before, timeout=30)[1]
    wait_for("the operation ends", lambda: operation_of(cloud, deployment_id)["status"] == "failed")
    ended = operation_of(cloud, deployment_id)
    assert ended["operation_id"] == operation["operation_id"]
    assert ended["message"] == "the lease was lost: another owner has the environment"
    assert cloud("destroy", deployment_id, "--auto-approve").code == 0


def pass_lease_on(endpoint: str, deployment_id: str) -> None:
    """As if another owner had taken the environment over, and given it back."""
    keys = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
    with closing(boto3.client("dynamodb", region_name="us-east-1", endpoint_url=endpoint, **keys)) as client:
        client.update_item(
            TableName="cloud-deployments",
            Key={"PK": {"S": f"DEPLOYMENT#{deployment_id}"}, "SK": {"S": "LOCK#dev"}},
            UpdateExpression="SET fence = fence + :one REMOVE #owner",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":one": {"N": "1"}},
        )


def test_a_pause_in_the_pages_starts_nothing_until_it_is_resumed(cloud: Any, pages: Pages, look: Any) -> None:
    deployment_id = cloud.init("slow", "pausing")
    cloud.configure(deployment_id, "slow", seconds=8)
    run = cloud.data("deploy", deployment_id, "--auto-approve", "--detach")["flow_run_id"]
    wait_for("the first stack runs", lambda: look.stacks(deployment_id).get("slow") == "deploying")

    pages.set_state(run, "PAUSED", "Paused")
    wait_for("the first stack ends", lambda: look.stacks(deployment_id)["slow"] == "deployed")
    time.sleep(3)
    assert status(cloud, deployment_id).get("after", "pending") == "pending"

    pages.resume(run)
    wait_for("the second stack ends", lambda: look.stacks(deployment_id).get("after") == "deployed")
    wait_for("the run ends", lambda: pages.state(run) == "COMPLETED")
