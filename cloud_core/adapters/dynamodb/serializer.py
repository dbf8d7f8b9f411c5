"""Plain data <-> DynamoDB's attribute values.

Numbers travel as Decimal both ways; a whole number comes back as int. `None` on the first level is left out, deeper
inside free data it is kept as NULL. What DynamoDB could not hold is refused before it is sent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.stored_sizes import LARGEST_ITEM

Item = dict[str, Any]
Attributes = dict[str, Any]

DEEPEST: Final = 32
"""Levels of lists and maps that one attribute may have, by DynamoDB's developer guide ("Constraints")."""
_WHOLE_DIGITS: Final = 38
_WHOLE_LIMIT: Final = 10**_WHOLE_DIGITS
_KEYS: Final = ("PK", "SK")
_SERIALIZER: Final = TypeSerializer()
_DESERIALIZER: Final = TypeDeserializer()


def to_attributes(item: Mapping[str, Any]) -> Attributes:
    """Raises InvalidInput naming the field that can't be held, or the largest one of an item that is too large."""
    attributes = {name: _attribute(name, value) for name, value in item.items() if value is not None}
    _check_size(attributes)
    return attributes


def from_attributes(attributes: Mapping[str, Any]) -> Item:
    return {name: _plain(_DESERIALIZER.deserialize(value)) for name, value in attributes.items()}


def require_filled(item: Mapping[str, Any], names: Iterable[str]) -> None:
    """Index keys can't be empty: InvalidInput naming the one that is."""
    for name in names:
        if item.get(name) == "":
            raise InvalidInput(f"{name} is empty: it must have at least one character", field=name, value="")


def _attribute(name: str, value: Any) -> Any:
    try:
        return _SERIALIZER.serialize(_storable(value))
    except (ArithmeticError, ValueError, TypeError) as error:
        raise InvalidInput(
            f"{name} holds a value that can't be stored ({type(error).__name__}): it must be plain data of at most "
            f"{DEEPEST} levels, its texts Unicode, its numbers finite, of at most 38 digits, and from 1e-130 to 1e126 "
            "in size",
            field=name,
        ) from error


def _storable(value: Any, level: int = 0) -> Any:
    if level > DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _decimal(value)
    if isinstance(value, str):
        value.encode()  # half a surrogate pair is no text
        return str(value)  # an enum's plain value
    if isinstance(value, Mapping):
        return {_storable(str(name)): _storable(item, level + 1) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable(item, level + 1) for item in value]
    return value


def _decimal(number: int | float) -> Decimal:
    """Exact for whole numbers of up to 38 digits, else the float's shortest text."""
    if not math.isfinite(number) or (isinstance(number, int) and abs(number) >= _WHOLE_LIMIT):
        raise ValueError("out of range")
    return Decimal(int(number)) if number == int(number) and abs(number) < _WHOLE_LIMIT else Decimal(repr(number))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        is_whole = value == value.to_integral_value() and value.adjusted() < _WHOLE_DIGITS
        return int(value) if is_whole else float(value)
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def item_bytes(attributes: Attributes) -> int:
    """What the store counts."""
    return sum(_sizes(attributes).values())


def _sizes(attributes: Attributes) -> dict[str, int]:
    return {name: len(name.encode()) + _size(value) for name, value in attributes.items()}


def _check_size(attributes: Attributes) -> None:
    if (total := item_bytes(attributes)) <= LARGEST_ITEM:
        return
    sizes = _sizes(attributes)
    largest = max(sizes, key=lambda name: sizes[name])
    place = "/".join(str(attributes[name]["S"]) for name in _KEYS if name in attributes)
    raise InvalidInput(
        f"{place} is too large to be stored: {total // 1024} KB of {LARGEST_ITEM // 1024} KB; "
        f"its largest field is {largest!r} with {sizes[largest] // 1024} KB",
        field=largest,
        suggestion=f"make {largest} smaller, or split the deployment",
    )


def _size(attribute: Mapping[str, Any]) -> int:
    """Bytes of one attribute value, by the rules of DynamoDB's developer guide ("Item sizes and formats")."""
    kind, value = next(iter(attribute.items()))
    if kind == "S":
        return len(value.encode())
    if kind == "N":
        return len(value) // 2 + 2
    if kind == "L":
        return 3 + sum(1 + _size(item) for item in value)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _size(item) for name, item in value.items())
    return 1
