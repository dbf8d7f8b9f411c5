"""How traffic leaves: the internet gateway, NAT gateways, and a route table for each way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.network.contract import Inputs
from stacks.network.subnets import Subnets
from stacks.security_group_rules import ANYWHERE


@dataclass(frozen=True)
class Routing:
    """NAT gateways in the order of the zones (one or none when shared or off); private and database tables per zone."""

    internet_gateway: aws.ec2.InternetGateway
    nat_gateways: list[aws.ec2.NatGateway]
    public_table: aws.ec2.RouteTable
    private_tables: list[aws.ec2.RouteTable]
    database_tables: list[aws.ec2.RouteTable]

    @property
    def tables(self) -> list[aws.ec2.RouteTable]:
        return [self.public_table, *self.private_tables, *self.database_tables]


def make_routing(inputs: Inputs, context: StackContext, vpc: aws.ec2.Vpc, subnets: Subnets) -> Routing:
    """Public subnets go out through the internet gateway, private ones through NAT, the database tier not at all."""
    gateway = aws.ec2.InternetGateway("internet", vpc_id=vpc.id, tags=context.named("internet"))
    public_table = _table("public", context, vpc)
    to_internet = aws.ec2.Route(
        "public-internet", route_table_id=public_table.id, destination_cidr_block=ANYWHERE, gateway_id=gateway.id
    )
    _associate("public", subnets.public, [public_table] * inputs.az_count)

    nats = _nat_gateways(inputs, context, subnets, to_internet)
    private_tables = [_table(f"private-{number + 1}", context, vpc) for number in range(inputs.az_count)]
    _associate("private", subnets.private, private_tables)
    if nats:
        _route_through(nats, private_tables)

    database_tables = [_table(f"database-{number + 1}", context, vpc) for number in range(inputs.az_count)]
    _associate("database", subnets.database, database_tables)
    return Routing(gateway, nats, public_table, private_tables, database_tables)


def _table(name: str, context: StackContext, vpc: aws.ec2.Vpc) -> aws.ec2.RouteTable:
    return aws.ec2.RouteTable(name, vpc_id=vpc.id, tags=context.named(name))


def _associate(tier: str, subnets: Sequence[aws.ec2.Subnet], tables: Sequence[aws.ec2.RouteTable]) -> None:
    for number, (subnet, table) in enumerate(zip(subnets, tables, strict=True), start=1):
        aws.ec2.RouteTableAssociation(f"{tier}-{number}", subnet_id=subnet.id, route_table_id=table.id)


def _nat_gateways(
    inputs: Inputs, context: StackContext, subnets: Subnets, to_internet: aws.ec2.Route
) -> list[aws.ec2.NatGateway]:
    gateways = []
    for number, subnet in enumerate(subnets.public[: inputs.nat_count], start=1):
        name = f"nat-{number}"
        address = aws.ec2.Eip(name, domain="vpc", tags=context.named(name))
        gateways.append(
            aws.ec2.NatGateway(
                name,
                allocation_id=address.allocation_id,
                subnet_id=subnet.id,
                tags=context.named(name),
                opts=pulumi.ResourceOptions(depends_on=[to_internet]),
            )
        )
    return gateways


def _route_through(nats: Sequence[aws.ec2.NatGateway], tables: Sequence[aws.ec2.RouteTable]) -> None:
    """Each zone through its own NAT gateway, or all of them through the one they share."""
    for index, table in enumerate(tables):
        aws.ec2.Route(
            f"private-{index + 1}-nat",
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            nat_gateway_id=nats[index % len(nats)].id,
        )
