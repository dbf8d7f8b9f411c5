"""What `RecordTables` promises."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from cloud_core.adapters.dynamodb.client import DynamoClient
from cloud_core.adapters.dynamodb.tables import DynamoTables, delete_tables
from cloud_core.domain.tables import TABLES
from cloud_core.ports.tables import RecordTables
from cloud_core.testing.tables import FakeTables


@pytest.fixture(params=["fake", "dynamodb"])
def tables(request: pytest.FixtureRequest) -> Iterator[RecordTables]:
    """None is there yet."""
    prefix = f"bare-{uuid4().hex[:8]}-"
    if request.param == "fake":
        yield FakeTables(prefix, present=False)
        return
    client: DynamoClient = request.getfixturevalue("dynamodb_client")
    yield DynamoTables(client, prefix)
    delete_tables(client, prefix)


def test_tables_are_made_once_and_are_as_defined(tables: RecordTables) -> None:
    names = [tables.prefix + table.name for table in TABLES]
    assert [(one.name, one.status, one.is_usable) for one in tables.states()] == [(name, None, False) for name in names]
    assert tables.create() == names
    assert tables.create() == []
    for table, found in zip(TABLES, tables.states(), strict=True):
        assert (found.name, found.status, found.is_usable) == (tables.prefix + table.name, "active", True)
        assert (found.items, found.differences, found.recoverable) == (0, (), True)
        assert set(found.indexes) == {index.name for index in table.indexes}
        assert (found.ttl_attribute is not None) == table.expires


def test_deleting_says_what_was_there(tables: RecordTables) -> None:
    assert tables.delete() == []
    made = tables.create()
    assert tables.delete() == made
    assert {one.differences for one in tables.states()} == {("it is missing",)}
