"""Digests: equal content, equal digest; secrets only under a key."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.digest import canonical_json, content_digest, keyed_digest
from cloud_core.domain.values import UNKNOWN, SecretValue

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(plain)
def test_canonical_json_reads_back_as_the_value(value: object) -> None:
    assert json.loads(canonical_json(value)) == value


@given(st.dictionaries(st.text(), plain))
def test_the_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    assert content_digest(dict(reversed(value.items()))) == content_digest(value)


def test_the_canonical_spelling() -> None:
    assert canonical_json({"b": [1.0, 2.5, True, None], "a": "é"}) == '{"a":"é","b":[1,2.5,true,null]}'


def test_a_known_digest() -> None:
    empty_map = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert content_digest({}) == empty_map


@pytest.mark.parametrize(("one", "other"), [(1, "1"), (1, True), (0, False), (None, ""), ([], {}), ([1, 2], [2, 1])])
def test_different_values_have_different_digests(one: object, other: object) -> None:
    assert content_digest(one) != content_digest(other)


@pytest.mark.parametrize(
    "value",
    [SecretValue("x"), {"a": [SecretValue("x")]}, UNKNOWN, math.nan, math.inf, object(), {1: "a"}, {"a": {None: 1}}],
)
def test_what_has_no_canonical_json_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"secret|JSON|plain|text"):
        content_digest(value)


@given(plain, st.binary(min_size=1), st.binary(min_size=1))
def test_a_keyed_digest_depends_on_the_key(value: object, key: bytes, other: bytes) -> None:
    # HMAC pads a short key with zeros, so keys that differ in trailing zeros are the same key.
    same = key.rstrip(b"\0") == other.rstrip(b"\0")
    assert (keyed_digest(value, key) == keyed_digest(value, other)) is same


def test_a_secret_and_its_clear_text_have_the_same_keyed_digest() -> None:
    hidden = keyed_digest({"a": [SecretValue({"b": SecretValue("x")})]}, b"key")
    assert hidden == keyed_digest({"a": [{"b": "x"}]}, b"key")
    assert hidden.startswith("hmac-sha256:")
    assert "x" not in hidden.removeprefix("hmac-sha256:")


def test_a_keyed_digest_needs_a_key() -> None:
    with pytest.raises(ValueError, match="key"):
        keyed_digest("x", b"")
