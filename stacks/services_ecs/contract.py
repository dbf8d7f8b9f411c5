"""What the services-ecs stack takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationInfo, field_validator

from stacks.fargate_inputs import Count, Cpu, FargateInputs, Memory, Text, fits
from stacks.input_types import Distinct, LogRetentionDays, Port
from stacks.inputs import Wired

ServiceName = Literal["frontend", "backend", "api", "worker", "scheduler"]
SERVICES: Final[tuple[ServiceName, ...]] = ("frontend", "backend", "api", "worker", "scheduler")


class Inputs(FargateInputs):
    """A repository of null belongs to a service that is not among `services`, or that has an image of its own."""

    ecs_sg_id: Wired[str]
    frontend_repo_url: Wired[str] | None = None
    backend_repo_url: Wired[str] | None = None
    api_repo_url: Wired[str] | None = None
    worker_repo_url: Wired[str] | None = None
    scheduler_repo_url: Wired[str] | None = None
    services: Annotated[list[ServiceName], Field(min_length=1), Distinct] = Field(
        default=["frontend", "backend", "api"]
    )
    service_port: Port = 8080
    enable_service_discovery: bool = True
    log_retention_days: LogRetentionDays = 14
    worker_cpu: Cpu = 256
    worker_memory: Memory = 512
    worker_desired_count: Count | None = None
    scheduler_cpu: Cpu = 256
    scheduler_memory: Memory = 512
    scheduler_desired_count: Count | None = None

    _fits_too = field_validator("worker_memory", "scheduler_memory")(fits)

    @field_validator("services")
    @classmethod
    def _each_has_an_image(cls, value: list[str], info: ValidationInfo) -> list[str]:
        images = info.data.get("images") or {}
        for name in value:
            if name not in images and info.data.get(f"{name}_repo_url", "refused") is None:
                raise ValueError(f"holds {name}, which has no image: give {name}RepoUrl, or images.{name}")
        return value


@dataclass(frozen=True)
class Outputs:
    """Null what is not among the services; `task_role_arns` by service, empty when all share the deployment's role."""

    services_cluster_arn: Text
    services_cluster_id: Text
    services_cluster_name: Text
    private_namespace_id: Text | None
    private_namespace_name: Text | None
    frontend_service_arn: Text | None
    frontend_task_definition_arn: Text | None
    frontend_discovery_service_arn: Text | None
    frontend_scaling_target_arn: Text | None
    backend_service_arn: Text | None
    backend_task_definition_arn: Text | None
    backend_discovery_service_arn: Text | None
    backend_scaling_target_arn: Text | None
    api_service_arn: Text | None
    api_task_definition_arn: Text | None
    api_discovery_service_arn: Text | None
    api_scaling_target_arn: Text | None
    worker_service_arn: Text | None
    worker_task_definition_arn: Text | None
    worker_discovery_service_arn: Text | None
    worker_scaling_target_arn: Text | None
    scheduler_service_arn: Text | None
    scheduler_task_definition_arn: Text | None
    scheduler_discovery_service_arn: Text | None
    scheduler_scaling_target_arn: Text | None
    task_role_arns: Mapping[str, Text]
    cluster_log_group_name: Text
    cluster_log_group_arn: Text
    container_insights_enabled: bool
    summary: dict[str, Any]
