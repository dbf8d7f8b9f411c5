"""What the services-ecr stack takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import pulumi
from pydantic import AfterValidator, Field

from stacks.input_rules import needs
from stacks.input_types import AccountId, Arn, DashedName, Distinct, EmailAddress, NoneIfEmpty, Region
from stacks.inputs import StackInputs, Wired, by_environment
from stacks.repositories import ImageCount, TagMutability, TagPattern

Text = pulumi.Output[str]

BASE: Final = "base-"


def _no_base_images(names: list[str]) -> list[str]:
    if taken := [name for name in names if name.startswith(BASE)]:
        raise ValueError(f"must not hold {taken[0]!r}: names of base images begin with {BASE!r}")
    return names


class Inputs(StackInputs):
    """Registry-wide settings are shared by all of an account's deployments in a region: at most one may own them."""

    application_key_arn: Wired[Arn]
    infrastructure_key_arn: Wired[Arn]
    application_repos: Annotated[list[DashedName], Field(min_length=1), Distinct, AfterValidator(_no_base_images)] = (
        Field(default=["frontend", "backend", "api", "worker", "scheduler"])
    )
    base_image_repos: Annotated[list[DashedName], Distinct] = Field(
        default=["alpine", "node", "nginx", "postgres", "redis", "python"]
    )
    scan_on_push: bool = True
    image_tag_immutability: TagMutability = "IMMUTABLE"
    app_image_tag_immutability: TagMutability = "IMMUTABLE"
    moving_tags: Annotated[list[TagPattern], Field(max_length=5), Distinct] = Field(default=["*-latest"])
    max_production_images: ImageCount = 20
    max_staging_images: ImageCount = 10
    max_development_images: ImageCount = 5
    force_delete: bool = by_environment(dev=True, stage=False, prod=False)
    pull_account_ids: Annotated[list[AccountId], Distinct] = Field(default=[])
    enable_registry_scanning: bool = False
    enable_enhanced_scanning: bool = False
    continuous_scanning: bool = False
    enable_cross_region_replication: bool = False
    replication_regions: Annotated[list[Region], Field(min_length=1), Distinct] = Field(
        default=["us-west-2", "eu-west-1"]
    )
    enable_scan_notifications: bool = True
    critical_vulnerability_threshold: Annotated[int, Field(ge=0)] = 0
    high_vulnerability_threshold: Annotated[int, Field(ge=0)] = 5
    alert_email: Annotated[EmailAddress | None, NoneIfEmpty] = None

    _enhanced_scanning_is_of_the_registry = needs(
        "enable_enhanced_scanning", "enable_registry_scanning", "Inspector scans by the settings of the registry"
    )

    _only_inspector_scans_continuously = needs(
        "continuous_scanning", "enable_enhanced_scanning", "basic scanning looks at an image once"
    )


@dataclass(frozen=True)
class Outputs:
    """Null what the lists of repositories do not name; the maps hold every repository, base images as `base-<name>`."""

    registry_id: Text
    registry_uri: Text
    frontend_repo_url: Text | None
    backend_repo_url: Text | None
    api_repo_url: Text | None
    worker_repo_url: Text | None
    scheduler_repo_url: Text | None
    base_images_repo_url: Text | None
    base_alpine_repo_url: Text | None
    base_nginx_repo_url: Text | None
    base_postgres_repo_url: Text | None
    base_redis_repo_url: Text | None
    base_python_repo_url: Text | None
    repository_urls: Mapping[str, Text]
    repository_arns: Mapping[str, Text]
    replication_enabled: bool
    replication_regions: list[str]
    scan_on_push_enabled: bool
    scan_notification_topic_arn: Text | None
    scan_results_rule_arn: Text | None
    summary: dict[str, Any]
