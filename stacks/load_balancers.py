"""Public load balancers: TLS 1.2 and 1.3 only, plain HTTP sent on to HTTPS, target groups, and names for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.naming import LOAD_BALANCER, TARGET_GROUP

TLS_POLICY: Final = "ELBSecurityPolicy-TLS13-1-2-2021-06"
_DRAIN_SECONDS: Final = 60


@dataclass(frozen=True)
class LoadBalancerSettings:
    """`subnet_ids`: public ones, at least two. `log_bucket`: name of a bucket whose policy lets the service
    `logdelivery.elasticloadbalancing.amazonaws.com` write; without one there are no access logs. `idle_timeout`:
    seconds.
    """

    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    security_group_id: pulumi.Input[str]
    certificate_arn: pulumi.Input[str]
    log_bucket: pulumi.Input[str] | None = None
    idle_timeout: int = 60
    deletion_protection: bool = False


@dataclass(frozen=True)
class PublicLoadBalancer:
    """Who registers with a target group has to wait for `https`: before it forwards there, the group takes nobody."""

    balancer: aws.lb.LoadBalancer
    https: aws.lb.Listener
    http: aws.lb.Listener


def make_load_balancer(
    what: str, context: StackContext, settings: LoadBalancerSettings, default: aws.lb.TargetGroup
) -> PublicLoadBalancer:
    """What no rule takes goes to the `default` group."""
    balancer = aws.lb.LoadBalancer(
        what,
        name=context.name(LOAD_BALANCER, what),
        internal=False,
        load_balancer_type="application",
        subnets=settings.subnet_ids,
        security_groups=[settings.security_group_id],
        drop_invalid_header_fields=True,
        idle_timeout=settings.idle_timeout,
        enable_deletion_protection=settings.deletion_protection,
        access_logs=_access_logs(what, context, settings.log_bucket),
    )
    https = aws.lb.Listener(
        f"{what}-https",
        load_balancer_arn=balancer.arn,
        port=443,
        protocol="HTTPS",
        ssl_policy=TLS_POLICY,
        certificate_arn=settings.certificate_arn,
        default_actions=[{"type": "forward", "target_group_arn": default.arn}],
    )
    return PublicLoadBalancer(balancer, https, _redirect_to_https(what, balancer))


def make_target_group(
    what: str,
    context: StackContext,
    *,
    vpc_id: pulumi.Input[str],
    port: int,
    health_path: str,
    target_type: Literal["ip", "instance"] = "ip",
) -> aws.lb.TargetGroup:
    """The port is part of the name: a group with another one is a new group, which is there before the old one goes."""
    return aws.lb.TargetGroup(
        what,
        name=context.name(TARGET_GROUP, f"{what}-{port}"),
        vpc_id=vpc_id,
        port=port,
        protocol="HTTP",
        target_type=target_type,
        deregistration_delay=_DRAIN_SECONDS,
        health_check={
            "path": health_path,
            "matcher": "200-299",
            "interval": 30,
            "timeout": 5,
            "healthy_threshold": 2,
            "unhealthy_threshold": 3,
        },
    )


def forward_paths(
    what: str, listener: aws.lb.Listener, group: aws.lb.TargetGroup, paths: Sequence[str], priority: int
) -> aws.lb.ListenerRule:
    """Requests for one of these path patterns (at most 5) go to the group; the lowest priority is asked first."""
    return aws.lb.ListenerRule(
        what,
        listener_arn=listener.arn,
        priority=priority,
        actions=[{"type": "forward", "target_group_arn": group.arn}],
        conditions=[{"path_pattern": {"values": list(paths)}}],
    )


def name_load_balancer(
    what: str, balancer: aws.lb.LoadBalancer, *, zone_id: pulumi.Input[str], name: pulumi.Input[str]
) -> aws.route53.Record:
    """`name` in the hosted zone answers with the balancer's addresses, as long as it is healthy."""
    return aws.route53.Record(
        what,
        zone_id=zone_id,
        name=name,
        type="A",
        aliases=[{"name": balancer.dns_name, "zone_id": balancer.zone_id, "evaluate_target_health": True}],
    )


def _access_logs(
    what: str, context: StackContext, bucket: pulumi.Input[str] | None
) -> aws.lb.LoadBalancerAccessLogsArgs | None:
    if bucket is None:
        return None
    return aws.lb.LoadBalancerAccessLogsArgs(bucket=bucket, prefix=f"{context.stack}-{what}", enabled=True)


def _redirect_to_https(what: str, balancer: aws.lb.LoadBalancer) -> aws.lb.Listener:
    return aws.lb.Listener(
        f"{what}-http",
        load_balancer_arn=balancer.arn,
        port=80,
        protocol="HTTP",
        default_actions=[
            {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "status_code": "HTTP_301"}}
        ],
    )
