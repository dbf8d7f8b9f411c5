"""When two values of a property are the same for AWS, whatever their spelling."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from cloud_core.domain.values import Unknown, Value, contains, reveal
from sandbox.provider.assets import fingerprint
from sandbox.provider.words import Input, Kind


def same(one: Value, other: Value, prop: Input) -> bool:
    """Whether AWS takes both values for the same; never when a part is not known yet."""
    if contains(one, Unknown) or contains(other, Unknown):
        return False
    return bool(canonical(reveal(one), prop) == canonical(reveal(other), prop))


def agrees(known: Value, live: Value, prop: Input) -> bool:
    """Whether the object is as the program wants it: the same, or with AWS's own additions where it is `partial`."""
    if same(known, live, prop):
        return True
    if not prop.partial or contains(known, Unknown):
        return False
    loose = prop.kind is Kind.SET or prop.name in prop.unordered
    return _covers(canonical(reveal(known), prop), canonical(reveal(live), prop), prop.unordered, loose)


def completed(known: Any, live: Any) -> Any:
    """The program's value with what AWS added inside of it; lists item by item where they have one length."""
    if isinstance(known, Mapping) and isinstance(live, Mapping):
        return {**live, **{key: completed(item, live.get(key)) for key, item in known.items()}}
    if isinstance(known, list) and isinstance(live, list) and len(known) == len(live):
        return [completed(*pair) for pair in zip(known, live, strict=True)]
    return known


def canonical(value: Any, prop: Input) -> Any:
    """A spelling that all equal values share; an empty list, map or text is as good as none."""
    value = _plain(value, prop.unordered, prop.kind is Kind.SET or prop.name in prop.unordered)
    if value is None or value in ("", [], {}):
        return None
    match prop.kind:
        case Kind.POLICY:
            return _statement(_document(value))
        case Kind.JSON:
            return _plain(_document(value), prop.unordered)
        case Kind.REFERENCE:
            return str(value).rpartition("/")[2]
        case Kind.DOMAIN:
            return domain(value)
        case Kind.ASSET:
            return fingerprint(value)
        case _:
            return value


def domain(name: str) -> str:
    """A DNS name without its last dot and in small letters, the asterisk as Route 53 escapes it undone."""
    return name.rstrip(".").lower().replace("\\052", "*")


def _plain(value: Any, unordered: Collection[str], loose: bool = False) -> Any:
    """Without None in maps; lists whose order means nothing (`loose`, or under one of the keys) sorted."""
    if isinstance(value, Mapping):
        items = {key: _plain(item, unordered, key in unordered) for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not None}
    if isinstance(value, (list, tuple)):
        found = [_plain(item, unordered) for item in value]
        return sorted(found, key=_text) if loose else found
    return value


def _covers(known: Any, live: Any, unordered: Collection[str], loose: bool = False) -> bool:
    """Whether `live` says everything that `known` says; what is off or empty AWS may leave out."""
    if isinstance(known, Mapping) and isinstance(live, Mapping):
        return all(_covers(item, live.get(key), unordered, key in unordered) for key, item in known.items())
    if isinstance(known, list) and isinstance(live, list):
        if len(known) != len(live):
            return False
        if not loose:
            return all(_covers(one, other, unordered) for one, other in zip(known, live, strict=True))
        return _each_has_its_own(known, list(live), unordered)
    return bool(known == live) or (live is None and known in (False, 0, "", [], {}))


def _each_has_its_own(known: list[Any], rest: list[Any], unordered: Collection[str]) -> bool:
    for item in known:
        match = next((index for index, one in enumerate(rest) if _covers(item, one, unordered)), None)
        if match is None:
            return False
        del rest[match]
    return True


def _document(value: Any) -> Any:
    """JSON text opened; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


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
