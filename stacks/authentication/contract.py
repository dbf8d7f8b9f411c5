"""What the authentication stack takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import pulumi
from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from stacks.input_types import Arn, Distinct, DnsName, NoneIfEmpty
from stacks.inputs import StackInputs, Wired, by_environment

RESERVED: Final = ("aws", "amazon", "cognito")
"""Words that AWS keeps for itself in the prefix of a sign-in domain."""

Text = pulumi.Output[str]


def _unreserved(prefix: str) -> str:
    if any(word in prefix for word in RESERVED):
        raise ValueError(f"must not contain {', '.join(RESERVED)}, which AWS keeps for itself")
    return prefix


DomainPrefix = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"), AfterValidator(_unreserved)]
GroupName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_:.-]+$", max_length=128)]
Url = Annotated[str, Field(pattern=r"^(https://|http://localhost[:/])[^\s#]+$", max_length=1024)]
Urls = Annotated[list[Url], Field(min_length=1, max_length=100), Distinct]
CdnCertificateArn = Annotated[str, Field(pattern=r"^arn:[a-z-]+:acm:us-east-1:[0-9]{12}:certificate/.+")]


class Inputs(StackInputs):
    """URLs of null: `/auth/callback` and `/auth/logout` on the domain and its www host."""

    deploy_domain: DnsName
    password_min_length: Annotated[int, Field(ge=8, le=99)] = 12
    mfa: Literal["OFF", "OPTIONAL", "ON"] = by_environment(dev="OFF", stage="OPTIONAL", prod="OPTIONAL")
    allow_self_signup: bool = True
    domain_prefix: Annotated[DomainPrefix | None, NoneIfEmpty] = None
    sign_in_domain: Annotated[DnsName | None, NoneIfEmpty] = None
    sign_in_certificate_arn: Wired[CdnCertificateArn] | None = None
    hosted_zone_id: Wired[str] | None = None
    callback_urls: Urls | None = None
    logout_urls: Urls | None = None
    access_token_hours: Annotated[int, Field(ge=1, le=24)] = 1
    refresh_token_days: Annotated[int, Field(ge=1, le=3650)] = 30
    enable_mobile_client: bool = True
    enable_admin_client: bool = False
    enable_identity_pool: bool = False
    groups: Annotated[list[GroupName], Field(max_length=100), Distinct] = Field(default=[])
    pre_signup_function_arn: Wired[Arn] | None = None
    protect: bool = by_environment(dev=False, stage=False, prod=True)

    @field_validator("sign_in_certificate_arn", "hosted_zone_id")
    @classmethod
    def _own_domain_is_complete(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.data.get("sign_in_domain") is not None:
            source = "cdnCertificateArn" if info.field_name == "sign_in_certificate_arn" else "hostedZoneId"
            raise ValueError(f'is needed for signInDomain, such as "${{dns.{source}}}"')
        return value


@dataclass(frozen=True)
class Outputs:
    """`user_pool_endpoint` is the issuer of all tokens without its `https://`, `user_pool_domain_name` the host of the
    sign-in pages. Null what is off."""

    user_pool_id: Text
    user_pool_arn: Text
    user_pool_endpoint: Text
    user_pool_domain_name: Text
    web_client_id: Text
    mobile_client_id: Text | None
    admin_client_id: Text | None
    identity_pool_id: Text | None
    identity_pool_arn: Text | None
    authenticated_role_arn: Text | None
    pre_signup_lambda_arn: Text | str | None
    summary: dict[str, Any]
