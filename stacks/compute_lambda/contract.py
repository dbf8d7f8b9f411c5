"""What the compute-lambda stack takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import pulumi
from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel

from stacks.compute_lambda.catalog import (
    API_PROCESSOR,
    CATALOG,
    DATA_PROCESSOR,
    FILE_PROCESSOR,
    NOTIFICATION_HANDLER,
    SCHEDULER,
    FunctionName,
    Runtime,
)
from stacks.input_types import Arn, Distinct, LogRetentionDays, NoneIfEmpty
from stacks.inputs import StackInputs, Wired, by_environment

Text = pulumi.Output[str]

Concurrency = Annotated[int, Field(ge=0, le=1000)]
KeyPrefix = Annotated[str, Field(pattern=r"^([A-Za-z0-9_.-]+/)+$", max_length=512)]
Schedule = Annotated[str, Field(pattern=r"^(rate|cron)\(.+\)$")]


class FunctionSettings(BaseModel):
    """What the manifest says about one function; null leaves it as the catalogue has it."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)

    memory_mb: Annotated[int, Strict(), Field(ge=128, le=10240)] | None = None
    timeout_s: Annotated[int, Strict(), Field(ge=1, le=900)] | None = None
    vpc: Annotated[bool, Strict()] | None = None
    concurrency: Annotated[int, Strict(), Field(ge=1, le=1000)] | None = None


@dataclass(frozen=True)
class Size:
    """A function as it is made; `concurrency` 0 reserves nothing."""

    memory_mb: int
    timeout_s: int
    vpc: bool
    concurrency: int


class Inputs(StackInputs):
    """`reserved_concurrency` is each function's, where it names none of its own; 0 reserves nothing: a new account has
    none to spare."""

    private_subnet_ids: Wired[list[str]]
    lambda_sg_id: Wired[str]
    application_key_arn: Wired[Arn]
    infrastructure_key_arn: Wired[Arn]
    database_key_arn: Wired[Arn]
    primary_bucket_name: Wired[str] | None = None
    primary_bucket_arn: Wired[Arn] | None = None
    artifacts_bucket_name: Wired[str] | None = None
    artifacts_bucket_arn: Wired[Arn] | None = None
    jwt_signing_key_arn: Wired[Arn] | None = None
    database_credentials_secret_arn: Wired[Arn] | None = None
    primary_master_user_secret_arn: Wired[Arn] | None = None
    enabled_functions: Annotated[list[FunctionName], Distinct] = Field(
        default=[API_PROCESSOR, DATA_PROCESSOR, SCHEDULER]
    )
    functions: dict[FunctionName, Annotated[FunctionSettings, Strict(False)]] = Field(default={})
    runtime: Runtime = "python3.13"
    code_bucket_prefix: Annotated[KeyPrefix | None, NoneIfEmpty] = None
    log_retention_days: LogRetentionDays = by_environment(dev=7, stage=14, prod=30)
    reserved_concurrency: Concurrency = 0
    enable_x_ray_tracing: bool = by_environment(dev=False, stage=True, prod=True)
    daily_schedule: Annotated[Schedule | None, NoneIfEmpty] = "cron(0 6 * * ? *)"
    hourly_cleanup: bool = True
    enable_pipeline: bool = False
    enable_file_processor: bool = False
    upload_prefix: Annotated[KeyPrefix | None, NoneIfEmpty] = "uploads/"
    enable_notifications: bool = False
    enable_function_url: bool = False
    alarm_topic_arn: Annotated[Wired[Arn] | None, NoneIfEmpty] = None

    @property
    def names(self) -> list[FunctionName]:
        """The functions that are made, in the catalogue's order."""
        asked_for = {FILE_PROCESSOR: self.enable_file_processor, NOTIFICATION_HANDLER: self.enable_notifications}
        return [name for name in CATALOG if name in self.enabled_functions or asked_for.get(name, False)]

    def size(self, name: FunctionName) -> Size:
        kind, own = CATALOG[name], self.functions.get(name, FunctionSettings())
        return Size(
            memory_mb=own.memory_mb or kind.memory_mb,
            timeout_s=own.timeout_s or kind.timeout_s,
            vpc=kind.vpc if own.vpc is None else own.vpc,
            concurrency=own.concurrency or self.reserved_concurrency,
        )

    @field_validator("code_bucket_prefix")
    @classmethod
    def _code_lies_in_a_bucket(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("artifacts_bucket_name") is None:
            raise ValueError("needs the storage stack's artifacts bucket: set artifactsBucketName")
        return value

    @field_validator("enable_file_processor")
    @classmethod
    def _files_lie_in_a_bucket(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("primary_bucket_name") is None:
            raise ValueError("needs the storage stack's primary bucket: set primaryBucketName and primaryBucketArn")
        return value

    @field_validator("enable_pipeline", "enable_function_url")
    @classmethod
    def _has_its_function(cls, value: bool, info: ValidationInfo) -> bool:
        needed = DATA_PROCESSOR if info.field_name == "enable_pipeline" else API_PROCESSOR
        if value and needed not in info.data.get("enabled_functions", [needed]):
            raise ValueError(f"needs {needed} among enabledFunctions")
        return value


@dataclass(frozen=True)
class Outputs:
    """Null what is off."""

    api_processor_arn: Text | None
    api_processor_name: Text | None
    data_processor_arn: Text | None
    data_processor_name: Text | None
    scheduler_arn: Text | None
    scheduler_name: Text | None
    file_processor_arn: Text | None
    file_processor_name: Text | None
    auth_handler_arn: Text | None
    auth_handler_name: Text | None
    notification_handler_arn: Text | None
    notification_handler_name: Text | None
    task_queue_url: Text
    task_queue_arn: Text
    task_dlq_arn: Text
    lambda_role_arns: Mapping[str, Text]
    daily_scheduler_rule_arn: Text | None
    hourly_cleanup_rule_arn: Text | None
    notifications_topic_arn: Text | None
    notification_queue_url: Text | None
    notification_queue_arn: Text | None
    data_pipeline_arn: Text | None
    api_processor_function_url: Text | None
    summary: dict[str, Any]
