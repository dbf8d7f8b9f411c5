"""When two values of a property are the same for AWS, whatever their spelling."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cloud_core.domain.values import Unknown, Value, contains, reveal
from sandbox.provider.language import Input, Kind


def same(one: Value, other: Value, prop: Input) -> bool:
    """Whether AWS takes both values for the same; never when a part is not known yet."""
    if contains(one, Unknown) or contains(other, Unknown):
        return False
    return bool(canonical(reveal(one), prop.kind) == canonical(reveal(other), prop.kind))


def canonical(value: Any, kind: Kind) -> Any:
    """A spelling that all equal values share; an empty list, map or text is as good as none."""
    value = _plain(value)
    if value is None or value in ("", [], {}):
        return None
    match kind:
        case Kind.SET:
            return sorted(value, key=_text)
        case Kind.POLICY:
            return _policy(value)
        case Kind.REFERENCE:
            return str(value).rpartition("/")[2]
        case Kind.DOMAIN:
            return domain(value)
        case _:
            return value


def domain(name: str) -> str:
    """A DNS name without its last dot and in small letters, the asterisk as Route 53 escapes it undone."""
    return name.rstrip(".").lower().replace("\\052", "*")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        items = {key: _plain(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _policy(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return _statement(value)


def _statement(value: Any) -> Any:
    """Policies are sets of sets: one item stands for a list of it, and the order means nothing."""
    if isinstance(value, Mapping):
        return {key: _statement(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = sorted((_statement(item) for item in value), key=_text)
        return items[0] if len(items) == 1 else items
    return value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
