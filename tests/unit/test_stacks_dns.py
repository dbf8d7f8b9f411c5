"""The dns stack: one zone, one certificate, one proof."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN
from stacks.testing import Picture, sample_target
from stacks.testing_pictures import picture_of

DOMAIN = "shop.example.com"
ARN = "arn:aws:test:::Certificate/primary"
ZONE_LOOKUP = {
    "aws:route53/getZone:getZone": {"zoneId": "Z111", "name": DOMAIN, "nameServers": ["ns-9.test"]},
}


def dns(environment: EnvironmentName = EnvironmentName.DEV, preview: bool = False, **inputs: Any) -> Picture:
    values = {"deployDomain": DOMAIN, **inputs}
    return picture_of(sample_target("dns", environment), values, preview=preview, answers=ZONE_LOOKUP)


def test_a_zone_and_one_certificate_for_the_domain_and_its_wildcard() -> None:
    picture = dns()
    certificate = picture.one("Certificate").inputs
    assert (certificate["domainName"], certificate["subjectAlternativeNames"]) == (DOMAIN, [f"*.{DOMAIN}"])
    assert picture.one("Zone").inputs["forceDestroy"] is False
    assert picture.outputs["primaryCertificateArn"] == picture.outputs["wildcardCertificateArn"] == ARN
    assert picture.outputs["nameServers"] == ["ns-1.test", "ns-2.test"]


def test_domain_and_wildcard_are_proven_by_one_record() -> None:
    proofs = [item.inputs for item in dns().of("Record") if item.inputs["type"] == "CNAME"]
    assert [(proof["name"], proof["allowOverwrite"]) for proof in proofs] == [("_proof.test", True)]


def test_only_amazon_may_issue_certificates() -> None:
    record = dns().one("Record", "issuers").inputs
    assert (record["type"], record["name"]) == ("CAA", DOMAIN)
    assert record["records"] == ['0 issue "amazon.com"', '0 issuewild "amazon.com"']


def test_the_certificate_is_given_out_once_it_is_valid() -> None:
    assert dns().one("CertificateValidation").inputs["validationRecordFqdns"] == ["validation.test"]


def test_nobody_waits_when_told_not_to() -> None:
    picture = dns(waitForValidation=False)
    assert picture.of("CertificateValidation") == []
    assert picture.outputs["primaryCertificateArn"] == ARN


def test_an_existing_zone_is_used_and_not_changed_but_for_the_proof() -> None:
    picture = dns(createHostedZone=False, hostedZoneId="Z111")
    assert picture.of("Zone") == []
    assert [item.name for item in picture.of("Record")] == ["validation"]
    assert picture.one("Record").inputs["zoneId"] == "Z111"
    assert picture.outputs["nameServers"] == ["ns-9.test"]


def test_a_private_zone_belongs_to_a_vpc_and_has_no_certificate() -> None:
    picture = dns(zoneType="private", vpcId="vpc-0a1b", enableHealthChecks=True)
    assert picture.one("Zone").inputs["vpcs"] == [{"vpcId": "vpc-0a1b", "vpcRegion": "eu-central-1"}]
    assert picture.names() == [("Zone", "zone")]
    assert picture.outputs.get("primaryCertificateArn") is None


def test_the_vpc_of_a_private_zone_may_be_unknown_in_a_preview() -> None:
    assert dns(preview=True, zoneType="private", vpcId=UNKNOWN).one("Zone").inputs["vpcs"][0]["vpcId"] is UNKNOWN


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            {"deployDomain": "Shop.Example.com"},
            "deployDomain = 'Shop.Example.com': must be a domain name in lower case",
        ),
        ({"deployDomain": "shop.example.com."}, "without a trailing dot"),
        ({"deployDomain": "localhost"}, "must be a domain name"),
        ({"deployDomain": "-a.example.com"}, "must be a domain name"),
        ({"deployDomain": f"{'a' * 64}.com"}, "must be a domain name"),
        ({"createHostedZone": False}, "hostedZoneId: is needed when createHostedZone is false"),
        ({"hostedZoneId": "Z111"}, "hostedZoneId = 'Z111': names a zone that exists: set createHostedZone to false"),
        ({"zoneType": "private"}, "vpcId: is needed for a private zone"),
        ({"zoneType": "hidden"}, "zoneType = 'hidden': Input should be 'public' or 'private'"),
        ({"hostedZoneId": "example.com"}, "hostedZoneId = 'example.com': String should match"),
        ({"healthCheckPath": "health"}, "healthCheckPath = 'health'"),
        ({"validationTimeoutMinutes": 0}, "validationTimeoutMinutes = 0"),
    ],
)
def test_bad_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackInput) as caught:
        dns(**inputs)
    assert message in caught.value.message


def test_health_checks_watch_the_domain_and_its_api_host_in_prod() -> None:
    picture = dns(EnvironmentName.PROD)
    checks = {item.inputs["fqdn"]: item.inputs["resourcePath"] for item in picture.of("HealthCheck")}
    assert checks == {DOMAIN: "/health", f"api.{DOMAIN}": "/api/health"}
    assert picture.outputs["apiHealthCheckId"] == "api-health-id"
    assert dns().of("HealthCheck") == []


def test_cloudfront_gets_a_certificate_of_its_region_with_the_same_proof() -> None:
    picture = dns(cdnCertificate=True)
    assert picture.one("Certificate", "cdn").inputs["region"] == "us-east-1"
    assert picture.one("CertificateValidation", "cdn").inputs["region"] == "us-east-1"
    assert len([item for item in picture.of("Record") if item.inputs["type"] == "CNAME"]) == 1
    assert picture.outputs["cdnCertificateArn"] == "arn:aws:test:::Certificate/cdn"


def test_in_cloudfronts_own_region_one_certificate_serves_both() -> None:
    target = replace(sample_target("dns"), region="us-east-1")
    picture = picture_of(target, {"deployDomain": DOMAIN, "cdnCertificate": True})
    assert len(picture.of("Certificate")) == 1
    assert picture.outputs["cdnCertificateArn"] == picture.outputs["primaryCertificateArn"] == ARN


def test_the_zone_is_protected_in_prod_until_somebody_says_otherwise() -> None:
    assert dns(EnvironmentName.PROD).one("Zone").protect
    assert not dns(EnvironmentName.PROD, protect=False).one("Zone").protect
    assert not dns(EnvironmentName.STAGE).one("Zone").protect
