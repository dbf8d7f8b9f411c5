"""Who calls, as their token says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import unquote

_ORGANIZATION: Final = "org:"


class Group(StrEnum):
    """Groups of the user pool, the strongest first."""

    ADMINISTRATORS = "Administrators"
    DEVELOPERS = "Developers"
    READ_ONLY = "ReadOnly"


@dataclass(frozen=True)
class User:
    """`group` is the strongest that the user is in, None without any.

    `name` is what operations are recorded under: the user name, which id and access tokens both carry, so that nobody
    is two people. `organizations` come from groups, which no client can write: `org:<name>`, percent-encoded where a
    group's name can't hold a character, such as `org:Acme%20Corp`.
    """

    id: str
    name: str
    group: Group | None
    organizations: frozenset[str]
    expires_at: int


def user_of(claims: Mapping[str, Any]) -> User:
    """Raises ValueError for claims of a shape that no token of the pool has."""
    name = claims.get("cognito:username") or claims.get("username") or claims["sub"]
    groups = claims.get("cognito:groups") or []
    if not isinstance(name, str) or not isinstance(groups, list) or not all(isinstance(one, str) for one in groups):
        raise ValueError("the user's name or groups are malformed")
    organizations = (one.removeprefix(_ORGANIZATION) for one in groups if one.startswith(_ORGANIZATION))
    return User(
        id=str(claims["sub"]),
        name=name,
        group=next((group for group in Group if group.value in groups), None),
        organizations=frozenset(unquote(one) for one in organizations if one),
        expires_at=int(claims["exp"]),
    )
