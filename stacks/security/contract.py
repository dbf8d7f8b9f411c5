"""What the security stack takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pulumi
from pydantic import AfterValidator, Field

from stacks.input_types import Arn, Cidr, Distinct, NoneIfEmpty, Port
from stacks.inputs import StackInputs, Wired, by_environment
from stacks.security_group_rules import ANYWHERE

Text = pulumi.Output[str]


def _ordered(ports: list[int]) -> list[int]:
    if ports[0] > ports[1]:
        raise ValueError("must be [first, last], the lower port first")
    return ports


PortRange = Annotated[list[Port], Field(min_length=2, max_length=2), AfterValidator(_ordered)]
DatabasePort = Literal[5432, 3306, 6379]


class Inputs(StackInputs):
    vpc_id: Wired[str]
    vpc_cidr_block: Wired[Cidr]
    app_port_range: PortRange = Field(default=[8000, 8999])
    alb_ingress_cidrs: Annotated[list[Cidr], Distinct] = Field(default=[ANYWHERE])
    database_ports: Annotated[list[DatabasePort], Field(min_length=1), Distinct] = Field(default=[5432])
    kms_deletion_window_days: Annotated[int, Field(ge=7, le=30)] = 30
    permissions_boundary_arn: Annotated[Arn | None, NoneIfEmpty] = None
    enable_account_baseline: bool = False
    protect: bool = by_environment(dev=False, stage=False, prod=True)


@dataclass(frozen=True)
class Outputs:
    load_balancer_sg_id: Text
    web_application_sg_id: Text
    api_application_sg_id: Text
    database_sg_id: Text
    ecs_sg_id: Text
    eks_sg_id: Text
    lambda_sg_id: Text
    application_key_id: Text
    application_key_arn: Text
    database_key_id: Text
    database_key_arn: Text
    infrastructure_key_id: Text
    infrastructure_key_arn: Text
    ecs_execution_role_arn: Text
    ecs_execution_role_name: Text
    ecs_task_role_arn: Text
    ecs_task_role_name: Text
    eks_cluster_role_arn: Text
    eks_cluster_role_name: Text
    eks_node_group_role_arn: Text
    eks_node_group_role_name: Text
    summary: dict[str, Any]
