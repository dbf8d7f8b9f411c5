"""SNS: topics, their policies and subscriptions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from sandbox.provider.gaps import Gap
from sandbox.provider.language import (
    Create,
    Delete,
    Detail,
    Input,
    Kind,
    LiveObject,
    Output,
    Read,
    Resource,
    Setting,
    Tags,
    call,
    setting,
)
from sandbox.provider.scope import EMPTY, Scope
from sandbox.provider.shapes import FLAG, NUMBER

GONE: Final = ("NotFound", "NotFoundException")
NO_VALUE: Final = {"AttributeValue": ""}


def _given(attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes as a create call takes them."""
    return {attribute: f"${name}" for name, attribute in attributes.items()}


def _settings(operation: str, owner: str, attributes: Mapping[str, str]) -> tuple[Setting, ...]:
    """A call for each attribute; an empty text takes it away."""

    def one(name: str, attribute: str) -> Setting:
        written = call(operation, **{owner: "$id"}, AttributeName=attribute, AttributeValue=f"${name}")

        def put(scope: Scope) -> None:
            scope.run(written, NO_VALUE if scope.value(name) in EMPTY else {})

        return Setting((name,), put, on_create=False)

    return tuple(one(name, attribute) for name, attribute in attributes.items())


TOPIC_ATTRIBUTES: Final = {
    "deliveryPolicy": "DeliveryPolicy",
    "displayName": "DisplayName",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "signatureVersion": "SignatureVersion",
    "tracingConfig": "TracingConfig",
}
_read_attributes: Final = Read(
    call("get_topic_attributes", TopicArn="$id"),
    at="Attributes",
    gone=GONE,
    details=(Detail("Tags", call("list_tags_for_resource", ResourceArn="$id"), "Tags", none=GONE),),
)


def _read_topic(scope: Scope) -> LiveObject | None:
    live = _read_attributes(scope)
    return None if live is None else {**live, "Name": scope.id.rpartition(":")[2]}


TOPIC: Final = Resource(
    token="aws:sns/topic:Topic",
    service="sns",
    inputs=(
        Input("name", replaces=True, autoname=256),
        Input("namePrefix", replaces=True, stored=True),
        Input("displayName"),
        Input("kmsMasterKeyId", kind=Kind.REFERENCE),
        Input("policy", kind=Kind.POLICY, computed=True),
        Input("deliveryPolicy", kind=Kind.JSON),
        Input("signatureVersion", computed=True, stored=True, shape=NUMBER),
        Input("tracingConfig", computed=True, stored=True),
    ),
    outputs=(Output("arn", "TopicArn"), Output("owner")),
    create=Create(
        call("create_topic", "name", Attributes=_given(TOPIC_ATTRIBUTES)),
        at="TopicArn",
        tags="Tags",
    ),
    read=_read_topic,
    settings=_settings("set_topic_attributes", "TopicArn", TOPIC_ATTRIBUTES),
    delete=Delete((call("delete_topic", TopicArn="$id"),), gone=GONE),
    tags=Tags(
        add=call("tag_resource", ResourceArn="$id", Tags="$new_tags"),
        remove=call("untag_resource", ResourceArn="$id", TagKeys="$gone_keys"),
    ),
    identity=("name",),
)

OWNER_ACTIONS: Final = (
    "GetTopicAttributes SetTopicAttributes AddPermission RemovePermission DeleteTopic Subscribe "
    "ListSubscriptionsByTopic Publish"
)


def _set_policy(scope: Scope, policy: str) -> str:
    topic = str(scope.value("arn"))
    scope.request("set_topic_attributes", {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy})
    return topic


def _write_policy(scope: Scope) -> str:
    return _set_policy(scope, scope.value("policy"))


def _default_policy(scope: Scope) -> None:
    """A topic always has a policy: to delete one is to give back the one that a new topic has."""
    if _read_attributes(scope) is None:
        return
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in OWNER_ACTIONS.split()],
        "Resource": scope.id,
        "Condition": {"StringEquals": {"AWS:SourceOwner": scope.aws.account}},
    }
    _set_policy(scope, json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}))


TOPIC_POLICY: Final = Resource(
    token="aws:sns/topicPolicy:TopicPolicy",
    service="sns",
    inputs=(
        Input("arn", "TopicArn", required=True, replaces=True),
        Input("policy", kind=Kind.POLICY, required=True),
    ),
    outputs=(Output("owner"),),
    create=_write_policy,
    read=_read_attributes,
    settings=(setting("policy", _write_policy, on_create=False),),
    delete=_default_policy,
    identity=("arn",),
    imports=r"(?P<arn>.+)",
)

SUBSCRIPTION_ATTRIBUTES: Final = {
    "deliveryPolicy": "DeliveryPolicy",
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
    "subscriptionRoleArn": "SubscriptionRoleArn",
}


def _read_subscription(scope: Scope) -> LiveObject | None:
    """A document that was taken away reads as an empty one."""
    live = Read(call("get_subscription_attributes", SubscriptionArn="$id"), at="Attributes", gone=GONE)(scope)
    return None if live is None else {key: value for key, value in live.items() if value not in ("", "{}")}


TOPIC_SUBSCRIPTION: Final = Resource(
    token="aws:sns/topicSubscription:TopicSubscription",
    service="sns",
    inputs=(
        Input("topic", "TopicArn", required=True, replaces=True),
        Input("protocol", required=True, replaces=True),
        Input("endpoint", required=True, replaces=True),
        Input("rawMessageDelivery", default=False, shape=FLAG),
        Input("filterPolicy", kind=Kind.JSON),
        Input("filterPolicyScope", computed=True),
        Input("deliveryPolicy", kind=Kind.JSON),
        Input("redrivePolicy", kind=Kind.JSON),
        Input("subscriptionRoleArn"),
        Input("confirmationTimeoutInMinutes", default=1, stored=True),
        Input("endpointAutoConfirms", default=False, stored=True),
    ),
    outputs=(
        Output("arn", "SubscriptionArn"),
        Output("ownerId", "Owner"),
        Output("pendingConfirmation", shape=FLAG),
        Output("confirmationWasAuthenticated", shape=FLAG),
    ),
    create=Create(
        call(
            "subscribe",
            "topic protocol endpoint",
            ReturnSubscriptionArn=True,
            Attributes=_given(SUBSCRIPTION_ATTRIBUTES),
        ),
        at="SubscriptionArn",
    ),
    read=_read_subscription,
    settings=_settings("set_subscription_attributes", "SubscriptionArn", SUBSCRIPTION_ATTRIBUTES),
    delete=Delete((call("unsubscribe", SubscriptionArn="$id"),), gone=GONE),
    identity=("topic", "protocol", "endpoint"),
)

RESOURCES: Final = (TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION)

LOST: Final = "create_topic and set_topic_attributes take it, get_topic_attributes does not tell it"
GAPS: Final = (Gap(TOPIC.token, "signatureVersion", LOST), Gap(TOPIC.token, "tracingConfig", LOST))
