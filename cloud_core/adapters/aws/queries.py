"""The queries of placeholders, asked over boto3 in the environment's account and region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from cloud_core.adapters.aws.errors import translate_aws_errors
from cloud_core.adapters.aws.permissions import ask_for_refusals
from cloud_core.adapters.aws.sessions import AwsSessions
from cloud_core.domain.errors import InvalidInput, UnresolvablePlaceholder
from cloud_core.domain.placeholders import ARCHITECTURES, DEFAULT_ARCHITECTURE, IMAGE_ALIASES
from cloud_core.ports.aws import AwsScope, CallerIdentity, Refusals

# Without a list of its own, ACM leaves out every certificate with another key than RSA 1024 or 2048.
_KEY_TYPES: Final = (
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
)
# kind: (call, key of the list, key of the id)
_TAGGED: Final = {
    "vpc": ("describe_vpcs", "Vpcs", "VpcId"),
    "subnet": ("describe_subnets", "Subnets", "SubnetId"),
}


class Boto3AwsQueries:
    """`ports.aws.AwsQueries` on AWS or the sandbox."""

    def __init__(self, sessions: AwsSessions) -> None:
        self._sessions = sessions

    def hosted_zone_id(self, scope: AwsScope, domain: str) -> str:
        wanted = domain.lower().rstrip(".") + "."
        route53 = self._sessions.client("route53", scope)
        with translate_aws_errors(f"find the hosted zone {domain}"):
            # Zones come in the order of their names from this one on, so equal names are all on the first page.
            zones = route53.list_hosted_zones_by_name(DNSName=wanted)["HostedZones"]
        ids = [zone["Id"].removeprefix("/hostedzone/") for zone in zones if zone["Name"].lower() == wanted]
        return _only(ids, f"hosted zone {domain}", scope)

    def certificate_arn(self, scope: AwsScope, domain: str) -> str:
        acm = self._sessions.client("acm", scope)
        with translate_aws_errors(f"find the certificate {domain}"):
            pages = acm.get_paginator("list_certificates").paginate(
                CertificateStatuses=["ISSUED"], Includes={"keyTypes": list(_KEY_TYPES)}
            )
            certificates = [item for page in pages for item in page["CertificateSummaryList"]]
        arns = [item["CertificateArn"] for item in certificates if item["DomainName"].lower() == domain.lower()]
        return _only(arns, f"issued certificate for {domain}", scope)

    def latest_image_id(self, scope: AwsScope, alias: str, architecture: str = DEFAULT_ARCHITECTURE) -> str:
        if alias not in IMAGE_ALIASES or architecture not in ARCHITECTURES:
            known = ", ".join(IMAGE_ALIASES)
            raise UnresolvablePlaceholder(f"unknown image {alias} for {architecture}: there are {known}")
        image = IMAGE_ALIASES[alias]
        filters = {
            "name": image.name_pattern(architecture),
            "architecture": architecture,
            "state": "available",
            "virtualization-type": "hvm",
        }
        ec2 = self._sessions.client("ec2", scope)
        with translate_aws_errors(f"find the latest image {alias}"):
            images = ec2.describe_images(Owners=[image.owner], Filters=_filters(filters))["Images"]
        if not images:
            raise _nothing(f"available image {alias} for {architecture}", scope)
        # Names carry the version: they decide between images of the same moment.
        return str(max(images, key=lambda found: (found["CreationDate"], found["Name"]))["ImageId"])

    def availability_zones(self, scope: AwsScope) -> list[str]:
        ec2 = self._sessions.client("ec2", scope)
        # Local and wavelength zones can't hold most resources.
        filters = {"state": "available", "zone-type": "availability-zone"}
        with translate_aws_errors(f"list the availability zones of {scope.region}"):
            zones = ec2.describe_availability_zones(Filters=_filters(filters))["AvailabilityZones"]
        return sorted(zone["ZoneName"] for zone in zones)

    def refusals(self, scope: AwsScope, actions: Sequence[str]) -> Refusals:
        return ask_for_refusals(self._sessions.client("iam", scope), self.caller_identity(scope).arn, actions)

    def default_vpc_id(self, scope: AwsScope) -> str:
        ec2 = self._sessions.client("ec2", scope)
        with translate_aws_errors("find the default VPC"):
            vpcs = ec2.describe_vpcs(Filters=_filters({"is-default": "true"}))["Vpcs"]
        return _only([vpc["VpcId"] for vpc in vpcs], "default VPC", scope)

    def resource_id_by_tag(self, scope: AwsScope, kind: str, key: str, value: str) -> str | None:
        if kind not in _TAGGED:
            raise InvalidInput(f"resources of kind {kind!r} can't be found by tag: use {', '.join(_TAGGED)}")
        call, listed, identifier = _TAGGED[kind]
        ec2 = self._sessions.client("ec2", scope)
        with translate_aws_errors(f"find the {kind} tagged {key}={value}"):
            found = _all_pages(ec2, call, listed, {f"tag:{key}": value})
        return min((str(item[identifier]) for item in found), default=None)

    def caller_identity(self, scope: AwsScope) -> CallerIdentity:
        sts = self._sessions.client("sts", scope)
        with translate_aws_errors(f"ask who we are in account {scope.account}"):
            answer = sts.get_caller_identity()
        return CallerIdentity(account=answer["Account"], arn=answer["Arn"])


def _filters(wanted: dict[str, str]) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [value]} for name, value in wanted.items()]


def _all_pages(client: Any, call: str, listed: str, wanted: dict[str, str]) -> list[dict[str, Any]]:
    pages = client.get_paginator(call).paginate(Filters=_filters(wanted))
    return [item for page in pages for item in page[listed]]


def _only(found: list[str], what: str, scope: AwsScope) -> str:
    if not found:
        raise _nothing(what, scope)
    if len(found) > 1:
        raise UnresolvablePlaceholder(
            f"account {scope.account} has {len(found)} of it: {what} ({', '.join(sorted(found))}); write the id itself"
        )
    return found[0]


def _nothing(what: str, scope: AwsScope) -> UnresolvablePlaceholder:
    return UnresolvablePlaceholder(f"account {scope.account} has no {what} in {scope.region}: create it first")
