"""Encrypted topics for what people should hear of: alarms and events publish to them, mail goes out of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.iam_documents import allow, document
from stacks.naming import EVENT_RULE, TOPIC

CLOUDWATCH: Final = "cloudwatch.amazonaws.com"
EVENTBRIDGE: Final = "events.amazonaws.com"


def make_topic(
    what: str,
    context: StackContext,
    *,
    key_arn: pulumi.Input[str],
    publishers: Sequence[str],
    email: str | None = None,
) -> aws.sns.Topic:
    """A topic that only these services publish to, and only on behalf of this account.

    The policy of the key `key_arn` has to admit the publishers too: without that, an encrypted topic stays silent
    (the security stack's infrastructure key does). Who has the address `email` must confirm the subscription.
    """
    topic = aws.sns.Topic(what, name=context.name(TOPIC, what), kms_master_key_id=key_arn)
    may_publish = allow(
        "sns:Publish",
        topic.arn,
        principal={"Service": publishers},
        conditions={"StringEquals": {"aws:SourceAccount": context.account}},
        sid="Publish",
    )
    aws.sns.TopicPolicy(what, arn=topic.arn, policy=document(may_publish))
    if email is not None:
        aws.sns.TopicSubscription(what, topic=topic.arn, protocol="email", endpoint=email)
    return topic


def send_events(
    what: str, context: StackContext, topic: aws.sns.Topic, *, pattern: pulumi.Input[str], description: str
) -> aws.cloudwatch.EventRule:
    """Every event that the pattern (JSON) describes goes to the topic as it is."""
    rule = aws.cloudwatch.EventRule(
        what, name=context.name(EVENT_RULE, what), description=description, event_pattern=pattern
    )
    aws.cloudwatch.EventTarget(what, rule=rule.name, target_id="topic", arn=topic.arn)
    return rule
