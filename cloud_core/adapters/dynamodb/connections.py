"""The table of connections, for sockets that a gateway holds: `connectionId` alone is its key.

A connection is one item; each deployment that it watches is another one, `<id>#<deployment>`, so that an index finds
who watches what without a scan. The item of what is watched is written first, and taken back when the connection is
gone by then; what a crash leaves in between goes by its time to live.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from boto3.dynamodb.conditions import Attr, ConditionBase
from boto3.dynamodb.conditions import Key as KeyCondition

from cloud_core.adapters.dynamodb.errors import ConditionFailed
from cloud_core.adapters.dynamodb.serializer import Item
from cloud_core.adapters.dynamodb.table import Query, Table
from cloud_core.domain.access.users import Group, User
from cloud_core.domain.connections import Connection, Filters, Subscription, require_room
from cloud_core.domain.errors import Conflict
from cloud_core.domain.events import EventType
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogLevel
from cloud_core.domain.tables import SUBSCRIPTION_INDEX, TTL_ATTRIBUTE, USER_INDEX
from cloud_core.ports.clock import Clock
from cloud_core.ports.connections import ConnectionGone

KEY: Final = "connectionId"
_WATCHED: Final = "live"
_ATTEMPTS: Final = 50


class DynamoConnections:
    """`ports.connections.Connections` over the table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def add(self, connection: Connection) -> None:
        self._table.put(_item(connection), Attr(KEY).not_exists() | Attr("user_id").eq(connection.user.id))

    def get(self, connection_id: str) -> Connection | None:
        item = self._table.get({KEY: connection_id})
        return _connection(item) if item is not None and item[TTL_ATTRIBUTE] > self._now else None

    def number_of(self, user_id: str) -> int:
        return len(self._found(Query(KeyCondition("user_id").eq(user_id), USER_INDEX.name, filter=self._is_due_later)))

    def remove(self, connection_id: str) -> None:
        # From here on nothing can be added to what it watches.
        with suppress(ConditionFailed):
            item = self._table.update({KEY: connection_id}, {TTL_ATTRIBUTE: 0}, Attr(KEY).exists())
            for deployment_id in item["subscriptions"]:
                self._table.delete({KEY: _watch(connection_id, deployment_id)})
            self._table.delete({KEY: connection_id})

    def touch(self, connection_id: str, now: str, ttl: int) -> None:
        try:
            self._table.update({KEY: connection_id}, {"last_ping": now, TTL_ATTRIBUTE: ttl}, self._is_alive)
        except ConditionFailed:
            raise ConnectionGone(connection_id) from None

    def subscribe(self, subscription: Subscription) -> None:
        connection_id, deployment_id = subscription.connection_id, subscription.deployment_id
        known = self._require(connection_id)
        require_room(known.deployments | {deployment_id})
        key = {KEY: _watch(connection_id, deployment_id)}
        self._table.put({**key, **_watch_item(subscription, known.ttl)}, Attr(KEY).not_exists() | Attr(KEY).exists())
        try:
            self._change(connection_id, deployment_id, is_watched=True)
        except ConnectionGone:
            self._table.delete(key)
            raise

    def unsubscribe(self, connection_id: str, deployment_id: str) -> None:
        self._change(connection_id, deployment_id, is_watched=False)
        self._table.delete({KEY: _watch(connection_id, deployment_id)})

    def subscriptions(self, deployment_id: str | None = None) -> list[Subscription]:
        condition: ConditionBase = KeyCondition("watch").eq(_WATCHED)
        if deployment_id is not None:
            condition &= KeyCondition("deployment_id").eq(deployment_id)
        query = Query(condition, SUBSCRIPTION_INDEX.name, filter=self._is_due_later)
        return [_subscription(item) for item in self._found(query)]

    def _found(self, query: Query) -> list[Item]:
        items, start = self._table.query(query)
        while start is not None:
            more, start = self._table.query(query, start=start)
            items += more
        return items

    def _change(self, connection_id: str, deployment_id: str, *, is_watched: bool) -> None:
        for _ in range(_ATTEMPTS):
            before = self._require(connection_id).deployments
            after = before | {deployment_id} if is_watched else before - {deployment_id}
            if after == before:
                return
            unchanged = self._is_alive & Attr("subscriptions").eq(sorted(before))
            with suppress(ConditionFailed):
                self._table.update({KEY: connection_id}, {"subscriptions": sorted(after)}, unchanged)
                return
        raise Conflict("the connection watches other deployments all the time", suggestion="ask again")

    def _require(self, connection_id: str) -> Connection:
        known = self.get(connection_id)
        if known is None:
            raise ConnectionGone(connection_id)
        return known

    @property
    def _is_alive(self) -> ConditionBase:
        return Attr(KEY).exists() & self._is_due_later

    @property
    def _is_due_later(self) -> ConditionBase:
        return Attr(TTL_ATTRIBUTE).gt(self._now)

    @property
    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _watch(connection_id: str, deployment_id: str) -> str:
    return f"{connection_id}#{deployment_id}"


def _item(connection: Connection) -> Item:
    user = connection.user
    return {
        KEY: connection.connection_id,
        "user_id": user.id,
        "user_name": user.name,
        "email": connection.email,
        "group": user.group.value if user.group else None,
        "organizations": sorted(user.organizations),
        "token_exp": user.expires_at,
        "subscriptions": sorted(connection.deployments),
        "connected_at": connection.connected_at,
        "last_ping": connection.last_ping,
        TTL_ATTRIBUTE: connection.ttl,
    }


def _connection(item: Item) -> Connection:
    user = User(
        id=item["user_id"],
        name=item["user_name"],
        group=Group(item["group"]) if item.get("group") else None,
        organizations=frozenset(item["organizations"]),
        expires_at=item["token_exp"],
        email=item["email"],
    )
    place = (item[KEY], user, item["email"], item["connected_at"], item["last_ping"], item[TTL_ATTRIBUTE])
    return Connection(*place, deployments=frozenset(item["subscriptions"]))


def _watch_item(subscription: Subscription, ttl: int) -> dict[str, Any]:
    return {
        "watch": _WATCHED,
        "connection_id": subscription.connection_id,
        "deployment_id": subscription.deployment_id,
        "stamp": subscription.stamp,
        "token_exp": subscription.expires_at,
        "after": subscription.after,
        "filters": _filters_item(subscription.filters),
        # Longer than the connection's, which may be pinged.
        TTL_ATTRIBUTE: max(ttl, subscription.expires_at),
    }


def _subscription(item: Item) -> Subscription:
    place = (item["connection_id"], item["deployment_id"], item["stamp"], item["token_exp"], item.get("after"))
    return Subscription(*place, filters=_filters(item.get("filters") or {}))


def _filters_item(filters: Filters) -> dict[str, Any]:
    told = {name: value for name, value in vars(filters).items() if value}
    return {**told, **({"types": sorted(filters.types)} if filters.types else {})}


def _filters(item: Mapping[str, Any]) -> Filters:
    return Filters(
        environment=EnvironmentName(item["environment"]) if "environment" in item else None,
        types=frozenset(map(EventType, item.get("types", ()))),
        min_level=LogLevel(item["min_level"]) if "min_level" in item else None,
        operation_id=item.get("operation_id"),
        stack_name=item.get("stack_name"),
    )
