"""Application Auto Scaling: what can be scaled, and by which metric."""

from __future__ import annotations

from typing import Final

from sandbox.provider.gaps import Gap
from sandbox.provider.language import Delete, Input, Kind, LiveObject, Output, Read, Resource, Tags, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.tagging import TagForm

GONE: Final = ("ObjectNotFoundException",)
NAMED: Final = "serviceNamespace resourceId scalableDimension"
WHAT: Final = tuple(Input(name, required=True, replaces=True) for name in NAMED.split())

_describe: Final = Read(
    call("describe_scalable_targets", "serviceNamespace scalableDimension", ResourceIds=["$resourceId"]),
    at="ScalableTargets[0]",
    gone=GONE,
)


def _register(scope: Scope) -> str:
    scope.run(call("register_scalable_target", f"{NAMED} minCapacity maxCapacity roleArn suspendedState"))
    return str(scope.value("resourceId"))


def _read_target(scope: Scope) -> LiveObject | None:
    live = _describe(scope)
    return None if live is None else {**live, "Tags": _tags(scope)}


def _tags(scope: Scope) -> dict[str, str]:
    known = scope.state.get("tagsAll") or {}
    return scope.tags_all() if scope.wanted is not None else dict(known)


def _deregister(scope: Scope) -> None:
    """The server's code for one that is gone is that of a wrong request."""
    if _describe(scope) is not None:
        Delete((call("deregister_scalable_target", NAMED),), gone=GONE)(scope)


TARGET: Final = Resource(
    token="aws:appautoscaling/target:Target",
    service="application-autoscaling",
    inputs=(
        *WHAT,
        Input("minCapacity", required=True),
        Input("maxCapacity", required=True),
        Input("roleArn", "RoleARN", replaces=True, computed=True),
        Input("suspendedState", kind=Kind.BLOCK, computed=True, partial=True),
    ),
    outputs=(Output("arn", "ScalableTargetARN"),),
    create=_register,
    read=_read_target,
    settings=(setting("minCapacity maxCapacity suspendedState", _register, on_create=False),),
    delete=_deregister,
    tags=Tags(add=lambda scope: None, remove=None, form=TagForm.MAP, clear=lambda scope: None),
    identity=tuple(NAMED.split()),
    imports=r"(?P<serviceNamespace>[^/]+)/(?P<resourceId>.+)/(?P<scalableDimension>[^/]+)",
    id_at="ResourceId",
)

TRACKING: Final = "targetTrackingScalingPolicyConfiguration"


def _read_policy(scope: Scope) -> LiveObject | None:
    asked = call("describe_scaling_policies", NAMED, PolicyNames=["$name"])
    return Read(asked, at=f"ScalingPolicies[?PolicyName=='{scope.value('name')}'] | [0]", gone=GONE)(scope)


def _put_policy(scope: Scope) -> str:
    scope.run(call("put_scaling_policy", f"name {NAMED} policyType {TRACKING}"))
    return str(scope.value("name"))


def _delete_policy(scope: Scope) -> None:
    if _read_policy(scope) is not None:
        Delete((call("delete_scaling_policy", f"name {NAMED}"),), gone=GONE)(scope)


def _rewrite_policy(scope: Scope) -> None:
    """The server makes new alarms for a policy that it changes and leaves the old ones to nobody."""
    _delete_policy(scope)
    _put_policy(scope)


POLICY: Final = Resource(
    token="aws:appautoscaling/policy:Policy",
    service="application-autoscaling",
    inputs=(
        Input("name", "PolicyName", replaces=True, autoname=255),
        *WHAT,
        Input("policyType", default="StepScaling"),
        Input(TRACKING, kind=Kind.BLOCK, partial=True),
    ),
    outputs=(Output("arn", "PolicyARN", volatile=True), Output("alarmArns", "Alarms[].AlarmARN", volatile=True)),
    create=_put_policy,
    read=_read_policy,
    settings=(setting(f"policyType {TRACKING}", _rewrite_policy, on_create=False),),
    delete=_delete_policy,
    identity=("name", *NAMED.split()),
    imports=r"(?P<serviceNamespace>[^/]+)/(?P<resourceId>.+)/(?P<scalableDimension>[^/]+)/(?P<name>[^/]+)",
    id_at="PolicyName",
)

RESOURCES: Final = (TARGET, POLICY)

GAPS: Final = (
    Gap(TARGET.token, "tags", "list_tags_for_resource has not been implemented", "the state remembers them"),
    Gap(
        POLICY.token,
        TRACKING,
        "put_scaling_policy leaves the old alarms of a policy that it changes",
        "the policy is deleted and made again",
    ),
)
