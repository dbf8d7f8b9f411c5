"""What every stack of Fargate services takes: the ground that they stand on, their sizes, their scaling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import pulumi
from pydantic import Field, ValidationInfo, field_validator

from cloud_core.domain.names import EnvironmentName
from stacks.input_rules import needs
from stacks.input_types import Arn, DnsName, NoneIfEmpty
from stacks.inputs import StackInputs, Wired, at_least, by_environment

# The only pairs that Fargate takes: MiB of memory by CPU units.
_MEMORY: Final[Mapping[int, Sequence[int]]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4097, 1024),
    1024: range(2048, 8193, 1024),
    2048: range(4096, 16385, 1024),
    4096: range(8192, 30721, 1024),
    8192: range(16384, 61441, 4096),
    16384: range(32768, 122881, 8192),
}

Cpu = Literal[256, 512, 1024, 2048, 4096, 8192, 16384]
Memory = Annotated[int, Field(ge=512, le=122880)]
Count = Annotated[int, Field(ge=0, le=1000)]
Seconds = Annotated[int, Field(ge=0, le=86400)]
Weight = Annotated[int, Field(ge=0, le=1000)]
ImageTag = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")]
Text = pulumi.Output[str]


def fits(memory: int, info: ValidationInfo) -> int:
    """Validator of a `<service>_memory` field, with its `<service>_cpu` before it."""
    cpu = info.data.get(str(info.field_name).replace("_memory", "_cpu"))
    if cpu is None:
        return memory
    if memory not in _MEMORY[cpu]:
        raise ValueError(f"must be one of {', '.join(map(str, _MEMORY[cpu]))} MiB for {cpu} CPU units")
    return memory


class FargateInputs(StackInputs):
    """`images`: a service's whole image, in place of its repository and `image_tag`. `secrets`: ARNs by the name of
    the variable that the containers find the value in. A count of null is `min_capacity`."""

    vpc_id: Wired[str]
    private_subnet_ids: Wired[list[str]]
    application_key_arn: Wired[Arn]
    infrastructure_key_arn: Wired[Arn]
    ecs_execution_role_arn: Wired[Arn]
    ecs_task_role_arn: Wired[Arn]
    enable_task_roles: bool = True
    enable_execute_command: bool = False
    enable_container_insights: bool = True
    enable_auto_scaling: bool = True
    enable_detailed_monitoring: bool = True
    enable_fargate_spot: bool = by_environment(dev=True, stage=True, prod=False)
    fargate_base_capacity: Weight = 1
    fargate_spot_capacity: Weight = 3
    cpu_architecture: Literal["X86_64", "ARM64"] = "X86_64"
    image_tag: Annotated[ImageTag | None, NoneIfEmpty] = by_environment(
        dev="dev-latest", stage="stage-latest", prod=None
    )
    images: dict[str, str] = Field(default={})
    environment_variables: Wired[dict[str, str]] = Field(default={})
    secrets: Wired[dict[str, Arn]] = Field(default={})
    min_capacity: Count = by_environment(dev=1, stage=2, prod=3)
    max_capacity: Count = by_environment(dev=3, stage=5, prod=10)
    target_cpu_utilization: Annotated[int, Field(ge=10, le=95)] = 70
    scale_in_cooldown: Seconds = 300
    scale_out_cooldown: Seconds = 60
    private_namespace: Annotated[DnsName | None, NoneIfEmpty] = None
    discovery_records: Literal["A", "SRV"] = "A"
    alarm_topic_arn: Annotated[Wired[Arn] | None, NoneIfEmpty] = None
    frontend_cpu: Cpu = 256
    frontend_memory: Memory = 512
    frontend_desired_count: Count | None = None
    backend_cpu: Cpu = 256
    backend_memory: Memory = 512
    backend_desired_count: Count | None = None
    api_cpu: Cpu = 256
    api_memory: Memory = 512
    api_desired_count: Count | None = None

    _fits = field_validator("frontend_memory", "backend_memory", "api_memory")(fits)

    def of(self, service: str, what: str) -> Any:
        """`of("api", "cpu")` is `api_cpu`."""
        return getattr(self, f"{service}_{what}")

    def desired_count(self, service: str) -> int:
        count = self.of(service, "desired_count")
        return self.min_capacity if count is None else int(count)

    def image(self, service: str) -> pulumi.Input[str]:
        """The service's own image, or the deployment's tag of its repository."""
        own = self.images.get(service)
        return pulumi.Output.concat(self.of(service, "repo_url"), f":{self.image_tag}") if own is None else own

    _commands_need_rights = needs(
        "enable_execute_command", "enable_task_roles", "the role that all share has no right to open a session"
    )

    @field_validator("fargate_spot_capacity")
    @classmethod
    def _something_carries_weight(cls, value: int, info: ValidationInfo) -> int:
        if value == 0 and info.data.get("fargate_base_capacity") == 0:
            raise ValueError("must be above 0 when fargateBaseCapacity is 0: nothing would carry the tasks")
        return value

    @field_validator("image_tag")
    @classmethod
    def _prod_runs_what_it_names(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            raise ValueError("is needed: a tag that every service's repository has")
        if info.data.get("environment") is EnvironmentName.PROD and value.endswith("latest"):
            raise ValueError("must not move in prod: another image would run without a deployment")
        return value

    @field_validator("max_capacity")
    @classmethod
    def _room_to_scale(cls, value: int, info: ValidationInfo) -> int:
        return at_least(value, info, "min_capacity")
