"""The sockets of this process, known to it alone."""

from __future__ import annotations

import threading
from dataclasses import replace

from cloud_core.domain.connections import Connection, Subscription, require_room
from cloud_core.ports.clock import Clock
from cloud_core.ports.connections import ConnectionGone


class LocalConnections:
    """`ports.connections.Connections`; safe from many threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._connections: dict[str, Connection] = {}
        self._subscriptions: dict[tuple[str, str], Subscription] = {}

    def add(self, connection: Connection) -> None:
        with self._lock:
            self._connections[connection.connection_id] = connection

    def get(self, connection_id: str) -> Connection | None:
        with self._lock:
            return self._alive(connection_id)

    def number_of(self, user_id: str) -> int:
        with self._lock:
            mine = [name for name, known in self._connections.items() if known.user.id == user_id]
            return sum(self._alive(name) is not None for name in mine)

    def remove(self, connection_id: str) -> None:
        with self._lock:
            self._forget(connection_id)

    def touch(self, connection_id: str, now: str, ttl: int) -> None:
        with self._lock:
            known = self._require(connection_id)
            self._connections[connection_id] = replace(known, last_ping=now, ttl=ttl)

    def subscribe(self, subscription: Subscription) -> None:
        with self._lock:
            known = self._require(subscription.connection_id)
            deployments = known.deployments | {subscription.deployment_id}
            require_room(deployments)
            self._connections[known.connection_id] = replace(known, deployments=deployments)
            self._subscriptions[known.connection_id, subscription.deployment_id] = subscription

    def unsubscribe(self, connection_id: str, deployment_id: str) -> None:
        with self._lock:
            known = self._require(connection_id)
            self._connections[connection_id] = replace(known, deployments=known.deployments - {deployment_id})
            self._subscriptions.pop((connection_id, deployment_id), None)

    def subscriptions(self, deployment_id: str | None = None) -> list[Subscription]:
        with self._lock:
            return [one for (_, watched), one in self._subscriptions.items() if deployment_id in (None, watched)]

    def _alive(self, connection_id: str) -> Connection | None:
        known = self._connections.get(connection_id)
        if known is not None and known.ttl <= self._clock.now().timestamp():
            self._forget(connection_id)
            return None
        return known

    def _require(self, connection_id: str) -> Connection:
        known = self._alive(connection_id)
        if known is None:
            raise ConnectionGone(connection_id)
        return known

    def _forget(self, connection_id: str) -> None:
        known = self._connections.pop(connection_id, None)
        for deployment_id in known.deployments if known else ():
            self._subscriptions.pop((connection_id, deployment_id), None)
