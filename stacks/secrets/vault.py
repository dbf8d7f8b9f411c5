"""The secrets themselves: generated ones with a value, the others empty until an operator sets theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pulumi
import pulumi_aws as aws

from stacks.context import StackContext
from stacks.naming import SECRET
from stacks.secrets.contract import REDIS_AUTH_PASSWORD, SESSION_SECRET, Inputs

GENERATED: Final[tuple[str, ...]] = (SESSION_SECRET, REDIS_AUTH_PASSWORD)
_PASSWORD_LENGTH: Final = 64


def make_secrets(inputs: Inputs, context: StackContext, names: list[str]) -> dict[str, aws.secretsmanager.Secret]:
    """The secrets by name. Values that people set are not ours to know: such a secret is made without one."""
    secrets = {name: _secret(name, inputs, context) for name in names}
    generated = {name: secrets[name] for name in GENERATED if name in secrets}
    for name, secret in generated.items():
        _generate_once(name, secret)
    if inputs.rotation_lambda_arn is not None:
        _rotate(generated, inputs.rotation_lambda_arn, inputs.rotation_days)
    return secrets


def _secret(name: str, inputs: Inputs, context: StackContext) -> aws.secretsmanager.Secret:
    replica_region = inputs.replica_region
    return aws.secretsmanager.Secret(
        name,
        name=context.name(SECRET, name),
        description=f"{name} of {context.project}, {context.environment}",
        kms_key_id=inputs.application_key_arn,
        recovery_window_in_days=inputs.recovery_window_days,
        replicas=[aws.secretsmanager.SecretReplicaArgs(region=replica_region)] if replica_region else None,
    )


def _generate_once(name: str, secret: aws.secretsmanager.Secret) -> None:
    """Every run draws a new value, and all but the first one are ignored: a deployment rotates nothing by itself."""
    drawn = aws.secretsmanager.get_random_password_output(password_length=_PASSWORD_LENGTH, exclude_punctuation=True)
    aws.secretsmanager.SecretVersion(
        name,
        secret_id=secret.id,
        secret_string=pulumi.Output.secret(drawn.random_password),
        opts=pulumi.ResourceOptions(ignore_changes=["secret_string"]),
    )


def _rotate(
    secrets: Mapping[str, aws.secretsmanager.Secret], function_arn: pulumi.Output[str] | str, days: int
) -> None:
    for name, secret in secrets.items():
        aws.secretsmanager.SecretRotation(
            name,
            secret_id=secret.id,
            rotation_lambda_arn=function_arn,
            rotation_rules=aws.secretsmanager.SecretRotationRotationRulesArgs(automatically_after_days=days),
        )
