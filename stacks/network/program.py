"""The network stack, described from the VPC outwards."""

from __future__ import annotations

import pulumi_aws as aws

from stacks.context import StackContext
from stacks.network.contract import Inputs, Outputs
from stacks.network.endpoints import Endpoints, make_endpoints
from stacks.network.flow_logs import make_flow_logs
from stacks.network.routing import Routing, make_routing
from stacks.network.subnets import Subnets, make_subnets


def program(inputs: Inputs, context: StackContext) -> Outputs:
    vpc = aws.ec2.Vpc(
        "vpc",
        cidr_block=inputs.vpc_cidr,
        enable_dns_hostnames=True,
        enable_dns_support=True,
        tags=context.named("vpc"),
    )
    # Taken over without a rule, the VPC's default group loses all it has: nobody gets access by having no group.
    aws.ec2.DefaultSecurityGroup("default", vpc_id=vpc.id, tags=context.named("default-unused"))

    subnets = make_subnets(inputs, context, vpc)
    routing = make_routing(inputs, context, vpc, subnets)
    log_group = make_flow_logs(inputs, context, vpc)
    endpoints = make_endpoints(inputs, context, vpc, subnets, routing)
    if inputs.enable_nacls:
        _close_database_tier(inputs, context, vpc, subnets)

    return _outputs(inputs, vpc, subnets, routing, log_group, endpoints)


def _close_database_tier(inputs: Inputs, context: StackContext, vpc: aws.ec2.Vpc, subnets: Subnets) -> None:
    """Nothing but the VPC itself reaches the database subnets, whatever a security group says."""
    aws.ec2.NetworkAcl(
        "database",
        vpc_id=vpc.id,
        subnet_ids=[subnet.id for subnet in subnets.database],
        ingress=[
            aws.ec2.NetworkAclIngressArgs(
                rule_no=100, action="allow", protocol="-1", from_port=0, to_port=0, cidr_block=inputs.vpc_cidr
            )
        ],
        egress=[
            aws.ec2.NetworkAclEgressArgs(
                rule_no=100, action="allow", protocol="-1", from_port=0, to_port=0, cidr_block=inputs.vpc_cidr
            )
        ],
        tags=context.named("database"),
    )


def _outputs(
    inputs: Inputs,
    vpc: aws.ec2.Vpc,
    subnets: Subnets,
    routing: Routing,
    log_group: aws.cloudwatch.LogGroup | None,
    endpoints: Endpoints,
) -> Outputs:
    return Outputs(
        vpc_id=vpc.id,
        vpc_arn=vpc.arn,
        vpc_cidr_block=vpc.cidr_block,
        public_subnet_ids=[subnet.id for subnet in subnets.public],
        private_subnet_ids=[subnet.id for subnet in subnets.private],
        database_subnet_ids=[subnet.id for subnet in subnets.database],
        availability_zones=[subnet.availability_zone for subnet in subnets.private],
        internet_gateway_id=routing.internet_gateway.id,
        nat_gateway_ids=[nat.id for nat in routing.nat_gateways],
        nat_gateway_ips=[nat.public_ip for nat in routing.nat_gateways],
        public_route_table_id=routing.public_table.id,
        private_route_table_ids=[table.id for table in routing.private_tables],
        database_route_table_ids=[table.id for table in routing.database_tables],
        flow_logs_log_group_name=log_group.name if log_group else None,
        s3_vpc_endpoint_id=endpoints.s3.id if endpoints.s3 else None,
        ecr_api_vpc_endpoint_id=endpoints.interface_id("ecr.api"),
        ecr_dkr_vpc_endpoint_id=endpoints.interface_id("ecr.dkr"),
        summary={
            "vpcCidr": inputs.vpc_cidr,
            "zones": inputs.az_count,
            "natGateways": inputs.nat_count,
            "interfaceEndpoints": len(endpoints.interfaces),
        },
    )
