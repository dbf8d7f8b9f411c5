"""Who may sign in to the database, and where applications find it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.database_rds.contract import Inputs
from stacks.naming import SECRET

MASTER_USER: Final = "dbadmin"
_PASSWORD_LENGTH: Final = 32


@dataclass(frozen=True)
class OwnPassword:
    """A master password that this stack keeps, and the secret that holds it."""

    value: pulumi.Output[str]
    secret_arn: pulumi.Output[str]


def make_own_password(inputs: Inputs, context: StackContext) -> OwnPassword | None:
    """RDS draws, keeps and rotates the password by itself (None), unless there is a read replica: RDS refuses to make
    one of an instance whose password it manages."""
    if not inputs.read_replica:
        return None
    drawn = aws.secretsmanager.get_random_password_output(password_length=_PASSWORD_LENGTH, exclude_punctuation=True)
    password: pulumi.Output[str] = pulumi.Output.secret(drawn.random_password)
    secret = _secret("master-user", "Master user", inputs, context)
    # Every run draws a new password, and all but the first one are ignored: an update changes none by itself.
    version = aws.secretsmanager.SecretVersion(
        "master-user",
        secret_id=secret.id,
        secret_string=password.apply(_sign_in),
        opts=pulumi.ResourceOptions(ignore_changes=["secret_string"]),
    )
    return OwnPassword(version.secret_string.apply(_password), secret.arn)


def make_connection_facts(
    inputs: Inputs, context: StackContext, facts: dict[str, pulumi.Input[Any]]
) -> aws.secretsmanager.Secret:
    """Host, port, database and where the password is, but not the password itself."""
    secret = _secret("connection", "How to connect to the database", inputs, context)
    aws.secretsmanager.SecretVersion("connection", secret_id=secret.id, secret_string=pulumi.Output.json_dumps(facts))
    return secret


def _sign_in(password: str) -> str:
    """As RDS writes it into its own secrets."""
    return json.dumps({"username": MASTER_USER, "password": password})


def _password(content: str | None) -> str:
    return str(json.loads(content or "{}")["password"])


def _secret(what: str, description: str, inputs: Inputs, context: StackContext) -> aws.secretsmanager.Secret:
    return aws.secretsmanager.Secret(
        what,
        name=context.name(SECRET, what),
        description=f"{description} of {context.project}, {context.environment}",
        kms_key_id=inputs.database_key_arn,
        recovery_window_in_days=inputs.secret_recovery_days or 0,
    )
