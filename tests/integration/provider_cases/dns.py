"""Route 53 and Certificate Manager."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pulumi_aws as aws

from sandbox.provider.services.acm import CERTIFICATE, CERTIFICATE_VALIDATION
from sandbox.provider.testing import Case, Clients, lacks

DESCRIPTION = {False: "first", True: "second"}


def names(later: bool) -> None:
    zone = aws.route53.Zone(
        "zone", name="shop.example.com", comment=DESCRIPTION[later], tags={"Team": DESCRIPTION[later]}
    )
    vpcs = [aws.ec2.Vpc(f"private-{index}", cidr_block=f"10.{index + 8}.0.0/16") for index in range(2)]
    networks = [{"vpc_id": vpc.id} for vpc in (vpcs if later else vpcs[:1])]
    aws.route53.Zone("private", name="shop.internal", vpcs=networks, force_destroy=True)
    certificate = aws.acm.Certificate(
        "certificate",
        domain_name="shop.example.com",
        subject_alternative_names=["*.shop.example.com"],
        validation_method="DNS",
        tags={"Team": DESCRIPTION[later]},
    )
    option = certificate.domain_validation_options[0]
    record = aws.route53.Record(
        "validation",
        zone_id=zone.zone_id,
        name=option.resource_record_name,
        type=option.resource_record_type,
        records=[option.resource_record_value],
        ttl=120 if later else 60,
        allow_overwrite=True,
    )
    aws.acm.CertificateValidation("validated", certificate_arn=certificate.arn, validation_record_fqdns=[record.fqdn])
    aws.route53.Record(
        "text", zone_id=zone.zone_id, name="text", type="TXT", ttl=300, records=["v=spf1 -all", DESCRIPTION[later]]
    )
    aws.route53.Record(
        "caa", zone_id=zone.zone_id, name="shop.example.com", type="CAA", ttl=300, records=['0 issue "amazon.com"']
    )
    health = aws.route53.HealthCheck(
        "health",
        type="HTTPS",
        fqdn="shop.example.com",
        port=443,
        resource_path="/health",
        failure_threshold=5 if later else 3,
        request_interval=30,
        tags={"Team": DESCRIPTION[later]},
    )
    for index in range(2):
        aws.route53.Record(
            f"weighted-{index}",
            zone_id=zone.zone_id,
            name="api",
            type="A",
            ttl=60,
            records=[f"192.0.2.{index + 1}"],
            set_identifier=f"set-{index}",
            health_check_id=health.id,
            weighted_routing_policies=[{"weight": (index + 1) * (20 if later else 10)}],
        )
    target = {"name": "lb.example.com", "zone_id": "Z2FDTNDATAQYW2", "evaluate_target_health": later}
    aws.route53.Record("alias", zone_id=zone.zone_id, name="www", type="A", aliases=[target])


def left(clients: Clients) -> dict[str, Any]:
    return {
        "zones": clients.route53.list_hosted_zones()["HostedZones"],
        "health checks": clients.route53.list_health_checks()["HealthChecks"],
        "certificates": clients.acm.list_certificates()["CertificateSummaryList"],
    }


@contextmanager
def requested(server: Clients, domain: str, **asked: str) -> Iterator[str]:
    """A certificate's ARN. Left there, it would be issued by itself in the middle of the case's life."""
    made = server.acm.request_certificate(DomainName=domain, **asked)["CertificateArn"]
    yield made
    server.acm.delete_certificate(CertificateArn=made)


def forgets_the_key_algorithm(server: Clients) -> bool:
    with requested(server, "a.example.com", ValidationMethod="DNS", KeyAlgorithm="EC_prime256v1") as made:
        found = server.acm.describe_certificate(CertificateArn=made)["Certificate"]
    return bool(found["KeyAlgorithm"] == "RSA_2048")


def options_refused(server: Clients) -> bool:
    wanted = {"CertificateTransparencyLoggingPreference": "DISABLED"}
    with requested(server, "b.example.com") as made:
        return lacks(lambda: server.acm.update_certificate_options(CertificateArn=made, Options=wanted))


CASE = Case(
    modules=("route53_zone", "route53_record", "route53_health", "acm"),
    program=names,
    left=left,
    constant=frozenset({CERTIFICATE_VALIDATION.token}),
    untold=frozenset({"forceDestroy", "allowOverwrite"}),
    not_importable=frozenset({CERTIFICATE_VALIDATION.token}),
    probes={
        (CERTIFICATE.token, "keyAlgorithm"): forgets_the_key_algorithm,
        (CERTIFICATE.token, "options"): options_refused,
    },
)
