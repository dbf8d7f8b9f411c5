"""A prod that needs somebody else's approval: asked for, refused to its author and to Prefect's pages, given, done."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.xdist_group("sandbox")

_SECONDS = 300.0


def person(cloud: Any, name: str) -> Any:
    """The command line as typed by somebody, where prod needs an approval."""
    return replace(cloud, variables={**cloud.variables, "CLOUD_APPROVALS__ENVIRONMENTS": "prod", "LOGNAME": name})


def with_prod(cloud: Any) -> str:
    """A deployment of two small stacks, that has a prod."""
    deployment_id = cloud.init("slow", "approved")
    with cloud.edited(deployment_id) as document:
        document["environments"]["prod"] = {**document["environments"]["dev"], "enabled": True}
    return str(deployment_id)


def run_in_pages(prefect: httpx.Client, deployment_id: str, operation_id: str) -> dict[str, Any]:
    """What an operator could do in Prefect's pages: run the operation by its id. The state in which that ends."""
    pattern = prefect.get("/deployments/name/environment/any").raise_for_status().json()["id"]
    wish = {"deployment_id": deployment_id, "environment": "prod", "action": "deploy", "operation_id": operation_id}
    made = prefect.post(f"/deployments/{pattern}/create_flow_run", json={"parameters": wish}).raise_for_status().json()
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        state = prefect.get(f"/flow_runs/{made['id']}").raise_for_status().json()["state"]
        if state["type"] in ("FAILED", "COMPLETED", "CANCELLED", "CRASHED"):
            return dict(state)
        time.sleep(0.5)
    raise AssertionError(f"the run did not end within {_SECONDS:.0f} s")


def test_a_deploy_of_prod_waits_for_somebody_else(cloud: Any, prefect: httpx.Client) -> None:
    ann, bob = person(cloud, "ann"), person(cloud, "bob")
    deployment_id = with_prod(cloud)
    place = (deployment_id, "--environment", "prod")

    asked = ann("deploy", *place, "--confirm", deployment_id, "--json")
    assert asked.code == 7, asked.text
    operation = json.loads(asked.out)["data"]
    operation_id = operation["operation_id"]
    assert (operation["status"], operation["started_by"], operation["flow_run_id"]) == (
        "awaiting_approval",
        "ann",
        None,
    )

    state = run_in_pages(prefect, deployment_id, operation_id)
    assert state["type"] == "FAILED"
    assert "needs somebody else's approval: nobody has approved it yet" in state["message"]
    assert "a run was refused: deploy" in cloud("logs", *place).out

    status = ann.data("status", *place)
    assert (status["operation"]["status"], status["lease"]) == ("awaiting_approval", None)
    assert ann.error("approve", deployment_id, operation_id, "--confirm", deployment_id)["exit_code"] == 6

    approved = bob.data("approve", deployment_id, operation_id, "--confirm", deployment_id, "--comment", "looked at it")
    assert (approved["status"], approved["deployed"]) == ("success", 2)
    approval = approved["approval"]
    assert (approval["approved_by"], approval["comment"]) == ("bob", "looked at it")
    assert {"manifest", "program:slow", "program:after", "template:slow"} <= set(approval["digests"])
    assert bob.data("status", *place)["status"] == "deployed"
