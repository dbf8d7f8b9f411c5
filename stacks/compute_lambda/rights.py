"""What a function may do with the things that it works with, and the variables that tell it where they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pulumi

from stacks.compute_lambda.catalog import Use
from stacks.compute_lambda.contract import Inputs
from stacks.compute_lambda.queues import Queues
from stacks.context import StackContext
from stacks.iam_documents import Statement, allow

_RECEIVE: Final = [
    f"sqs:{verb}" for verb in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
]
_READ_SECRET: Final = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
_DECRYPT: Final = ["kms:Decrypt"]
_ENCRYPT: Final = ["kms:Decrypt", "kms:GenerateDataKey"]


@dataclass(frozen=True)
class Grant:
    statements: list[Statement] = field(default_factory=list)
    variables: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)


def grants(inputs: Inputs, context: StackContext, queues: Queues) -> Mapping[Use, Grant]:
    """By what is used; nothing for what is off. Keys are used only through the service that holds the data."""

    def through(service: str, actions: list[str], key_arn: pulumi.Input[str]) -> Statement:
        via = {"StringEquals": {"kms:ViaService": f"{service}.{context.region}.amazonaws.com"}}
        return allow(actions, key_arn, conditions=via)

    application, infrastructure = inputs.application_key_arn, inputs.infrastructure_key_arn
    found = {
        Use.TASKS: Grant([allow(_RECEIVE, queues.tasks.arn), through("sqs", _DECRYPT, application)]),
        Use.SENDING_TASKS: Grant(
            [allow("sqs:SendMessage", queues.tasks.arn), through("sqs", _ENCRYPT, application)],
            {"TASK_QUEUE_URL": queues.tasks.url},
        ),
        Use.FILES: _files(inputs, through("s3", _ENCRYPT, application)),
        Use.SIGNING_KEY: _signing_key(inputs, through("secretsmanager", _DECRYPT, application)),
        Use.DATABASE: _database(inputs, through("secretsmanager", _DECRYPT, inputs.database_key_arn)),
    }
    if queues.notifications is not None:
        topic, queue = queues.notifications.topic.arn, queues.notifications.queue.arn
        found[Use.TELLING] = Grant(
            [allow("sns:Publish", topic), through("sns", _ENCRYPT, infrastructure)], {"NOTIFICATIONS_TOPIC_ARN": topic}
        )
        found[Use.NOTIFICATIONS] = Grant([allow(_RECEIVE, queue), through("sqs", _DECRYPT, infrastructure)])
    return found


def _files(inputs: Inputs, key_use: Statement) -> Grant:
    name, arn = inputs.primary_bucket_name, inputs.primary_bucket_arn
    if name is None or arn is None:
        return Grant()
    objects = allow(["s3:GetObject", "s3:PutObject"], pulumi.Output.concat(arn, "/*"))
    return Grant([objects, allow("s3:ListBucket", arn), key_use], {"BUCKET_NAME": name})


def _signing_key(inputs: Inputs, key_use: Statement) -> Grant:
    """A secret, or a key in KMS that signs without leaving it: whichever the secrets stack made has that ARN."""
    arn = inputs.jwt_signing_key_arn
    if arn is None:
        return Grant()
    statements = [allow(_READ_SECRET, arn), key_use, allow(["kms:Sign", "kms:GetPublicKey"], arn)]
    return Grant(statements, {"JWT_SIGNING_KEY_ARN": arn})


def _database(inputs: Inputs, key_use: Statement) -> Grant:
    """Where the password is, not the password: a variable is seen by everybody who sees the function."""
    told = {
        "DATABASE_CREDENTIALS_SECRET_ARN": inputs.database_credentials_secret_arn,
        "DATABASE_MASTER_USER_SECRET_ARN": inputs.primary_master_user_secret_arn,
    }
    variables = {name: arn for name, arn in told.items() if arn is not None}
    return Grant([allow(_READ_SECRET, list(variables.values())), key_use], variables) if variables else Grant()
