"""A cluster that runs its tasks on Fargate, on spot capacity where that is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pulumi_aws as aws

from stacks.context import StackContext
from stacks.fargate_inputs import FargateInputs
from stacks.log_groups import make_log_group
from stacks.naming import CLUSTER, LOG_GROUP

_ON_DEMAND: Final = "FARGATE"
_SPOT: Final = "FARGATE_SPOT"


@dataclass(frozen=True)
class FargateCluster:
    """Services wait for `capacity`: only with it does the cluster know the providers that they name. `log_group`
    keeps what people do in containers."""

    cluster: aws.ecs.Cluster
    capacity: aws.ecs.ClusterCapacityProviders
    log_group: aws.cloudwatch.LogGroup


def make_cluster(inputs: FargateInputs, context: StackContext, log_retention_days: int) -> FargateCluster:
    log_group = make_log_group(
        "cluster",
        f"/ecs/{context.name(LOG_GROUP, 'cluster')}",
        retention_days=log_retention_days,
        key_arn=inputs.infrastructure_key_arn,
    )
    cluster = aws.ecs.Cluster(
        "cluster",
        name=context.name(CLUSTER, "cluster"),
        settings=[
            {"name": "containerInsights", "value": "enabled" if inputs.enable_container_insights else "disabled"}
        ],
        configuration={
            "execute_command_configuration": {
                "kms_key_id": inputs.application_key_arn,
                "logging": "OVERRIDE",
                "log_configuration": {
                    "cloud_watch_encryption_enabled": True,
                    "cloud_watch_log_group_name": log_group.name,
                },
            }
        },
    )
    capacity = aws.ecs.ClusterCapacityProviders(
        "cluster",
        cluster_name=cluster.name,
        capacity_providers=[_ON_DEMAND, _SPOT],
        default_capacity_provider_strategies=strategy(inputs),
    )
    return FargateCluster(cluster, capacity, log_group)


def strategy(inputs: FargateInputs) -> list[Any]:
    """One task is always on capacity that nobody takes away; the others are shared out by weight."""
    if not inputs.enable_fargate_spot:
        return [{"capacity_provider": _ON_DEMAND, "weight": 1}]
    return [
        {"capacity_provider": _ON_DEMAND, "base": 1, "weight": inputs.fargate_base_capacity},
        {"capacity_provider": _SPOT, "weight": inputs.fargate_spot_capacity},
    ]
