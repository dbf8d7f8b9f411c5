"""Who calls."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
    email: str = ""
