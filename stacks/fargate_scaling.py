"""As many tasks as the load needs, and word of a service that is short of CPU or memory all the same."""

from __future__ import annotations

from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.alarms import Metric, Watch
from stacks.context import StackContext
from stacks.fargate_inputs import FargateInputs
from stacks.naming import SCALING_POLICY

_BUSY_PERCENT: Final = 80


def make_scaling(
    name: str, inputs: FargateInputs, context: StackContext, cluster: aws.ecs.Cluster, service: aws.ecs.Service
) -> aws.appautoscaling.Target:
    """Between the two capacities, the count follows the CPU. The target's id is made of the service's name as the
    service tells it, so that the service is there first."""
    target = aws.appautoscaling.Target(
        name,
        service_namespace="ecs",
        scalable_dimension="ecs:service:DesiredCount",
        resource_id=pulumi.Output.concat("service/", cluster.name, "/", service.name),
        min_capacity=inputs.min_capacity,
        max_capacity=inputs.max_capacity,
    )
    aws.appautoscaling.Policy(
        f"{name}-cpu",
        name=context.name(SCALING_POLICY, f"{name}-cpu"),
        service_namespace=target.service_namespace,
        scalable_dimension=target.scalable_dimension,
        resource_id=target.resource_id,
        policy_type="TargetTrackingScaling",
        target_tracking_scaling_policy_configuration={
            "predefined_metric_specification": {"predefined_metric_type": "ECSServiceAverageCPUUtilization"},
            "target_value": inputs.target_cpu_utilization,
            "scale_in_cooldown": inputs.scale_in_cooldown,
            "scale_out_cooldown": inputs.scale_out_cooldown,
        },
    )
    return target


def cpu_watch(name: str, cluster: aws.ecs.Cluster, service: aws.ecs.Service) -> Watch:
    return _watch(name, "CPU", cluster, service)


def memory_watch(name: str, cluster: aws.ecs.Cluster, service: aws.ecs.Service) -> Watch:
    return _watch(name, "Memory", cluster, service)


def _watch(name: str, what: str, cluster: aws.ecs.Cluster, service: aws.ecs.Service) -> Watch:
    measured = {"ClusterName": cluster.name, "ServiceName": service.name}
    metric = Metric("AWS/ECS", f"{what}Utilization", "Average", measured)
    text = f"{name} uses more than {_BUSY_PERCENT} % of its {what}, with all the tasks that it has"
    return Watch(f"{name}-{what.lower()}", text, metric, _BUSY_PERCENT)
