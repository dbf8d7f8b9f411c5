"""`ports.connections.Connections`: this process' own, and DynamoDB's, which gateways share."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from cloud_core.adapters.dynamodb.client import AccessKey, records_client
from cloud_core.adapters.dynamodb.connections import DynamoConnections
from cloud_core.adapters.dynamodb.table import Table
from cloud_core.adapters.dynamodb.tables import create_tables, delete_tables
from cloud_core.adapters.local.connections import LocalConnections
from cloud_core.domain.access.users import Group, User
from cloud_core.domain.clock import timestamp
from cloud_core.domain.connections import LIFE_SECONDS, MAX_SUBSCRIPTIONS, Connection, Filters, Subscription
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.events import EventType
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogLevel
from cloud_core.domain.tables import CONNECTIONS
from cloud_core.ports.connections import ConnectionGone, Connections
from cloud_core.testing.clock import FakeClock

USER = User("sub-1", "ann", Group.READ_ONLY, frozenset({"Acme"}), 2_000_000_000, "ann@example.com")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["local", "dynamodb"])
def connections(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Connections]:
    if request.param == "local":
        yield LocalConnections(clock)
        return
    client = records_client(request.getfixturevalue("aws_of_worker"), "us-east-1", AccessKey("test", "test"))
    prefix = f"t{uuid4().hex[:8]}-"
    create_tables(client, prefix)
    yield DynamoConnections(Table(client, prefix + CONNECTIONS.name, clock, 1.0), clock)
    delete_tables(client, prefix)
    client.close()


def a_connection(clock: FakeClock, name: str = "c-1", **changes: Any) -> Connection:
    now = timestamp(clock.now())
    ttl = int(clock.now().timestamp()) + LIFE_SECONDS
    return replace(Connection(name, USER, USER.email, now, now, ttl), **changes)


def a_subscription(name: str = "c-1", deployment_id: str = "D1BRV40", **changes: Any) -> Subscription:
    return replace(Subscription(name, deployment_id, uuid4().hex, USER.expires_at), **changes)


def watched(connections: Connections, deployment_id: str | None = None) -> set[tuple[str, str]]:
    return {(one.connection_id, one.deployment_id) for one in connections.subscriptions(deployment_id)}


def test_a_connection_is_as_it_was_added(connections: Connections, clock: FakeClock) -> None:
    assert connections.get("c-1") is None
    connections.add(a_connection(clock))
    assert connections.get("c-1") == a_connection(clock)
    nobody = replace(USER, group=None, organizations=frozenset())
    connections.add(a_connection(clock, "c-2", user=nobody))
    assert connections.get("c-2") == a_connection(clock, "c-2", user=nobody)


def test_who_watches_what_is_found_by_deployment(connections: Connections, clock: FakeClock) -> None:
    connections.add(a_connection(clock))
    connections.add(a_connection(clock, "c-2"))
    wanted = Filters(EnvironmentName.DEV, frozenset(EventType), LogLevel.WARN, "op-1", "network")
    first = a_subscription(after=7, filters=wanted)
    for one in (first, a_subscription(deployment_id="D000002"), a_subscription("c-2")):
        connections.subscribe(one)
    assert watched(connections, "D1BRV40") == {("c-1", "D1BRV40"), ("c-2", "D1BRV40")}
    assert watched(connections) == {("c-1", "D1BRV40"), ("c-1", "D000002"), ("c-2", "D1BRV40")}
    assert first in connections.subscriptions("D1BRV40")
    known = connections.get("c-1")
    assert known is not None
    assert known.deployments == {"D1BRV40", "D000002"}


def test_somebodys_connections_are_counted_while_they_live(connections: Connections, clock: FakeClock) -> None:
    connections.add(a_connection(clock))
    connections.add(a_connection(clock, "c-2"))
    connections.add(a_connection(clock, "c-3", user=replace(USER, id="sub-2")))
    connections.subscribe(a_subscription())
    assert (connections.number_of("sub-1"), connections.number_of("sub-2"), connections.number_of("x")) == (2, 1, 0)
    connections.remove("c-1")
    assert connections.number_of("sub-1") == 1
    clock.advance(LIFE_SECONDS)
    assert connections.number_of("sub-1") == 0


def test_subscribing_again_takes_the_place_of_the_first(connections: Connections, clock: FakeClock) -> None:
    connections.add(a_connection(clock))
    connections.subscribe(a_subscription())
    again = a_subscription(after=3)
    connections.subscribe(again)
    assert connections.subscriptions("D1BRV40") == [again]


def test_unsubscribing_twice_is_no_error(connections: Connections, clock: FakeClock) -> None:
    connections.add(a_connection(clock))
    connections.subscribe(a_subscription())
    connections.unsubscribe("c-1", "D1BRV40")
    connections.unsubscribe("c-1", "D1BRV40")
    assert watched(connections) == set()


def test_a_connection_goes_with_all_that_it_watches(connections: Connections, clock: FakeClock) -> None:
    connections.add(a_connection(clock))
    connections.subscribe(a_subscription())
    connections.remove("c-1")
    connections.remove("c-1")
    assert (connections.get("c-1"), watched(connections)) == (None, set())


def test_nothing_can_be_done_with_a_connection_that_is_gone(connections: Connections, clock: FakeClock) -> None:
    for attempt in (
        lambda: connections.subscribe(a_subscription()),
        lambda: connections.unsubscribe("c-1", "D1BRV40"),
        lambda: connections.touch("c-1", timestamp(clock.now()), 1),
    ):
        with pytest.raises(ConnectionGone):
            attempt()
    assert watched(connections) == set()


def test_a_row_past_its_time_is_as_good_as_gone(connections: Connections, clock: FakeClock) -> None:
    connections.add(a_connection(clock))
    clock.advance(LIFE_SECONDS - 1)
    connections.touch("c-1", timestamp(clock.now()), int(clock.now().timestamp()) + LIFE_SECONDS)
    clock.advance(LIFE_SECONDS - 1)
    assert connections.get("c-1") is not None
    clock.advance(1)
    assert connections.get("c-1") is None
    with pytest.raises(ConnectionGone):
        connections.subscribe(a_subscription())


def test_of_many_subscriptions_at_once_none_is_lost(connections: Connections, clock: FakeClock) -> None:
    connections.add(a_connection(clock))
    ids = [f"D{number:06d}" for number in range(8)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda one: connections.subscribe(a_subscription(deployment_id=one)), ids))
    known = connections.get("c-1")
    assert known is not None
    assert known.deployments == set(ids)
    assert watched(connections) == {("c-1", one) for one in ids}


def test_one_connection_watches_so_many_at_most(connections: Connections, clock: FakeClock) -> None:
    full = frozenset(f"D{number:06d}" for number in range(MAX_SUBSCRIPTIONS))
    connections.add(a_connection(clock, deployments=full))
    with pytest.raises(InvalidInput, match="at most 100"):
        connections.subscribe(a_subscription())
    connections.subscribe(a_subscription(deployment_id="D000001"))
