"""What the secrets stack takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import pulumi
from pydantic import AfterValidator, Field

from stacks.input_types import Arn, DashedName, Distinct, NoneIfEmpty, Region
from stacks.inputs import StackInputs, Wired, by_environment

Text = pulumi.Output[str]

JWT_SIGNING_KEY: Final = "jwt-signing-key"
SESSION_SECRET: Final = "session-secret"
EXTERNAL_API_KEYS: Final = "external-api-keys"
OAUTH_SECRETS: Final = "oauth-secrets"
REDIS_AUTH_PASSWORD: Final = "redis-auth-password"


def _recovery_window(days: int) -> int:
    if days != 0 and not 7 <= days <= 30:
        raise ValueError("must be 0 (delete at once) or between 7 and 30")
    return days


class Inputs(StackInputs):
    """A secret's name stays taken for the recovery window after it was deleted, so development has none."""

    application_key_arn: Wired[Arn]
    ecs_task_role_name: Wired[str]
    secret_names: Annotated[list[DashedName], Field(min_length=1), Distinct] = Field(
        default=[JWT_SIGNING_KEY, SESSION_SECRET, EXTERNAL_API_KEYS, OAUTH_SECRETS, REDIS_AUTH_PASSWORD]
    )
    recovery_window_days: Annotated[int, AfterValidator(_recovery_window)] = by_environment(dev=0, stage=7, prod=30)
    jwt_use_kms: bool = False
    rotation_lambda_arn: Annotated[Wired[Arn] | None, NoneIfEmpty] = None
    rotation_days: Annotated[int, Field(ge=1, le=1000)] = 30
    replica_region: Annotated[Region | None, NoneIfEmpty] = None
    protect: bool = by_environment(dev=False, stage=False, prod=True)


@dataclass(frozen=True)
class Outputs:
    """Null what `secretNames` does not name; `secret_arns` holds every secret's ARN by its name."""

    jwt_signing_key_arn: Text | None
    session_secret_arn: Text | None
    external_api_keys_arn: Text | None
    oauth_secrets_arn: Text | None
    redis_auth_password_arn: Text | None
    secret_arns: Mapping[str, Text]
    secrets_read_policy_arn: Text
    secret_rotation_function_arn: Text | str | None
    summary: dict[str, Any]
