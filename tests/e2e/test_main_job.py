"""The main job, as the README promises it: four stacks through the real command line, engine, flow and AWS calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.xdist_group("sandbox of lives")

EDGES = {"dns-dev": set(), "network-dev": set(), "security-dev": {"network-dev"}, "secrets-dev": {"security-dev"}}


@pytest.fixture(scope="module")
def deployed(cloud: Any) -> str:
    return str(cloud.deployed("demo", "ecommerce"))


def test_the_vpc_and_the_secrets_are_in_aws(
    deployed: str, cloud: Any, aws: Callable[[str], Any], sandbox: dict[str, Any]
) -> None:
    mine = [{"Name": "tag:DeploymentId", "Values": [deployed]}]
    vpcs = aws("ec2").describe_vpcs(Filters=mine)["Vpcs"]
    outputs = cloud.data("outputs", deployed)["outputs"]
    assert [vpc["VpcId"] for vpc in vpcs] == [outputs["network"]["vpcId"]]
    tags = {tag["Key"]: tag["Value"] for tag in vpcs[0]["Tags"]}
    assert tags["Stack"] == "network"
    assert tags["Environment"] == "dev"
    secrets = aws("secretsmanager").list_secrets()["SecretList"]
    assert len([secret for secret in secrets if deployed.lower() in secret["Name"].lower()]) == 3


def test_prefect_shows_one_task_run_a_stack_with_its_edges(deployed: str, prefect: httpx.Client) -> None:
    wanted = {"flow_runs": {"tags": {"all_": [deployed]}}, "sort": "START_TIME_ASC"}
    runs = prefect.post("/flow_runs/filter", json=wanted).json()
    assert {run["state_type"] for run in runs} == {"COMPLETED"}
    graph = prefect.get(f"/flow_runs/{runs[0]['id']}/graph-v2").json()
    nodes = dict(graph["nodes"])
    found = {node["label"]: {nodes[parent["id"]]["label"] for parent in node["parents"]} for node in nodes.values()}
    assert found == EDGES
    artifacts = prefect.post("/artifacts/filter", json={}).json()
    assert {artifact["key"] for artifact in artifacts} >= {
        f"{deployed.lower()}-dev-graph",
        f"{deployed.lower()}-dev-results",
        f"{deployed.lower()}-dev-progress",
    }


def test_the_layer_that_each_task_was_given_is_the_plans(deployed: str, cloud: Any) -> None:
    stacks = cloud.data("status", deployed)["environments"]["dev"]["stacks"]
    assert {name: stack["layer"] for name, stack in stacks.items()} == {
        "dns": 1,
        "network": 1,
        "security": 2,
        "secrets": 3,
    }


def test_deploying_again_skips_every_stack(deployed: str, cloud: Any) -> None:
    answer = cloud.data("deploy", deployed, "--auto-approve")
    told = {(result["status"], result["cause"]) for result in answer["results"]}
    assert told == {("skipped", "unchanged")}


def test_forced_to_run_the_engine_changes_nothing(deployed: str, cloud: Any) -> None:
    answer = cloud.data("deploy", deployed, "--auto-approve", "--force")
    assert {result["status"] for result in answer["results"]} == {"deployed"}
    assert not [result for result in answer["results"] if set(result["changes"]) - {"same"}]


def test_a_state_goes_out_and_comes_back(deployed: str, cloud: Any, tmp_path: Path) -> None:
    file = tmp_path / "network.json"
    exported = cloud.data("export-stack", deployed, "network", "--output", str(file))
    imported = cloud.data(
        "import-stack", deployed, "network", "--environment", "dev", "--input", str(file), "--auto-approve"
    )
    assert imported["forgotten"] == []
    assert imported["resource_count"] == exported["resource_count"] > 0
    assert Path(imported["backup"]).parent.parent.name.startswith(deployed)
    deploy = cloud.data("deploy", deployed, "--auto-approve")
    results = {one["stack"]: one for one in deploy["results"]}
    assert results["network"]["changes"] == {"same": exported["resource_count"]}
    assert {one["status"] for name, one in results.items() if name != "network"} == {"skipped"}
    newest = cloud.data("history", deployed, "--stack", "network", "--limit", "1")["operations"][0]
    assert (newest["operation_id"], newest["status"]) == (deploy["operation_id"], "success")
    stacks = cloud.data("graph", deployed)["stacks"]
    assert {one["status"] for one in stacks} == {"deployed"}


def test_logs_are_in_the_deployments_folder_and_on_the_command_line(deployed: str, cloud: Any) -> None:
    folder = cloud.manifest(deployed).parent / "logs"
    assert {path.name.split("-dev-")[0] for path in folder.glob("*-dev-*.log")} == {
        *("deploy", "network", "dns", "security", "secrets"),
    }
    assert "network" in cloud("logs", deployed, "--lines", "500").out


def test_destroy_leaves_aws_state_and_records_clean(
    cloud: Any, aws: Callable[[str], Any], sandbox: dict[str, Any]
) -> None:
    deployment_id = cloud.deployed("demo", "passing")
    assert cloud("destroy", deployment_id, "--auto-approve").code == 0
    mine = [{"Name": "tag:DeploymentId", "Values": [deployment_id]}]
    ec2 = aws("ec2")
    assert ec2.describe_vpcs(Filters=mine)["Vpcs"] == []
    assert ec2.describe_addresses(Filters=mine)["Addresses"] == []
    state = Path(sandbox["state_dir"]) / "pulumi" / ".pulumi" / "stacks"
    assert not list(state.rglob(f"{deployment_id}-*.json"))
    status = cloud.data("status", deployment_id)
    assert status["status"] == "destroyed"
    assert cloud.data("outputs", deployment_id)["outputs"] == {}


def test_a_stack_that_fails_in_the_middle_is_told_and_mended(cloud: Any) -> None:
    deployment_id = cloud.init("own", "mending")
    cloud.configure(deployment_id, "place", subnetCidr="192.168.0.0/24")

    failed = cloud("deploy", deployment_id, "--auto-approve")

    assert failed.code == 1
    for part in ("place", "aws:ec2/subnet:Subnet", "subnet", "InvalidSubnet.Range"):
        assert part in failed.text
    dev = cloud.data("status", deployment_id)["environments"]["dev"]
    causes = {result["stack"]: result["cause"] for result in dev["operation"]["results"]}
    assert causes["reader"] == "dependency_failed:place"
    stacks = {name: stack["status"] for name, stack in dev["stacks"].items()}
    assert stacks["place"] == "failed"
    assert stacks["vault"] == "deployed"
    assert cloud.data("status", deployment_id)["status"] == "partial"

    cloud.configure(deployment_id, "place", subnetCidr="10.50.9.0/24")
    mended = cloud("deploy", deployment_id, "--auto-approve")
    assert mended.code == 0, mended.text
    outputs = cloud.data("outputs", deployment_id)["outputs"]
    assert outputs["reader"]["read"] == outputs["place"]["subnetId"]
