"""The gateway's own name, `api.<domain>`, when the deployment has a zone."""

from __future__ import annotations

from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.services_api.contract import Inputs
from stacks.services_api.gateway import Gateway

_TLS_POLICY: Final = "TLS_1_2"


def make_name(inputs: Inputs, gateway: Gateway) -> aws.apigatewayv2.DomainName | None:
    """Addresses of both families; None when another stack has the name, or there is no zone."""
    zone_id, domain, certificate_arn = inputs.hosted_zone_id, inputs.domain_name, inputs.wildcard_certificate_arn
    if not inputs.has_own_name or zone_id is None or domain is None or certificate_arn is None:
        return None
    name = aws.apigatewayv2.DomainName(
        "api",
        domain_name=pulumi.Output.concat("api.", domain),
        domain_name_configuration=aws.apigatewayv2.DomainNameDomainNameConfigurationArgs(
            certificate_arn=certificate_arn,
            endpoint_type="REGIONAL",
            security_policy=_TLS_POLICY,
            ip_address_type="dualstack",
        ),
    )
    aws.apigatewayv2.ApiMapping("api", api_id=gateway.api.id, domain_name=name.id, stage=gateway.stage.id)
    for kind in ("A", "AAAA"):
        _record(kind, zone_id, name)
    return name


def _record(kind: str, zone_id: pulumi.Input[str], domain: aws.apigatewayv2.DomainName) -> None:
    target = domain.domain_name_configuration
    alias = aws.route53.RecordAliasArgs(
        name=target.target_domain_name, zone_id=target.hosted_zone_id, evaluate_target_health=False
    )
    aws.route53.Record(f"api-{kind.lower()}", zone_id=zone_id, name=domain.domain_name, type=kind, aliases=[alias])
