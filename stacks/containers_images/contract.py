"""What the containers-images stack takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Any, ClassVar, Final

import pulumi
from pydantic import Field, ValidationInfo, field_validator

from stacks.input_types import (
    AccountId,
    Arn,
    DashedName,
    Distinct,
    EmailAddress,
    LogRetentionDays,
    NoneIfEmpty,
)
from stacks.inputs import StackInputs, Wired, by_environment
from stacks.repositories import ImageCount, TagMutability, TagPattern

Text = pulumi.Output[str]

PARTS: Final = ("frontend", "backend", "worker", "nginx")

GithubRepo = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$")]
BranchName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]+$", max_length=200)]
ConnectionArn = Annotated[str, Field(pattern=r"^arn:[a-z-]+:codeconnections:[a-z0-9-]+:[0-9]{12}:connection/.+")]


class Inputs(StackInputs):
    """A build clones by `codeConnectionArn`, or by the credentials for GitHub that the account gave to CodeBuild."""

    application_key_arn: Wired[Arn]
    infrastructure_key_arn: Wired[Arn]
    repository_names: Annotated[list[DashedName], Field(min_length=1), Distinct] = Field(default=list(PARTS))
    image_tag_immutability: TagMutability = "IMMUTABLE"
    moving_tags: Annotated[list[TagPattern], Field(max_length=5), Distinct] = Field(default=["*-latest"])
    max_image_count: ImageCount = 10
    enable_vulnerability_scanning: bool = True
    force_delete: bool = by_environment(dev=True, stage=False, prod=False)
    pull_account_ids: Annotated[list[AccountId], Distinct] = Field(default=[])
    github_repo: Annotated[GithubRepo | None, NoneIfEmpty] = None
    github_branch: BranchName = "main"
    code_connection_arn: Annotated[ConnectionArn | None, NoneIfEmpty] = None
    enable_builds: bool = False
    build_timeout: Annotated[int, Field(ge=5, le=2160)] = 60
    log_retention_days: LogRetentionDays = by_environment(dev=30, stage=30, prod=90)
    scan_alerts: bool = False
    alert_email: Annotated[EmailAddress | None, NoneIfEmpty] = None

    @property
    def moving_tag(self) -> str | None:
        """The tag that each build sets again, where tags may move."""
        tag = f"{self.environment}-latest"
        moves = self.image_tag_immutability == "MUTABLE" or any(fnmatchcase(tag, one) for one in self.moving_tags)
        return tag if moves else None

    @field_validator("enable_builds")
    @classmethod
    def _builds_have_a_source(cls, value: bool, info: ValidationInfo) -> bool:
        if value and "github_repo" in info.data and info.data["github_repo"] is None:
            raise ValueError('needs githubRepo, such as "company/shop"')
        return value


@dataclass(frozen=True)
class Outputs:
    """Null what `repositoryNames` does not name, and what is off; the maps hold everything by its name.

    `github_webhook_url` is the first project's; each project has one.
    """

    exported_names: ClassVar = {f"codebuild_project_{part}": f"codebuildProjects_{part}" for part in PARTS}

    frontend_repo_url: Text | None
    backend_repo_url: Text | None
    worker_repo_url: Text | None
    nginx_repo_url: Text | None
    frontend_repo_arn: Text | None
    backend_repo_arn: Text | None
    worker_repo_arn: Text | None
    nginx_repo_arn: Text | None
    repository_urls: Mapping[str, Text]
    codebuild_role_arn: Text | None
    codebuild_role_name: Text | None
    codebuild_project_frontend: Text | None
    codebuild_project_backend: Text | None
    codebuild_project_worker: Text | None
    codebuild_project_nginx: Text | None
    scan_notification_topic_arn: Text | None
    image_scan_results_rule_arn: Text | None
    github_webhook_url: Text | None
    github_webhook_urls: Mapping[str, Text]
    summary: dict[str, Any]
