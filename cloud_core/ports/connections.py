"""Ports to the sockets of those who watch: the table of connections, and the way to each of them."""

from __future__ import annotations

from typing import Protocol

from cloud_core.domain.connections import Connection, Subscription


class ConnectionGone(Exception):
    """There is no such connection any more."""


class Connections(Protocol):
    """Which sockets there are, and what they watch. Rows past their `ttl` are as good as gone.

    Every method may raise Unavailable (RecordsUnavailable, TablesMissing).
    """

    def add(self, connection: Connection) -> None: ...

    def get(self, connection_id: str) -> Connection | None: ...

    def number_of(self, user_id: str) -> int:
        """How many the user has; where many places count, one that was added just now may be missing."""

    def remove(self, connection_id: str) -> None:
        """With all that it watches; no error when it is not there."""

    def touch(self, connection_id: str, now: str, ttl: int) -> None:
        """It has shown that it lives. Raises ConnectionGone."""

    def subscribe(self, subscription: Subscription) -> None:
        """In place of the connection's earlier one of that deployment. Raises ConnectionGone; InvalidInput when it
        watches MAX_SUBSCRIPTIONS others. Of many at once none is lost."""

    def unsubscribe(self, connection_id: str, deployment_id: str) -> None:
        """No error when it did not watch it. Raises ConnectionGone."""

    def subscriptions(self, deployment_id: str | None = None) -> list[Subscription]:
        """Of that deployment, or all; without a scan."""


class Postbox(Protocol):
    """The way to a socket."""

    async def post(self, connection_id: str, text: str) -> None:
        """Send a message, and return once it is on its way: it waits for a slow reader. Raises ConnectionGone;
        Unavailable when it may be tried again."""

    async def close(self, connection_id: str, code: int, reason: str) -> None:
        """No error when it is not there. Where a gateway gives codes of its own, `code` is not seen."""
