"""The containers-images stack: a repository for each part of the application, builds, word of scans."""

from __future__ import annotations

from typing import Final

import pulumi_aws as aws

from stacks.containers_images.builds import Builds, make_builds
from stacks.containers_images.contract import Inputs, Outputs
from stacks.context import StackContext
from stacks.image_scans import ScanAlerts, make_scan_alerts
from stacks.repositories import RepositorySettings, application_lifecycle, make_repository

_STAGE_IMAGES: Final = 5
_DEV_IMAGES: Final = 3

Repositories = dict[str, aws.ecr.Repository]


def program(inputs: Inputs, context: StackContext) -> Outputs:
    repositories = _repositories(inputs, context)
    builds = make_builds(inputs, context, repositories)
    alerts = None
    if inputs.scan_alerts:
        alerts = make_scan_alerts(context, key_arn=inputs.infrastructure_key_arn, email=inputs.alert_email)
    return _outputs(inputs, repositories, builds, alerts)


def _repositories(inputs: Inputs, context: StackContext) -> Repositories:
    newest = {"prod": inputs.max_image_count, "stage": _STAGE_IMAGES, "dev": _DEV_IMAGES}
    settings = RepositorySettings(
        key_arn=inputs.application_key_arn,
        lifecycle=application_lifecycle(newest, inputs.moving_tags),
        tag_mutability=inputs.image_tag_immutability,
        moving_tags=inputs.moving_tags,
        scan_on_push=inputs.enable_vulnerability_scanning,
        force_delete=inputs.force_delete,
        pull_accounts=inputs.pull_account_ids,
    )
    return {name: make_repository(name, context, settings) for name in inputs.repository_names}


def _outputs(inputs: Inputs, repositories: Repositories, builds: Builds, alerts: ScanAlerts | None) -> Outputs:
    urls = {name: repository.repository_url for name, repository in repositories.items()}
    arns = {name: repository.arn for name, repository in repositories.items()}
    projects = {name: project.name for name, project in builds.projects.items()}
    webhooks = {name: webhook.payload_url for name, webhook in builds.webhooks.items()}
    return Outputs(
        frontend_repo_url=urls.get("frontend"),
        backend_repo_url=urls.get("backend"),
        worker_repo_url=urls.get("worker"),
        nginx_repo_url=urls.get("nginx"),
        frontend_repo_arn=arns.get("frontend"),
        backend_repo_arn=arns.get("backend"),
        worker_repo_arn=arns.get("worker"),
        nginx_repo_arn=arns.get("nginx"),
        repository_urls=urls,
        codebuild_role_arn=builds.role.arn if builds.role else None,
        codebuild_role_name=builds.role.name if builds.role else None,
        codebuild_project_frontend=projects.get("frontend"),
        codebuild_project_backend=projects.get("backend"),
        codebuild_project_worker=projects.get("worker"),
        codebuild_project_nginx=projects.get("nginx"),
        scan_notification_topic_arn=alerts.topic.arn if alerts else None,
        image_scan_results_rule_arn=alerts.rule.arn if alerts else None,
        github_webhook_url=webhooks.get(inputs.repository_names[0]),
        github_webhook_urls=webhooks,
        summary={
            "repositories": inputs.repository_names,
            "builds": list(projects),
            "scanAlerts": alerts is not None,
        },
    )
