"""CodeBuild: projects and their webhooks.

The API writes its names as Pulumi does, in camelCase.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from sandbox.provider.gaps import KEPT, WHOLE, Gap
from sandbox.provider.kept import Keeping, kept
from sandbox.provider.language import Create, Delete, Input, Kind, Output, Read, Resource, Tags, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import Shape, block
from sandbox.provider.tagging import TagForm

GONE: Final = ("ResourceNotFoundException",)
LOG_NAMES: Final = block({"cloudwatchLogs": "cloudWatchLogs"}, lower=True)
CHANGING: Final = (
    "description serviceRole artifacts environment source sourceVersion buildTimeout queuedTimeout cache logsConfig "
    "vpcConfig encryptionKey concurrentBuildLimit badgeEnabled"
)


def _with_status(logs: dict[str, Any]) -> Any:
    """The API wants to know whether a log is on: one in CloudWatch is unless the program says otherwise."""
    groups = logs.get("cloudwatchLogs")
    return LOG_NAMES.send({**logs, "cloudwatchLogs": {"status": "ENABLED", **groups}} if groups else logs)


LOGS: Final = Shape(_with_status, LOG_NAMES.tell)

_create_project: Final = Create(call("create_project", f"name {CHANGING}"), at="project.arn", tags="tags")


def _rewrite_project(scope: Scope) -> None:
    """In place of `update_project`, which the server lacks: everything that points to a project names it."""
    scope.run(call("delete_project", name="$name"))
    _create_project(scope)


PROJECT: Final = Resource(
    token="aws:codebuild/project:Project",
    service="codebuild",
    inputs=(
        Input("name", "=", replaces=True, autoname=150),
        Input("description", "=", computed=True),
        Input("serviceRole", "=", required=True),
        Input("artifacts", "=", required=True, partial=True),
        Input("environment", "=", required=True, partial=True),
        Input("source", "=", required=True, partial=True),
        Input("sourceVersion", "="),
        Input("buildTimeout", "timeoutInMinutes", default=60),
        Input("queuedTimeout", "queuedTimeoutInMinutes", default=480),
        Input("cache", "=", computed=True, partial=True),
        Input("logsConfig", "=", computed=True, partial=True, shape=LOGS),
        Input("vpcConfig", "=", unordered=("subnets", "securityGroupIds")),
        Input("encryptionKey", "=", kind=Kind.REFERENCE, computed=True, stored=True),
        Input("concurrentBuildLimit", "=", stored=True),
        Input("badgeEnabled", "=", default=False, stored=True),
    ),
    outputs=(Output("arn", "arn"),),
    create=_create_project,
    read=Read(call("batch_get_projects", names=["$name"]), at="projects[0]"),
    settings=(setting(CHANGING, _rewrite_project, on_create=False),),
    delete=Delete((call("delete_project", name="$name"),), gone=GONE),
    tags=Tags(add=_rewrite_project, remove=None, clear=_rewrite_project, form=TagForm.LOWER, at="tags"),
    identity=("name",),
    imports=r"(?:arn:.+:project/)?(?P<name>[^/]+)",
    id_at="arn",
)


def _drawn(scope: Scope) -> dict[str, Any]:
    """The address that GitHub tells of pushes, and what it signs them with."""
    token = secrets.token_hex(16)
    return {
        "payloadUrl": scope.format("https://codebuild.{region}.{suffix}/webhooks?t=") + token,
        "secret": secrets.token_hex(32),
    }


WEBHOOK: Final = kept(
    "aws:codebuild/webhook:Webhook",
    "codebuild",
    Keeping(
        "{projectName}",
        parent=Read(call("batch_get_projects", names=["$projectName"]), at="projects[0]"),
        taken="ResourceAlreadyExistsException",
        drawn=_drawn,
    ),
    inputs=(
        Input("projectName", required=True, replaces=True),
        Input("buildType"),
        Input("branchFilter"),
        Input("filterGroups", kind=Kind.SET),
    ),
    outputs=(Output("payloadUrl"), Output("secret", secret=True)),
    identity=("projectName",),
    imports=r"(?P<projectName>.+)",
)

RESOURCES: Final = (PROJECT, WEBHOOK)

LOST: Final = "create_project takes it, batch_get_projects does not tell it"
GAPS: Final = (
    Gap(
        PROJECT.token,
        "description",
        "update_project has not been implemented",
        "for any change the project is deleted and made again under its name",
    ),
    Gap(PROJECT.token, "encryptionKey", "batch_get_projects tells alias/aws/s3 whatever was given"),
    Gap(PROJECT.token, "concurrentBuildLimit", LOST),
    Gap(PROJECT.token, "badgeEnabled", "batch_get_projects tells false whatever was given"),
    Gap(WEBHOOK.token, WHOLE, "create_webhook has not been implemented", KEPT),
)
