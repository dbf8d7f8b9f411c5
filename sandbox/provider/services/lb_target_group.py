"""Elastic Load Balancing: target groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.provider.language import Detail, Input, LiveObject, Output, Read, Resource, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.services import lb_words as words
from sandbox.provider.services.lb_words import Attribute
from sandbox.provider.shapes import FLAG, NUMBER, PLAIN, Shape

GONE: Final = "TargetGroupNotFound"
ATTRIBUTES: Final = (
    Attribute("deregistrationDelay", "deregistration_delay.timeout_seconds", 300),
    Attribute("slowStart", "slow_start.duration_seconds", 0),
    Attribute("connectionTermination", "deregistration_delay.connection_termination.enabled", False, computed=True),
    Attribute("lambdaMultiValueHeadersEnabled", "lambda.multi_value_headers.enabled", False),
    Attribute("loadBalancingAlgorithmType", "load_balancing.algorithm.type", "round_robin", computed=True),
    Attribute("loadBalancingAnomalyMitigation", "load_balancing.algorithm.anomaly_mitigation", "off", computed=True),
    Attribute(
        "loadBalancingCrossZoneEnabled",
        "load_balancing.cross_zone.enabled",
        "use_load_balancer_configuration",
        computed=True,
    ),
    Attribute("proxyProtocolV2", "proxy_protocol_v2.enabled", False),
)

# Parts of a health check: Pulumi's names and AWS's. What a program leaves out of one has the provider's own
# defaults, not AWS's.
HEALTH: Final = {
    "enabled": "HealthCheckEnabled",
    "healthyThreshold": "HealthyThresholdCount",
    "interval": "HealthCheckIntervalSeconds",
    "path": "HealthCheckPath",
    "port": "HealthCheckPort",
    "protocol": "HealthCheckProtocol",
    "timeout": "HealthCheckTimeoutSeconds",
    "unhealthyThreshold": "UnhealthyThresholdCount",
}
HEALTH_DEFAULTS: Final = {"enabled": True, "healthyThreshold": 3, "interval": 30, "unhealthyThreshold": 3}

# Parts of stickiness by the attributes that hold them, by its type.
STICKINESS: Final[Mapping[str, tuple[str, Shape]]] = {
    "type": ("stickiness.type", PLAIN),
    "enabled": ("stickiness.enabled", FLAG),
    "cookieDuration": ("stickiness.lb_cookie.duration_seconds", NUMBER),
    "cookieName": ("stickiness.app_cookie.cookie_name", PLAIN),
}
APP_DURATION: Final = "stickiness.app_cookie.duration_seconds"

_describe: Final = Read(
    call("describe_target_groups", TargetGroupArns=["$id"]),
    at="TargetGroups[0]",
    gone=(GONE,),
    details=(
        words.TOLD_TAGS,
        Detail("Attributes", call("describe_target_group_attributes", TargetGroupArn="$id"), "Attributes"),
    ),
)


def _read(scope: Scope) -> LiveObject | None:
    live = words.with_attributes(scope, _describe, ATTRIBUTES)
    if live is None:
        return None
    check = {name: live[api] for name, api in HEALTH.items() if live.get(api) not in (None, "")}
    codes = (live.get("Matcher") or {}).get("HttpCode")
    return {
        **live,
        "healthCheck": {**check, **({"matcher": codes} if codes else {})},
        "stickiness": _told_stickiness(live["Attributes"]),
    }


def _told_stickiness(attributes: Mapping[str, str]) -> dict[str, Any] | None:
    if "stickiness.type" not in attributes:
        return None
    told = {name: shape.tell(attributes[key]) for name, (key, shape) in STICKINESS.items() if key in attributes}
    if told["type"] == "app_cookie" and APP_DURATION in attributes:
        told["cookieDuration"] = NUMBER.tell(attributes[APP_DURATION])
    return told


def _check(scope: Scope) -> dict[str, Any]:
    """The health check as the calls take it: parameters of their own."""
    wanted = scope.value("healthCheck")
    if not wanted:
        return {}
    full = {**HEALTH_DEFAULTS, **{name: value for name, value in wanted.items() if value is not None}}
    codes = {"Matcher": {"HttpCode": full["matcher"]}} if full.get("matcher") else {}
    return {**{api: full[name] for name, api in HEALTH.items() if name in full}, **codes}


def _create(scope: Scope) -> str:
    asked = {**_check(scope), **scope.tag_parameter("Tags")}
    made = call("create_target_group", "port protocol protocolVersion vpcId targetType ipAddressType", Name="$name")
    return str(scope.run(made, asked)["TargetGroups"][0]["TargetGroupArn"])


def _values(scope: Scope) -> dict[str, str]:
    values = words.given(scope, ATTRIBUTES)
    wanted = scope.value("stickiness")
    if not wanted or (scope.changed and "stickiness" not in scope.changed):
        return values
    full = {"enabled": True, "cookieDuration": 86400, **wanted}
    keys = {name: key for name, (key, _) in STICKINESS.items()}
    if full["type"] == "app_cookie":
        keys["cookieDuration"] = APP_DURATION
    elif full["type"] != "lb_cookie":
        keys.pop("cookieDuration")
    sent = {key: STICKINESS[name][1].send(full[name]) for name, key in keys.items() if full.get(name) is not None}
    return {**values, **sent}


TARGET_GROUP: Final = Resource(
    token="aws:lb/targetGroup:TargetGroup",
    service="elbv2",
    inputs=(
        Input("name", "TargetGroupName", replaces=True, autoname=32),
        Input("namePrefix", replaces=True, stored=True),
        Input("port", replaces=True),
        Input("protocol", replaces=True),
        Input("protocolVersion", replaces=True, computed=True),
        Input("vpcId", replaces=True),
        Input("targetType", default="instance", replaces=True),
        Input("ipAddressType", replaces=True, computed=True),
        Input("healthCheck", "=", computed=True, partial=True),
        Input("stickiness", "=", computed=True, partial=True),
        *(one.input for one in ATTRIBUTES),
    ),
    outputs=(Output("arn", "TargetGroupArn"), Output("arnSuffix"), Output("loadBalancerArns", volatile=True)),
    create=_create,
    read=_read,
    settings=(
        setting(
            "healthCheck",
            lambda scope: scope.request("modify_target_group", {"TargetGroupArn": scope.id, **_check(scope)}),
            on_create=False,
        ),
        *words.put_attributes(
            "stickiness " + " ".join(one.name for one in ATTRIBUTES),
            "modify_target_group_attributes",
            "TargetGroupArn",
            _values,
        ),
    ),
    # A listener that goes as well keeps its target group in use for a while.
    delete=words.delete_by("delete_target_group", "TargetGroupArn", GONE, busy=("ResourceInUse",)),
    tags=words.TAGS,
    identity=("name",),
)

RESOURCES: Final = (TARGET_GROUP,)
