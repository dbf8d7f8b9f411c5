"""A stack in its own folder, run by people with the full Pulumi: inputs come from the project's configuration."""

from __future__ import annotations

import runpy
from collections.abc import Callable

import pulumi
import pytest
from ruamel.yaml import YAML

from cloud_core.domain.errors import InvalidInput, InvalidStackInput
from cloud_core.domain.values import SecretValue
from stacks.registry import StackRegistry
from stacks.standalone import run
from stacks.testing import Picture, draw

DEPLOYMENT = {"deploymentId": "D1BRV40", "environment": "dev", "project": "shop", "accountId": "410000000017"}


KEY = "arn:aws:kms:eu-west-1:410000000017:key/1"
SUBNETS = '["subnet-1", "subnet-2"]'
NAMED = {
    "hostedZoneId": "Z1",
    "domainName": "shop.example.com",
    "wildcardCertificateArn": "arn:aws:acm:eu-west-1:410000000017:certificate/1",
}
ROLE = "arn:aws:iam::410000000017:role/tasks"
ON_FARGATE = {
    "vpcId": "vpc-1",
    "privateSubnetIds": SUBNETS,
    "applicationKeyArn": KEY,
    "infrastructureKeyArn": KEY,
    "ecsExecutionRoleArn": ROLE,
    "ecsTaskRoleArn": ROLE,
    **{f"{name}RepoUrl": f"registry/{name}" for name in ("frontend", "backend", "api")},
}
REQUIRED = {
    "compute-ec2": {
        "vpcId": "vpc-1",
        "publicSubnetIds": SUBNETS,
        "privateSubnetIds": SUBNETS,
        "applicationKeyArn": KEY,
        "infrastructureKeyArn": KEY,
        "loadBalancerSgId": "sg-1",
        **NAMED,
    },
    "compute-lambda": {
        "applicationKeyArn": KEY,
        "databaseKeyArn": KEY,
        "infrastructureKeyArn": KEY,
        "lambdaSgId": "sg-1",
        "privateSubnetIds": SUBNETS,
    },
    "containers-apps": {
        **ON_FARGATE,
        "publicSubnetIds": SUBNETS,
        **{f"{name}SgId": "sg-1" for name in ("loadBalancer", "webApplication", "apiApplication")},
        **NAMED,
    },
    "containers-images": {"applicationKeyArn": KEY, "infrastructureKeyArn": KEY},
    "database-rds": {
        "databaseKeyArn": KEY,
        "databaseSgId": "sg-1",
        "databaseSubnetIds": SUBNETS,
        "infrastructureKeyArn": KEY,
    },
    "dns": {"deployDomain": "shop.example.com"},
    "monitoring": {"infrastructureKeyArn": KEY},
    "security": {"vpcId": "vpc-1", "vpcCidrBlock": "10.0.0.0/16"},
    "secrets": {"applicationKeyArn": KEY, "ecsTaskRoleName": "task"},
    "services-ecr": {"applicationKeyArn": KEY, "infrastructureKeyArn": KEY},
    "services-ecs": {**ON_FARGATE, "ecsSgId": "sg-1"},
    "services-eks": {
        "applicationKeyArn": KEY,
        "infrastructureKeyArn": KEY,
        "privateSubnetIds": SUBNETS,
        "eksClusterRoleArn": ROLE,
        "eksNodeGroupRoleArn": ROLE,
        "eksSgId": "sg-1",
    },
    "storage": {"applicationKeyArn": KEY, "databaseKeyArn": KEY},
}


def standalone(program: str | Callable[[], object], *secret: str, configuration: dict[str, str]) -> Picture:
    """The picture of a stack by name, or of what a function runs, under this configuration of the project."""

    def configured() -> None:
        values = {f"project:{name}": value for name, value in {**DEPLOYMENT, **configuration}.items()}
        keys = [f"project:{name}" for name in secret]
        pulumi.runtime.set_all_config({**values, "aws:region": "eu-west-1"}, keys)
        run(program) if isinstance(program, str) else program()

    return draw(configured)


def test_numbers_flags_and_lists_are_json() -> None:
    picture = standalone(
        "network", configuration={"azCount": "3", "enableNat": "false", "interfaceEndpoints": '["sts"]'}
    )
    assert len(picture.of("Subnet")) == 9
    assert picture.of("NatGateway") == []
    assert [item.name for item in picture.of("VpcEndpoint")] == ["s3-gateway", "sts"]
    assert picture.outputs["region"] == "eu-west-1"


def test_texts_stay_texts() -> None:
    assert (
        standalone("network", configuration={"vpcCidr": "10.9.0.0/16"}).one("Vpc").inputs["cidrBlock"] == "10.9.0.0/16"
    )
    picture = standalone(
        "dns", configuration={"deployDomain": "1.example.com", "zoneType": "private", "vpcId": "vpc-123"}
    )
    assert picture.one("Zone").inputs["vpcs"][0]["vpcId"] == "vpc-123"


def test_a_secret_stays_one() -> None:
    picture = standalone("security", "vpcId", configuration=REQUIRED["security"])
    assert picture.one("SecurityGroup", "web").inputs["vpcId"] == SecretValue("vpc-1")


def test_what_is_no_json_is_named() -> None:
    with pytest.raises(InvalidStackInput, match="configuration 'azCount' must be JSON"):
        standalone("network", configuration={"azCount": "three"})


def test_rules_hold_here_too() -> None:
    with pytest.raises(InvalidStackInput, match="azCount = 9"):
        standalone("network", configuration={"azCount": "9"})


def test_an_unknown_environment_is_named() -> None:
    with pytest.raises(InvalidInput, match="environment 'staging' is unknown: use 'stage'"):
        standalone("network", configuration={"environment": "staging"})


@pytest.mark.parametrize("stack", StackRegistry().names())
def test_every_stack_can_be_run_in_its_folder(stack: str) -> None:
    folder = StackRegistry().folder(stack)
    project = YAML(typ="safe", pure=True).load((folder / "Pulumi.yaml").read_text())
    assert (project["name"], project["runtime"]) == (stack, "python")
    picture = standalone(
        lambda: runpy.run_path(str(folder), run_name="__main__"), configuration=REQUIRED.get(stack, {})
    )
    assert picture.outputs["stackName"] == stack
