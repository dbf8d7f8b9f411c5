"""Digests of plain values: equal content gives an equal digest, whatever the order of the keys.

Content is hashed as canonical JSON: keys sorted, no spaces, `1.0` written as `1`. A value that holds a secret is only
ever digested under a key, so that a guessed value can't be confirmed from the records.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Final

from cloud_core.domain.values import SecretValue, Unknown, Value, contains, map_leaves, reveal

CONTENT_PREFIX: Final = "sha256:"
KEYED_PREFIX: Final = "hmac-sha256:"


def canonical_json(value: Value) -> str:
    """The one spelling of a plain value. ValueError for secrets, unknowns, NaN and what JSON does not have."""
    if contains(value, SecretValue) or contains(value, Unknown):
        raise ValueError("a secret or unknown value has no canonical JSON; reveal or resolve it first")
    plain = map_leaves(_string_keys(value), _whole_number)
    try:
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except TypeError as error:
        raise ValueError(f"not a plain value: {error}") from None


def content_digest(value: Value) -> str:
    """`sha256:` and 64 hexadecimal digits; the value holds no secrets."""
    return CONTENT_PREFIX + hashlib.sha256(_bytes(canonical_json(value))).hexdigest()


def keyed_digest(value: Value, key: bytes) -> str:
    """`hmac-sha256:` and 64 hexadecimal digits over the revealed value; a secret and its clear text are equal."""
    if not key:
        raise ValueError("a keyed digest needs a key")
    return KEYED_PREFIX + hmac.new(key, _bytes(canonical_json(reveal(value))), hashlib.sha256).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _string_keys(value: Value) -> Value:
    """Refuse other keys: JSON would turn 1 and "1" into the same one."""
    if isinstance(value, Mapping):
        if odd := [key for key in value if not isinstance(key, str)]:
            raise ValueError(f"the key {odd[0]!r} is not a text")
        return {key: _string_keys(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_string_keys(item) for item in value]
    return value


def _whole_number(leaf: Value) -> Value:
    return int(leaf) if isinstance(leaf, float) and leaf.is_integer() else leaf
