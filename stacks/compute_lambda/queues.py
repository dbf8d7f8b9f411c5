"""The task queue, its dead letters and, when asked for, notifications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.compute_lambda.catalog import DATA_PROCESSOR, NOTIFICATION_HANDLER, FunctionName
from stacks.compute_lambda.contract import Inputs
from stacks.context import StackContext
from stacks.iam_documents import allow, document
from stacks.naming import QUEUE, TOPIC

_TRIES: Final = 5
_KEPT_SECONDS: Final = 14 * 24 * 3600
# AWS's advice: while a function may still be at work, and tried again, nobody else gets the message.
_VISIBLE_AFTER_TIMEOUTS: Final = 6


@dataclass(frozen=True)
class Notifications:
    topic: aws.sns.Topic
    queue: aws.sqs.Queue


@dataclass(frozen=True)
class Queues:
    tasks: aws.sqs.Queue
    dead: aws.sqs.Queue
    notifications: Notifications | None


def make_queues(inputs: Inputs, context: StackContext) -> Queues:
    dead = aws.sqs.Queue(
        "dead-letters",
        name=context.name(QUEUE, "dead-letters"),
        message_retention_seconds=_KEPT_SECONDS,
        kms_master_key_id=inputs.application_key_arn,
    )
    tasks = _queue("tasks", DATA_PROCESSOR, dead, inputs.application_key_arn, inputs, context)
    return Queues(tasks, dead, _notifications(inputs, context, dead) if inputs.enable_notifications else None)


def _queue(
    what: str,
    reader: FunctionName,
    dead: aws.sqs.Queue,
    key_arn: pulumi.Input[str],
    inputs: Inputs,
    context: StackContext,
) -> aws.sqs.Queue:
    return aws.sqs.Queue(
        what,
        name=context.name(QUEUE, what),
        visibility_timeout_seconds=_VISIBLE_AFTER_TIMEOUTS * inputs.size(reader).timeout_s,
        message_retention_seconds=_KEPT_SECONDS,
        kms_master_key_id=key_arn,
        redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": _TRIES}),
    )


def _notifications(inputs: Inputs, context: StackContext, dead: aws.sqs.Queue) -> Notifications:
    """A topic that the functions tell, and the queue that it fills. The infrastructure key admits SNS, which has to
    encrypt for the queue; the application key does not."""
    key = inputs.infrastructure_key_arn
    topic = aws.sns.Topic("notifications", name=context.name(TOPIC, "notifications"), kms_master_key_id=key)
    queue = _queue("notifications", NOTIFICATION_HANDLER, dead, key, inputs, context)
    delivery = allow(
        "sqs:SendMessage",
        queue.arn,
        principal={"Service": "sns.amazonaws.com"},
        conditions={"ArnEquals": {"aws:SourceArn": topic.arn}},
        sid="Delivery",
    )
    admitted = aws.sqs.QueuePolicy("notifications", queue_url=queue.url, policy=document(delivery))
    aws.sns.TopicSubscription(
        "notifications",
        topic=topic.arn,
        protocol="sqs",
        endpoint=queue.arn,
        raw_message_delivery=True,
        opts=pulumi.ResourceOptions(depends_on=[admitted]),
    )
    return Notifications(topic, queue)
