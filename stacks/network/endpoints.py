"""Private ways to AWS's services, so that traffic to them needs no NAT gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.naming import SECURITY_GROUP
from stacks.network.contract import Inputs
from stacks.network.routing import Routing
from stacks.network.subnets import Subnets
from stacks.security_group_rules import HTTPS, allow_ingress


@dataclass(frozen=True)
class Endpoints:
    """The gateway endpoint of S3, and the interface endpoints by service name, such as `ecr.api`."""

    s3: aws.ec2.VpcEndpoint | None = None
    interfaces: Mapping[str, aws.ec2.VpcEndpoint] = field(default_factory=dict)

    def interface_id(self, service: str) -> pulumi.Output[str] | None:
        endpoint = self.interfaces.get(service)
        return None if endpoint is None else endpoint.id


def make_endpoints(
    inputs: Inputs, context: StackContext, vpc: aws.ec2.Vpc, subnets: Subnets, routing: Routing
) -> Endpoints:
    if not inputs.enable_vpc_endpoints:
        return Endpoints()
    s3 = aws.ec2.VpcEndpoint(
        "s3-gateway",
        vpc_id=vpc.id,
        vpc_endpoint_type="Gateway",
        service_name=_service_name(context, "s3"),
        route_table_ids=[table.id for table in routing.tables],
        tags=context.named("s3-gateway"),
    )
    if not inputs.interface_endpoints:
        return Endpoints(s3)
    return Endpoints(s3, _interface_endpoints(inputs, context, vpc, subnets))


def _interface_endpoints(
    inputs: Inputs, context: StackContext, vpc: aws.ec2.Vpc, subnets: Subnets
) -> dict[str, aws.ec2.VpcEndpoint]:
    """With private DNS these answer to everybody in the VPC, so their group lets the whole VPC in."""
    group = aws.ec2.SecurityGroup(
        "endpoints",
        name=context.name(SECURITY_GROUP, "endpoints"),
        description="Interface endpoints: HTTPS from the VPC",
        vpc_id=vpc.id,
        tags=context.named("endpoints"),
    )
    allow_ingress("endpoints-https", group, vpc.cidr_block, HTTPS)
    return {
        service: aws.ec2.VpcEndpoint(
            service,
            vpc_id=vpc.id,
            vpc_endpoint_type="Interface",
            service_name=_service_name(context, service),
            subnet_ids=[subnet.id for subnet in subnets.private],
            security_group_ids=[group.id],
            private_dns_enabled=True,
            tags=context.named(service),
        )
        for service in inputs.interface_endpoints
    }


def _service_name(context: StackContext, service: str) -> str:
    return f"com.amazonaws.{context.region}.{service}"
