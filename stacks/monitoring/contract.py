"""What the monitoring stack takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import pulumi
from pydantic import Field, ValidationInfo, field_validator

from cloud_core.domain.names import EnvironmentName
from stacks.input_types import Arn, DashedName, Distinct, EmailAddress, LogRetentionDays, NoneIfEmpty
from stacks.inputs import StackInputs, Wired, by_environment

Text = pulumi.Output[str]
Percent = Annotated[int, Field(ge=1, le=100)]


class Inputs(StackInputs):
    """What is watched comes from the other stacks: null for one that is off, and then nothing of it is watched."""

    infrastructure_key_arn: Wired[Arn]
    certificate_arn: Wired[Arn] | None = None
    backup_vault_name: Wired[str] | None = None
    apps_load_balancer: Wired[str] | None = None
    apps_cluster_name: Wired[str] | None = None
    database_instance_id: Wired[str] | None = None
    services_cluster_name: Wired[str] | None = None
    kubernetes_cluster_name: Wired[str] | None = None
    http_api_id: Wired[str] | None = None
    api_processor_name: Wired[str] | None = None
    data_processor_name: Wired[str] | None = None
    scheduler_name: Wired[str] | None = None
    frontend_log_group: Wired[str] | None = None
    backend_log_group: Wired[str] | None = None
    api_log_group: Wired[str] | None = None
    watch_stacks: Annotated[list[DashedName], Distinct] | None = None
    alert_email: Annotated[EmailAddress | None, NoneIfEmpty] = None
    log_retention_days: LogRetentionDays = by_environment(dev=30, stage=30, prod=90)
    create_dashboard: bool = True
    cpu_threshold: Percent = 80
    memory_threshold: Percent = 85
    error_rate_threshold: Percent = 5
    database_connections_threshold: Annotated[int, Field(ge=1)] = 80
    response_time_threshold: Annotated[int, Field(ge=1)] = 5000

    @field_validator("alert_email")
    @classmethod
    def _somebody_hears_of_prod(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("environment") is EnvironmentName.PROD:
            raise ValueError("is needed in prod: nobody would hear of an alarm")
        return value


@dataclass(frozen=True)
class Outputs:
    """`alarm_arns` holds every alarm's ARN by its name; `watched` the stacks of which something is watched."""

    alerts_topic_arn: Text
    alerts_topic_name: Text
    critical_alerts_topic_arn: Text
    critical_alerts_topic_name: Text
    infrastructure_dashboard_url: Text | None
    dashboard_name: Text | None
    dashboard_arn: Text | None
    log_group_name: Text
    application_log_group_arn: Text
    security_log_group_name: Text
    security_log_group_arn: Text
    error_metric_filter_name: Text
    security_metric_filter_name: Text
    error_count_alarm_arn: Text
    security_event_alarm_arn: Text
    alarm_arns: Mapping[str, Text]
    watched: list[str]
    summary: dict[str, Any]
