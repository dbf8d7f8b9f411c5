"""EventBridge: rules and their targets."""

from __future__ import annotations

from typing import Final

from sandbox.provider.errors import AwsRefused
from sandbox.provider.language import (
    Delete,
    Detail,
    Input,
    Kind,
    LiveObject,
    Output,
    Read,
    Resource,
    Tags,
    call,
    setting,
)
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import PLAIN, block

GONE: Final = ("ResourceNotFoundException",)
DEFAULT_BUS: Final = "default"
ON_BUS: Final = r"(?:(?P<eventBusName>[^/]+)/)?"


def _rule_arn(scope: Scope) -> str:
    """Rules of the default bus are named without it."""
    bus = scope.value("eventBusName")
    path = scope.value("name") if bus in (None, DEFAULT_BUS) else f"{bus}/{scope.value('name')}"
    return scope.format(f"arn:{{partition}}:events:{{region}}:{{account}}:rule/{path}")


def _read_rule(scope: Scope) -> LiveObject | None:
    return Read(
        call("describe_rule", Name="$name", EventBusName="$eventBusName"),
        at="@",
        gone=GONE,
        details=(Detail("Tags", call("list_tags_for_resource", ResourceARN=_rule_arn(scope)), "Tags"),),
    )(scope)


# The call writes the whole rule: what it leaves out is gone.
PUT_RULE: Final = call("put_rule", "name eventBusName description eventPattern scheduleExpression state roleArn")


def _make_rule(scope: Scope) -> str:
    scope.run(PUT_RULE, scope.tag_parameter("Tags"))
    return _rule_arn(scope).rpartition(":rule/")[2]


RULE: Final = Resource(
    token="aws:cloudwatch/eventRule:EventRule",
    service="events",
    inputs=(
        Input("name", replaces=True, autoname=64),
        Input("namePrefix", replaces=True, stored=True),
        Input("eventBusName", default=DEFAULT_BUS, replaces=True),
        Input("description"),
        Input("eventPattern", kind=Kind.JSON),
        Input("scheduleExpression"),
        Input("state", default="ENABLED"),
        Input("roleArn"),
        Input("forceDestroy", default=False, stored=True),
    ),
    outputs=(Output("arn"),),
    create=_make_rule,
    read=_read_rule,
    settings=(setting("description eventPattern scheduleExpression state roleArn", PUT_RULE, on_create=False),),
    delete=Delete((call("delete_rule", Name="$name", EventBusName="$eventBusName", Force="$forceDestroy"),), gone=GONE),
    tags=Tags(
        add=call("tag_resource", ResourceARN="$arn", Tags="$new_tags"),
        remove=call("untag_resource", ResourceARN="$arn", TagKeys="$gone_keys"),
    ),
    identity=("name", "eventBusName"),
    imports=ON_BUS + r"(?P<name>[^/]+)",
)

PUT_TARGET: Final = call(
    "put_targets",
    Rule="$rule",
    EventBusName="$eventBusName",
    Targets=[
        {
            "Id": "$targetId",
            "Arn": "$arn",
            "RoleArn": "$roleArn",
            "Input": "$input",
            "InputPath": "$inputPath",
            "InputTransformer": "$inputTransformer",
            "DeadLetterConfig": "$deadLetterConfig",
            "RetryPolicy": "$retryPolicy",
            "SqsParameters": "$sqsTarget",
        }
    ],
)
# The paths' names are the program's own.
TRANSFORMER: Final = block({"inputPaths": ("InputPathsMap", PLAIN)})


def _put_target(scope: Scope) -> str:
    """The call succeeds even when it refuses the target."""
    for failed in scope.run(PUT_TARGET).get("FailedEntries") or ():
        code, text = failed["ErrorCode"], failed["ErrorMessage"]
        raise AwsRefused(f"{code}: {text} (put_targets)", aws_code=code, operation="put_targets")
    return scope.format("{rule}-{targetId}")


def _read_target(scope: Scope) -> LiveObject | None:
    live = Read(
        call("list_targets_by_rule", Rule="$rule", EventBusName="$eventBusName"),
        at=f"Targets[?Id=='{scope.value('targetId')}'] | [0]",
        gone=GONE,
    )(scope)
    return None if live is None else {**live, "ResourceId": scope.format("{rule}-{targetId}")}


TARGET: Final = Resource(
    token="aws:cloudwatch/eventTarget:EventTarget",
    service="events",
    inputs=(
        Input("rule", required=True, replaces=True, stored=True),
        Input("eventBusName", default=DEFAULT_BUS, replaces=True, stored=True),
        Input("targetId", "Id", replaces=True, autoname=64),
        Input("arn", required=True),
        Input("roleArn"),
        Input("input", kind=Kind.JSON),
        Input("inputPath"),
        Input("inputTransformer", shape=TRANSFORMER),
        Input("deadLetterConfig", kind=Kind.BLOCK),
        Input("retryPolicy", kind=Kind.BLOCK),
        Input("sqsTarget", "SqsParameters", kind=Kind.BLOCK),
        Input("forceDestroy", default=False, stored=True),
    ),
    create=_put_target,
    read=_read_target,
    settings=(
        setting(
            "arn roleArn input inputPath inputTransformer deadLetterConfig retryPolicy sqsTarget",
            _put_target,
            on_create=False,
        ),
    ),
    delete=Delete(
        (
            call(
                "remove_targets",
                Rule="$rule",
                EventBusName="$eventBusName",
                Ids=["$targetId"],
                Force="$forceDestroy",
            ),
        ),
        gone=GONE,
    ),
    identity=("rule", "eventBusName", "targetId"),
    imports=ON_BUS + r"(?P<rule>[^/]+)/(?P<targetId>[^/]+)",
    id_at="ResourceId",
)

RESOURCES: Final = (RULE, TARGET)
