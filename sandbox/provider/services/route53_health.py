"""Route 53: health checks."""

from __future__ import annotations

import uuid
from typing import Any, Final

from sandbox.provider.language import Delete, Input, Kind, Output, Read, Resource, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.services.route53_zone import route53_tags, told_tags

GONE: Final = ("NoSuchHealthCheck",)
CONFIG: Final = "HealthCheckConfig"
# The inputs that a health check is made of and may change later: Pulumi's name and Route 53's.
CHANGING: Final = {
    "fqdn": "FullyQualifiedDomainName",
    "ipAddress": "IPAddress",
    "port": "Port",
    "resourcePath": "ResourcePath",
    "searchString": "SearchString",
    "failureThreshold": "FailureThreshold",
    "invertHealthcheck": "Inverted",
    "disabled": "Disabled",
    "enableSni": "EnableSNI",
    "regions": "Regions",
    "childHealthThreshold": "HealthThreshold",
    "childHealthchecks": "ChildHealthChecks",
    "insufficientDataHealthStatus": "InsufficientDataHealthStatus",
}
FIXED: Final = {"type": "Type", "requestInterval": "RequestInterval", "measureLatency": "MeasureLatency"}
LISTS: Final = ("regions", "childHealthchecks")


def _config(scope: Scope, names: dict[str, str]) -> dict[str, Any]:
    return {api: scope.value(name) for name, api in names.items() if scope.value(name) not in (None, "", [])}


def _create(scope: Scope) -> str:
    asked = {"CallerReference": uuid.uuid4().hex, CONFIG: _config(scope, FIXED | CHANGING)}
    scope.id = str(scope.request("create_health_check", asked)["HealthCheck"]["Id"])
    return scope.id


HEALTH_CHECK: Final = Resource(
    token="aws:route53/healthCheck:HealthCheck",
    service="route53",
    regional=False,
    inputs=(
        Input("type", f"{CONFIG}.Type", required=True, replaces=True),
        Input("requestInterval", f"{CONFIG}.RequestInterval", replaces=True, computed=True),
        Input("measureLatency", f"{CONFIG}.MeasureLatency", replaces=True, computed=True),
        *(
            Input(name, f"{CONFIG}.{api}", kind=Kind.SET if name in LISTS else Kind.PLAIN, computed=True)
            for name, api in CHANGING.items()
        ),
    ),
    outputs=(Output("arn", text="arn:{partition}:route53:::healthcheck/{id}"),),
    create=_create,
    read=Read(
        call("get_health_check", HealthCheckId="$id"),
        at="HealthCheck",
        gone=GONE,
        details=(told_tags("healthcheck"),),
    ),
    settings=(
        setting(
            " ".join(CHANGING),
            lambda scope: scope.request("update_health_check", {"HealthCheckId": scope.id, **_config(scope, CHANGING)}),
            on_create=False,
        ),
    ),
    delete=Delete((call("delete_health_check", HealthCheckId="$id"),), gone=GONE),
    tags=route53_tags("healthcheck"),
)

RESOURCES: Final = (HEALTH_CHECK,)
