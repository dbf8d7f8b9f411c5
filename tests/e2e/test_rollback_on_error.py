"""A deploy that fails and is taken back, on the real engine and flow service: AWS is as it was before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = [pytest.mark.xdist_group("sandbox"), pytest.mark.extended]

TEMPLATE = """
name: returning
description: Stacks of the workspace's own; the last one can't be deployed.
environments: {dev: {enabled: true}}
stacks: {place: {enabled: true}, reader: {enabled: true}, slow: {enabled: false}, breaking: {enabled: false}}
"""
BREAKING = """
import pulumi_aws as aws

from stacks.inputs import StackInputs, Wired


class Inputs(StackInputs):
    subnet_id: Wired[str]


def program(inputs, context):
    aws.ssm.Parameter("half", name=f"/{context.deployment_id}/half", type="String", value=inputs.subnet_id)
    aws.ec2.Subnet("nowhere", vpc_id="vpc-00000000000000000", cidr_block="10.50.9.0/24")
    return {}
"""
BREAKING_TEMPLATE = """
name: breaking
version: "1.0.0"
description: Makes one resource, and fails at the other.
dependencies: [place, slow]
parameters:
  inputs: {subnetId: {type: string, default: "${place.subnetId}", description: Where to be.}}
"""


@pytest.fixture
def deployment_id(cloud: Any) -> Iterator[str]:
    """Deployed as version 1; in the file stands what can't be deployed."""
    for place, text in (
        ("templates/custom/returning.yaml", TEMPLATE),
        ("templates/config/breaking.yaml", BREAKING_TEMPLATE),
        ("stacks/breaking/program.py", BREAKING),
    ):
        file = cloud.workspace / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    made = cloud.init("returning", "returning")
    assert cloud("deploy", made, "--auto-approve").code == 0
    change(cloud, made)
    yield made
    assert cloud("destroy", made, "--auto-approve").code == 0


def change(cloud: Any, deployment_id: str) -> None:
    """Another subnet, and two more stacks."""
    with cloud.edited(deployment_id) as document:
        document["stacks"]["place"]["config"] = {"subnetCidr": "10.50.2.0/24"}
        document["stacks"]["slow"].update({"enabled": True, "config": {"seconds": 0}})
        document["stacks"]["breaking"]["enabled"] = True


def in_aws(aws: Callable[[str], Any], deployment_id: str) -> tuple[list[str], list[str]]:
    """The ranges of its subnets, and the names of its parameters."""
    mine = [{"Name": "tag:DeploymentId", "Values": [deployment_id]}]
    subnets = aws("ec2").describe_subnets(Filters=mine)["Subnets"]
    found = aws("ssm").get_parameters_by_path(Path=f"/{deployment_id}/", Recursive=True)["Parameters"]
    return [one["CidrBlock"] for one in subnets], [one["Name"] for one in found]


def test_aws_the_records_and_the_manifest_are_as_before(
    cloud: Any, aws: Callable[[str], Any], deployment_id: str
) -> None:
    before = in_aws(aws, deployment_id)
    assert before == (["10.50.1.0/24"], [])

    error = cloud.error("deploy", deployment_id, "--rollback-on-error", "--auto-approve")

    failed, taken_back = error["details"], error["details"]["taken_back"]
    assert error["exit_code"] == 1
    assert {one["stack"]: one["status"] for one in failed["results"]} == {
        "place": "deployed",
        "reader": "deployed",
        "slow": "deployed",
        "breaking": "failed",
    }
    assert taken_back["rollback"] == {
        "of": failed["operation_id"],
        "version": 1,
        "destroys": ["breaking", "slow"],
        "left": {},
    }
    assert {one["stack"]: one["status"] for one in taken_back["results"]} == {
        "place": "deployed",
        "reader": "deployed",
        "slow": "destroyed",
        "breaking": "destroyed",
    }
    assert "it was rolled back: place, reader back to version 1; breaking, slow destroyed" in error["message"]
    assert in_aws(aws, deployment_id) == before

    dev = cloud.data("status", deployment_id)["environments"]["dev"]
    assert (dev["status"], dev["operation"]["type"]) == ("rolled_back", "rollback")
    assert [one["type"] for one in cloud.data("history", deployment_id)["operations"]] == [
        "rollback",
        "deploy",
        "deploy",
    ]
    assert cloud("manifest", "pull", deployment_id, "--force").code == 0
    assert cloud.data("deploy", deployment_id, "--auto-approve")["skipped"] == 2
    assert cloud.data("status", deployment_id)["environments"]["dev"]["status"] == "deployed"
