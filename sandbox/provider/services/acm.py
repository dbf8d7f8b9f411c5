"""Certificate Manager: requested certificates and the wait for their validation."""

from __future__ import annotations

import time
from typing import Final

from sandbox.provider.errors import ProviderError
from sandbox.provider.gaps import Gap
from sandbox.provider.language import (
    Create,
    Delete,
    Detail,
    Input,
    Kind,
    LiveObject,
    Output,
    Read,
    Resource,
    Tags,
    Wait,
    call,
)
from sandbox.provider.sameness import domain
from sandbox.provider.scope import Scope

GONE: Final = ("ResourceNotFoundException",)
VALIDATION_SECONDS: Final = 75 * 60
POLL_SECONDS: Final = 0.5

_describe: Final = Read(
    call("describe_certificate", CertificateArn="$id"),
    at="Certificate",
    gone=GONE,
    details=(Detail("Tags", call("list_tags_for_certificate", CertificateArn="$id"), "Tags"),),
)


def _read_certificate(scope: Scope) -> LiveObject | None:
    """Without the domain itself among the alternative names, where AWS puts it, and with flat records."""
    live = _describe(scope)
    if live is None:
        return None
    asked = scope.value("subjectAlternativeNames") or []
    names = [
        name
        for name in live.get("SubjectAlternativeNames", ())
        if name in asked or domain(name) != domain(live["DomainName"])
    ]
    options = [_record(one) for one in live.get("DomainValidationOptions", ())]
    return {
        **live,
        "SubjectAlternativeNames": names,
        "Records": sorted(options, key=lambda one: one["domainName"]),
    }


def _record(option: LiveObject) -> dict[str, str]:
    record = option.get("ResourceRecord") or {}
    named = {"domainName": option["DomainName"]}
    return {**named, **{f"resourceRecord{key}": value for key, value in record.items()}}


CERTIFICATE: Final = Resource(
    token="aws:acm/certificate:Certificate",
    service="acm",
    inputs=(
        Input("domainName", kind=Kind.DOMAIN, required=True, replaces=True),
        Input("subjectAlternativeNames", kind=Kind.SET, replaces=True, computed=True),
        Input("validationMethod", "DomainValidationOptions[0].ValidationMethod", replaces=True, computed=True),
        Input("keyAlgorithm", default="RSA_2048", replaces=True, stored=True),
        Input("options", kind=Kind.BLOCK, computed=True, stored=True),
        Input("certificateAuthorityArn", replaces=True),
        Input("validationOptions", kind=Kind.BLOCK, replaces=True, stored=True),
    ),
    outputs=(
        Output("arn", "CertificateArn"),
        Output("domainValidationOptions", "Records"),
        Output("status"),
        Output("type"),
        Output("notBefore"),
        Output("notAfter"),
        Output("renewalEligibility"),
        Output("validationEmails", "DomainValidationOptions[].ValidationEmails[]"),
    ),
    create=Create(
        call(
            "request_certificate",
            "domainName subjectAlternativeNames validationMethod keyAlgorithm options certificateAuthorityArn",
            DomainValidationOptions="$validationOptions",
        ),
        at="CertificateArn",
        tags="Tags",
    ),
    read=_read_certificate,
    delete=Delete((call("delete_certificate", CertificateArn="$id"),), gone=GONE),
    tags=Tags(
        add=call("add_tags_to_certificate", CertificateArn="$id", Tags="$new_tags"),
        remove=call("remove_tags_from_certificate", CertificateArn="$id", Tags="$gone_tags"),
    ),
    ready=Wait("length(DomainValidationOptions[?ValidationMethod=='DNS' && !ResourceRecord]) == `0`", (True,)),
)


def _issued(scope: Scope) -> str:
    """Wait until the certificate is issued; the id is the moment when it was."""
    end = scope.deadline(VALIDATION_SECONDS)
    while True:
        found = scope.run(call("describe_certificate", CertificateArn="$certificateArn"))["Certificate"]
        if found["Status"] == "ISSUED":
            return str(found.get("IssuedAt") or found["CreatedAt"])
        if found["Status"] != "PENDING_VALIDATION" or time.monotonic() > end:
            reason = found.get("FailureReason", "")
            raise ProviderError(f"{found['CertificateArn']} is {found['Status']}, not ISSUED {reason}".strip())
        scope.pause(POLL_SECONDS)


CERTIFICATE_VALIDATION: Final = Resource(
    token="aws:acm/certificateValidation:CertificateValidation",
    service="acm",
    inputs=(
        Input("certificateArn", required=True, replaces=True),
        Input("validationRecordFqdns", kind=Kind.SET, replaces=True, stored=True),
    ),
    create=_issued,
    read=Read(
        call("describe_certificate", CertificateArn="$certificateArn"),
        at="Certificate",
        gone=GONE,
        absent="Status != 'ISSUED'",
    ),
    delete=lambda scope: None,
)

RESOURCES: Final = (CERTIFICATE, CERTIFICATE_VALIDATION)

GAPS: Final = (
    Gap(CERTIFICATE.token, "keyAlgorithm", "describe_certificate tells RSA_2048 whatever was requested"),
    Gap(CERTIFICATE.token, "options", "update_certificate_options has not been implemented"),
)
