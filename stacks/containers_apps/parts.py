"""The three parts of the application: what each is reached by, and which requests go to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi_aws as aws

from stacks.containers_apps.contract import Inputs
from stacks.context import StackContext
from stacks.load_balancers import PublicLoadBalancer, forward_paths, make_target_group
from stacks.security_group_rules import GroupId, Ports, allow_egress, allow_ingress


@dataclass(frozen=True)
class Part:
    """`group`: the input with its security group. Without `paths` a part takes what no other takes."""

    name: str
    group: str
    paths: tuple[str, ...] = ()
    priority: int = 0


PARTS: Final = (
    Part("frontend", "web_application_sg_id"),
    Part("backend", "api_application_sg_id", ("/api/*",), 200),
    Part("api", "api_application_sg_id", ("/v1/*",), 300),
)
TargetGroups = dict[str, aws.lb.TargetGroup]


def make_target_groups(inputs: Inputs, context: StackContext) -> TargetGroups:
    return {
        part.name: make_target_group(
            part.name,
            context,
            vpc_id=inputs.vpc_id,
            port=inputs.of(part.name, "port"),
            health_path=inputs.health_check_path,
        )
        for part in PARTS
    }


def lead_to_parts(public: PublicLoadBalancer, groups: TargetGroups) -> list[aws.lb.ListenerRule]:
    return [
        forward_paths(part.name, public.https, groups[part.name], part.paths, part.priority)
        for part in PARTS
        if part.paths
    ]


def let_balancer_reach_parts(inputs: Inputs) -> None:
    """On exactly their ports, which may lie outside of those that the security stack opens. Parts that share a group
    and a port share the rule."""
    balancer = GroupId(inputs.load_balancer_sg_id)
    doors = {(part.group, inputs.of(part.name, "port")): part.name for part in reversed(PARTS)}
    for (group_input, port), name in doors.items():
        group, ports = GroupId(getattr(inputs, group_input)), Ports(port, port)
        allow_ingress(f"{name}-from-load-balancer", group, balancer, ports)
        allow_egress(f"load-balancer-to-{name}", balancer, group, ports)
