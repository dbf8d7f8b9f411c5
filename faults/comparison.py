"""AWS, the engine's state and the records, compared resource by resource: each contradiction is a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import boto3
from subject import ACCOUNT, REGION, STACKS, Subject

from cloud_core.domain.records import StackRecord
from cloud_core.domain.statuses import StackStatus

STACK_TYPE: Final = "pulumi:pulumi:Stack"


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


def own(state: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The resources of a state without the engine's own: providers and the stack itself."""
    members = (state or {}).get("resources") or []
    return [one for one in members if not str(one["type"]).startswith("pulumi:")]


def in_state(subject: Subject) -> list[Resource]:
    return sorted(
        Resource(stack, one["type"], one["id"])
        for stack in STACKS
        for one in own(subject.state_of(stack))
        if one["type"] in LISTED
    )


def pending(subject: Subject) -> list[tuple[str, dict[str, Any]]]:
    """Operations without an end in the engine's states: stack, operation."""
    return [(stack, one) for stack in STACKS for one in (subject.state_of(stack) or {}).get("pending_operations") or []]


def contradictions(subject: Subject, aws: Aws, deployed: bool) -> list[str]:
    """What is wrong once all is said to be deployed, or destroyed; [] when AWS, state and records agree."""
    there, known = Counter(aws.resources(subject.id)), Counter(in_state(subject))
    records = subject.stacks
    return [
        *(f"in AWS, in no state: {one}" for one in (there - known).elements()),
        *(f"in the state, not in AWS: {one}" for one in (known - there).elements()),
        *(f"pending in the state of {stack}: {one['type']}" for stack, one in pending(subject)),
        *(f"engine's lock left: {path.name}" for path in subject.engine_locks),
        *_told(subject, records, deployed),
        *_left(subject, records),
    ]


def dishonest(subject: Subject, aws: Aws) -> list[str]:
    """What the records claim of single stacks although it is not so; asked as soon as a run was found dead."""
    there = set(aws.resources(subject.id))
    return [
        sentence
        for stack, record in subject.stacks.items()
        if record.status in (StackStatus.DEPLOYED, StackStatus.DESTROYED)
        for sentence in _checked(subject, stack, record, there)
    ]


def _told(subject: Subject, records: dict[str, StackRecord], deployed: bool) -> Iterator[str]:
    wanted = StackStatus.DEPLOYED if deployed else StackStatus.DESTROYED
    for stack in STACKS:
        status = records[stack].status if stack in records else StackStatus.PENDING
        if status is not wanted and not (status is StackStatus.PENDING and not deployed):
            yield f"the record of {stack} says {status.value}, not {wanted.value}"
        elif stack in records:
            yield from _recorded(subject, stack, records[stack])


def _checked(subject: Subject, stack: str, record: StackRecord, there: set[Resource]) -> Iterator[str]:
    yield from _recorded(subject, stack, record)
    for one in in_state(subject):
        if one.stack == stack and one not in there:
            yield f"{stack} is told {record.status.value}, but AWS lacks {one}"


def _recorded(subject: Subject, stack: str, record: StackRecord) -> Iterator[str]:
    """The record of a stack against its state: URNs and outputs."""
    state = subject.state_of(stack)
    if record.status is StackStatus.DESTROYED and state is not None:
        yield f"{stack} is told destroyed, but its state is there with {len(own(state))} resources"
    if record.status is not StackStatus.DEPLOYED:
        return
    if state is None:
        yield f"{stack} is told deployed, but has no state"
        return
    urns, told = {one["urn"] for one in own(state)}, {one.urn for one in record.resources}
    if urns != told:
        yield f"{stack}: the record lists {sorted(told - urns)} too much and lacks {sorted(urns - told)}"
    outputs = next((one.get("outputs") or {} for one in state["resources"] if one["type"] == STACK_TYPE), {})
    if outputs != record.outputs:
        yield f"{stack}: outputs are {outputs} in the state and {record.outputs} in the record"


def _left(subject: Subject, records: dict[str, StackRecord]) -> Iterator[str]:
    """Who may still write: a lease that is held, an operation that has not ended, processes, an older token."""
    lease, operation = subject.lease, subject.operation
    if lease is not None and lease.owner is not None:
        yield f"the lease is held by {lease.owner.operation_id}"
    if operation is not None and not operation.status.is_terminal:
        yield f"operation {operation.operation_id} is {operation.status.value}"
    for process in [*subject.engines(), *subject.keepers()]:
        yield f"an engine is still at work on {subject.stack_of(process)} (pid {process.pid})"
    for stack, record in records.items():
        if lease is not None and record.fence != lease.fence:
            yield f"{stack} carries token {record.fence}, the lease {lease.fence}"
