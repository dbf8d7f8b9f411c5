"""What AWS has of a deployment, seen and cleared with plain boto3, as a person would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import boto3
from subject import ACCOUNT, REGION


@dataclass(frozen=True, order=True)
class Resource:
    """A resource as AWS or the engine's state has it: its stack, its type in the engine, its id."""

    stack: str
    type: str
    id: str


Clients = Callable[[str], Any]


class Aws:
    """What AWS has of a deployment, asked with plain boto3 in the environment's account."""

    def __init__(self, endpoint: str) -> None:
        keys = {"aws_access_key_id": "faults", "aws_secret_access_key": "faults"}
        place = {"region_name": REGION, "endpoint_url": endpoint}
        sts = boto3.client("sts", **place, **keys)
        role = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/faults", RoleSessionName="faults")["Credentials"]
        session = boto3.Session(role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"])
        made: dict[str, Any] = {}
        self._client: Clients = lambda name: made.setdefault(name, session.client(name, **place))

    def delete(self, resource: Resource) -> None:
        DELETED[resource.type](self._client, resource.id)

    def resources(self, deployment_id: str) -> list[Resource]:
        """Sorted; one that is there twice is listed twice."""
        return sorted(
            Resource(stack, kind, identity)
            for kind, look in LISTED.items()
            for stack, identity in look(self._client, deployment_id)
        )


def _tagged(members: list[dict[str, Any]], key: str, deployment_id: str) -> Iterator[tuple[str, str]]:
    """Those of the deployment, and those whose owner nobody can tell."""
    for member in members:
        tags = {tag["Key"]: tag["Value"] for tag in member.get("Tags", [])}
        if tags.get("DeploymentId", deployment_id) == deployment_id:
            yield tags.get("Stack", "?"), member[key]


def _networks(client: Clients, deployment_id: str) -> Iterator[tuple[str, str]]:
    found = client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]
    return _tagged(found, "VpcId", deployment_id)


def _subnets(client: Clients, deployment_id: str) -> Iterator[tuple[str, str]]:
    found = client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["false"]}])["Subnets"]
    return _tagged(found, "SubnetId", deployment_id)


def _named(names: list[str], deployment_id: str) -> Iterator[tuple[str, str]]:
    for name in names:
        prefix, _, stack = name.rpartition("/")[2].rpartition("-")
        if prefix == deployment_id:
            yield stack, name


def _groups(client: Clients, deployment_id: str) -> Iterator[tuple[str, str]]:
    found = client("logs").describe_log_groups(logGroupNamePrefix=deployment_id)["logGroups"]
    return _named([one["logGroupName"] for one in found], deployment_id)


def _parameters(client: Clients, deployment_id: str) -> Iterator[tuple[str, str]]:
    begins = [{"Key": "Name", "Option": "BeginsWith", "Values": [deployment_id]}]
    found = client("ssm").describe_parameters(ParameterFilters=begins)["Parameters"]
    return _named([one["Name"] for one in found], deployment_id)


def _queues(client: Clients, deployment_id: str) -> Iterator[tuple[str, str]]:
    return _named(client("sqs").list_queues(QueueNamePrefix=deployment_id).get("QueueUrls", []), deployment_id)


LISTED: Final[dict[str, Callable[[Clients, str], Iterator[tuple[str, str]]]]] = {
    "aws:ec2/vpc:Vpc": _networks,
    "aws:ec2/subnet:Subnet": _subnets,
    "aws:cloudwatch/logGroup:LogGroup": _groups,
    "aws:ssm/parameter:Parameter": _parameters,
    "aws:sqs/queue:Queue": _queues,
}
"""The types of the workspace that stand in AWS; a `Wait` of the sandbox stands nowhere."""

DELETED: Final[dict[str, Callable[[Clients, str], object]]] = {
    "aws:ec2/vpc:Vpc": lambda client, identity: client("ec2").delete_vpc(VpcId=identity),
    "aws:ec2/subnet:Subnet": lambda client, identity: client("ec2").delete_subnet(SubnetId=identity),
    "aws:cloudwatch/logGroup:LogGroup": lambda client, name: client("logs").delete_log_group(logGroupName=name),
    "aws:ssm/parameter:Parameter": lambda client, name: client("ssm").delete_parameter(Name=name),
    "aws:sqs/queue:Queue": lambda client, url: client("sqs").delete_queue(QueueUrl=url),
}
