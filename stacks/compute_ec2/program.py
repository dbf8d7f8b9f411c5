"""The compute-ec2 stack: web servers and workers on virtual machines, the load balancer before them, names for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stacks.alarms import Metric, Watch, make_alarm
from stacks.compute_ec2.contract import Inputs, Outputs
from stacks.compute_ec2.machines import Tier, TierPlan, make_tier
from stacks.context import StackContext
from stacks.load_balancers import (
    LoadBalancerSettings,
    PublicLoadBalancer,
    forward_paths,
    make_load_balancer,
    make_target_group,
    name_load_balancer,
)
from stacks.naming import KEY_PAIR

_API_PRIORITY: Final = 100
_ERROR_PERCENT: Final = 5
TargetGroups = dict[str, aws.lb.TargetGroup]
Records = dict[str, aws.route53.Record]


def program(inputs: Inputs, context: StackContext) -> Outputs:
    targets = _target_groups(inputs, context)
    public = make_load_balancer("public", context, _balancer_settings(inputs), targets["web"])
    after: list[pulumi.Resource] = [public.https]
    if "worker" in targets:
        after.append(forward_paths("api", public.https, targets["worker"], ["/api/*"], _API_PRIORITY))

    pair = _key_pair(inputs, context)
    tags = aws.get_default_tags_output().tags
    groups = {"web": inputs.web_application_sg_id, "worker": inputs.api_application_sg_id}
    tiers = {
        name: make_tier(
            TierPlan(name, port, tags, groups[name], targets.get(name), pair, after),
            inputs,
            context,
        )
        for name, port in inputs.ports.items()
    }
    for watch in _watches(public, targets):
        make_alarm(watch, context, inputs.alarm_topic_arn)
    return _outputs(inputs, public, targets, tiers, _Beside(pair, _records(inputs, public)))


def _target_groups(inputs: Inputs, context: StackContext) -> TargetGroups:
    names = ["web", "worker"] if inputs.workers_serve_api else ["web"]
    return {
        name: make_target_group(
            name,
            context,
            vpc_id=inputs.vpc_id,
            port=inputs.ports[name],
            health_path=inputs.health_check_path,
            target_type="instance",
        )
        for name in names
    }


def _balancer_settings(inputs: Inputs) -> LoadBalancerSettings:
    return LoadBalancerSettings(
        subnet_ids=inputs.public_subnet_ids,
        security_group_id=inputs.load_balancer_sg_id,
        certificate_arn=inputs.wildcard_certificate_arn,
        log_bucket=inputs.logs_bucket_name if inputs.enable_access_logging else None,
        deletion_protection=inputs.enable_deletion_protection,
    )


def _key_pair(inputs: Inputs, context: StackContext) -> aws.ec2.KeyPair | None:
    """No port is open for it: it is for SSH through a session of Systems Manager."""
    if inputs.key_pair_public_key is None:
        return None
    return aws.ec2.KeyPair(
        "machines", key_name=context.name(KEY_PAIR, "machines"), public_key=inputs.key_pair_public_key
    )


def _watches(public: PublicLoadBalancer, targets: TargetGroups) -> list[Watch]:
    whole = {"LoadBalancer": public.balancer.arn_suffix}

    def counted(name: str) -> Metric:
        return Metric("AWS/ApplicationELB", name, "Sum", whole)

    errors, calls = counted("HTTPCode_Target_5XX_Count"), counted("RequestCount")
    text = f"More than {_ERROR_PERCENT} % of the calls end with an error of the servers"
    watches = [Watch("errors", text, errors, _ERROR_PERCENT, whole=calls)]
    for name, group in targets.items():
        behind = {**whole, "TargetGroup": group.arn_suffix}
        healthy = Metric("AWS/ApplicationELB", "HealthyHostCount", "Minimum", behind)
        watches.append(Watch(f"{name}-healthy", f"No {name} machine is healthy", healthy, 1, below=True))
    return watches


def _records(inputs: Inputs, public: PublicLoadBalancer) -> Records:
    """The domain itself and its www host, unless another stack of the deployment owns them."""
    if not inputs.manage_dns_records:
        return {}
    zone, domain = inputs.hosted_zone_id, inputs.domain_name
    names = {"apex": domain, "www": pulumi.Output.concat("www.", domain)}
    return {what: name_load_balancer(what, public.balancer, zone_id=zone, name=name) for what, name in names.items()}


@dataclass(frozen=True)
class _Beside:
    """What stands beside the tiers, where it is wanted."""

    pair: aws.ec2.KeyPair | None
    records: Records


def _outputs(
    inputs: Inputs, public: PublicLoadBalancer, targets: TargetGroups, tiers: dict[str, Tier], beside: _Beside
) -> Outputs:
    balancer, records = public.balancer, beside.records
    return Outputs(
        alb_dns_name=balancer.dns_name,
        alb_arn=balancer.arn,
        alb_arn_suffix=balancer.arn_suffix,
        alb_zone_id=balancer.zone_id,
        web_target_group_arn=targets["web"].arn,
        api_target_group_arn=targets["worker"].arn if "worker" in targets else None,
        **_of_tiers(tiers),
        key_pair_name=beside.pair.key_name if beside.pair else None,
        primary_dns_name=records["apex"].name if records else None,
        www_dns_name=records["www"].name if records else None,
        summary={
            "machines": {name: [inputs.of(name, "min"), inputs.of(name, "max")] for name in tiers},
            "types": {name: inputs.of(name, "instance_type") for name in tiers},
            "workersServeApi": inputs.workers_serve_api,
            "records": list(records),
        },
    )


def _of_tiers(tiers: dict[str, Tier]) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    for name, tier in tiers.items():
        outputs |= {
            f"{name}_asg_name": tier.group.name,
            f"{name}_asg_arn": tier.group.arn,
            f"{name}_launch_template_id": tier.template.id,
            f"{name}_server_role_arn": tier.role.arn,
            f"{name}_server_role_name": tier.role.name,
            f"{name}_server_sg_id": tier.firewall.id,
            f"{name}_server_log_group_name": tier.log_group.name,
        }
    return outputs
