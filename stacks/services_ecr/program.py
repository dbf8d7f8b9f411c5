"""The services-ecr stack: repositories of applications and of base images, the registry's settings, word of scans."""

from __future__ import annotations

from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.image_scans import ScanAlerts, make_scan_alerts
from stacks.repositories import (
    RepositorySettings,
    application_lifecycle,
    drop_untagged,
    keep_newest,
    make_repository,
)
from stacks.services_ecr.contract import BASE, Inputs, Outputs
from stacks.services_ecr.registry_settings import replicate, scan_registry

_BASE_VERSIONS: Final = 50
_BASE_UNTAGGED_DAYS: Final = 3

Repositories = dict[str, aws.ecr.Repository]


def program(inputs: Inputs, context: StackContext) -> Outputs:
    repositories = {**_applications(inputs, context), **_base_images(inputs, context)}
    regions = [region for region in inputs.replication_regions if region != context.region]
    replicated = regions if inputs.enable_cross_region_replication else []
    if inputs.enable_registry_scanning:
        scan_registry(inputs, context)
    if replicated:
        replicate(context, replicated)
    alerts = _alerts(inputs, context) if inputs.enable_scan_notifications else None
    return _outputs(inputs, repositories, replicated, alerts)


def _applications(inputs: Inputs, context: StackContext) -> Repositories:
    newest = {
        "prod": inputs.max_production_images,
        "stage": inputs.max_staging_images,
        "dev": inputs.max_development_images,
    }
    settings = RepositorySettings(
        key_arn=inputs.application_key_arn,
        lifecycle=application_lifecycle(newest, inputs.moving_tags),
        tag_mutability=inputs.app_image_tag_immutability,
        moving_tags=inputs.moving_tags,
        scan_on_push=inputs.scan_on_push,
        force_delete=inputs.force_delete,
        pull_accounts=inputs.pull_account_ids,
    )
    return {name: make_repository(name, context, settings) for name in inputs.application_repos}


def _base_images(inputs: Inputs, context: StackContext) -> Repositories:
    settings = RepositorySettings(
        key_arn=inputs.application_key_arn,
        lifecycle=[keep_newest(_BASE_VERSIONS, "*"), drop_untagged(_BASE_UNTAGGED_DAYS)],
        tag_mutability=inputs.image_tag_immutability,
        scan_on_push=inputs.scan_on_push,
        force_delete=inputs.force_delete,
        pull_accounts=inputs.pull_account_ids,
    )
    names = [f"{BASE}{name}" for name in inputs.base_image_repos]
    return {name: make_repository(name, context, settings) for name in names}


def _alerts(inputs: Inputs, context: StackContext) -> ScanAlerts:
    return make_scan_alerts(
        context,
        key_arn=inputs.infrastructure_key_arn,
        critical=inputs.critical_vulnerability_threshold,
        high=inputs.high_vulnerability_threshold,
        email=inputs.alert_email,
    )


def _registry_uri(repository: aws.ecr.Repository) -> pulumi.Output[str]:
    return repository.repository_url.apply(lambda url: url.partition("/")[0])


def _outputs(inputs: Inputs, repositories: Repositories, replicated: list[str], alerts: ScanAlerts | None) -> Outputs:
    urls = {name: repository.repository_url for name, repository in repositories.items()}
    first = repositories[inputs.application_repos[0]]
    return Outputs(
        registry_id=first.registry_id,
        registry_uri=_registry_uri(first),
        frontend_repo_url=urls.get("frontend"),
        backend_repo_url=urls.get("backend"),
        api_repo_url=urls.get("api"),
        worker_repo_url=urls.get("worker"),
        scheduler_repo_url=urls.get("scheduler"),
        base_images_repo_url=urls.get("base-node"),
        base_alpine_repo_url=urls.get("base-alpine"),
        base_nginx_repo_url=urls.get("base-nginx"),
        base_postgres_repo_url=urls.get("base-postgres"),
        base_redis_repo_url=urls.get("base-redis"),
        base_python_repo_url=urls.get("base-python"),
        repository_urls=urls,
        repository_arns={name: repository.arn for name, repository in repositories.items()},
        replication_enabled=bool(replicated),
        replication_regions=replicated,
        scan_on_push_enabled=inputs.scan_on_push,
        scan_notification_topic_arn=alerts.topic.arn if alerts else None,
        scan_results_rule_arn=alerts.rule.arn if alerts else None,
        summary={
            "applications": inputs.application_repos,
            "baseImages": inputs.base_image_repos,
            "replicated": replicated,
            "scanNotifications": alerts is not None,
        },
    )
