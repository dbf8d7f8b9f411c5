"""A service on Fargate: its task, its role, its logs, its scaling and its alarms. Stacks differ in what leads to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.fargate_cluster import FargateCluster, strategy
from stacks.fargate_inputs import FargateInputs
from stacks.fargate_scaling import make_scaling
from stacks.fargate_task_roles import make_task_role
from stacks.log_groups import make_log_group
from stacks.naming import LOG_GROUP, SERVICE, TASK_FAMILY

_GRACE_SECONDS: Final = 60


@dataclass(frozen=True)
class ServicePlan:
    """`registry`: the name that others find the service by. `target_group`: who forwards to it; the service waits for
    everything in `after`, the listener among it."""

    name: str
    port: int
    security_group_id: pulumi.Input[str]
    registry: aws.servicediscovery.Service | None = None
    target_group: aws.lb.TargetGroup | None = None
    after: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True)
class FargateService:
    """`role` is None when all services share one, `scaling` when the count stays as it is given."""

    service: aws.ecs.Service
    task_definition: aws.ecs.TaskDefinition
    log_group: aws.cloudwatch.LogGroup
    role: aws.iam.Role | None
    scaling: aws.appautoscaling.Target | None


def make_service(
    plan: ServicePlan, inputs: FargateInputs, context: StackContext, home: FargateCluster, log_retention_days: int
) -> FargateService:
    """In private subnets, without a public address; a deployment that does not come up is taken back."""
    log_group = make_log_group(
        plan.name,
        f"/ecs/{context.name(LOG_GROUP, plan.name)}",
        retention_days=log_retention_days,
        key_arn=inputs.infrastructure_key_arn,
    )
    role = make_task_role(plan.name, inputs, context, home.log_group) if inputs.enable_task_roles else None
    container = _container(plan, inputs, context, log_group)
    task = _task_definition(plan, inputs, context, role, container)
    service = aws.ecs.Service(
        plan.name,
        name=context.name(SERVICE, plan.name),
        cluster=home.cluster.arn,
        task_definition=task.arn,
        desired_count=inputs.desired_count(plan.name),
        capacity_provider_strategies=strategy(inputs),
        # Without it, a service whose strategy changes has to be made anew under the name that it still has.
        force_new_deployment=True,
        deployment_minimum_healthy_percent=100,
        deployment_maximum_percent=200,
        deployment_circuit_breaker={"enable": True, "rollback": True},
        enable_execute_command=inputs.enable_execute_command,
        enable_ecs_managed_tags=True,
        propagate_tags="SERVICE",
        network_configuration={
            "subnets": inputs.private_subnet_ids,
            "security_groups": [plan.security_group_id],
            "assign_public_ip": False,
        },
        **_ways_in(plan, inputs),
        opts=pulumi.ResourceOptions(
            depends_on=[home.capacity, *plan.after],
            ignore_changes=["desired_count"] if inputs.enable_auto_scaling else None,
        ),
    )
    scaling = make_scaling(plan.name, inputs, context, home.cluster, service) if inputs.enable_auto_scaling else None
    return FargateService(service, task, log_group, role, scaling)


def _ways_in(plan: ServicePlan, inputs: FargateInputs) -> dict[str, Any]:
    """Of a name in private DNS, only an SRV record may say the port: with any other, AWS refuses one."""
    ways: dict[str, Any] = {}
    container = {"container_name": plan.name, "container_port": plan.port}
    if plan.target_group is not None:
        ways["load_balancers"] = [{"target_group_arn": plan.target_group.arn, **container}]
        ways["health_check_grace_period_seconds"] = _GRACE_SECONDS
    if plan.registry is not None:
        port = container if inputs.discovery_records == "SRV" else {}
        ways["service_registries"] = {"registry_arn": plan.registry.arn, **port}
    return ways


def _task_definition(
    plan: ServicePlan,
    inputs: FargateInputs,
    context: StackContext,
    role: aws.iam.Role | None,
    container: dict[str, Any],
) -> aws.ecs.TaskDefinition:
    return aws.ecs.TaskDefinition(
        plan.name,
        family=context.name(TASK_FAMILY, plan.name),
        cpu=str(inputs.of(plan.name, "cpu")),
        memory=str(inputs.of(plan.name, "memory")),
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        runtime_platform={"cpu_architecture": inputs.cpu_architecture, "operating_system_family": "LINUX"},
        execution_role_arn=inputs.ecs_execution_role_arn,
        task_role_arn=role.arn if role else inputs.ecs_task_role_arn,
        container_definitions=pulumi.Output.json_dumps([container]),
    )


def _container(
    plan: ServicePlan, inputs: FargateInputs, context: StackContext, log_group: aws.cloudwatch.LogGroup
) -> dict[str, Any]:
    """The container learns its port by the variable PORT; secrets come to it by name, their values stay in AWS."""
    variables = pulumi.Output.from_input(inputs.environment_variables)
    secrets = pulumi.Output.from_input(inputs.secrets)
    return {
        "name": plan.name,
        "image": inputs.image(plan.name),
        "essential": True,
        "portMappings": [{"containerPort": plan.port, "protocol": "tcp"}],
        "environment": variables.apply(lambda given: _named({"PORT": str(plan.port), **given}, "value")),
        "secrets": secrets.apply(lambda given: _named(given, "valueFrom")),
        "linuxParameters": {"initProcessEnabled": True},
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group.name,
                "awslogs-region": context.region,
                "awslogs-stream-prefix": plan.name,
            },
        },
    }


def _named(values: Mapping[str, str], key: str) -> list[dict[str, str]]:
    """In the order of the names, so that the same values make the same task."""
    return [{"name": name, key: values[name]} for name in sorted(values)]
