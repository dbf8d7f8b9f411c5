"""Values that are set on the command line reach AWS, and an environment that is switched off leaves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("sandbox of lives")

OTHER_ACCOUNT = "410000000018"


@pytest.fixture(scope="module")
def configured(cloud: Any) -> str:
    """Stacks of the workspace's own, deployed with a value that `config-set` set; it has a stage, not enabled."""
    deployment_id = str(cloud.init("own", "configured"))
    with cloud.edited(deployment_id) as document:
        environments = document["environments"]
        environments["stage"] = {**environments["dev"], "enabled": False, "account": OTHER_ACCOUNT}
    changed = cloud.data("config-set", deployment_id, "subnetCidr", "10.50.7.0/24", "--stack", "place")
    assert (changed["inherited"], changed["new"], changed["file_state"]) == ("10.50.1.0/24", "10.50.7.0/24", "edited")
    answer = cloud("deploy", deployment_id, "--auto-approve")
    assert answer.code == 0, answer.text
    return deployment_id


def test_a_value_reaches_aws_and_another_one_changes_its_stack(
    configured: str, cloud: Any, aws: Callable[[str], Any]
) -> None:
    assert _subnet_range(configured, cloud, aws) == "10.50.7.0/24"
    assert not cloud.data("config-set", configured, "subnetCidr", "10.50.7.0/24", "--stack", "place")["changed"]
    cloud.data("config-set", configured, "subnetCidr", "10.50.8.0/24", "--stack", "place", "-e", "dev")
    results = {one["stack"]: one for one in cloud.data("deploy", configured, "--auto-approve")["results"]}
    assert (results["place"]["status"], results["vault"]["cause"]) == ("deployed", "unchanged")
    assert _subnet_range(configured, cloud, aws) == "10.50.8.0/24"


def _subnet_range(deployment_id: str, cloud: Any, aws: Callable[[str], Any]) -> str:
    subnet = cloud.data("outputs", deployment_id)["outputs"]["place"]["subnetId"]
    (found,) = aws("ec2").describe_subnets(SubnetIds=[subnet])["Subnets"]
    return str(found["CidrBlock"])


def test_a_placeholder_shows_what_the_deployed_stack_gave(configured: str, cloud: Any) -> None:
    subnet = cloud.data("outputs", configured)["outputs"]["place"]["subnetId"]
    asked = ("config-get", configured, "subnetId", "--stack", "reader", "-e", "dev")
    assert cloud(*asked).out == "${place.subnetId}\n"
    assert cloud(*asked, "--resolved", "--show-origin").out == f"{subnet}  template  templates/config/reader.yaml\n"
    secret = cloud.data("config-get", configured, "token", "--stack", "vault", "-e", "dev", "--resolved")
    assert secret["value"].startswith("${env.CLOUD_VAR_")


@pytest.mark.extended
def test_an_environment_is_enabled_deployed_and_disabled_with_what_it_holds(configured: str, cloud: Any) -> None:
    assert cloud("deploy", configured, "-e", "stage", "--auto-approve").code == 3
    assert cloud.data("environment", "enable", configured, "stage")["changed"]
    assert cloud("deploy", configured, "-e", "stage", "--auto-approve").code == 0
    rows = {one["environment"]: one for one in cloud.data("environment", "list", configured)["environments"]}
    assert (rows["stage"]["status"], rows["stage"]["deployed_stacks"], rows["stage"]["account"]) == (
        *("deployed", 3),
        OTHER_ACCOUNT,
    )
    assert cloud.error("environment", "disable", configured, "stage")["exit_code"] == 5
    disabled = cloud.data("environment", "disable", configured, "stage", "--destroy", "--auto-approve")
    assert (disabled["enabled"], sorted(disabled["destroyed"])) == (False, ["place", "reader", "vault"])
    rows = {one["environment"]: one for one in cloud.data("environment", "list", configured)["environments"]}
    assert (rows["stage"]["status"], rows["stage"]["deployed_stacks"], rows["dev"]["deployed_stacks"]) == (
        "destroyed",
        0,
        3,
    )
