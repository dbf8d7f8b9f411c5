"""What the network stack takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

import pulumi
from pydantic import Field

from stacks.input_types import Arn, Distinct, LogRetentionDays, VpcCidr
from stacks.inputs import StackInputs, Wired, by_environment

Ids = list[pulumi.Output[str]]

_ENDPOINTS: Final = ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "sts"]


ServiceName = Annotated[str, Field(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$")]


class Inputs(StackInputs):
    vpc_cidr: VpcCidr = by_environment(dev="10.0.0.0/16", stage="10.1.0.0/16", prod="10.2.0.0/16")
    az_count: Annotated[int, Field(ge=2, le=3)] = by_environment(dev=2, stage=2, prod=3)
    public_ip_on_launch: bool = False
    enable_nat: bool = True
    high_availability_nat: bool = by_environment(dev=False, stage=False, prod=True)
    enable_flow_logs: bool = True
    flow_log_retention_days: LogRetentionDays = by_environment(dev=14, stage=14, prod=90)
    flow_log_key_arn: Wired[Arn] | None = None
    flow_log_bucket_arn: Wired[Arn] | None = None
    enable_vpc_endpoints: bool = True
    interface_endpoints: Annotated[list[ServiceName], Distinct] = Field(default=_ENDPOINTS)
    enable_nacls: bool = False

    @property
    def nat_count(self) -> int:
        if not self.enable_nat:
            return 0
        return self.az_count if self.high_availability_nat else 1


@dataclass(frozen=True)
class Outputs:
    vpc_id: pulumi.Output[str]
    vpc_arn: pulumi.Output[str]
    vpc_cidr_block: pulumi.Output[str]
    public_subnet_ids: Ids
    private_subnet_ids: Ids
    database_subnet_ids: Ids
    availability_zones: Ids
    internet_gateway_id: pulumi.Output[str]
    nat_gateway_ids: Ids
    nat_gateway_ips: Ids
    public_route_table_id: pulumi.Output[str]
    private_route_table_ids: Ids
    database_route_table_ids: Ids
    flow_logs_log_group_name: pulumi.Output[str] | None
    s3_vpc_endpoint_id: pulumi.Output[str] | None
    ecr_api_vpc_endpoint_id: pulumi.Output[str] | None
    ecr_dkr_vpc_endpoint_id: pulumi.Output[str] | None
    summary: dict[str, Any]
