"""ECR repositories and registries, and the CodeBuild projects that fill them."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws

from sandbox.provider.gaps import WHOLE
from sandbox.provider.services.codebuild import PROJECT, WEBHOOK
from sandbox.provider.services.ecr import LIFECYCLE_POLICY
from sandbox.provider.testing import Case, Clients, lacks
from sandbox.provider.testing.cases import REGION

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/builds"
DESCRIPTION = {False: "first", True: "second"}
UNTAGGED = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1}


def repositories(later: bool) -> None:
    repository = aws.ecr.Repository(
        "app",
        name="shop/app",
        image_tag_mutability="IMMUTABLE_WITH_EXCLUSION",
        image_tag_mutability_exclusion_filters=[{"filter": f"{DESCRIPTION[later]}-*", "filter_type": "WILDCARD"}],
        image_scanning_configuration={"scan_on_push": later},
        encryption_configurations=[{"encryption_type": "KMS", "kms_key": KEY}],
        force_delete=True,
        tags={"Team": DESCRIPTION[later]},
    )
    pull = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "ecr:BatchGetImage"}
    aws.ecr.RepositoryPolicy(
        "app",
        repository=repository.name,
        policy=json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": DESCRIPTION[later].title(), **pull}]}),
    )
    rule = {"rulePriority": 1, "selection": UNTAGGED, "action": {"type": "expire"}}
    aws.ecr.LifecyclePolicy("app", repository=repository.name, policy=json.dumps({"rules": [rule]}))
    aws.ecr.Repository("plain")


def registry(later: bool) -> None:
    aws.ecr.RegistryScanningConfiguration(
        "registry",
        scan_type="ENHANCED" if later else "BASIC",
        rules=[
            {
                "scan_frequency": "CONTINUOUS_SCAN" if later else "SCAN_ON_PUSH",
                "repository_filters": [{"filter": "shop*", "filter_type": "WILDCARD"}],
            }
        ],
    )
    aws.ecr.ReplicationConfiguration(
        "registry",
        replication_configuration={
            "rules": [
                {
                    "destinations": [{"region": "eu-west-2" if later else "eu-west-1", "registry_id": ACCOUNT}],
                    "repository_filters": [{"filter": "shop", "filter_type": "PREFIX_MATCH"}],
                }
            ]
        },
    )


def builds(later: bool) -> None:
    project = aws.codebuild.Project(
        "build",
        name="build-app",
        description=DESCRIPTION[later],
        service_role=ROLE,
        build_timeout=30 if later else 60,
        queued_timeout=120 if later else 480,
        concurrent_build_limit=2 if later else 1,
        badge_enabled=later,
        encryption_key=KEY,
        artifacts={"type": "NO_ARTIFACTS"},
        cache={"type": "LOCAL", "modes": ["LOCAL_DOCKER_LAYER_CACHE"]},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
            "compute_type": "BUILD_GENERAL1_SMALL",
            "privileged_mode": True,
            "environment_variables": [{"name": "WORD", "value": f"${DESCRIPTION[later]}"}],
        },
        source={
            "type": "GITHUB",
            "location": f"https://github.com/company/{DESCRIPTION[later]}.git",
            "git_clone_depth": 1,
            "buildspec": "version: 0.2",
        },
        source_version=DESCRIPTION[later],
        logs_config={"cloudwatch_logs": {"group_name": f"/aws/codebuild/{DESCRIPTION[later]}"}},
        vpc_config={"vpc_id": "vpc-1", "subnets": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"]},
        tags={"Team": DESCRIPTION[later]},
    )
    pushes = [{"type": "EVENT", "pattern": "PUSH"}, {"type": "HEAD_REF", "pattern": f"^{DESCRIPTION[later]}$"}]
    aws.codebuild.Webhook("build", project_name=project.name, filter_groups=[{"filters": pushes}])
    aws.codebuild.Project(
        "plain",
        service_role=ROLE,
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "alpine", "compute_type": "BUILD_GENERAL1_SMALL"},
        source={"type": "GITHUB", "location": "https://github.com/company/plain.git"},
    )


def images(later: bool) -> None:
    repositories(later)
    registry(later)
    builds(later)


def left(clients: Clients) -> dict[str, Any]:
    return {
        "repositories": clients.ecr.describe_repositories()["repositories"],
        "scanning": clients.ecr.get_registry_scanning_configuration()["scanningConfiguration"],
        "replication": clients.ecr.describe_registry()["replicationConfiguration"],
        "projects": clients.codebuild.list_projects()["projects"],
    }


def project(server: Clients) -> dict[str, Any]:
    """A project as the server tells it, with everything that it might lose."""
    asked: dict[str, Any] = {"name": "lossy", "serviceRole": ROLE, "artifacts": {"type": "NO_ARTIFACTS"}}
    environment = {"type": "LINUX_CONTAINER", "image": "alpine", "computeType": "BUILD_GENERAL1_SMALL"}
    source = {"type": "GITHUB", "location": "https://github.com/company/shop.git"}
    optional = {"encryptionKey": KEY, "concurrentBuildLimit": 1, "badgeEnabled": True}
    server.codebuild.create_project(**asked, environment=environment, source=source, **optional)
    (found,) = server.codebuild.batch_get_projects(names=["lossy"])["projects"]
    server.codebuild.delete_project(name="lossy")
    return dict(found)


CASE = Case(
    modules=("ecr", "codebuild"),
    program=images,
    left=left,
    constant=frozenset({LIFECYCLE_POLICY.token}),
    untold=frozenset({"forceDelete", "secret"}),
    probes={
        (PROJECT.token, "description"): lambda server: lacks(lambda: server.codebuild.update_project(name="any")),
        (PROJECT.token, "encryptionKey"): lambda server: project(server)["encryptionKey"] != KEY,
        (PROJECT.token, "concurrentBuildLimit"): lambda server: "concurrentBuildLimit" not in project(server),
        (PROJECT.token, "badgeEnabled"): lambda server: project(server)["badge"]["badgeEnabled"] is False,
        (WEBHOOK.token, WHOLE): lambda server: lacks(lambda: server.codebuild.create_webhook(projectName="any")),
    },
)
