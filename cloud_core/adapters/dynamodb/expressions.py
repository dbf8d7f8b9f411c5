"""Expressions as DynamoDB takes them: every name and value behind a placeholder, since many names are reserved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder

from cloud_core.adapters.dynamodb.serializer import to_attributes

Request = dict[str, Any]


class Expressions:
    """Collects the expressions of one request; `request()` gives its fields."""

    def __init__(self) -> None:
        self._builder = ConditionExpressionBuilder()
        self._fields: Request = {}
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}

    def condition(self, field: str, condition: ConditionBase | None) -> Expressions:
        """Add a condition as `ConditionExpression`, `FilterExpression` or `KeyConditionExpression`."""
        if condition is not None:
            built = self._builder.build_expression(condition, field == "KeyConditionExpression")
            self._fields[field] = built.condition_expression
            self._names |= built.attribute_name_placeholders
            self._values |= built.attribute_value_placeholders
        return self

    def update(self, values: Mapping[str, Any], remove: Iterable[str] = ()) -> Expressions:
        """Add an `UpdateExpression` that sets these attributes and removes those."""
        sets = [f"{self._name(name)} = {self._value(value)}" for name, value in values.items()]
        removes = [self._name(name) for name in remove]
        clauses = [f"{verb} {', '.join(parts)}" for verb, parts in (("SET", sets), ("REMOVE", removes)) if parts]
        self._fields["UpdateExpression"] = " ".join(clauses)
        return self

    def request(self) -> Request:
        request = dict(self._fields)
        if self._names:
            request["ExpressionAttributeNames"] = self._names
        if self._values:
            request["ExpressionAttributeValues"] = to_attributes(self._values)
        return request

    def _name(self, name: str) -> str:
        placeholder = f"#u{len(self._names)}"
        self._names[placeholder] = name
        return placeholder

    def _value(self, value: Any) -> str:
        placeholder = f":u{len(self._values)}"
        self._values[placeholder] = value
        return placeholder
