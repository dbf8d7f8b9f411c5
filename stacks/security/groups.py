"""Seven security groups, and who may talk to whom."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws

from stacks.context import StackContext
from stacks.naming import SECURITY_GROUP
from stacks.security.contract import Inputs
from stacks.security_group_rules import ANYWHERE, HTTP, HTTPS, Ports, allow_egress, allow_ingress


@dataclass(frozen=True)
class Groups:
    load_balancer: aws.ec2.SecurityGroup
    web: aws.ec2.SecurityGroup
    api: aws.ec2.SecurityGroup
    database: aws.ec2.SecurityGroup
    ecs: aws.ec2.SecurityGroup
    eks: aws.ec2.SecurityGroup
    functions: aws.ec2.SecurityGroup

    @property
    def behind_load_balancer(self) -> dict[str, aws.ec2.SecurityGroup]:
        return {"web": self.web, "api": self.api, "ecs": self.ecs, "eks": self.eks}

    @property
    def applications(self) -> dict[str, aws.ec2.SecurityGroup]:
        """Everything of ours that runs code, and so may use a database."""
        return {**self.behind_load_balancer, "lambda": self.functions}


def make_groups(inputs: Inputs, context: StackContext) -> Groups:
    def group(what: str, description: str) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            what,
            name=context.name(SECURITY_GROUP, what),
            description=description,
            vpc_id=inputs.vpc_id,
            tags=context.named(what),
        )

    groups = Groups(
        load_balancer=group("load-balancer", "Public load balancers"),
        web=group("web", "Web servers behind the load balancers"),
        api=group("api", "API servers behind the load balancers and the web servers"),
        database=group("database", "Databases and caches of the applications"),
        ecs=group("ecs", "Container tasks"),
        eks=group("eks", "Kubernetes nodes and pods"),
        functions=group("lambda", "Functions inside the VPC"),
    )
    _let_in(inputs, groups)
    _let_out(inputs, groups)
    return groups


def _let_in(inputs: Inputs, groups: Groups) -> None:
    """The internet reaches the balancers, these the applications, and the applications the databases."""
    app_ports = Ports(*inputs.app_port_range)
    for cidr in inputs.alb_ingress_cidrs:
        for ports in (HTTP, HTTPS):
            allow_ingress(f"load-balancer-from-{cidr}-{ports}", groups.load_balancer, cidr, ports)

    for name, application in groups.behind_load_balancer.items():
        allow_ingress(f"{name}-from-load-balancer", application, groups.load_balancer, app_ports)
    allow_ingress("api-from-web", groups.api, groups.web, app_ports)
    allow_ingress("ecs-from-ecs", groups.ecs, groups.ecs, app_ports)
    allow_ingress("eks-from-eks", groups.eks, groups.eks, None)
    allow_ingress("eks-from-vpc-443", groups.eks, inputs.vpc_cidr_block, HTTPS)

    for name, client in groups.applications.items():
        for port in inputs.database_ports:
            allow_ingress(f"database-from-{name}-{port}", groups.database, client, Ports(port, port))


def _let_out(inputs: Inputs, groups: Groups) -> None:
    """Balancers speak to applications only, applications to the VPC and to HTTPS anywhere, databases to nobody."""
    allow_egress("load-balancer-to-vpc", groups.load_balancer, inputs.vpc_cidr_block, Ports(*inputs.app_port_range))
    for name, application in groups.applications.items():
        allow_egress(f"{name}-to-vpc", application, inputs.vpc_cidr_block, None)
        allow_egress(f"{name}-to-https", application, ANYWHERE, HTTPS)
