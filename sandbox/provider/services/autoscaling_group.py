"""Auto Scaling: groups of machines."""

from __future__ import annotations

from typing import Any, Final

from sandbox.provider.gaps import Gap
from sandbox.provider.language import Call, Create, Delete, Input, Kind, Output, Read, Resource, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import Shape, block

NAMED: Final = {"AutoScalingGroupName": "$id"}
BUSY: Final = ("ResourceInUse", "ScalingActivityInProgress")

SUBNETS: Final = Shape(",".join, lambda found: found.split(",") if found else [])
TEMPLATE: Final = block({"id": "LaunchTemplateId", "name": "LaunchTemplateName"})
TAGS: Final = Shape(
    lambda given: [
        {"Key": one["key"], "Value": one["value"], "PropagateAtLaunch": one["propagateAtLaunch"]} for one in given
    ],
    lambda found: [
        {"key": one["Key"], "value": one["Value"], "propagateAtLaunch": one["PropagateAtLaunch"]}
        for one in found
        if not one["Key"].startswith("aws:")
    ],
)
# What one call changes, and of that what the server takes and forgets.
FORGOTTEN: Final = "capacityRebalance defaultCooldown defaultInstanceWarmup maxInstanceLifetime terminationPolicies"
CHANGED: Final = (
    "minSize maxSize desiredCapacity launchTemplate vpcZoneIdentifiers availabilityZones healthCheckType "
    f"healthCheckGracePeriod protectFromScaleIn {FORGOTTEN}"
)

_describe: Final = Read(
    call("describe_auto_scaling_groups", AutoScalingGroupNames=["$id"]),
    at="AutoScalingGroups[0]",
    absent="Status=='Delete in progress'",
)


def _update(scope: Scope) -> None:
    """Only what changed: the other values may be those that scaling gave the group."""
    changed = tuple(name for name in CHANGED.split() if name in scope.changed)
    scope.run(Call("update_auto_scaling_group", changed, NAMED))


def _measure(scope: Scope) -> None:
    metrics, granularity = scope.value("enabledMetrics") or [], scope.value("metricsGranularity")
    asked = {"AutoScalingGroupName": scope.id, "Metrics": metrics, "Granularity": granularity}
    scope.request("enable_metrics_collection", asked)


def _attach(scope: Scope) -> None:
    for operation, arns in (
        ("attach_load_balancer_target_groups", scope.added("targetGroupArns")),
        ("detach_load_balancer_target_groups", scope.removed("targetGroupArns")),
    ):
        if arns:
            scope.request(operation, {"AutoScalingGroupName": scope.id, "TargetGroupARNs": arns})


def _suspend(scope: Scope) -> None:
    for operation, processes in (
        ("suspend_processes", scope.added("suspendedProcesses")),
        ("resume_processes", scope.removed("suspendedProcesses")),
    ):
        if processes:
            scope.request(operation, {"AutoScalingGroupName": scope.id, "ScalingProcesses": processes})


def _retag(scope: Scope) -> None:
    """Tags of a group are inputs like others: each says whether the machines get it too."""
    of_group = {"ResourceId": scope.id, "ResourceType": "auto-scaling-group"}
    kept = {one["key"] for one in scope.value("tags") or ()}
    gone = [{"Key": one["key"], **of_group} for one in scope.state.get("tags") or () if one["key"] not in kept]
    new = [{**one, **of_group} for one in TAGS.send(scope.added("tags"))]
    for operation, tags in (("delete_tags", gone), ("create_or_update_tags", new)):
        if tags:
            scope.request(operation, {"Tags": tags})


def _refresh(scope: Scope) -> None:
    """Other machines in place of those that run, where the program wants that for what changed.

    The server has no refresh: the machines are ended one by one, and the group starts others.
    """
    refresh = scope.value("instanceRefresh")
    triggers = {"tags" if one == "tag" else one for one in (refresh or {}).get("triggers") or ()}
    if not refresh or not scope.changed & {"launchTemplate", *triggers}:
        return
    for instance in _instances(scope):
        asked = {"InstanceId": instance["InstanceId"], "ShouldDecrementDesiredCapacity": False}
        scope.request("terminate_instance_in_auto_scaling_group", asked)


def _instances(scope: Scope) -> list[dict[str, Any]]:
    return list((_describe(scope) or {}).get("Instances") or ())


def _delete(scope: Scope) -> None:
    """The machines go first, unless the program wants all gone at once: AWS refuses while there are any."""
    if _describe(scope) is None:
        return
    force = bool(scope.value("forceDelete"))
    if not force:
        _drain(scope)
    Delete((Call("delete_auto_scaling_group", parameters={**NAMED, "ForceDelete": force}),), busy=BUSY)(scope)


def _drain(scope: Scope) -> None:
    """Protected machines are ended by nobody, so they lose that first."""
    named = {"AutoScalingGroupName": scope.id}
    protected = [one["InstanceId"] for one in _instances(scope) if one["ProtectedFromScaleIn"]]
    if protected:
        scope.request("set_instance_protection", {**named, "InstanceIds": protected, "ProtectedFromScaleIn": False})
    scope.request("update_auto_scaling_group", {**named, "MinSize": 0, "MaxSize": 0, "DesiredCapacity": 0})


GROUP: Final = Resource(
    token="aws:autoscaling/group:Group",
    service="autoscaling",
    inputs=(
        Input("name", "AutoScalingGroupName", replaces=True, autoname=255),
        Input("namePrefix", replaces=True, stored=True),
        Input("minSize", required=True),
        Input("maxSize", required=True),
        Input("desiredCapacity", computed=True),
        Input("launchTemplate", kind=Kind.BLOCK, shape=TEMPLATE, partial=True, told=("id", "name")),
        Input("vpcZoneIdentifiers", "VPCZoneIdentifier", kind=Kind.SET, shape=SUBNETS, computed=True),
        Input("availabilityZones", kind=Kind.SET, computed=True),
        Input("healthCheckType", computed=True),
        Input("healthCheckGracePeriod", default=300),
        Input("protectFromScaleIn", "NewInstancesProtectedFromScaleIn", default=False),
        Input("capacityRebalance", stored=True),
        Input("defaultCooldown", stored=True, computed=True),
        Input("defaultInstanceWarmup", stored=True),
        Input("maxInstanceLifetime", stored=True),
        Input("terminationPolicies", stored=True),
        Input("targetGroupArns", "TargetGroupARNs", kind=Kind.SET, computed=True),
        Input("suspendedProcesses", "SuspendedProcesses[].ProcessName", kind=Kind.SET),
        Input("enabledMetrics", "EnabledMetrics[].Metric", kind=Kind.SET),
        Input("metricsGranularity", default="1Minute", stored=True),
        Input("tags", kind=Kind.SET, shape=TAGS),
        Input("instanceRefresh", stored=True),
        Input("forceDelete", default=False, stored=True),
        Input("ignoreFailedScalingActivities", default=False, stored=True),
        Input("waitForCapacityTimeout", default="10m", stored=True),
        Input("minElbCapacity", stored=True),
        Input("waitForElbCapacity", stored=True),
    ),
    outputs=(Output("arn", "AutoScalingGroupARN"),),
    create=Create(call("create_auto_scaling_group", f"name tags targetGroupArns {CHANGED}"), text="{name}"),
    read=_describe,
    settings=(
        setting(CHANGED, _update, on_create=False),
        setting("targetGroupArns", _attach, on_create=False),
        setting("tags", _retag, on_create=False),
        setting("suspendedProcesses", _suspend),
        setting("enabledMetrics", _measure),
        setting("launchTemplate tags " + CHANGED, _refresh, on_create=False),
    ),
    delete=_delete,
    identity=("name",),
)

RESOURCES: Final = (GROUP,)

LOST: Final = "create_auto_scaling_group takes it, describe_auto_scaling_groups does not tell it"
STUCK: Final = "update_auto_scaling_group answers success and leaves it as it was"
GAPS: Final = (
    *(Gap(GROUP.token, name, LOST) for name in ("defaultInstanceWarmup", "maxInstanceLifetime")),
    *(Gap(GROUP.token, name, STUCK) for name in ("capacityRebalance", "defaultCooldown", "terminationPolicies")),
    Gap(
        GROUP.token,
        "enabledMetrics",
        "disable_metrics_collection is missing, and enable_metrics_collection forgets the others",
        "all that are wanted are said again",
    ),
    Gap(
        GROUP.token,
        "instanceRefresh",
        "start_instance_refresh is missing",
        "the machines are ended one by one, the group starts others",
    ),
)
