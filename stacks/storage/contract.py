"""What the storage stack takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pulumi
from pydantic import Field, ValidationInfo, field_validator

from stacks.input_rules import needs
from stacks.input_types import Arn, Distinct, DnsName, NoneIfEmpty
from stacks.inputs import StackInputs, Wired, by_environment

Text = pulumi.Output[str]
BucketPurpose = Literal["primary", "static-assets", "logs", "backups", "artifacts"]
Days = Annotated[int, Field(ge=1, le=3650)]
Origin = Annotated[str, Field(pattern=r"^(\*|https?://[a-z0-9*]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?)$")]


class Inputs(StackInputs):
    """`deploy_domain` decides who may fetch static assets unless `cors_origins` does.

    The VPC, its subnets and the groups that may mount are needed for the file system only. `az_count` is the
    network's: how many subnets there are is not known while the network is still to be made.
    """

    application_key_arn: Wired[Arn]
    database_key_arn: Wired[Arn]
    deploy_domain: Annotated[Wired[DnsName] | None, NoneIfEmpty] = None
    buckets: Annotated[list[BucketPurpose], Field(min_length=1), Distinct] = Field(
        default=["primary", "static-assets", "logs", "backups", "artifacts"]
    )
    enable_versioning: bool = True
    old_version_days: Days = by_environment(dev=7, stage=30, prod=90)
    tiering_days: Annotated[int, Field(ge=0, le=3650)] = 30
    log_retention_days: Days = by_environment(dev=30, stage=90, prod=90)
    artifact_retention_days: Days = by_environment(dev=30, stage=180, prod=180)
    backup_retention_days: Days = by_environment(dev=7, stage=30, prod=90)
    cors_origins: Annotated[list[Origin], Distinct] | None = None
    force_destroy: bool = by_environment(dev=True, stage=False, prod=False)
    protect: bool = by_environment(dev=False, stage=False, prod=True)
    enable_backup: bool = True
    enable_vault_lock: bool = False
    enable_efs: bool = False
    az_count: Annotated[int, Field(ge=1, le=3)] = by_environment(dev=2, stage=2, prod=3)
    vpc_id: Wired[str] | None = None
    private_subnet_ids: Wired[list[str]] | None = None
    ecs_sg_id: Wired[str] | None = None
    eks_sg_id: Wired[str] | None = None
    web_application_sg_id: Wired[str] | None = None

    _a_lock_is_on_a_vault = needs("enable_vault_lock", "enable_backup", "without it there is no vault")

    @field_validator("vpc_id", "private_subnet_ids")
    @classmethod
    def _a_file_system_is_in_a_network(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.data.get("enable_efs") is True:
            raise ValueError("is needed for enableEfs: turn the stack network on, or name those of another VPC")
        return value

    @field_validator("private_subnet_ids")
    @classmethod
    def _a_subnet_in_every_zone(cls, value: Any, info: ValidationInfo) -> Any:
        wanted = info.data.get("az_count")
        if isinstance(value, list) and info.data.get("enable_efs") is True and len(value) != wanted:
            raise ValueError(f"holds {len(value)} subnets, but azCount is {wanted}: give storage the network's azCount")
        return value


@dataclass(frozen=True)
class Outputs:
    """Null what `buckets` does not name and what is off."""

    primary_bucket_name: Text | None
    primary_bucket_arn: Text | None
    static_assets_bucket_name: Text | None
    static_assets_bucket_arn: Text | None
    logs_bucket_name: Text | None
    logs_bucket_arn: Text | None
    backup_bucket_name: Text | None
    backup_bucket_arn: Text | None
    artifacts_bucket_name: Text | None
    artifacts_bucket_arn: Text | None
    backup_vault_arn: Text | None
    backup_vault_name: Text | None
    backup_plan_id: Text | None
    backup_plan_arn: Text | None
    backup_service_role_arn: Text | None
    shared_efs_id: Text | None
    shared_efs_dns_name: Text | None
    efs_security_group_id: Text | None
    app_access_point_id: Text | None
    app_access_point_arn: Text | None
    summary: dict[str, Any]
