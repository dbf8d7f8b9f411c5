"""The services-ecs stack: a cluster, a private namespace, and the services that are found in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi_aws as aws

from stacks.alarms import make_alarm
from stacks.context import StackContext
from stacks.fargate_cluster import FargateCluster, make_cluster
from stacks.fargate_scaling import cpu_watch, memory_watch
from stacks.fargate_services import FargateService, ServicePlan, make_service
from stacks.naming import slug
from stacks.security_group_rules import GroupId, Ports, allow_ingress
from stacks.service_discovery import make_namespace, register
from stacks.services_ecs.contract import SERVICES, Inputs, Outputs

Namespace = aws.servicediscovery.PrivateDnsNamespace
Registries = Mapping[str, aws.servicediscovery.Service]


def program(inputs: Inputs, context: StackContext) -> Outputs:
    home = make_cluster(inputs, context, inputs.log_retention_days)
    namespace = _namespace(inputs, context) if inputs.enable_service_discovery else None
    registries = _registries(inputs, namespace)
    group = GroupId(inputs.ecs_sg_id)
    allow_ingress("services-from-each-other", group, group, Ports(inputs.service_port, inputs.service_port))
    services: dict[str, FargateService] = {
        name: _service(name, inputs, context, home, registries) for name in inputs.services
    }
    return Outputs(
        services_cluster_arn=home.cluster.arn,
        services_cluster_id=home.cluster.id,
        services_cluster_name=home.cluster.name,
        private_namespace_id=namespace.id if namespace else None,
        private_namespace_name=namespace.name if namespace else None,
        **_of_services(services, registries),
        task_role_arns={name: one.role.arn for name, one in services.items() if one.role},
        cluster_log_group_name=home.log_group.name,
        cluster_log_group_arn=home.log_group.arn,
        container_insights_enabled=inputs.enable_container_insights,
        summary={
            "services": inputs.services,
            "spot": inputs.enable_fargate_spot,
            "autoScaling": inputs.enable_auto_scaling,
            "serviceDiscovery": inputs.enable_service_discovery,
        },
    )


def _namespace(inputs: Inputs, context: StackContext) -> Namespace:
    name = inputs.private_namespace or f"{slug(context.deployment_id)}.internal"
    return make_namespace(context, name=name, vpc_id=inputs.vpc_id)


def _registries(inputs: Inputs, namespace: Namespace | None) -> Registries:
    if namespace is None:
        return {}
    return {name: register(name, namespace, inputs.discovery_records) for name in inputs.services}


def _service(
    name: str, inputs: Inputs, context: StackContext, home: FargateCluster, registries: Registries
) -> FargateService:
    plan = ServicePlan(name, inputs.service_port, inputs.ecs_sg_id, registry=registries.get(name))
    made = make_service(plan, inputs, context, home, inputs.log_retention_days)
    if inputs.enable_detailed_monitoring:
        for watch in (cpu_watch, memory_watch):
            make_alarm(watch(name, home.cluster, made.service), context, inputs.alarm_topic_arn)
    return made


def _of_services(services: Mapping[str, FargateService], registries: Registries) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    for name in SERVICES:
        made, registry = services.get(name), registries.get(name)
        outputs |= {
            f"{name}_service_arn": made.service.arn if made else None,
            f"{name}_task_definition_arn": made.task_definition.arn if made else None,
            f"{name}_discovery_service_arn": registry.arn if registry else None,
            f"{name}_scaling_target_arn": made.scaling.arn if made and made.scaling else None,
        }
    return outputs
