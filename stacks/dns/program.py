"""The dns stack: zone, certificate, and health checks of the two public hosts when asked for."""

from __future__ import annotations

import pulumi_aws as aws

from stacks.context import StackContext
from stacks.dns.certificates import make_certificates
from stacks.dns.contract import Inputs, Outputs
from stacks.dns.zone import make_zone


def program(inputs: Inputs, context: StackContext) -> Outputs:
    zone = make_zone(inputs, context)
    certificates = make_certificates(inputs, context, zone)
    domain, path = inputs.deploy_domain, inputs.health_check_path
    primary_check = _health_check("primary", inputs, context, domain, path)
    api_check = _health_check("api", inputs, context, f"api.{domain}", f"/api{path}")

    return Outputs(
        hosted_zone_id=zone.id,
        hosted_zone_name=zone.name,
        domain_name=domain,
        name_servers=zone.name_servers,
        primary_certificate_arn=certificates.primary,
        wildcard_certificate_arn=certificates.primary,
        cdn_certificate_arn=certificates.cdn,
        primary_health_check_id=primary_check.id if primary_check else None,
        api_health_check_id=api_check.id if api_check else None,
        summary={
            "domain": domain,
            "zoneType": inputs.zone_type,
            "ownsZone": inputs.create_hosted_zone,
            "healthChecks": inputs.enable_health_checks,
        },
    )


def _health_check(
    name: str, inputs: Inputs, context: StackContext, host: str, path: str
) -> aws.route53.HealthCheck | None:
    """HTTPS every 30 seconds, unhealthy after three failures; only for hosts that the internet can reach."""
    if not (inputs.enable_health_checks and inputs.is_public):
        return None
    return aws.route53.HealthCheck(
        f"{name}-health",
        fqdn=host,
        port=443,
        type="HTTPS",
        resource_path=path,
        request_interval=30,
        failure_threshold=3,
        tags=context.named(f"{name}-health"),
    )
