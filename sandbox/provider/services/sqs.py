"""SQS: queues and their policies."""

from __future__ import annotations

from typing import Any, Final

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
from sandbox.provider.scope import EMPTY, Scope
from sandbox.provider.shapes import FLAG, NUMBER
from sandbox.provider.tagging import TagForm

GONE: Final = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
# Every attribute that a program may set is a text.
ATTRIBUTES: Final = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deduplicationScope": "DeduplicationScope",
    "delaySeconds": "DelaySeconds",
    "fifoThroughputLimit": "FifoThroughputLimit",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}
# An empty text takes these away; AWS has a value of its own for the others.
REMOVABLE: Final = ("kmsMasterKeyId", "policy", "redriveAllowPolicy", "redrivePolicy")

_read_attributes: Final = Read(
    call("get_queue_attributes", QueueUrl="$id", AttributeNames=["All"]),
    at="Attributes",
    gone=GONE,
    details=(Detail("Tags", call("list_queue_tags", QueueUrl="$id"), "Tags", none=GONE),),
)


def _read_queue(scope: Scope) -> LiveObject | None:
    """A queue that a key of KMS encrypts is none that SQS encrypts, whatever the server says. What belongs to ordered
    queues is not told of others."""
    live = _read_attributes(scope)
    if live is None:
        return None
    own_key = bool(live.get("KmsMasterKeyId"))
    name = live["QueueArn"].rpartition(":")[2]
    live = {"FifoQueue": "false", "ContentBasedDeduplication": "false", **live}
    return {**live, "Name": name, "Url": scope.id, **({"SqsManagedSseEnabled": "false"} if own_key else {})}


def _attributes(scope: Scope, names: Any) -> dict[str, Any]:
    return {ATTRIBUTES[name]: scope.resource.properties[name].written.send(scope.value(name)) for name in names}


def _create(scope: Scope) -> str:
    given = [name for name in ATTRIBUTES if scope.value(name) not in EMPTY]
    fifo = {"FifoQueue": "true"} if scope.value("fifoQueue") else {}
    asked = {"QueueName": scope.value("name"), "Attributes": {**_attributes(scope, given), **fifo}}
    return str(scope.request("create_queue", {**asked, **scope.tag_parameter("tags")})["QueueUrl"])


def _change(scope: Scope) -> None:
    changed = [name for name in ATTRIBUTES if name in scope.changed]
    given = [name for name in changed if scope.value(name) not in EMPTY]
    gone = {ATTRIBUTES[name]: "" for name in changed if name in REMOVABLE and name not in given}
    scope.request("set_queue_attributes", {"QueueUrl": scope.id, "Attributes": {**_attributes(scope, given), **gone}})


def _number(name: str, default: int) -> Input:
    return Input(name, ATTRIBUTES[name], default=default, shape=NUMBER)


QUEUE: Final = Resource(
    token="aws:sqs/queue:Queue",
    service="sqs",
    inputs=(
        Input("name", replaces=True, autoname=80),
        Input("namePrefix", replaces=True, stored=True),
        Input("fifoQueue", default=False, replaces=True, shape=FLAG),
        Input("contentBasedDeduplication", default=False, shape=FLAG),
        Input("deduplicationScope", computed=True),
        Input("fifoThroughputLimit", computed=True),
        _number("delaySeconds", 0),
        _number("messageRetentionSeconds", 345600),
        _number("receiveWaitTimeSeconds", 0),
        _number("visibilityTimeoutSeconds", 30),
        Input("maxMessageSize", ATTRIBUTES["maxMessageSize"], computed=True, shape=NUMBER),
        Input("kmsMasterKeyId", kind=Kind.REFERENCE),
        Input("kmsDataKeyReusePeriodSeconds", computed=True, shape=NUMBER),
        Input("sqsManagedSseEnabled", computed=True, shape=FLAG),
        Input("policy", kind=Kind.POLICY, computed=True),
        Input("redrivePolicy", kind=Kind.JSON),
        Input("redriveAllowPolicy", kind=Kind.JSON),
    ),
    outputs=(Output("arn", "QueueArn"), Output("url")),
    create=_create,
    read=_read_queue,
    settings=(setting(" ".join(ATTRIBUTES), _change, on_create=False),),
    delete=Delete((call("delete_queue", QueueUrl="$id"),), gone=GONE),
    tags=Tags(
        add=call("tag_queue", QueueUrl="$id", Tags="$new_tags"),
        remove=call("untag_queue", QueueUrl="$id", TagKeys="$gone_keys"),
        form=TagForm.MAP,
    ),
    vanishes=60,
    identity=("name",),
)


def _set_policy(scope: Scope) -> str:
    scope.run(call("set_queue_attributes", QueueUrl="$queueUrl", Attributes={"Policy": "$policy"}))
    return str(scope.value("queueUrl"))


def _read_policy(scope: Scope) -> LiveObject | None:
    live = _read_attributes(scope)
    return {**live, "QueueUrl": scope.id} if live and live.get("Policy") else None


def _drop_policy(scope: Scope) -> None:
    if _read_attributes(scope) is not None:
        scope.request("set_queue_attributes", {"QueueUrl": scope.id, "Attributes": {"Policy": ""}})


QUEUE_POLICY: Final = Resource(
    token="aws:sqs/queuePolicy:QueuePolicy",
    service="sqs",
    inputs=(
        Input("queueUrl", required=True, replaces=True),
        Input("policy", kind=Kind.POLICY, required=True),
    ),
    create=_set_policy,
    read=_read_policy,
    settings=(setting("policy", _set_policy, on_create=False),),
    delete=_drop_policy,
    identity=("queueUrl",),
)

RESOURCES: Final = (QUEUE, QUEUE_POLICY)
