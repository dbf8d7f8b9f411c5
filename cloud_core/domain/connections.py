"""Sockets of people and programs that watch deployments, and what each of them watches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cloud_core.domain.access.users import User
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.events import EventType
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogLevel

LIFE_SECONDS: Final = 24 * 3600
"""A connection's row lives so long after its last ping; a socket never does."""
MAX_SUBSCRIPTIONS: Final = 100


@dataclass(frozen=True)
class Connection:
    """An open socket, of whom, and until when. Times are seconds since 1970, but for `connected_at` and `last_ping`,
    which are timestamps. `deployments` are those that it watches."""

    connection_id: str
    user: User
    email: str
    connected_at: str
    last_ping: str
    ttl: int
    deployments: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Filters:
    """Which of a deployment's events are wanted; what is not set or empty leaves out nothing. `min_level` is of the
    log's lines alone. An operation's end comes whatever `types` and `stack_name` say."""

    environment: EnvironmentName | None = None
    types: frozenset[EventType] = frozenset()
    min_level: LogLevel | None = None
    operation_id: str | None = None
    stack_name: str | None = None

    @property
    def are_set(self) -> bool:
        return self != Filters()


@dataclass(frozen=True)
class Subscription:
    """One connection's interest in one deployment. Asking anew makes a new one, with another `stamp`.

    `after` is the number of the last event that the client has; None wants only what comes. `expires_at` is the end of
    the token, in seconds since 1970.
    """

    connection_id: str
    deployment_id: str
    stamp: str
    expires_at: int
    after: int | None = None
    filters: Filters = Filters()


def require_room(deployments: frozenset[str]) -> None:
    """Raises InvalidInput when one connection would watch too many."""
    if len(deployments) > MAX_SUBSCRIPTIONS:
        raise InvalidInput(
            f"one connection watches at most {MAX_SUBSCRIPTIONS} deployments",
            field="deployment_id",
            suggestion="unsubscribe from another one, or open a second connection",
        )
