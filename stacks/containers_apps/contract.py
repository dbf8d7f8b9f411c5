"""What the containers-apps stack takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from stacks.fargate_inputs import FargateInputs, Text
from stacks.input_types import Arn, DnsName, LogRetentionDays, Port, UrlPath
from stacks.inputs import Wired, by_environment


class Inputs(FargateInputs):
    """The api and the backend are parts of one image unless they are given images of their own."""

    public_subnet_ids: Wired[list[str]]
    load_balancer_sg_id: Wired[str]
    web_application_sg_id: Wired[str]
    api_application_sg_id: Wired[str]
    hosted_zone_id: Wired[str]
    domain_name: Wired[DnsName]
    wildcard_certificate_arn: Wired[Arn]
    frontend_repo_url: Wired[str]
    backend_repo_url: Wired[str]
    api_repo_url: Wired[str]
    logs_bucket_name: Wired[str] | None = None
    enable_access_logging: bool = True
    enable_service_discovery: bool = False
    enable_deletion_protection: bool = by_environment(dev=False, stage=False, prod=True)
    manage_apex_record: bool = True
    manage_api_record: bool = True
    idle_timeout: Annotated[int, Field(ge=1, le=4000)] = 60
    log_retention_days: LogRetentionDays = by_environment(dev=30, stage=30, prod=90)
    frontend_port: Port = 3000
    backend_port: Port = 8080
    api_port: Port = 8080
    health_check_path: UrlPath = "/health"


@dataclass(frozen=True)
class Outputs:
    """Null what is off; `task_role_arns` by service, empty when all share the deployment's role."""

    public_alb_dns_name: Text
    public_alb_arn: Text
    public_alb_arn_suffix: Text
    public_alb_zone_id: Text
    https_listener_arn: Text
    http_listener_arn: Text
    cluster_arn: Text
    cluster_name: Text
    frontend_service_name: Text
    frontend_service_arn: Text
    frontend_task_definition_arn: Text
    frontend_target_group_arn: Text
    frontend_log_group_name: Text
    backend_service_name: Text
    backend_service_arn: Text
    backend_task_definition_arn: Text
    backend_target_group_arn: Text
    backend_log_group_name: Text
    api_service_name: Text
    api_service_arn: Text
    api_task_definition_arn: Text
    api_target_group_arn: Text
    api_log_group_name: Text
    task_role_arns: Mapping[str, Text]
    private_namespace_id: Text | None
    private_namespace_name: Text | None
    primary_dns_name: Text | None
    api_dns_name: Text | None
    alb_logs_bucket_name: Text | str | None
    summary: dict[str, Any]
