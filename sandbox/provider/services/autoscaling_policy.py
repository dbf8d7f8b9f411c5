"""Auto Scaling: when a group of machines grows and shrinks."""

from __future__ import annotations

from typing import Final

from sandbox.provider.gaps import Gap
from sandbox.provider.language import Input, Kind, LiveObject, Output, Read, Resource, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import Shape, block

# Bounds of steps, which Pulumi writes as text and AWS as numbers.
BOUND: Final = Shape(float, lambda found: str(int(found)) if float(found).is_integer() else str(found))
STEPS: Final = block(
    {f"metricInterval{side}Bound": (f"MetricInterval{side}Bound", BOUND) for side in ("Lower", "Upper")}
)
SAID: Final = (
    "policyType adjustmentType cooldown estimatedInstanceWarmup metricAggregationType minAdjustmentMagnitude "
    "scalingAdjustment stepAdjustments targetTrackingConfiguration enabled"
)


def _read(scope: Scope) -> LiveObject | None:
    named = call("describe_policies", AutoScalingGroupName="$autoscalingGroupName", PolicyNames=["$name"])
    return Read(named, at="ScalingPolicies[0]")(scope)


def _put(scope: Scope) -> str:
    """All of it: AWS takes the place of what the policy said before."""
    scope.run(call("put_scaling_policy", f"name autoscalingGroupName {SAID}"))
    return str(scope.value("name"))


def _delete(scope: Scope) -> None:
    """AWS's code for one that is gone is that of a wrong request."""
    if _read(scope) is not None:
        scope.run(call("delete_policy", "name autoscalingGroupName"))


POLICY: Final = Resource(
    token="aws:autoscaling/policy:Policy",
    service="autoscaling",
    inputs=(
        Input("name", "PolicyName", replaces=True, autoname=255),
        Input("autoscalingGroupName", "AutoScalingGroupName", required=True, replaces=True),
        Input("policyType", default="SimpleScaling"),
        Input("adjustmentType"),
        Input("cooldown", computed=True),
        Input("estimatedInstanceWarmup"),
        Input("metricAggregationType", computed=True),
        Input("minAdjustmentMagnitude"),
        Input("scalingAdjustment"),
        Input("stepAdjustments", kind=Kind.SET, shape=STEPS),
        Input("targetTrackingConfiguration", kind=Kind.BLOCK, partial=True),
        Input("enabled", default=True, stored=True),
    ),
    outputs=(Output("arn", "PolicyARN"),),
    create=_put,
    read=_read,
    settings=(setting(SAID, _put, on_create=False),),
    delete=_delete,
    identity=("name", "autoscalingGroupName"),
    imports=r"(?P<autoscalingGroupName>[^/]+)/(?P<name>.+)",
    id_at="PolicyName",
)

RESOURCES: Final = (POLICY,)

GAPS: Final = (Gap(POLICY.token, "enabled", "put_scaling_policy takes it, describe_policies does not tell it"),)
