"""ECS: task definitions. Each change makes a new revision of the family; the old one becomes inactive."""

from __future__ import annotations

import json
from typing import Any, Final

from sandbox.provider.language import Create, Delete, Input, Kind, LiveObject, Output, Read, Resource, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.services.ecs_cluster import INACTIVE, LOWER, TAGS
from sandbox.provider.shapes import Shape, block, plain

GONE: Final = ("ClientException", "TaskDefinitionNotFoundException")


def _tell_containers(found: list[dict[str, Any]]) -> str:
    """Without what AWS adds to every container."""
    told = [{key: value for key, value in one.items() if value not in ([], 0) or value is False} for one in found]
    return json.dumps(plain(told))


CONTAINERS: Final = Shape(json.loads, _tell_containers)
HOST: Final = Shape(lambda path: {"sourcePath": path}, lambda found: found.get("sourcePath"))
VOLUMES: Final = block({"hostPath": ("host", HOST)}, lower=True)
STORAGE: Final = block({"sizeInGib": "sizeInGiB"}, lower=True)
GIVEN: Final = (
    "family containerDefinitions cpu memory networkMode requiresCompatibilities executionRoleArn taskRoleArn volumes "
    "runtimePlatform ephemeralStorage ipcMode pidMode"
)

_describe: Final = Read(
    call("describe_task_definition", taskDefinition="$arn", include=["TAGS"]),
    at="merge(taskDefinition, {tags: tags})",
    gone=GONE,
    absent=INACTIVE,
)


def _read(scope: Scope) -> LiveObject | None:
    live = _describe(scope)
    return None if live is None else {**live, "family-arn": live["taskDefinitionArn"].rpartition(":")[0]}


def _delete(scope: Scope) -> None:
    if not scope.value("skipDestroy"):
        Delete((call("deregister_task_definition", taskDefinition="$arn"),), gone=GONE)(scope)


TASK_DEFINITION: Final = Resource(
    token="aws:ecs/taskDefinition:TaskDefinition",
    service="ecs",
    inputs=(
        Input("family", "=", required=True, replaces=True),
        Input(
            "containerDefinitions",
            "=",
            kind=Kind.JSON,
            required=True,
            replaces=True,
            partial=True,
            shape=CONTAINERS,
            unordered=("environment", "secrets"),
        ),
        Input("cpu", "=", replaces=True),
        Input("memory", "=", replaces=True),
        Input("networkMode", "=", replaces=True, computed=True),
        Input("requiresCompatibilities", "=", kind=Kind.SET, replaces=True),
        Input("executionRoleArn", "=", replaces=True),
        Input("taskRoleArn", "=", replaces=True),
        Input("volumes", "=", kind=Kind.SET, replaces=True, partial=True, shape=VOLUMES),
        Input("runtimePlatform", "=", kind=Kind.BLOCK, replaces=True, shape=LOWER),
        Input("ephemeralStorage", "=", kind=Kind.BLOCK, replaces=True, shape=STORAGE),
        Input("ipcMode", "=", replaces=True),
        Input("pidMode", "=", replaces=True),
        Input("skipDestroy", default=False, stored=True),
    ),
    outputs=(
        Output("arn", "taskDefinitionArn"),
        Output("arnWithoutRevision", '"family-arn"'),
        Output("revision", "="),
    ),
    create=Create(
        call("register_task_definition", GIVEN),
        at="taskDefinition.family",
        tags="tags",
        keeps={"arn": "taskDefinition.taskDefinitionArn"},
    ),
    read=_read,
    settings=(setting("skipDestroy", lambda scope: None, on_create=False),),
    delete=_delete,
    tags=TAGS,
    imports=r"(?P<arn>arn:.+)",
    id_at="family",
)

RESOURCES: Final = (TASK_DEFINITION,)
