"""Builds that fill the repositories: a project for each image, started by each push to the branch."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stacks.containers_images.contract import Inputs
from stacks.context import StackContext
from stacks.iam_documents import allow, document, trust
from stacks.log_groups import make_log_group, may_write
from stacks.naming import BUILD_PROJECT, LOG_GROUP, ROLE
from stacks.repositories import PULL, PUSH

_BUILD_IMAGE: Final = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
_USE_CONNECTION: Final = [
    f"codeconnections:{verb}" for verb in ("GetConnection", "GetConnectionToken", "UseConnection")
]

Repositories = Mapping[str, aws.ecr.Repository]


@dataclass(frozen=True)
class Builds:
    """Projects and webhooks by the image's name; empty, and without a role, when builds are off."""

    role: aws.iam.Role | None = None
    projects: Mapping[str, aws.codebuild.Project] = field(default_factory=dict)
    webhooks: Mapping[str, aws.codebuild.Webhook] = field(default_factory=dict)


def make_builds(inputs: Inputs, context: StackContext, repositories: Repositories) -> Builds:
    """A project builds the folder of its image's name. Only pushes start one: a build has Docker's rights, so that
    pull requests from foreign copies of the source must not."""
    if not inputs.enable_builds:
        return Builds()
    names = {name: context.name(BUILD_PROJECT, name) for name in repositories}
    groups = {name: _log_group(name, inputs, context) for name in repositories}
    role = aws.iam.Role(
        "builds",
        name=context.name(ROLE, "builds"),
        description="Builds images and pushes them to their repositories",
        assume_role_policy=trust("codebuild.amazonaws.com", account=context.account),
    )
    rights = _let_build(role, inputs, repositories, groups)
    projects = {
        name: aws.codebuild.Project(
            name,
            name=names[name],
            description=f"Builds {name} of {context.project}, {context.environment}",
            service_role=role.arn,
            build_timeout=inputs.build_timeout,
            artifacts={"type": "NO_ARTIFACTS"},
            environment=_environment(name, inputs, repository),
            source=_source(inputs),
            source_version=inputs.github_branch,
            logs_config={"cloudwatch_logs": {"group_name": groups[name].name}},
            opts=pulumi.ResourceOptions(depends_on=[rights]),
        )
        for name, repository in repositories.items()
    }
    return Builds(role, projects, {name: _webhook(name, project, inputs) for name, project in projects.items()})


def _log_group(name: str, inputs: Inputs, context: StackContext) -> aws.cloudwatch.LogGroup:
    path = f"/aws/codebuild/{context.name(LOG_GROUP, name)}"
    return make_log_group(name, path, retention_days=inputs.log_retention_days, key_arn=inputs.infrastructure_key_arn)


def _let_build(
    role: aws.iam.Role, inputs: Inputs, repositories: Repositories, groups: Mapping[str, aws.cloudwatch.LogGroup]
) -> aws.iam.RolePolicy:
    """These repositories and log groups only; the token is the registry's, which has no ARN."""
    statements = [
        allow("ecr:GetAuthorizationToken", sid="LogIn"),
        allow([*PULL, *PUSH], [repository.arn for repository in repositories.values()], sid="Images"),
        may_write(*groups.values()),
    ]
    if inputs.code_connection_arn is not None:
        statements.append(allow(_USE_CONNECTION, inputs.code_connection_arn, sid="Source"))
    return aws.iam.RolePolicy("builds", role=role.name, policy=document(*statements))


def _environment(name: str, inputs: Inputs, repository: aws.ecr.Repository) -> aws.codebuild.ProjectEnvironmentArgs:
    """Docker needs the privileged mode."""
    variables = {
        "ENVIRONMENT": inputs.environment.value,
        "IMAGE_FOLDER": name,
        "IMAGE_REPOSITORY": repository.repository_url,
    }
    return aws.codebuild.ProjectEnvironmentArgs(
        type="LINUX_CONTAINER",
        image=_BUILD_IMAGE,
        compute_type="BUILD_GENERAL1_SMALL",
        privileged_mode=True,
        environment_variables=[
            aws.codebuild.ProjectEnvironmentEnvironmentVariableArgs(name=key, value=value)
            for key, value in variables.items()
        ],
    )


def _source(inputs: Inputs) -> aws.codebuild.ProjectSourceArgs:
    auth = None
    if inputs.code_connection_arn is not None:
        auth = aws.codebuild.ProjectSourceAuthArgs(type="CODECONNECTIONS", resource=inputs.code_connection_arn)
    return aws.codebuild.ProjectSourceArgs(
        type="GITHUB",
        location=f"https://github.com/{inputs.github_repo}.git",
        git_clone_depth=1,
        buildspec=json.dumps(_build_steps(inputs.moving_tag), indent=2),
        auth=auth,
    )


def _build_steps(moving_tag: str | None) -> dict[str, Any]:
    """Everything is one phase: a later one would run after a failed build, too."""
    login = 'aws ecr get-login-password | docker login --username AWS --password-stdin "${IMAGE_REPOSITORY%%/*}"'
    image = '"$IMAGE_REPOSITORY:$ENVIRONMENT-${CODEBUILD_RESOLVED_SOURCE_VERSION:0:12}"'
    commands = [login, f'docker build --tag {image} "$IMAGE_FOLDER"', f"docker push {image}"]
    if moving_tag is not None:
        moved = f'"$IMAGE_REPOSITORY:{moving_tag}"'
        commands += [f"docker tag {image} {moved}", f"docker push {moved}"]
    return {"version": 0.2, "env": {"shell": "bash"}, "phases": {"build": {"commands": commands}}}


def _webhook(name: str, project: aws.codebuild.Project, inputs: Inputs) -> aws.codebuild.Webhook:
    branch = f"^refs/heads/{re.escape(inputs.github_branch)}$"
    pushes: list[aws.codebuild.WebhookFilterGroupFilterArgsDict] = [
        {"type": "EVENT", "pattern": "PUSH"},
        {"type": "HEAD_REF", "pattern": branch},
    ]
    return aws.codebuild.Webhook(name, project_name=project.name, filter_groups=[{"filters": pushes}])
