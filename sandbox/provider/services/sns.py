"""SNS: topics, their policies and subscriptions."""

from __future__ import annotations

import json
from collections.abc import Callable
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
    Setting,
    Tags,
    call,
    setting,
)
from sandbox.provider.scope import EMPTY, Scope

GONE: Final = ("NotFound", "NotFoundException")


def _text(value: Any) -> str:
    """An attribute as SNS writes it; an empty one takes the attribute away."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _attribute(verb: str, owner: str, name: str, attribute: str) -> Callable[[Scope], object]:
    return lambda scope: scope.request(
        verb, {owner: scope.id, "AttributeName": attribute, "AttributeValue": _text(scope.value(name))}
    )


def _given(scope: Scope, attributes: dict[str, str]) -> dict[str, Any]:
    """The attributes that the program gives, as a create call takes them."""
    values = {attribute: scope.value(name) for name, attribute in attributes.items()}
    given = {attribute: _text(value) for attribute, value in values.items() if value not in EMPTY}
    return {"Attributes": given} if given else {}


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


def _create_topic(scope: Scope) -> str:
    extra = {**_given(scope, TOPIC_ATTRIBUTES), **scope.tag_parameter("Tags")}
    return str(scope.run(call("create_topic", Name="$name"), extra)["TopicArn"])


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
        Input("signatureVersion", computed=True, stored=True),
        Input("tracingConfig", computed=True, stored=True),
    ),
    outputs=(Output("arn", "TopicArn"), Output("owner")),
    create=_create_topic,
    read=_read_topic,
    settings=tuple(
        Setting((name,), _attribute("set_topic_attributes", "TopicArn", name, attribute), on_create=False)
        for name, attribute in TOPIC_ATTRIBUTES.items()
    ),
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


def _set_policy(scope: Scope, policy: str) -> None:
    topic = scope.value("arn")
    scope.request("set_topic_attributes", {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy})


def _make_policy(scope: Scope) -> str:
    _set_policy(scope, scope.value("policy"))
    return str(scope.value("arn"))


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
    create=_make_policy,
    read=_read_attributes,
    settings=(setting("policy", _make_policy, on_create=False),),
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


def _subscribe(scope: Scope) -> str:
    asked = call("subscribe", "topic protocol endpoint", ReturnSubscriptionArn=True)
    return str(scope.run(asked, _given(scope, SUBSCRIPTION_ATTRIBUTES))["SubscriptionArn"])


def _read_subscription(scope: Scope) -> LiveObject | None:
    """Truths are texts in the API; a filter that was taken away reads as an empty document."""
    live = Read(call("get_subscription_attributes", SubscriptionArn="$id"), at="Attributes", gone=GONE)(scope)
    if live is None:
        return None
    truths = {key: value == "true" for key, value in live.items() if value in ("true", "false")}
    documents = {key: None for key, value in live.items() if value in ("", "{}")}
    return {**live, **truths, **documents}


TOPIC_SUBSCRIPTION: Final = Resource(
    token="aws:sns/topicSubscription:TopicSubscription",
    service="sns",
    inputs=(
        Input("topic", "TopicArn", required=True, replaces=True),
        Input("protocol", required=True, replaces=True),
        Input("endpoint", required=True, replaces=True),
        Input("rawMessageDelivery", default=False),
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
        Output("pendingConfirmation"),
        Output("confirmationWasAuthenticated"),
    ),
    create=_subscribe,
    read=_read_subscription,
    settings=tuple(
        Setting((name,), _attribute("set_subscription_attributes", "SubscriptionArn", name, attribute), on_create=False)
        for name, attribute in SUBSCRIPTION_ATTRIBUTES.items()
    ),
    delete=Delete((call("unsubscribe", SubscriptionArn="$id"),), gone=GONE),
    identity=("topic", "protocol", "endpoint"),
)

RESOURCES: Final = (TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION)
