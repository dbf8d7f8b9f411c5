"""CloudWatch Logs."""

from __future__ import annotations

from typing import Final

from sandbox.provider.gaps import Gap
from sandbox.provider.language import (
    Create,
    Delete,
    Detail,
    Input,
    LiveObject,
    Output,
    Read,
    Resource,
    Tags,
    call,
    setting,
)
from sandbox.provider.scope import Scope
from sandbox.provider.tagging import TagForm

GONE: Final = ("ResourceNotFoundException",)
ARN: Final = "arn:{partition}:logs:{region}:{account}:log-group:{id}"


def _read_group(scope: Scope) -> LiveObject | None:
    """The call answers every group whose name starts so, and nothing of a retention that never ends; the ARN in tag
    calls goes without the `:*`."""
    arn = scope.format(ARN)
    live = Read(
        call("describe_log_groups", logGroupNamePrefix="$id"),
        at=f"logGroups[?logGroupName=='{scope.id}'] | [0]",
        gone=GONE,
        details=(Detail("tags", call("list_tags_for_resource", resourceArn=arn), "tags"),),
    )(scope)
    return None if live is None else {"retentionInDays": 0, **live}


LOG_GROUP: Final = Resource(
    token="aws:cloudwatch/logGroup:LogGroup",
    service="logs",
    inputs=(
        Input("name", "logGroupName", replaces=True, autoname=512),
        Input("namePrefix", replaces=True, stored=True),
        Input("retentionInDays", "retentionInDays", default=0),
        Input("kmsKeyId", "kmsKeyId"),
        Input("logGroupClass", "logGroupClass", default="STANDARD", replaces=True, stored=True),
        Input("skipDestroy", default=False, stored=True),
    ),
    outputs=(Output("arn", text=ARN),),
    create=Create(call("create_log_group", "name kmsKeyId logGroupClass"), text="{name}", tags="tags"),
    read=_read_group,
    settings=(
        setting(
            "retentionInDays",
            lambda scope: scope.run(
                call("put_retention_policy", logGroupName="$id", retentionInDays="$retentionInDays")
                if scope.value("retentionInDays")
                else call("delete_retention_policy", logGroupName="$id")
            ),
            born=0,
        ),
        setting(
            "kmsKeyId",
            call("associate_kms_key", logGroupName="$id", kmsKeyId="$kmsKeyId"),
            clear=call("disassociate_kms_key", logGroupName="$id"),
            on_create=False,
        ),
    ),
    delete=lambda scope: (
        None
        if scope.value("skipDestroy")
        else Delete((call("delete_log_group", logGroupName="$id"),), gone=GONE)(scope)
    ),
    tags=Tags(
        add=call("tag_resource", resourceArn="$arn", tags="$new_tags"),
        remove=call("untag_resource", resourceArn="$arn", tagKeys="$gone_keys"),
        form=TagForm.MAP,
        at="tags",
    ),
    identity=("name",),
)

RESOURCES: Final = (LOG_GROUP,)

GAPS: Final = (Gap(LOG_GROUP.token, "logGroupClass", "describe_log_groups does not tell it"),)
