"""What the services-eks stack takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import pulumi
from pydantic import Field, ValidationInfo, field_validator

from cloud_core.domain.names import EnvironmentName
from stacks.input_types import Arn, Cidr, Distinct, LogRetentionDays, NoneIfEmpty
from stacks.inputs import StackInputs, Wired, at_least, by_environment
from stacks.security_group_rules import ANYWHERE
from stacks.services_eks.versions import DEFAULT, AddonVersion, KubernetesVersion
from stacks.virtual_machines import InstanceType, architecture

Text = pulumi.Output[str]

LogType = Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]
AmiType = Literal["AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD"]
RoleArn = Annotated[str, Field(pattern=r"^arn:[a-z-]+:iam::[0-9]{12}:role/.+$")]
InstanceTypes = Annotated[list[InstanceType], Field(min_length=1, max_length=20), Distinct]
NodeCount = Annotated[int, Field(ge=1, le=450)]
MaybeVersion = Annotated[AddonVersion | None, NoneIfEmpty]

_LOG_TYPES: Final[list[LogType]] = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
_SMALL: Final = ["t3.medium", "t3.large"]
_SMALL_SPOT: Final = ["t3.medium", "t3a.medium", "t3.large", "t3a.large"]
_CURRENT: Final = ["m7i.large", "m7i.xlarge"]
_CURRENT_SPOT: Final = ["m7i.large", "m7a.large", "m6i.large", "m6a.large"]
_PROCESSORS: Final = {"AL2023_x86_64_STANDARD": "x86_64", "AL2023_ARM_64_STANDARD": "arm64"}


class Inputs(StackInputs):
    """A desired size of null is the least one; an add-on's version of null the newest that fits Kubernetes.
    `public_subnet_ids` belong to the cluster only when its endpoint is public."""

    private_subnet_ids: Wired[list[str]]
    public_subnet_ids: Wired[list[str]] | None = None
    application_key_arn: Wired[Arn]
    infrastructure_key_arn: Wired[Arn]
    eks_cluster_role_arn: Wired[Arn]
    eks_node_group_role_arn: Wired[Arn]
    eks_sg_id: Wired[str]
    kubernetes_version: KubernetesVersion = DEFAULT
    endpoint_private_access: bool = True
    endpoint_public_access: bool = False
    endpoint_public_access_cidrs: Annotated[list[Cidr], Distinct] = Field(default=[])
    enable_secrets_encryption: bool = True
    enabled_log_types: Annotated[list[LogType], Distinct] = Field(default=_LOG_TYPES)
    log_retention_days: LogRetentionDays = by_environment(dev=7, stage=30, prod=90)
    admin_role_arns: Annotated[list[RoleArn], Distinct] = Field(default=[])
    node_ami_type: AmiType = "AL2023_x86_64_STANDARD"
    node_instance_types: InstanceTypes = by_environment(dev=_SMALL, stage=_CURRENT, prod=_CURRENT)
    node_capacity_type: Literal["ON_DEMAND", "SPOT"] = "ON_DEMAND"
    node_min_size: NodeCount = by_environment(dev=1, stage=2, prod=3)
    node_max_size: NodeCount = by_environment(dev=3, stage=5, prod=10)
    node_desired_size: NodeCount | None = None
    node_disk_size: Annotated[int, Field(ge=20, le=1000)] = 50
    node_metadata_hops: Annotated[int, Field(ge=1, le=2)] = 1
    enable_spot_instances: bool = by_environment(dev=True, stage=True, prod=False)
    spot_instance_types: InstanceTypes = by_environment(dev=_SMALL_SPOT, stage=_CURRENT_SPOT, prod=_CURRENT_SPOT)
    vpc_cni_version: MaybeVersion = None
    kube_proxy_version: MaybeVersion = None
    coredns_version: MaybeVersion = None
    ebs_csi_driver_version: MaybeVersion = None
    pod_identity_agent_version: MaybeVersion = None
    enable_autoscaler_role: bool = False
    deletion_protection: bool = by_environment(dev=False, stage=False, prod=True)
    protect: bool = by_environment(dev=False, stage=False, prod=True)

    @property
    def desired_size(self) -> int:
        return self.node_min_size if self.node_desired_size is None else self.node_desired_size

    @field_validator("endpoint_public_access")
    @classmethod
    def _some_way_in(cls, value: bool, info: ValidationInfo) -> bool:
        if not value and info.data.get("endpoint_private_access") is False:
            raise ValueError("must be true when endpointPrivateAccess is false: nobody would reach the cluster")
        return value

    @field_validator("endpoint_public_access_cidrs")
    @classmethod
    def _known_visitors(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if info.data.get("endpoint_public_access") and not value:
            raise ValueError("is needed with endpointPublicAccess: the blocks that may reach the endpoint")
        if ANYWHERE in value and info.data.get("environment") is EnvironmentName.PROD:
            raise ValueError(f"must not hold {ANYWHERE} in prod: name the blocks that may reach the endpoint")
        return value

    @field_validator("node_instance_types", "spot_instance_types")
    @classmethod
    def _of_the_image(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if info.field_name == "spot_instance_types" and not info.data.get("enable_spot_instances"):
            return value
        wanted = _PROCESSORS.get(info.data.get("node_ami_type", ""))
        for instance_type in value:
            if wanted and architecture(instance_type) != wanted:
                raise ValueError(f"holds {instance_type}, whose processor is not that of nodeAmiType ({wanted})")
        return value

    @field_validator("node_max_size")
    @classmethod
    def _room_to_scale(cls, value: int, info: ValidationInfo) -> int:
        return at_least(value, info, "node_min_size")

    @field_validator("node_desired_size")
    @classmethod
    def _within_the_room(cls, value: int | None, info: ValidationInfo) -> int | None:
        least, most = info.data.get("node_min_size"), info.data.get("node_max_size")
        if None not in (value, least, most) and not least <= value <= most:  # type: ignore[operator]
            raise ValueError(f"must be between nodeMinSize ({least}) and nodeMaxSize ({most})")
        return value


@dataclass(frozen=True)
class Outputs:
    """Null what is off. `kubeconfig` is JSON text, and so YAML: it asks the AWS command for a token at each call."""

    cluster_name: Text
    cluster_arn: Text
    cluster_endpoint: Text
    cluster_version: Text
    cluster_security_group_id: Text
    cluster_certificate_authority: Text
    cluster_oidc_issuer_url: Text
    oidc_provider_arn: Text
    primary_node_group_name: Text
    primary_node_group_arn: Text
    primary_node_group_status: Text
    spot_node_group_name: Text | None
    spot_node_group_arn: Text | None
    node_group_launch_template_id: Text
    vpc_cni_addon_arn: Text
    kube_proxy_addon_arn: Text
    coredns_addon_arn: Text
    ebs_csi_driver_addon_arn: Text
    pod_identity_agent_addon_arn: Text
    ebs_csi_service_account_role_arn: Text
    cluster_autoscaler_role_arn: Text | None
    kubeconfig: Text
    summary: dict[str, Any]
