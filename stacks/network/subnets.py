"""Three tiers of subnets, one subnet of each tier in every zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.network.address_plan import plan_addresses
from stacks.network.contract import Inputs

_INTERNET_BALANCERS: Final = {"kubernetes.io/role/elb": "1"}
_INTERNAL_BALANCERS: Final = {"kubernetes.io/role/internal-elb": "1"}


@dataclass(frozen=True)
class Subnets:
    """Each list in the order of the zones."""

    public: list[aws.ec2.Subnet]
    private: list[aws.ec2.Subnet]
    database: list[aws.ec2.Subnet]


def make_subnets(inputs: Inputs, context: StackContext, vpc: aws.ec2.Vpc) -> Subnets:
    zones = _zones(inputs.az_count)
    plan = plan_addresses(inputs.vpc_cidr, inputs.az_count)

    def tier(name: str, blocks: list[str], tags: Mapping[str, str], public_ip: bool = False) -> list[aws.ec2.Subnet]:
        return [
            aws.ec2.Subnet(
                f"{name}-{number}",
                vpc_id=vpc.id,
                cidr_block=block,
                availability_zone=zone,
                map_public_ip_on_launch=public_ip,
                tags={**context.named(f"{name}-{number}"), **tags},
                # AWS may offer other zones tomorrow; a subnet stays where it was made.
                opts=pulumi.ResourceOptions(ignore_changes=["availability_zone"]),
            )
            for number, (block, zone) in enumerate(zip(blocks, zones, strict=True), start=1)
        ]

    return Subnets(
        public=tier("public", plan.public, _INTERNET_BALANCERS, inputs.public_ip_on_launch),
        private=tier("private", plan.private, _INTERNAL_BALANCERS),
        database=tier("database", plan.database, {}),
    )


def _zones(count: int) -> list[pulumi.Output[str]]:
    """The first zones of the region by name; local zones and those that need an opt-in left out."""
    offered = aws.get_availability_zones_output(
        state="available", filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}]
    )
    names = offered.names.apply(lambda found: _first(sorted(found), count))
    return [names[index] for index in range(count)]


def _first(names: list[str], count: int) -> list[str]:
    if len(names) < count:
        raise pulumi.RunError(f"azCount is {count}, but the region has {len(names)} zones only: {', '.join(names)}")
    return names[:count]
