"""The containers-apps stack: a public load balancer, the parts of the application behind it, names for both."""

from __future__ import annotations

from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stacks.alarms import Metric, Watch, make_alarm
from stacks.containers_apps.contract import Inputs, Outputs
from stacks.containers_apps.parts import (
    PARTS,
    Part,
    TargetGroups,
    lead_to_parts,
    let_balancer_reach_parts,
    make_target_groups,
)
from stacks.context import StackContext
from stacks.fargate_cluster import FargateCluster, make_cluster
from stacks.fargate_scaling import cpu_watch
from stacks.fargate_services import FargateService, ServicePlan, make_service
from stacks.load_balancers import LoadBalancerSettings, PublicLoadBalancer, make_load_balancer, name_load_balancer
from stacks.naming import slug
from stacks.service_discovery import make_namespace, register

_SLOW_SECONDS: Final = 1
Namespace = aws.servicediscovery.PrivateDnsNamespace
Services = dict[str, FargateService]


def program(inputs: Inputs, context: StackContext) -> Outputs:
    home = make_cluster(inputs, context, inputs.log_retention_days)
    groups = make_target_groups(inputs, context)
    public = _load_balancer(inputs, context, groups)
    rules = lead_to_parts(public, groups)
    let_balancer_reach_parts(inputs)
    namespace = _namespace(inputs, context)

    services: Services = {}
    for part in PARTS:
        plan = _plan(part, inputs, groups, namespace, [public.https, *rules])
        services[part.name] = make_service(plan, inputs, context, home, inputs.log_retention_days)
        if inputs.enable_detailed_monitoring:
            for watch in _watches(part.name, home, public, groups, services[part.name]):
                make_alarm(watch, context, inputs.alarm_topic_arn)
    apex, api = _names(inputs, public)
    return Outputs(
        **_of_balancer(inputs, public),
        cluster_arn=home.cluster.arn,
        cluster_name=home.cluster.name,
        **_of_services(services, groups),
        task_role_arns={name: one.role.arn for name, one in services.items() if one.role},
        private_namespace_id=namespace.id if namespace else None,
        private_namespace_name=namespace.name if namespace else None,
        primary_dns_name=apex.name if apex else None,
        api_dns_name=api.name if api else None,
        summary={
            "services": [part.name for part in PARTS],
            "spot": inputs.enable_fargate_spot,
            "autoScaling": inputs.enable_auto_scaling,
            "records": [name for name, made in (("apex", apex), ("api", api)) if made],
        },
    )


def _load_balancer(inputs: Inputs, context: StackContext, groups: TargetGroups) -> PublicLoadBalancer:
    settings = LoadBalancerSettings(
        subnet_ids=inputs.public_subnet_ids,
        security_group_id=inputs.load_balancer_sg_id,
        certificate_arn=inputs.wildcard_certificate_arn,
        log_bucket=inputs.logs_bucket_name if inputs.enable_access_logging else None,
        idle_timeout=inputs.idle_timeout,
        deletion_protection=inputs.enable_deletion_protection,
    )
    return make_load_balancer("public", context, settings, groups["frontend"])


def _namespace(inputs: Inputs, context: StackContext) -> Namespace | None:
    """Off unless asked for: private names are the services-ecs stack's, and this one's lie in a zone of their own."""
    if not inputs.enable_service_discovery:
        return None
    name = inputs.private_namespace or f"apps.{slug(context.deployment_id)}.internal"
    return make_namespace(context, name=name, vpc_id=inputs.vpc_id)


def _plan(
    part: Part, inputs: Inputs, groups: TargetGroups, namespace: Namespace | None, after: list[pulumi.Resource]
) -> ServicePlan:
    return ServicePlan(
        part.name,
        inputs.of(part.name, "port"),
        getattr(inputs, part.group),
        registry=register(part.name, namespace, inputs.discovery_records) if namespace else None,
        target_group=groups[part.name],
        after=after,
    )


def _watches(
    name: str, home: FargateCluster, public: PublicLoadBalancer, groups: TargetGroups, made: FargateService
) -> list[Watch]:
    behind = {"LoadBalancer": public.balancer.arn_suffix, "TargetGroup": groups[name].arn_suffix}
    healthy = Metric("AWS/ApplicationELB", "HealthyHostCount", "Minimum", behind)
    answers = Metric("AWS/ApplicationELB", "TargetResponseTime", "Average", behind)
    slow = f"{name} takes longer than {_SLOW_SECONDS} s to answer"
    return [
        cpu_watch(name, home.cluster, made.service),
        Watch(f"{name}-healthy", f"No task of {name} is healthy", healthy, 1, below=True),
        Watch(f"{name}-slow", slow, answers, _SLOW_SECONDS),
    ]


def _names(inputs: Inputs, public: PublicLoadBalancer) -> tuple[aws.route53.Record | None, aws.route53.Record | None]:
    """The domain itself, and the api host below it; each belongs to one stack of the deployment alone."""
    zone, domain = inputs.hosted_zone_id, inputs.domain_name
    api_name = pulumi.Output.concat("api.", domain)
    apex = name_load_balancer("apex", public.balancer, zone_id=zone, name=domain) if inputs.manage_apex_record else None
    api = name_load_balancer("api", public.balancer, zone_id=zone, name=api_name) if inputs.manage_api_record else None
    return apex, api


def _of_balancer(inputs: Inputs, public: PublicLoadBalancer) -> dict[str, Any]:
    balancer = public.balancer
    return {
        "public_alb_dns_name": balancer.dns_name,
        "public_alb_arn": balancer.arn,
        "public_alb_arn_suffix": balancer.arn_suffix,
        "public_alb_zone_id": balancer.zone_id,
        "https_listener_arn": public.https.arn,
        "http_listener_arn": public.http.arn,
        "alb_logs_bucket_name": inputs.logs_bucket_name if inputs.enable_access_logging else None,
    }


def _of_services(services: Services, groups: TargetGroups) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    for name, made in services.items():
        outputs |= {
            f"{name}_service_name": made.service.name,
            f"{name}_service_arn": made.service.arn,
            f"{name}_task_definition_arn": made.task_definition.arn,
            f"{name}_target_group_arn": groups[name].arn,
            f"{name}_log_group_name": made.log_group.name,
        }
    return outputs
