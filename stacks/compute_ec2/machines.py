"""A tier: machines without a public address that AWS replaces when they fail, and of which there are as many as the
load needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.compute_ec2.contract import Inputs
from stacks.compute_ec2.images import newest_image
from stacks.compute_ec2.rights import make_role
from stacks.compute_ec2.start_up import start_up
from stacks.context import StackContext
from stacks.log_groups import make_log_group
from stacks.naming import LAUNCH_TEMPLATE, LOG_GROUP, SCALING_GROUP, SCALING_POLICY, SECURITY_GROUP
from stacks.security_group_rules import ANYWHERE, HTTPS, GroupId, Ports, allow_egress, allow_ingress
from stacks.virtual_machines import metadata_by_token, root_volume, tags_of_machines

_HEALTHY_PERCENT: Final = 50
_WARM_UP_SECONDS: Final = 120
Tags = pulumi.Output[dict[str, str]]


@dataclass(frozen=True)
class TierPlan:
    """`shared_group`: a security group of the deployment that the machines belong to as well. `target_group`: who
    forwards to them; they wait for everything in `after`, the listener among it. `tags`: the deployment's."""

    name: str
    port: int
    tags: Tags
    shared_group: pulumi.Input[str] | None = None
    target_group: aws.lb.TargetGroup | None = None
    key_pair: aws.ec2.KeyPair | None = None
    after: Sequence[pulumi.Resource] = field(default=())


@dataclass(frozen=True)
class Tier:
    group: aws.autoscaling.Group
    template: aws.ec2.LaunchTemplate
    role: aws.iam.Role
    firewall: aws.ec2.SecurityGroup
    log_group: aws.cloudwatch.LogGroup


def make_tier(plan: TierPlan, inputs: Inputs, context: StackContext) -> Tier:
    log_group = make_log_group(
        plan.name,
        f"/ec2/{context.name(LOG_GROUP, plan.name)}",
        retention_days=inputs.log_retention_days,
        key_arn=inputs.infrastructure_key_arn,
    )
    role, profile, rights = make_role(plan.name, inputs, context, log_group)
    firewall = _firewall(plan, inputs, context)
    script = start_up(context, plan.port, log_group.name, inputs.user_data)
    template = _template(plan, inputs, context, _Parts(profile, firewall, script))
    group = _group(plan, inputs, context, template, [*plan.after, *rights])
    _scale_by_cpu(plan.name, inputs, context, group)
    return Tier(group, template, role, firewall, log_group)


def _firewall(plan: TierPlan, inputs: Inputs, context: StackContext) -> aws.ec2.SecurityGroup:
    """Nobody but the load balancer comes in; packages, logs and AWS itself are reached by HTTPS."""
    group = aws.ec2.SecurityGroup(
        plan.name,
        name=context.name(SECURITY_GROUP, plan.name),
        description=f"The {plan.name} machines",
        vpc_id=inputs.vpc_id,
        tags=context.named(plan.name),
    )
    allow_egress(f"{plan.name}-to-https", group, ANYWHERE, HTTPS)
    if plan.target_group is not None:
        balancer, ports = GroupId(inputs.load_balancer_sg_id), Ports(plan.port, plan.port)
        allow_ingress(f"{plan.name}-from-load-balancer", group, balancer, ports)
        allow_egress(f"load-balancer-to-{plan.name}", balancer, group, ports)
    return group


@dataclass(frozen=True)
class _Parts:
    profile: aws.iam.InstanceProfile
    firewall: aws.ec2.SecurityGroup
    script: pulumi.Output[str]


def _template(plan: TierPlan, inputs: Inputs, context: StackContext, parts: _Parts) -> aws.ec2.LaunchTemplate:
    instance_type = inputs.of(plan.name, "instance_type")
    groups = [parts.firewall.id, *([plan.shared_group] if plan.shared_group is not None else [])]
    return aws.ec2.LaunchTemplate(
        plan.name,
        name=context.name(LAUNCH_TEMPLATE, plan.name),
        update_default_version=True,
        image_id=inputs.ami_id or newest_image(instance_type),
        instance_type=instance_type,
        key_name=plan.key_pair.key_name if plan.key_pair else None,
        iam_instance_profile={"arn": parts.profile.arn},
        vpc_security_group_ids=groups,
        user_data=parts.script,
        metadata_options=metadata_by_token(),
        monitoring={"enabled": inputs.detailed_monitoring},
        block_device_mappings=[root_volume(inputs.of(plan.name, "volume_gb"), inputs.application_key_arn)],
        tag_specifications=tags_of_machines(plan.tags, context.named(plan.name)),
    )


def _group(
    plan: TierPlan,
    inputs: Inputs,
    context: StackContext,
    template: aws.ec2.LaunchTemplate,
    after: Sequence[pulumi.Resource],
) -> aws.autoscaling.Group:
    """A new version of the template replaces the machines one after the other, half of them at most at a time: it is
    named by its number, because `$Latest` would start nothing."""
    targets = [plan.target_group.arn] if plan.target_group is not None else []
    return aws.autoscaling.Group(
        plan.name,
        name=context.name(SCALING_GROUP, plan.name),
        min_size=inputs.of(plan.name, "min"),
        max_size=inputs.of(plan.name, "max"),
        vpc_zone_identifiers=inputs.private_subnet_ids,
        launch_template={"id": template.id, "version": template.latest_version.apply(str)},
        target_group_arns=targets,
        health_check_type="ELB" if targets else "EC2",
        health_check_grace_period=inputs.health_check_grace_period,
        default_instance_warmup=_WARM_UP_SECONDS,
        instance_refresh={"strategy": "Rolling", "preferences": {"min_healthy_percentage": _HEALTHY_PERCENT}},
        tags=plan.tags.apply(_own_tags),
        opts=pulumi.ResourceOptions(depends_on=list(after)),
    )


def _own_tags(tags: Mapping[str, str]) -> list[aws.autoscaling.GroupTagArgs]:
    """The provider's tags don't reach these groups; machines and volumes have theirs by the template."""
    return [aws.autoscaling.GroupTagArgs(key=key, value=tags[key], propagate_at_launch=False) for key in sorted(tags)]


def _scale_by_cpu(name: str, inputs: Inputs, context: StackContext, group: aws.autoscaling.Group) -> None:
    aws.autoscaling.Policy(
        f"{name}-cpu",
        name=context.name(SCALING_POLICY, f"{name}-cpu"),
        autoscaling_group_name=group.name,
        policy_type="TargetTrackingScaling",
        target_tracking_configuration={
            "predefined_metric_specification": {"predefined_metric_type": "ASGAverageCPUUtilization"},
            "target_value": inputs.target_cpu_utilization,
        },
    )
