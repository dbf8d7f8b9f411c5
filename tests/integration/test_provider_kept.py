"""Objects that the AWS server can't make are kept inside it, by a real server and from two runs at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.provider import lifecycle
from sandbox.provider.aws import Aws
from sandbox.provider.errors import AwsRefused
from sandbox.provider.kept import Keeping, kept
from sandbox.provider.language import Input, Kind, Output, Read, call
from sandbox.provider.scope import Scope
from sandbox.provider.testing import Clients

REGION = "eu-central-1"
PARENT = Read(call("describe_cluster", name="$clusterName"), at="cluster", gone=("ResourceNotFoundException",))
ADDON = kept(
    "aws:eks/addon:Addon",
    "eks",
    Keeping(
        "{clusterName}:{addonName}",
        parent=PARENT,
        taken="ResourceInUseException",
        drawn=lambda scope: {"createdAt": "2026-01-01T00:00:00Z"},
    ),
    inputs=(
        Input("clusterName", required=True, replaces=True),
        Input("addonName", required=True, replaces=True),
        Input("addonVersion"),
        Input("options", kind=Kind.BLOCK),
    ),
    outputs=(
        Output("arn", text="arn:{partition}:eks:{region}:{account}:addon/{clusterName}/{addonName}"),
        Output("createdAt"),
    ),
    imports=r"(?P<clusterName>[^:]+):(?P<addonName>[^:]+)",
    tagged=True,
)
POLICY = kept("aws:efs/backupPolicy:BackupPolicy", "efs", Keeping("{fileSystemId}"), (Input("fileSystemId"),))


@pytest.fixture
def cluster(endpoint: str, request: pytest.FixtureRequest) -> Iterator[str]:
    eks, name = Clients(endpoint).eks, request.node.name.replace("_", "-")[:90]
    role = "arn:aws:iam::123456789012:role/eks"
    eks.create_cluster(name=name, roleArn=role, resourcesVpcConfig={})
    yield name
    if name in eks.list_clusters()["clusters"]:
        eks.delete_cluster(name=name)


def addon(endpoint: str, cluster: str, **more: Any) -> Scope:
    inputs = {"clusterName": cluster, "addonName": "vpc-cni", "addonVersion": "1", "options": {"logLevel": 2}}
    return Scope(ADDON, Aws(endpoint, REGION), wanted={**inputs, **more}, default_tags={"Project": "shop"})


def afresh(made: Scope, **more: Any) -> Scope:
    """What a new engine run knows of it."""
    return Scope(ADDON, Aws(made.aws.endpoint, REGION), id=made.id, **more)


def test_a_kept_object_lives_like_any_other(endpoint: str, cluster: str) -> None:
    made = addon(endpoint, cluster, tags={"Team": "a"})
    outputs = lifecycle.create(made)
    assert made.id == f"{cluster}:vpc-cni"
    assert outputs["arn"] == f"arn:aws:eks:{REGION}:123456789012:addon/{cluster}/vpc-cni"
    assert outputs["createdAt"] == "2026-01-01T00:00:00Z"
    assert outputs["options"] == {"logLevel": 2}
    assert outputs["tagsAll"] == {"Project": "shop", "Team": "a"}
    assert lifecycle.read(afresh(made, state=dict(outputs), default_tags={"Project": "shop"})) == outputs

    wanted = {**made.wanted, "addonVersion": "2", "tags": {}}
    changed = frozenset({"addonVersion", "tags"})
    later = lifecycle.update(afresh(made, state=dict(outputs), wanted=wanted, changed=changed))
    assert later["addonVersion"] == "2"
    assert later["createdAt"] == outputs["createdAt"]
    assert "tagsAll" not in later or later["tagsAll"] == {}

    lifecycle.delete(afresh(made, state=dict(later)))
    assert lifecycle.read(afresh(made)) is None
    lifecycle.delete(afresh(made, state=dict(later)))


def test_only_one_of_two_runs_makes_it(endpoint: str, cluster: str) -> None:
    together = threading.Barrier(2)

    def make(number: int) -> str:
        scope = addon(endpoint, cluster)
        together.wait(10)
        try:
            lifecycle.create(scope)
        except AwsRefused as error:
            return error.aws_code
        return "made"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(make, range(2))) == ["ResourceInUseException", "made"]


def test_it_belongs_to_something(endpoint: str, cluster: str) -> None:
    with pytest.raises(AwsRefused, match=r"ResourceNotFoundException: nowhere:vpc-cni"):
        lifecycle.create(addon(endpoint, "nowhere"))
    made = addon(endpoint, cluster)
    lifecycle.create(made)
    eks = Clients(endpoint).eks
    eks.delete_cluster(name=cluster)
    assert lifecycle.read(afresh(made)) is None
    eks.create_cluster(name=cluster, roleArn="arn:aws:iam::123456789012:role/eks", resourcesVpcConfig={})
    assert lifecycle.read(afresh(made)) is None


def test_accounts_and_regions_are_apart(endpoint: str) -> None:
    def policy(aws: Aws) -> Scope:
        return Scope(POLICY, aws, id="fs-1", wanted={"fileSystemId": "fs-1"})

    here, elsewhere = Aws(endpoint, REGION), Aws(endpoint, "us-west-2")
    other = here.assume("arn:aws:iam::222222222222:role/any")
    lifecycle.create(policy(here))
    assert lifecycle.read(policy(here)) is not None
    assert lifecycle.read(policy(elsewhere)) is None
    assert lifecycle.read(policy(other)) is None


def test_nobody_finds_it_among_their_own(endpoint: str) -> None:
    lifecycle.create(Scope(POLICY, Aws(endpoint, REGION), wanted={"fileSystemId": "fs-2"}))
    assert [Clients(endpoint, region).dynamodb.list_tables()["TableNames"] for region in (REGION, "us-east-1")] == [
        [],
        [],
    ]
