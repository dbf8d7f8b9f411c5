"""Elastic Load Balancing: load balancers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.provider.errors import AwsRefused
from sandbox.provider.gaps import Gap
from sandbox.provider.language import (
    Create,
    Detail,
    Input,
    Kind,
    LiveObject,
    Output,
    Read,
    Resource,
    Wait,
    call,
    setting,
)
from sandbox.provider.scope import Scope
from sandbox.provider.services import lb_words as words
from sandbox.provider.services.lb_words import Attribute
from sandbox.provider.shapes import FLAG, Shape

GONE: Final = "LoadBalancerNotFound"
PROTECTION: Final = "deletion_protection.enabled"
ATTRIBUTES: Final = (
    Attribute("enableDeletionProtection", PROTECTION, False),
    Attribute("enableCrossZoneLoadBalancing", "load_balancing.cross_zone.enabled", False),
    Attribute("enableZonalShift", "zonal_shift.config.enabled", False),
    Attribute("idleTimeout", "idle_timeout.timeout_seconds", 60),
    Attribute("clientKeepAlive", "client_keep_alive.seconds", 3600),
    Attribute("enableHttp2", "routing.http2.enabled", True),
    Attribute("dropInvalidHeaderFields", "routing.http.drop_invalid_header_fields.enabled", False),
    Attribute("preserveHostHeader", "routing.http.preserve_host_header.enabled", False),
    Attribute("desyncMitigationMode", "routing.http.desync_mitigation_mode", "defensive"),
    Attribute("xffHeaderProcessingMode", "routing.http.xff_header_processing.mode", "append"),
    Attribute("enableXffClientPort", "routing.http.xff_client_port.enabled", False),
    Attribute(
        "enableTlsVersionAndCipherSuiteHeaders", "routing.http.x_amzn_tls_version_and_cipher_suite.enabled", False
    ),
    Attribute("enableWafFailOpen", "waf.fail_open.enabled", False),
    Attribute("dnsRecordClientRoutingPolicy", "dns_record.client_routing_policy", "any_availability_zone"),
)
LOGS: Final = {"accessLogs": "access_logs", "connectionLogs": "connection_logs"}
SCHEME: Final = Shape(lambda internal: "internal" if internal else "internet-facing", lambda told: told == "internal")

_describe: Final = Read(
    call("describe_load_balancers", LoadBalancerArns=["$id"]),
    at="LoadBalancers[0]",
    gone=(GONE,),
    details=(
        words.TOLD_TAGS,
        Detail("Attributes", call("describe_load_balancer_attributes", LoadBalancerArn="$id"), "Attributes"),
    ),
)


def _read(scope: Scope) -> LiveObject | None:
    live = words.with_attributes(scope, _describe, ATTRIBUTES)
    if live is None:
        return None
    return {**live, **{name: _told_logs(live["Attributes"], key) for name, key in LOGS.items()}}


def _told_logs(attributes: Mapping[str, str], key: str) -> dict[str, Any] | None:
    """A log goes to a bucket; without one there is none."""
    bucket, prefix = (attributes.get(f"{key}.s3.{part}") for part in ("bucket", "prefix"))
    if not bucket:
        return None
    enabled = FLAG.tell(attributes.get(f"{key}.s3.enabled", "false"))
    return {"bucket": bucket, "enabled": enabled, **({"prefix": prefix} if prefix else {})}


def _values(scope: Scope) -> dict[str, str]:
    logs = [_logs(scope.value(name) or {}, key) for name, key in LOGS.items() if _concerned(scope, name)]
    return {**words.given(scope, ATTRIBUTES), **{key: value for one in logs for key, value in one.items()}}


def _concerned(scope: Scope, name: str) -> bool:
    return name in scope.changed if scope.changed else scope.value(name) is not None


def _logs(wanted: Mapping[str, Any], key: str) -> dict[str, str]:
    """A log that the program took out is off, its bucket forgotten."""
    return {
        f"{key}.s3.enabled": FLAG.send(wanted.get("enabled", False)),
        f"{key}.s3.bucket": wanted.get("bucket", ""),
        f"{key}.s3.prefix": wanted.get("prefix", ""),
    }


_make: Final = Create(
    call(
        "create_load_balancer",
        "securityGroups internal loadBalancerType ipAddressType",
        Name="$name",
        Subnets="$subnets",
    ),
    at="LoadBalancers[0].LoadBalancerArn",
    tags="Tags",
)


def _create(scope: Scope) -> str:
    """The server takes a second one of a name, where AWS refuses it."""
    name = scope.value("name")
    if scope.ask(call("describe_load_balancers", Names=["$name"]), (GONE,)):
        code = "DuplicateLoadBalancerName"
        raise AwsRefused(f"{code}: A load balancer with the same name '{name}' exists", aws_code=code)
    return _make(scope)


def _delete(scope: Scope) -> None:
    """The server deletes a protected one as well, where AWS refuses it."""
    live = words.with_attributes(scope, _describe, ATTRIBUTES)
    if live and FLAG.tell(live["Attributes"][PROTECTION]):
        code = "OperationNotPermitted"
        text = f"Load balancer '{scope.id}' cannot be deleted because deletion protection is enabled"
        raise AwsRefused(f"{code}: {text}", aws_code=code)
    words.delete_by("delete_load_balancer", "LoadBalancerArn", GONE)(scope)


LOAD_BALANCER: Final = Resource(
    token="aws:lb/loadBalancer:LoadBalancer",
    service="elbv2",
    inputs=(
        Input("name", "LoadBalancerName", replaces=True, autoname=32),
        Input("namePrefix", replaces=True, stored=True),
        Input("internal", "Scheme", replaces=True, computed=True, shape=SCHEME),
        Input("loadBalancerType", "Type", default="application", replaces=True),
        Input("ipAddressType", computed=True),
        Input("securityGroups", kind=Kind.SET, computed=True),
        Input("subnets", "AvailabilityZones[].SubnetId", kind=Kind.SET, computed=True),
        *(Input(name, "=", partial=True) for name in LOGS),
        *(one.input for one in ATTRIBUTES),
    ),
    outputs=(
        Output("arn", "LoadBalancerArn"),
        Output("arnSuffix"),
        Output("dnsName", "DNSName"),
        Output("vpcId"),
        Output("zoneId", "CanonicalHostedZoneId"),
    ),
    create=_create,
    read=_read,
    settings=(
        setting(
            "securityGroups",
            call("set_security_groups", LoadBalancerArn="$id", SecurityGroups="$securityGroups"),
            on_create=False,
        ),
        setting("subnets", call("set_subnets", LoadBalancerArn="$id", Subnets="$subnets"), on_create=False),
        setting(
            "ipAddressType",
            call("set_ip_address_type", LoadBalancerArn="$id", IpAddressType="$ipAddressType"),
            on_create=False,
        ),
        *words.put_attributes(
            " ".join((*LOGS, *(one.name for one in ATTRIBUTES))),
            "modify_load_balancer_attributes",
            "LoadBalancerArn",
            _values,
        ),
    ),
    delete=_delete,
    tags=words.TAGS,
    ready=Wait("State.Code", ("active",), ("failed",)),
    identity=("name",),
)

RESOURCES: Final = (LOAD_BALANCER,)

GAPS: Final = (
    Gap(
        LOAD_BALANCER.token,
        "name",
        "create_load_balancer makes a second one of a name",
        "the provider refuses it, as AWS does",
    ),
    Gap(
        LOAD_BALANCER.token,
        "enableDeletionProtection",
        "delete_load_balancer deletes a protected one",
        "the provider refuses it, as AWS does",
    ),
)
