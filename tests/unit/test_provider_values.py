"""The engine's wire: what goes in comes out, and secrets stay under their veil."""

from __future__ import annotations

from typing import Any

from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.values import UNKNOWN, SecretValue
from sandbox.provider.errors import redact
from sandbox.provider.wire import OUTPUT, RESOURCE, SIGNATURE, decode, encode, secret_texts, veil

LEAVES = st.one_of(
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer()),
    st.text(),
    st.just(UNKNOWN),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(max_size=5), inner, max_size=4),
        inner.map(SecretValue),
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=5))
def test_every_value_survives_the_wire(values: dict[str, Any]) -> None:
    assert decode(encode(values)) == values


def wired(value: dict[str, Any]) -> Any:
    struct = Struct()
    struct.update({"it": value})
    return decode(struct)["it"]


def test_a_reference_to_a_resource_is_its_id() -> None:
    assert wired({SIGNATURE: RESOURCE, "urn": "urn:x", "id": "vpc-1"}) == "vpc-1"
    assert wired({SIGNATURE: RESOURCE, "urn": "urn:x"}) == "urn:x"


def test_outputs_are_their_values_and_unknown_without_one() -> None:
    assert wired({SIGNATURE: OUTPUT, "value": "a", "dependencies": []}) == "a"
    assert wired({SIGNATURE: OUTPUT, "value": "a", "secret": True}) == SecretValue("a")
    assert wired({SIGNATURE: OUTPUT}) is UNKNOWN


def test_a_veil_hides_as_little_as_it_can() -> None:
    value = {"Name": "one", "Token": "abc", "List": ["a", "b"]}
    pattern = {"Name": "one", "Token": SecretValue("abc"), "List": ["b", SecretValue("a")]}
    assert veil(value, pattern) == {"Name": "one", "Token": SecretValue("abc"), "List": SecretValue(["a", "b"])}
    assert veil("text", "text") == "text"
    assert veil("text", SecretValue("other")) == SecretValue("text")
    assert veil(SecretValue("text"), SecretValue("text")) == SecretValue("text")


def test_secret_texts_are_found_in_every_spelling() -> None:
    texts = secret_texts({"a": [SecretValue('{"password": "p\\"w"}')], "b": "open"})
    assert {'{"password": "p\\"w"}', 'p"w', 'p\\"w'} <= texts
    assert "open" not in texts


def test_redaction_leaves_no_tail_of_a_longer_secret() -> None:
    assert redact("value abc-def is wrong", {"abc", "abc-def"}) == "value *** is wrong"
