"""What the compute-ec2 stack takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pulumi
from pydantic import Field, ValidationInfo, field_validator

from stacks.input_types import Arn, DnsName, LogRetentionDays, NoneIfEmpty, Port, UrlPath
from stacks.inputs import StackInputs, Wired, by_environment
from stacks.virtual_machines import InstanceType, architecture

Text = pulumi.Output[str]

ImageId = Annotated[str, Field(pattern=r"^ami-([0-9a-f]{8}|[0-9a-f]{17})$")]
PublicKey = Annotated[str, Field(pattern=r"^(ssh-ed25519|ssh-rsa) [A-Za-z0-9+/=]+( .*)?$")]
# EC2 takes 16 KiB, of which our own lines need their part.
Script = Annotated[str, Field(max_length=12000)]
Count = Annotated[int, Field(ge=0, le=1000)]
Gigabytes = Annotated[int, Field(ge=8, le=16384)]


class Inputs(StackInputs):
    """Without `ami_id`, machines start from the newest Amazon Linux 2023 of their day. `web_application_sg_id` and
    `api_application_sg_id` let web servers and workers to what these groups are admitted to, databases among it."""

    vpc_id: Wired[str]
    public_subnet_ids: Wired[list[str]]
    private_subnet_ids: Wired[list[str]]
    application_key_arn: Wired[Arn]
    infrastructure_key_arn: Wired[Arn]
    load_balancer_sg_id: Wired[str]
    web_application_sg_id: Wired[str] | None = None
    api_application_sg_id: Wired[str] | None = None
    hosted_zone_id: Wired[str]
    domain_name: Wired[DnsName]
    wildcard_certificate_arn: Wired[Arn]
    primary_bucket_arn: Wired[Arn] | None = None
    static_assets_bucket_arn: Wired[Arn] | None = None
    logs_bucket_name: Wired[str] | None = None
    enable_access_logging: bool = True
    enable_deletion_protection: bool = by_environment(dev=False, stage=False, prod=True)
    manage_dns_records: bool = True
    workers_serve_api: bool = True
    ami_id: Annotated[ImageId | None, NoneIfEmpty] = None
    web_instance_type: InstanceType = by_environment(dev="t3.small", stage="t3.small", prod="t3.medium")
    worker_instance_type: InstanceType = by_environment(dev="t3.small", stage="t3.medium", prod="t3.large")
    web_min: Count = by_environment(dev=1, stage=2, prod=3)
    web_max: Count = by_environment(dev=3, stage=5, prod=10)
    worker_min: Count = by_environment(dev=1, stage=2, prod=2)
    worker_max: Count = by_environment(dev=3, stage=6, prod=6)
    target_cpu_utilization: Annotated[int, Field(ge=10, le=95)] = 70
    web_volume_gb: Gigabytes = by_environment(dev=20, stage=30, prod=30)
    worker_volume_gb: Gigabytes = by_environment(dev=30, stage=50, prod=50)
    app_port: Port = 3000
    worker_port: Port = 8080
    health_check_path: UrlPath = "/health"
    health_check_grace_period: Annotated[int, Field(ge=0, le=7200)] = 300
    detailed_monitoring: bool = by_environment(dev=False, stage=False, prod=True)
    log_retention_days: LogRetentionDays = by_environment(dev=7, stage=30, prod=30)
    alarm_topic_arn: Annotated[Wired[Arn] | None, NoneIfEmpty] = None
    key_pair_public_key: Annotated[PublicKey | None, NoneIfEmpty] = None
    user_data: Wired[Script] = ""

    def of(self, tier: str, what: str) -> Any:
        """`of("web", "min")` is `web_min`."""
        return getattr(self, f"{tier}_{what}")

    @property
    def ports(self) -> dict[str, int]:
        return {"web": self.app_port, "worker": self.worker_port}

    @field_validator("web_max", "worker_max")
    @classmethod
    def _room_to_scale(cls, value: int, info: ValidationInfo) -> int:
        least_field = str(info.field_name).replace("_max", "_min")
        least = info.data.get(least_field)
        if least is not None and value < max(least, 1):
            raise ValueError(f"must be at least 1, and at least {least_field.replace('_min', 'Min')} ({least})")
        return value

    @field_validator("worker_instance_type")
    @classmethod
    def _one_image_for_both(cls, value: str, info: ValidationInfo) -> str:
        web, image = info.data.get("web_instance_type"), info.data.get("ami_id")
        if web and image and architecture(web) != architecture(value):
            raise ValueError(f"must have the processor of webInstanceType ({architecture(web)}): amiId is for both")
        return value


@dataclass(frozen=True)
class Outputs:
    """Null what is off."""

    web_asg_name: Text
    web_asg_arn: Text
    worker_asg_name: Text
    worker_asg_arn: Text
    alb_dns_name: Text
    alb_arn: Text
    alb_arn_suffix: Text
    alb_zone_id: Text
    web_target_group_arn: Text
    api_target_group_arn: Text | None
    web_server_role_arn: Text
    web_server_role_name: Text
    worker_server_role_arn: Text
    worker_server_role_name: Text
    web_server_sg_id: Text
    worker_server_sg_id: Text
    web_launch_template_id: Text
    worker_launch_template_id: Text
    web_server_log_group_name: Text
    worker_server_log_group_name: Text
    key_pair_name: Text | None
    primary_dns_name: Text | None
    www_dns_name: Text | None
    summary: dict[str, Any]
