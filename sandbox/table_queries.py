"""Queries of moto's DynamoDB tables at a price that does not grow with the table.

By itself moto sorts a whole table, with all of its partitions, and measures each item of the partition, for every
query; and it asks each attribute of an answer for all of the types that it might have, by two names. Whoever follows
the events of an operation, four times a second, would keep the records busy with nothing else.
"""

from __future__ import annotations

from copy import copy
from typing import Any


def query_only_what_is_asked_for() -> None:
    """Make moto look at nothing but the items that the key condition is about, and at no more of them than wanted."""
    import moto.dynamodb.models.table as tables

    by_itself: Any = tables.Table.query

    def query(
        table: Any,
        hash_key: Any,
        comparison: str | None,
        values: list[Any],
        limit: int | None,
        start: dict[str, Any] | None,
        forward: bool,
        projections: Any,
        index_name: str | None = None,
        *more: Any,
        **conditions: Any,
    ) -> Any:
        if index_name is None and table.range_key_attr is not None:
            found = _in_order(table, hash_key, comparison, values, start, forward)
            # One more than wanted tells moto that there are more.
            table = _only(table, hash_key, found if limit is None else found[: limit + 1])
        return by_itself(
            table, hash_key, comparison, values, limit, start, forward, projections, index_name, *more, **conditions
        )

    table_kind: Any = tables.Table
    table_kind.query = query


def _in_order(
    table: Any, hash_key: Any, comparison: str | None, values: list[Any], start: dict[str, Any] | None, forward: bool
) -> list[tuple[Any, Any]]:
    """The partition's items with their keys, those that the condition is about behind the start, in the order of the
    query."""
    from moto.dynamodb.comparisons import get_comparison_func
    from moto.dynamodb.models.dynamo_type import DynamoType

    places = [(key.cast_value, key, item) for key, item in table.items.get(hash_key, {}).items()]
    if comparison is not None:
        holds, wanted = get_comparison_func(comparison), [value.cast_value for value in values]
        places = [one for one in places if holds(one[0], *wanted)]
    if start is not None:
        last = DynamoType(start[table.range_key_attr]).cast_value
        places = [one for one in places if (one[0] > last if forward else one[0] < last)]
    places.sort(key=lambda one: one[0], reverse=not forward)
    return [(key, item) for _, key, item in places]


def _only(table: Any, hash_key: Any, found: list[tuple[Any, Any]]) -> Any:
    """The table as if it held only these items."""
    narrowed = copy(table)
    narrowed.items = {hash_key: dict(found)}
    return narrowed


def answer_with_the_types_that_there_are() -> None:
    """Make moto write the one type that an attribute of an item has, without looking for the nine others."""
    from moto.core.serialize import BaseJSONSerializer

    by_itself: Any = BaseJSONSerializer._serialize_type_structure

    def serialize(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        kind = next(iter(value)) if shape.name == "AttributeValue" and type(value) is dict and len(value) == 1 else None
        if kind is None or not key or kind not in shape.members:
            by_itself(serializer, serialized, value, shape, key)
            return
        wrapper: dict[str, Any] = {}
        serializer._serialize(wrapper, value[kind], shape.members[kind], kind)
        serializer._default_serialize(serialized, wrapper, shape, key)

    kind_of_serializer: Any = BaseJSONSerializer
    kind_of_serializer._serialize_type_structure = serialize
