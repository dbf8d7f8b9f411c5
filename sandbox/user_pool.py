"""The users of a new generation: a pool of the sandbox's own AWS, with passwords that were drawn for it.

    admin      Administrators
    developer  Developers
    readonly   ReadOnly

It stands with the records, whose life it shares, so that the AWS of the stacks has no pool but theirs.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

from cloud_core.adapters.aws.errors import translate_aws_errors
from cloud_core.adapters.aws.user_pool import pool_client
from cloud_core.adapters.local.sandbox_users import SandboxPool, write_pool
from cloud_core.domain.values import SecretValue
from sandbox.processes import Launch

USERS: Final[Mapping[str, str]] = MappingProxyType(
    {"admin": "Administrators", "developer": "Developers", "readonly": "ReadOnly"}
)
"""By name, the group that says what they may do."""
_REGION: Final = "us-east-1"
_SHORTEST_PASSWORD: Final = 12
_TOKEN_HOURS: Final = 1
_REFRESH_DAYS: Final = 7


def create_user_pool(launch: Launch) -> None:
    """Pool, client, groups and users; then the private file that tells of them."""
    organizations = [_organization_group(name) for name in _names(launch.settings.sandbox.organizations)]
    passwords = {user: SecretValue(_new_password()) for user in USERS}
    with (
        pool_client(_REGION, launch.addresses.records_endpoint) as client,
        translate_aws_errors("create the user pool"),
    ):
        pool_id, client_id = _create_pool(client)
        for group in (*USERS.values(), *organizations):
            client.create_group(UserPoolId=pool_id, GroupName=group)
        for user, group in USERS.items():
            _create_user(client, pool_id, user, passwords[user], [group, *organizations])
    write_pool(launch.addresses.user_pool_file, SandboxPool(_REGION, pool_id, client_id, passwords))


def _create_pool(client: Any) -> tuple[str, str]:
    """The ids of a pool as production has it, and of its client without a secret."""
    classes = ("RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols")
    pool = client.create_user_pool(
        PoolName="cloud",
        Policies={"PasswordPolicy": {"MinimumLength": _SHORTEST_PASSWORD, **dict.fromkeys(classes, True)}},
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
    )
    made = client.create_user_pool_client(
        UserPoolId=pool["UserPool"]["Id"],
        ClientName="cloud",
        GenerateSecret=False,
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        PreventUserExistenceErrors="ENABLED",
        AccessTokenValidity=_TOKEN_HOURS,
        IdTokenValidity=_TOKEN_HOURS,
        RefreshTokenValidity=_REFRESH_DAYS,
        TokenValidityUnits={"AccessToken": "hours", "IdToken": "hours", "RefreshToken": "days"},
    )
    return pool["UserPool"]["Id"], made["UserPoolClient"]["ClientId"]


def _create_user(client: Any, pool_id: str, user: str, password: SecretValue, groups: Iterable[str]) -> None:
    who = {"UserPoolId": pool_id, "Username": user}
    client.admin_create_user(**who, MessageAction="SUPPRESS")
    client.admin_set_user_password(**who, Password=password.value, Permanent=True)
    for group in groups:
        client.admin_add_user_to_group(**who, GroupName=group)


def _new_password() -> str:
    """Of each class of characters that the pool wants, and far too long to be guessed."""
    return f"Aa1-{secrets.token_urlsafe(24)}"


def _names(text: str) -> list[str]:
    return list(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


def _organization_group(name: str) -> str:
    """A group's name can't hold a space, nor whatever else is encoded here; the API decodes it."""
    return f"org:{quote(name, safe='')}"
