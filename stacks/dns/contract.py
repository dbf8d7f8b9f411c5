"""What the dns stack takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pulumi
from pydantic import Field, ValidationInfo, field_validator

from stacks.input_types import DnsName
from stacks.inputs import StackInputs, Wired, by_environment

ZoneId = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,32}$")]
VpcId = Annotated[str, Field(pattern=r"^vpc-[0-9a-f]+$")]


class Inputs(StackInputs):
    deploy_domain: DnsName
    create_hosted_zone: bool = True
    hosted_zone_id: Wired[ZoneId] | None = None
    zone_type: Literal["public", "private"] = "public"
    vpc_id: Wired[VpcId] | None = None
    wait_for_validation: bool = True
    validation_timeout_minutes: Annotated[int, Field(ge=1, le=75)] = 45
    enable_health_checks: bool = by_environment(dev=False, stage=False, prod=True)
    health_check_path: Annotated[str, Field(pattern=r"^/\S*$")] = "/health"
    cdn_certificate: bool = False
    protect: bool = by_environment(dev=False, stage=False, prod=True)

    @property
    def is_public(self) -> bool:
        return self.zone_type == "public"

    @field_validator("hosted_zone_id")
    @classmethod
    def _only_an_existing_zone_is_named(cls, value: Any, info: ValidationInfo) -> Any:
        makes_zone = info.data.get("create_hosted_zone")
        if value is None and makes_zone is False:
            raise ValueError("is needed when createHostedZone is false")
        if value is not None and makes_zone is True:
            raise ValueError("names a zone that exists: set createHostedZone to false, or a second zone would be made")
        return value

    @field_validator("vpc_id")
    @classmethod
    def _private_zone_has_a_vpc(cls, value: Any, info: ValidationInfo) -> Any:
        makes_private = info.data.get("zone_type") == "private" and info.data.get("create_hosted_zone") is True
        if value is None and makes_private:
            raise ValueError('is needed for a private zone, such as "${network.vpcId}"')
        return value


@dataclass(frozen=True)
class Outputs:
    """`wildcard_certificate_arn` is the primary one: a single certificate holds both names. Null what is off."""

    hosted_zone_id: pulumi.Output[str]
    hosted_zone_name: pulumi.Output[str]
    domain_name: str
    name_servers: pulumi.Output[Any]
    primary_certificate_arn: pulumi.Output[str] | None
    wildcard_certificate_arn: pulumi.Output[str] | None
    cdn_certificate_arn: pulumi.Output[str] | None
    primary_health_check_id: pulumi.Output[str] | None
    api_health_check_id: pulumi.Output[str] | None
    summary: dict[str, Any]
