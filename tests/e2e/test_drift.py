"""What is changed in AWS behind the platform's back: reported, marked, put right by a deploy, or read by a refresh."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("sandbox of lives")


@pytest.fixture(scope="module")
def deployed(cloud: Any) -> str:
    return str(cloud.deployed("demo", "drifting"))


@pytest.fixture(scope="module")
def vpc(deployed: str, cloud: Any) -> str:
    return str(cloud.data("outputs", deployed)["outputs"]["network"]["vpcId"])


@pytest.fixture(scope="module")
def intrude(deployed: str, vpc: str, aws: Callable[[str], Any]) -> Callable[[], str]:
    """Change AWS as somebody at a console would: a tag too many, a secret less; the secret's name."""

    def change() -> str:
        aws("ec2").create_tags(Resources=[vpc], Tags=[{"Key": "Owner", "Value": "somebody"}])
        name = _secrets(aws, deployed)[0]
        aws("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        return name

    return change


def _secrets(aws: Callable[[str], Any], deployment_id: str) -> list[str]:
    found = aws("secretsmanager").list_secrets()["SecretList"]
    return sorted(secret["Name"] for secret in found if deployment_id.lower() in secret["Name"].lower())


def _tags(aws: Callable[[str], Any], vpc: str) -> dict[str, str]:
    (found,) = aws("ec2").describe_vpcs(VpcIds=[vpc])["Vpcs"]
    return {tag["Key"]: tag["Value"] for tag in found["Tags"]}


def _marked(cloud: Any, deployment_id: str) -> dict[str, int]:
    """Stacks that the status shows as drifted, with the number of their resources."""
    stacks = cloud.data("status", deployment_id, "--environment", "dev")["stacks"]
    return {name: stack["drift"]["count"] for name, stack in stacks.items() if stack["drift_detected"]}


def test_drift_is_reported_and_marked_and_a_deploy_puts_it_right(
    deployed: str, vpc: str, cloud: Any, aws: Callable[[str], Any], intrude: Callable[[], str]
) -> None:
    before = _secrets(aws, deployed)
    removed = intrude()

    answer = cloud("refresh", deployed, "--preview")
    assert answer.code == 0, answer.text
    assert "tags.Owner: expected (none), actual somebody" in answer.out
    assert "gone from AWS" in answer.out
    assert "dns        no change" in answer.out
    assert cloud.error("detect-drift", deployed, "--fail-on-drift")["code"] == "DRIFT_DETECTED"
    assert sorted(_marked(cloud, deployed)) == ["network", "secrets"]
    assert "drifted: 1 resource" in cloud("status", deployed).out
    assert _tags(aws, vpc)["Owner"] == "somebody"

    plan = cloud.data("plan", deployed)
    steps = {stack["name"]: [step["action"] for step in stack["steps"]] for stack in plan["stacks"]}
    assert steps["network"] == ["update"]
    assert "create" in steps["secrets"]
    assert removed not in _secrets(aws, deployed)

    done = cloud("deploy", deployed, "--auto-approve")
    assert done.code == 0, done.text
    assert "AWS differs from its state" in done.out
    assert "Owner" not in _tags(aws, vpc)
    assert _secrets(aws, deployed) == before
    assert _marked(cloud, deployed) == {}
    assert cloud("refresh", deployed, "--preview", "--fail-on-drift").code == 0
    again = cloud.data("deploy", deployed, "--auto-approve")
    assert {result["cause"] for result in again["results"]} == {"unchanged"}


@pytest.mark.extended
def test_a_refresh_reads_it_and_the_next_deploy_still_puts_it_right(
    deployed: str, vpc: str, cloud: Any, aws: Callable[[str], Any], intrude: Callable[[], str]
) -> None:
    before = _secrets(aws, deployed)
    intrude()

    found = cloud.data("refresh", deployed)
    changed = {stack["stack_name"]: stack["changes_detected"] for stack in found["stacks"] if stack["changes"]}
    assert sorted(changed) == ["network", "secrets"]
    assert {stack["status"] for stack in found["stacks"]} == {"refreshed"}
    assert _tags(aws, vpc)["Owner"] == "somebody"
    assert _marked(cloud, deployed) == {}
    assert cloud.data("refresh", deployed, "network", "--preview")["drift_detected"] is False

    done = cloud.data("deploy", deployed, "--auto-approve")
    results = {result["stack"]: result["status"] for result in done["results"]}
    assert (results["network"], results["dns"]) == ("deployed", "skipped")
    assert "Owner" not in _tags(aws, vpc)
    assert _secrets(aws, deployed) == before
