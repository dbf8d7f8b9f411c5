"""Keeps a message below its size: what is long is cut, and the message says what is missing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

_LONGEST_TEXT: Final = 2_000


def trimmed(head: Mapping[str, Any], data: Mapping[str, Any], largest_bytes: int) -> str:
    """The message as JSON. When it is too large, long texts in `data` are cut first, then its largest fields are left
    out; `data.trimmed` names them, and the REST API has them whole."""
    text = _dumped(head, data)
    if len(text) <= largest_bytes:
        return text
    left = {name: _cut(value) for name, value in data.items()}
    missing = sorted(name for name in data if left[name] != data[name])
    while len(text := _dumped(head, {**left, "trimmed": missing})) > largest_bytes and left:
        largest = max(left, key=lambda name: len(json.dumps(left[name])))
        del left[largest]
        missing = sorted({*missing, largest})
    return text


def _dumped(head: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """ASCII only, so that characters are bytes."""
    return json.dumps({**head, "data": dict(data)}, default=str)


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return value[:_LONGEST_TEXT] + "…"
    if isinstance(value, Mapping):
        return {name: _cut(one) for name, one in value.items()}
    return [_cut(one) for one in value] if isinstance(value, list) else value
