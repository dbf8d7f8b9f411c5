"""Step Functions: state machines."""

from __future__ import annotations

from typing import Any, Final

from sandbox.provider.language import (
    Create,
    Delete,
    Detail,
    Input,
    Kind,
    Output,
    Read,
    Resource,
    Tags,
    call,
    setting,
)
from sandbox.provider.shapes import Shape, block
from sandbox.provider.tagging import TagForm

GONE: Final = ("StateMachineDoesNotExist",)
CHANGING: Final = "definition roleArn loggingConfiguration tracingConfiguration"


def _send_logging(given: dict[str, Any]) -> dict[str, Any]:
    """One log group, where AWS has a list of places."""
    kept = {key: value for key, value in given.items() if key != "logDestination" and value is not None}
    group = given.get("logDestination")
    return {**kept, "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}]} if group else kept


def _tell_logging(found: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in found.items() if key != "destinations"}
    groups = [one["cloudWatchLogsLogGroup"]["logGroupArn"] for one in found.get("destinations") or ()]
    return {**kept, "logDestination": groups[0]} if groups else kept


STATE_MACHINE: Final = Resource(
    token="aws:sfn/stateMachine:StateMachine",
    service="stepfunctions",
    inputs=(
        Input("name", "=", replaces=True, autoname=80),
        Input("namePrefix", "=", replaces=True, stored=True),
        Input("type", "=", default="STANDARD", replaces=True),
        Input("definition", "=", kind=Kind.JSON, required=True),
        Input("roleArn", "=", required=True),
        Input(
            "loggingConfiguration",
            "=",
            kind=Kind.BLOCK,
            computed=True,
            partial=True,
            shape=Shape(_send_logging, _tell_logging),
        ),
        Input("tracingConfiguration", "=", kind=Kind.BLOCK, computed=True, shape=block(lower=True)),
    ),
    outputs=(Output("arn", "stateMachineArn"), Output("status", "="), Output("creationDate", "=")),
    create=Create(call("create_state_machine", f"name type {CHANGING}"), at="stateMachineArn", tags="tags"),
    read=Read(
        call("describe_state_machine", stateMachineArn="$id"),
        at="@",
        gone=GONE,
        absent="status == 'DELETING'",
        details=(Detail("tags", call("list_tags_for_resource", resourceArn="$id"), "tags"),),
    ),
    settings=(setting(CHANGING, call("update_state_machine", CHANGING, stateMachineArn="$id"), on_create=False),),
    delete=Delete((call("delete_state_machine", stateMachineArn="$id"),), gone=GONE),
    tags=Tags(
        add=call("tag_resource", resourceArn="$id", tags="$new_tags"),
        remove=call("untag_resource", resourceArn="$id", tagKeys="$gone_keys"),
        form=TagForm.LOWER,
        at="tags",
    ),
    vanishes=300,
    identity=("name",),
)

RESOURCES: Final = (STATE_MACHINE,)
