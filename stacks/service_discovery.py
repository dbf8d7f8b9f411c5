"""Names in private DNS, by which services inside a VPC find each other."""

from __future__ import annotations

from typing import Final, Literal

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext

_TTL_SECONDS: Final = 10


def make_namespace(
    context: StackContext, *, name: str, vpc_id: pulumi.Input[str]
) -> aws.servicediscovery.PrivateDnsNamespace:
    """A zone of its own: two stacks that share one would take each other's names."""
    return aws.servicediscovery.PrivateDnsNamespace(
        "namespace",
        name=name,
        vpc=vpc_id,
        description=f"Services of {context.stack}, {context.project}, {context.environment}",
    )


def register(
    name: str, namespace: aws.servicediscovery.PrivateDnsNamespace, records: Literal["A", "SRV"]
) -> aws.servicediscovery.Service:
    """`<name>.<namespace>`: the addresses of the tasks, or with SRV their addresses and ports."""
    return aws.servicediscovery.Service(
        name,
        name=name,
        dns_config={
            "namespace_id": namespace.id,
            "routing_policy": "MULTIVALUE",
            "dns_records": [{"type": records, "ttl": _TTL_SECONDS}],
        },
    )
