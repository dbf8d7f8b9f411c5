"""What moto's tables answer when they look at what is asked for only: the same as by themselves, in any pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import moto.dynamodb.models.table as tables
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.core.serialize import BaseJSONSerializer, get_serializer_class
from moto.core.utils import get_service_model
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType

from sandbox.table_queries import answer_with_the_types_that_there_are, query_only_what_is_asked_for

TEXTS = st.text("ab", min_size=1, max_size=3)
ITEMS = st.dictionaries(st.tuples(st.sampled_from("ab"), TEXTS), st.integers(0, 9), max_size=25)
CONDITIONS = st.one_of(
    st.none(),
    st.tuples(st.sampled_from(["=", "<", "<=", ">", ">=", "BEGINS_WITH"]), st.tuples(TEXTS)),
    st.tuples(st.just("BETWEEN"), st.tuples(TEXTS, TEXTS)),
)
Query = Callable[..., Any]


@pytest.fixture(scope="module")
def queries() -> Iterator[tuple[Query, Query]]:
    """moto's own, and ours."""
    with pytest.MonkeyPatch.context() as patch:
        by_itself = tables.Table.query
        assert by_itself.__module__ == "moto.dynamodb.models.table"
        patch.setattr(tables.Table, "query", by_itself)
        query_only_what_is_asked_for()
        yield by_itself, tables.Table.query


def table_of(items: dict[tuple[str, str], int]) -> Any:
    keys = [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}]
    attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")]
    backend = DynamoDBBackend("us-east-1", "123456789012")
    table: Any = backend.create_table(
        "t", schema=keys, attr=attributes, throughput=None, global_indexes=None, indexes=None, streams=None,
        billing_mode="PAY_PER_REQUEST", sse_specification=None, tags=[], deletion_protection_enabled=False,
        warm_throughput=None,
    )  # fmt: skip
    for (partition, place), number in items.items():
        table.put_item({"PK": {"S": partition}, "SK": {"S": place}, "n": {"N": str(number)}})
    return table


def pages(
    query: Query, table: Any, partition: str, condition: Any, limit: int | None, forward: bool
) -> list[list[Any]]:
    comparison, values = condition or (None, ())
    start, found = None, []
    while True:
        wanted = [DynamoType({"S": value}) for value in values]
        items, scanned, start = query(
            table, DynamoType({"S": partition}), comparison, wanted, limit, start, forward, None, None, False, None
        )
        assert scanned == len(items)
        found.append([item.to_json() for item in items])
        if start is None:
            return found


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ITEMS, st.sampled_from("ab"), CONDITIONS, st.one_of(st.none(), st.integers(1, 4)), st.booleans())
def test_pages_hold_the_same_items_in_the_same_order(
    queries: tuple[Query, Query],
    items: dict[tuple[str, str], int],
    partition: str,
    condition: Any,
    limit: int | None,
    forward: bool,
) -> None:
    table = table_of(items)
    theirs, ours = (pages(query, table, partition, condition, limit, forward) for query in queries)
    # By itself moto says that there is more when nothing but others are left.
    assert ours == theirs or [*ours, []] == theirs


@pytest.mark.parametrize(
    "value",
    [
        {"S": "a"},
        {"S": ""},
        {"N": "4"},
        {"BOOL": False},
        {"NULL": True},
        {"SS": ["a", "b"]},
        {"L": [{"S": "a"}, {"M": {}}]},
        {"M": {"S": {"N": "1"}, "x": {"L": []}}},
    ],
)
def test_attributes_are_written_as_by_moto_itself(value: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    model = get_service_model("dynamodb")
    operation = model.operation_model("GetItem")

    def written() -> Any:
        serializer = get_serializer_class("dynamodb", "json")(operation)
        return json.loads(serializer.serialize({"Item": {"a": value, "S": {"S": "x"}}})["body"])

    theirs = written()
    by_itself = BaseJSONSerializer._serialize_type_structure
    monkeypatch.setattr(BaseJSONSerializer, "_serialize_type_structure", by_itself)
    answer_with_the_types_that_there_are()
    assert BaseJSONSerializer._serialize_type_structure is not by_itself
    assert written() == theirs
    assert theirs["Item"]["a"] == value
