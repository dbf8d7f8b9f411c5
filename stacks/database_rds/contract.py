"""What the database-rds stack takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pulumi
from pydantic import Field, ValidationInfo, field_validator

from cloud_core.domain.names import EnvironmentName
from stacks.database_rds.engines import ENGINES, Engine, EngineName
from stacks.database_rds.windows import BackupWindow, MaintenanceWindow, overlap
from stacks.input_types import Arn, LogRetentionDays, NoneIfEmpty
from stacks.inputs import StackInputs, Wired, by_environment

Text = pulumi.Output[str]

InstanceClass = Annotated[str, Field(pattern=r"^db\.[a-z0-9]+\.[a-z0-9]+$")]
Version = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+){0,2}$")]
DatabaseName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=63)]
Gigabytes = Annotated[int, Field(ge=20, le=65536)]


class Inputs(StackInputs):
    """A storage limit of null keeps the storage from growing by itself."""

    database_subnet_ids: Wired[list[str]]
    database_sg_id: Wired[str]
    database_key_arn: Wired[Arn]
    infrastructure_key_arn: Wired[Arn]
    engine: EngineName = "postgres"
    engine_version: Version = Field(default_factory=lambda validated: ENGINES[validated["engine"]].default_version)
    allow_major_version_upgrade: bool = False
    instance_class: InstanceClass = by_environment(dev="db.t4g.micro", stage="db.t4g.small", prod="db.r6g.large")
    allocated_storage_gb: Gigabytes = by_environment(dev=20, stage=100, prod=100)
    max_allocated_storage_gb: Gigabytes | None = by_environment(dev=100, stage=1000, prod=1000)
    database_name: Annotated[DatabaseName | None, NoneIfEmpty] = None
    multi_az: bool = by_environment(dev=False, stage=False, prod=True)
    read_replica: bool = by_environment(dev=False, stage=False, prod=True)
    backup_retention_days: Annotated[int, Field(ge=0, le=35)] = by_environment(dev=7, stage=14, prod=30)
    backup_window: BackupWindow = "02:00-03:00"
    maintenance_window: MaintenanceWindow = "sun:04:00-sun:05:00"
    apply_immediately: bool = by_environment(dev=True, stage=False, prod=False)
    enhanced_monitoring: bool = by_environment(dev=False, stage=True, prod=True)
    log_retention_days: LogRetentionDays = by_environment(dev=7, stage=30, prod=30)
    ca_cert_identifier: str = "rds-ca-rsa2048-g1"
    cpu_threshold: Annotated[int, Field(ge=1, le=100)] = by_environment(dev=80, stage=70, prod=70)
    connections_threshold: Annotated[int, Field(ge=1)] = by_environment(dev=80, stage=150, prod=150)
    alarm_topic_arn: Annotated[Wired[Arn] | None, NoneIfEmpty] = None
    secret_recovery_days: Annotated[int, Field(ge=7, le=30)] | None = by_environment(dev=None, stage=7, prod=30)
    final_snapshot: bool = by_environment(dev=False, stage=True, prod=True)
    deletion_protection: bool = by_environment(dev=False, stage=False, prod=True)
    protect: bool = by_environment(dev=False, stage=False, prod=True)

    @property
    def runs(self) -> Engine:
        return ENGINES[self.engine]

    @property
    def performance_insights(self) -> bool:
        return self.instance_class not in self.runs.no_insights

    @field_validator("max_allocated_storage_gb")
    @classmethod
    def _leaves_room_to_grow(cls, value: int | None, info: ValidationInfo) -> int | None:
        size = info.data.get("allocated_storage_gb")
        if value is not None and size is not None and value < size * 1.1:
            raise ValueError(f"must be at least a tenth more than allocatedStorageGb ({size}), or null to stay at that")
        return value

    @field_validator("backup_retention_days")
    @classmethod
    def _backups_where_they_are_needed(cls, value: int, info: ValidationInfo) -> int:
        if value == 0 and info.data.get("environment") is not EnvironmentName.DEV:
            raise ValueError("must be at least 1 outside of dev")
        if value == 0 and info.data.get("read_replica"):
            raise ValueError("must be at least 1 with readReplica: a replica begins as a backup")
        return value

    @field_validator("maintenance_window")
    @classmethod
    def _one_at_a_time(cls, value: str, info: ValidationInfo) -> str:
        backup = info.data.get("backup_window")
        if backup is not None and overlap(backup, value):
            raise ValueError(f"must not overlap with backupWindow ({backup})")
        return value


@dataclass(frozen=True)
class Outputs:
    """Endpoints are `host:port`. `master_user_secret_arn` is the primary's again, under the name that others use."""

    primary_endpoint: Text
    primary_address: Text
    primary_port: pulumi.Output[int]
    primary_database_name: str
    primary_instance_id: Text
    primary_master_user_secret_arn: Text
    master_user_secret_arn: Text
    replica_endpoint: Text | None
    replica_instance_id: Text | None
    subnet_group_name: Text
    parameter_group_name: Text
    database_credentials_secret_arn: Text
    performance_insights_enabled: bool
    enhanced_monitoring_enabled: bool
    cpu_alarm_arn: Text
    connections_alarm_arn: Text
    storage_alarm_arn: Text
    summary: dict[str, Any]
