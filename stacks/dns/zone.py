"""The hosted zone: a new one, or one that exists already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext, protected
from stacks.dns.contract import Inputs

_CAA_TTL_SECONDS: Final = 3600


@dataclass(frozen=True)
class Zone:
    id: pulumi.Output[str]
    name: pulumi.Output[str]
    name_servers: pulumi.Output[Sequence[str]]


def make_zone(inputs: Inputs, context: StackContext) -> Zone:
    if inputs.hosted_zone_id is not None and not inputs.create_hosted_zone:
        found = aws.route53.get_zone_output(zone_id=inputs.hosted_zone_id)
        return Zone(found.zone_id, found.name, found.name_servers)
    zone = aws.route53.Zone(
        "zone",
        name=inputs.deploy_domain,
        comment=f"{context.project}, {context.environment}, deployment {context.deployment_id}",
        force_destroy=False,
        vpcs=_vpcs(inputs, context),
        opts=protected(inputs.protect),
    )
    if inputs.is_public:
        _limit_issuers(zone, inputs.deploy_domain)
        zone.name_servers.apply(_tell_name_servers)
    return Zone(zone.zone_id, zone.name, zone.name_servers)


def _vpcs(inputs: Inputs, context: StackContext) -> list[aws.route53.ZoneVpcArgs] | None:
    if inputs.is_public or inputs.vpc_id is None:
        return None
    return [aws.route53.ZoneVpcArgs(vpc_id=inputs.vpc_id, vpc_region=context.region)]


def _limit_issuers(zone: aws.route53.Zone, domain: str) -> None:
    """Only Amazon may issue certificates for the domain and the names below it."""
    aws.route53.Record(
        "issuers",
        zone_id=zone.zone_id,
        name=domain,
        type="CAA",
        ttl=_CAA_TTL_SECONDS,
        records=['0 issue "amazon.com"', '0 issuewild "amazon.com"'],
    )


def _tell_name_servers(servers: Sequence[str]) -> None:
    pulumi.log.info(f"let the domain's registrar point at these name servers: {', '.join(servers)}")
