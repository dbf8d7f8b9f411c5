"""Who calls, as their token says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from cloud_core.domain.access.users import Group, User

_ORGANIZATION: Final = "org:"


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
        email=str(claims.get("email") or ""),
    )
