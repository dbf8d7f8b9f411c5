"""ECS: services."""

from __future__ import annotations

from typing import Any, Final

from sandbox.provider.gaps import Gap
from sandbox.provider.language import Call, Input, Kind, LiveObject, Output, Read, Resource, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.services.ecs_cluster import INACTIVE, LOWER, TAGS
from sandbox.provider.shapes import Shape, block, only

GONE: Final = ("ServiceNotFoundException", "ServiceNotActiveException", "ClusterNotFoundException")


def _send_network(given: dict[str, Any]) -> dict[str, Any]:
    public = "ENABLED" if given.get("assignPublicIp") else "DISABLED"
    groups = given.get("securityGroups") or []
    inner = {"subnets": given["subnets"], "securityGroups": groups, "assignPublicIp": public}
    return {"awsvpcConfiguration": inner}


def _tell_network(found: dict[str, Any]) -> dict[str, Any] | None:
    inner = {key: value for key, value in (found.get("awsvpcConfiguration") or {}).items() if value}
    return {**inner, "assignPublicIp": inner.get("assignPublicIp") == "ENABLED"} if inner else None


NETWORK: Final = Shape(_send_network, _tell_network)
BALANCERS: Final = block({"elbName": "loadBalancerName"}, lower=True)
# Inputs inside the API's `deploymentConfiguration`.
DEPLOYMENT: Final = {
    "deploymentCircuitBreaker": "deploymentCircuitBreaker",
    "deploymentMaximumPercent": "maximumPercent",
    "deploymentMinimumHealthyPercent": "minimumHealthyPercent",
}
# What the server forgets when it makes a service, yet keeps when it changes one.
FORGOTTEN: Final = (
    "capacityProviderStrategies enableExecuteCommand enableEcsManagedTags healthCheckGracePeriodSeconds "
    "availabilityZoneRebalancing"
)
KEPT: Final = (
    "desiredCount taskDefinition loadBalancers serviceRegistries networkConfiguration platformVersion propagateTags"
)


def _deployment(scope: Scope) -> dict[str, Any]:
    values = {api: scope.value(name) for name, api in DEPLOYMENT.items()}
    return {"deploymentConfiguration": {api: value for api, value in values.items() if value is not None}}


def _create(scope: Scope) -> str:
    sent = f"launchType schedulingStrategy deploymentController {KEPT} {FORGOTTEN}"
    asked = call("create_service", sent, cluster="$cluster", serviceName="$name", role="$iamRole")
    answer = scope.run(asked, {**_deployment(scope), **scope.tag_parameter("tags")})
    scope.id = str(answer["service"]["serviceArn"])
    _update(scope, FORGOTTEN)
    return scope.id


def _update(scope: Scope, sent: str = f"{KEPT} {FORGOTTEN}") -> None:
    """Without a count, what the auto-scaling made of it stays; a new deployment when the program forces one."""
    names = [name for name in sent.split() if not scope.changed or name in scope.changed]
    cleared: dict[str, list[Any]] = {
        scope.resource.properties[name].parameter: []
        for name in names
        if name in ("loadBalancers", "serviceRegistries") and not scope.value(name) and scope.changed
    }
    forced = {"forceNewDeployment": True} if scope.changed and scope.value("forceNewDeployment") else {}
    asked = Call("update_service", tuple(names), {"cluster": "$cluster", "service": "$id"})
    scope.run(asked, {**_deployment(scope), **cleared, **forced})


def _describe(scope: Scope) -> LiveObject | None:
    """An import knows only the name of the cluster."""
    home = scope.value("cluster") or scope.value("clusterName")
    asked = call("describe_services", cluster=home, services=["$name"], include=["TAGS"])
    return Read(asked, at="services[0]", gone=GONE, absent=INACTIVE)(scope)


def _read(scope: Scope) -> LiveObject | None:
    """A service with a strategy of capacity providers has no launch type; the server says EC2."""
    live = _describe(scope)
    if live is None:
        return None
    return {**live, "launchType": None if live.get("capacityProviderStrategy") else live.get("launchType")}


def _delete(scope: Scope) -> None:
    """AWS deletes only what runs no tasks any more."""
    live = _describe(scope)
    if live is None:
        return
    named = {"cluster": scope.value("cluster"), "service": scope.id}
    if live["schedulingStrategy"] == "REPLICA" and live["desiredCount"]:
        scope.request("update_service", {**named, "desiredCount": 0})
    scope.request("delete_service", {**named, "force": bool(scope.value("forceDelete"))})


SERVICE: Final = Resource(
    token="aws:ecs/service:Service",
    service="ecs",
    inputs=(
        Input("name", "serviceName", replaces=True, autoname=255),
        Input("cluster", "clusterArn", kind=Kind.REFERENCE, replaces=True, computed=True),
        Input("taskDefinition", "=", kind=Kind.REFERENCE),
        Input("desiredCount", "=", default=0),
        Input("launchType", "=", replaces=True, computed=True),
        Input("schedulingStrategy", "=", default="REPLICA", replaces=True),
        Input("deploymentController", "=", kind=Kind.BLOCK, replaces=True, computed=True, shape=LOWER),
        Input("iamRole", "roleArn", kind=Kind.REFERENCE, replaces=True, computed=True),
        Input(
            "capacityProviderStrategies",
            "capacityProviderStrategy",
            kind=Kind.SET,
            computed=True,
            partial=True,
            shape=LOWER,
        ),
        Input(
            "networkConfiguration",
            "=",
            kind=Kind.BLOCK,
            partial=True,
            shape=NETWORK,
            unordered=("subnets", "securityGroups"),
        ),
        Input("loadBalancers", "=", kind=Kind.SET, shape=BALANCERS),
        Input("serviceRegistries", "=", kind=Kind.BLOCK, shape=only(LOWER)),
        Input("platformVersion", "=", computed=True),
        Input("propagateTags", "=", computed=True),
        Input("enableEcsManagedTags", "enableECSManagedTags", default=False),
        Input("enableExecuteCommand", "=", default=False),
        Input("availabilityZoneRebalancing", "=", computed=True),
        Input("healthCheckGracePeriodSeconds", "="),
        Input(
            "deploymentCircuitBreaker",
            "deploymentConfiguration.deploymentCircuitBreaker",
            kind=Kind.BLOCK,
            partial=True,
            shape=LOWER,
        ),
        Input("deploymentMaximumPercent", "deploymentConfiguration.maximumPercent", default=200),
        Input("deploymentMinimumHealthyPercent", "deploymentConfiguration.minimumHealthyPercent", default=100),
        Input("forceNewDeployment", default=False, stored=True),
        Input("forceDelete", default=False, stored=True),
    ),
    outputs=(Output("arn", "serviceArn"),),
    create=_create,
    read=_read,
    settings=(
        setting(
            f"{KEPT} {FORGOTTEN} {' '.join(DEPLOYMENT)} forceNewDeployment forceDelete",
            _update,
            on_create=False,
        ),
    ),
    delete=_delete,
    tags=TAGS,
    identity=("name", "cluster"),
    imports=r"(?P<clusterName>[^/]+)/(?P<name>[^/]+)",
    id_at="serviceArn",
)

RESOURCES: Final = (SERVICE,)

FORGETS: Final = "create_service takes it, describe_services does not tell it"
AGAIN: Final = "update_service says it again once the service is there: then it is told"
GAPS: Final = (
    *(Gap(SERVICE.token, name, FORGETS, AGAIN) for name in (*FORGOTTEN.split(), *DEPLOYMENT)),
    Gap(
        SERVICE.token,
        "launchType",
        "describe_services tells EC2 for a service with capacity providers",
        "such a service has none",
    ),
)
