"""One certificate for the domain and its wildcard, proven by a record in the zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.dns.contract import Inputs
from stacks.dns.zone import Zone

_CDN_REGION: Final = "us-east-1"
_VALIDATION_TTL_SECONDS: Final = 300


@dataclass(frozen=True)
class Certificates:
    """ARNs; None without a public zone, or when not asked for."""

    primary: pulumi.Output[str] | None = None
    cdn: pulumi.Output[str] | None = None


def make_certificates(inputs: Inputs, context: StackContext, zone: Zone) -> Certificates:
    """The certificate in the stack's own region and, for CloudFront, one in us-east-1.

    An ARN is given out once the certificate is valid, unless nobody waits for that.
    """
    if not inputs.is_public:
        return Certificates()
    certificate = _certificate("primary", inputs.deploy_domain)
    proof = _proof(certificate, zone)
    primary = _issued("primary", inputs, certificate, proof)
    if not inputs.cdn_certificate:
        return Certificates(primary)
    if context.region == _CDN_REGION:
        return Certificates(primary, primary)
    # ACM asks for the same record in every region, so the first certificate's proof serves the second one too.
    return Certificates(primary, _issued("cdn", inputs, _certificate("cdn", inputs.deploy_domain, _CDN_REGION), proof))


def _certificate(name: str, domain: str, region: str | None = None) -> aws.acm.Certificate:
    return aws.acm.Certificate(
        name,
        domain_name=domain,
        subject_alternative_names=[f"*.{domain}"],
        validation_method="DNS",
        region=region,
    )


def _proof(certificate: aws.acm.Certificate, zone: Zone) -> aws.route53.Record:
    """A domain and its wildcard are proven by one and the same record, so the first option is all of them."""
    option = certificate.domain_validation_options[0]
    return aws.route53.Record(
        "validation",
        zone_id=zone.id,
        name=option.resource_record_name,
        type=option.resource_record_type,
        records=[option.resource_record_value],
        ttl=_VALIDATION_TTL_SECONDS,
        allow_overwrite=True,
    )


def _issued(
    name: str, inputs: Inputs, certificate: aws.acm.Certificate, proof: aws.route53.Record
) -> pulumi.Output[str]:
    if not inputs.wait_for_validation:
        return certificate.arn
    timeout = pulumi.CustomTimeouts(create=f"{inputs.validation_timeout_minutes}m")
    validation = aws.acm.CertificateValidation(
        name,
        certificate_arn=certificate.arn,
        validation_record_fqdns=[proof.fqdn],
        region=certificate.region,
        opts=pulumi.ResourceOptions(custom_timeouts=timeout),
    )
    return validation.certificate_arn
