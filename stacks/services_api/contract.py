"""What the services-api stack takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import pulumi
from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from stacks.input_types import Arn, Distinct, DnsName, LogRetentionDays, Port
from stacks.inputs import StackInputs, Wired, by_environment

ALB: Final = "alb"
DISCOVERY: Final = "cloudmap"
NONE: Final = "none"
EVERY_PATH: Final = "/{proxy+}"
_TARGETS: Final = {
    "https_listener_arn": (ALB, "containers-apps"),
    "api_discovery_service_arn": (DISCOVERY, "services-ecs"),
}
Text = pulumi.Output[str]

Origin = Annotated[str, Field(pattern=r"^(\*|https?://[^\s/*]+)$", max_length=256)]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
Header = Annotated[str, Field(pattern=r"^(\*|[A-Za-z0-9!#$%&'*+.^_`|~-]+)$", max_length=128)]


def _part_of_api(route: str) -> str:
    if route.endswith(f" {EVERY_PATH}"):
        raise ValueError(f"{route} would open the whole API: name the paths that need no token")
    return route


RouteKey = Annotated[
    str,
    Field(pattern=r"^(ANY|GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /\S*$", max_length=512),
    AfterValidator(_part_of_api),
]
Version = Annotated[str, Field(pattern=r"^v[0-9]{1,4}$")]


class Inputs(StackInputs):
    """Origins of null: the domain and its www host; in dev also ports 3000 and 8080 of the own machine."""

    vpc_id: Wired[str]
    private_subnet_ids: Wired[list[str]]
    infrastructure_key_arn: Wired[Arn]
    load_balancer_sg_id: Wired[str]
    ecs_sg_id: Wired[str]
    user_pool_endpoint: Wired[str]
    web_client_id: Wired[str]
    mobile_client_id: Wired[str] | None = None
    hosted_zone_id: Wired[str] | None = None
    domain_name: Wired[DnsName] | None = None
    wildcard_certificate_arn: Wired[Arn] | None = None
    integration_target: Literal["alb", "cloudmap", "none"] = ALB
    https_listener_arn: Wired[Arn] | None = None
    api_discovery_service_arn: Wired[Arn] | None = None
    service_port: Port = 8080
    current_version: Version = "v1"
    public_routes: Annotated[list[RouteKey], Field(max_length=100), Distinct] = Field(default=["GET /health"])
    cors_allow_origins: Annotated[list[Origin], Field(max_length=100), Distinct] | None = None
    cors_allow_methods: Annotated[list[Method], Field(min_length=1), Distinct] = Field(
        default=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    )
    cors_allow_headers: Annotated[list[Header], Field(min_length=1, max_length=100), Distinct] = Field(
        default=["authorization", "content-type", "x-request-id"]
    )
    cors_max_age: Annotated[int, Field(ge=0, le=86400)] = 86400
    default_rate_limit: Annotated[int, Field(ge=1, le=10000)] = by_environment(dev=1000, stage=750, prod=500)
    default_burst_limit: Annotated[int, Field(ge=1, le=5000)] = by_environment(dev=2000, stage=1500, prod=1000)
    log_retention_days: LogRetentionDays = by_environment(dev=14, stage=30, prod=90)
    enable_detailed_monitoring: bool = True
    manage_api_record: bool = True
    alarm_topic_arn: Wired[Arn] | None = None

    @field_validator("https_listener_arn", "api_discovery_service_arn")
    @classmethod
    def _target_is_there(cls, value: Any, info: ValidationInfo) -> Any:
        target, stack = _TARGETS[info.field_name or ""]
        if value is None and info.data.get("integration_target") == target:
            raise ValueError(
                f"is needed for integrationTarget {target}: switch {stack} on, or set integrationTarget to another one"
            )
        return value

    @field_validator("wildcard_certificate_arn")
    @classmethod
    def _name_is_complete(cls, value: Any, info: ValidationInfo) -> Any:
        """The last of the three that a name needs: all or none of them."""
        given = {"hostedZoneId": "hosted_zone_id", "domainName": "domain_name", "wildcardCertificateArn": None}
        known = {name: info.data.get(field) if field else value for name, field in given.items()}
        missing = [name for name, found in known.items() if found is None]
        if missing and len(missing) < len(known):
            raise ValueError(f"{', '.join(missing)} is needed for a name: give all of {', '.join(known)}, or none")
        return value

    @property
    def has_own_name(self) -> bool:
        """Whether the gateway answers as `api.<domain>`."""
        return self.manage_api_record and self.hosted_zone_id is not None


@dataclass(frozen=True)
class Outputs:
    """`api_domain` is the host that clients call. Null what is off; the last four belong to REST APIs, which this
    stack does not make."""

    http_api_id: Text
    http_api_arn: Text
    http_api_name: Text
    http_api_endpoint: Text
    http_api_execution_arn: Text
    http_api_stage_arn: Text
    http_api_log_group_arn: Text
    jwt_authorizer_id: Text
    http_vpc_link_id: Text | None
    http_vpc_link_arn: Text | None
    api_domain: Text
    api_custom_domain_name: Text | None
    primary_api_id: Text | None
    primary_api_arn: Text | None
    primary_api_endpoint: Text | None
    api_waf_acl_arn: Text | None
    summary: dict[str, Any]
