"""Values that travel between stacks: plain JSON values, secrets and values not known yet.

A value is `None | bool | int | float | str`, a list or a string-keyed map of values, a `SecretValue` around any
of them, or `UNKNOWN` (a preview's output that the engine can't tell yet). Secrets may sit at any depth.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, final
from urllib.parse import quote, quote_plus

MASK: Final = "***"
_SHORTEST_MASKED: Final = 4
Value = Any


@final
class Unknown:
    """The one value that is not known yet; compare by identity with `UNKNOWN`."""

    _instance: Unknown | None = None

    def __new__(cls) -> Unknown:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __reduce__(self) -> tuple[type[Unknown], tuple[()]]:
        return (Unknown, ())


UNKNOWN: Final = Unknown()


@final
@dataclass(frozen=True)
class SecretValue:
    """A value that must not be shown: its repr and str are a mask."""

    value: Value

    def __repr__(self) -> str:
        return f"SecretValue({MASK})"

    __str__ = __repr__


def map_leaves(value: Value, change: Callable[[Value], Value]) -> Value:
    """Rebuild lists and maps with `change` applied to each leaf; a `SecretValue` counts as a leaf."""
    if isinstance(value, Mapping):
        return {key: map_leaves(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [map_leaves(item, change) for item in value]
    return change(value)


def leaves(value: Value) -> Iterator[Value]:
    """Everything inside that is no list and no map, in order; secrets are opened."""
    if isinstance(value, SecretValue):
        yield from leaves(value.value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def mask(value: Value) -> Value:
    """The value as people and records may see it: secrets become `***`, unknowns stay `UNKNOWN`."""
    return map_leaves(value, lambda leaf: MASK if isinstance(leaf, SecretValue) else leaf)


def reveal(value: Value) -> Value:
    """The value with every secret in clear, nested ones included; for engines and explicit requests only."""
    return map_leaves(value, lambda leaf: reveal(leaf.value) if isinstance(leaf, SecretValue) else leaf)


def contains(value: Value, kind: type[SecretValue] | type[Unknown]) -> bool:
    """Whether a leaf of that kind is anywhere inside (also inside a secret)."""
    if isinstance(value, kind):
        return True
    if isinstance(value, SecretValue):
        return contains(value.value, kind)
    if isinstance(value, Mapping):
        return any(contains(item, kind) for item in value.values())
    return isinstance(value, (list, tuple)) and any(contains(item, kind) for item in value)


def secrets_in(value: Value) -> Iterator[Value]:
    """What each secret inside holds, in order; one inside another is part of that."""
    if isinstance(value, SecretValue):
        yield value.value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from secrets_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from secrets_in(item)


def secret_texts(value: Value) -> frozenset[str]:
    """The clear texts of every secret inside, for masking messages; texts too short to be told apart are left out."""
    texts = (text for secret in secrets_in(value) for text in leaves(secret))
    return frozenset(text for text in texts if isinstance(text, str) and len(text) >= _SHORTEST_MASKED)


def spellings(text: str) -> frozenset[str]:
    """How messages may write the text: as it is, line by line, escaped as Python, JSON and URLs do, in base64."""
    escaped = (repr(text)[1:-1], json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
    encoded = (quote(text), quote(text, safe=""), quote_plus(text), base64.b64encode(text.encode()).decode())
    lines = (line.strip() for line in text.splitlines())
    return frozenset(found for found in (text, *lines, *escaped, *encoded) if len(found) >= _SHORTEST_MASKED)
