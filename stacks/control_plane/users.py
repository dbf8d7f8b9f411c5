"""The user pool of the platform: its groups say what somebody may do, its client is that of `cloud login`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi_aws as aws

from cloud_core.domain.access.users import Group
from cloud_core.domain.control_plane import ControlPlane
from stacks.context import protected

SHORTEST_PASSWORD: Final = 12
_TOKEN_HOURS: Final = 1
_REFRESH_DAYS: Final = 7
_GROUPS: Final = {
    Group.ADMINISTRATORS: "May do everything, in production too",
    Group.DEVELOPERS: "Change and operate what is not production",
    Group.READ_ONLY: "See everything, change nothing",
}


@dataclass(frozen=True)
class Users:
    pool: aws.cognito.UserPool
    client: aws.cognito.UserPoolClient


def make_users(plane: ControlPlane) -> Users:
    """Groups of organisations (`org:<name>`) are made as organisations come."""
    pool = aws.cognito.UserPool(
        "users",
        name=f"{plane.prefix}users",
        username_configuration={"case_sensitive": False},
        admin_create_user_config={"allow_admin_create_user_only": True},
        password_policy=_password_policy(),
        deletion_protection="ACTIVE" if plane.protect else "INACTIVE",
        opts=protected(plane.protect),
    )
    for group, description in _GROUPS.items():
        aws.cognito.UserGroup(group.value, name=group.value, description=description, user_pool_id=pool.id)
    return Users(pool, _client(plane, pool))


def _password_policy() -> aws.cognito.UserPoolPasswordPolicyArgs:
    return aws.cognito.UserPoolPasswordPolicyArgs(
        minimum_length=SHORTEST_PASSWORD,
        require_lowercase=True,
        require_uppercase=True,
        require_numbers=True,
        require_symbols=True,
        temporary_password_validity_days=_REFRESH_DAYS,
    )


def _client(plane: ControlPlane, pool: aws.cognito.UserPool) -> aws.cognito.UserPoolClient:
    """Without a secret, since a command line can keep none; an error does not tell who has an account."""
    return aws.cognito.UserPoolClient(
        "users",
        name=f"{plane.prefix}command-line",
        user_pool_id=pool.id,
        generate_secret=False,
        explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        prevent_user_existence_errors="ENABLED",
        enable_token_revocation=True,
        access_token_validity=_TOKEN_HOURS,
        id_token_validity=_TOKEN_HOURS,
        refresh_token_validity=_REFRESH_DAYS,
        token_validity_units={"access_token": "hours", "id_token": "hours", "refresh_token": "days"},
    )
