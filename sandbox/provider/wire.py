"""Property values on the engine's wire: protobuf structs to and from plain values, secrets and unknowns.

The wire marks what JSON can't say with a signature inside a map (secrets, resource references, outputs) or with
a sentinel text (unknowns). Inside the provider these are `SecretValue` and `UNKNOWN`; assets stay as they came.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from google.protobuf.struct_pb2 import ListValue, Struct
from google.protobuf.struct_pb2 import Value as WireValue

from cloud_core.domain.values import UNKNOWN, SecretValue, Unknown, Value, contains, leaves, secrets_in

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# The engine has one sentinel per type of an unknown; a provider may meet any of them.
UNKNOWN_TEXTS: Final = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)

Properties = dict[str, Value]


def decode(struct: Struct) -> Properties:
    """The map that the engine sent; whole numbers become `int`, nulls are left out at the top."""
    values = {key: _decode(value) for key, value in struct.fields.items()}
    return {key: value for key, value in values.items() if value is not None}


def encode(values: Mapping[str, Value]) -> Struct:
    """The map as the engine wants it; `None` is left out at the top."""
    return Struct(fields={key: _encode(value) for key, value in values.items() if value is not None})


def _decode(value: WireValue) -> Value:
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value in UNKNOWN_TEXTS else value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_decode(item) for item in value.list_value.values]
        case "struct_value":
            return _decode_map(value.struct_value)
        case _:
            return None


def _decode_map(struct: Struct) -> Value:
    items = {key: _decode(value) for key, value in struct.fields.items()}
    match items.get(SIGNATURE):
        case str() as signature if signature == SECRET:
            return SecretValue(items.get("value"))
        case str() as signature if signature == RESOURCE:
            return items.get("id") or items.get("urn")
        case str() as signature if signature == OUTPUT:
            inner = items.get("value", UNKNOWN)
            return SecretValue(inner) if items.get("secret") else inner
        case _:
            return items


def _encode(value: Value) -> WireValue:
    if isinstance(value, SecretValue):
        return WireValue(
            struct_value=Struct(fields={SIGNATURE: WireValue(string_value=SECRET), "value": _encode(value.value)})
        )
    if isinstance(value, Unknown):
        return WireValue(string_value=UNKNOWN_TEXT)
    if isinstance(value, Mapping):
        return WireValue(struct_value=Struct(fields={str(key): _encode(item) for key, item in value.items()}))
    if isinstance(value, (list, tuple)):
        return WireValue(list_value=ListValue(values=[_encode(item) for item in value]))
    return _encode_leaf(value)


def _encode_leaf(value: Any) -> WireValue:
    if value is None:
        return WireValue(null_value=0)
    if isinstance(value, bool):
        return WireValue(bool_value=value)
    if isinstance(value, (int, float)):
        return WireValue(number_value=float(value))
    return WireValue(string_value=str(value))


def veil(value: Value, pattern: Value) -> Value:
    """`value` made secret where `pattern` is: key by key in maps, a list as a whole when it holds a secret.

    A list is hidden whole since AWS may answer it in another order.
    """
    if isinstance(value, SecretValue) or value is None or not contains(pattern, SecretValue):
        return value
    if isinstance(value, Mapping) and isinstance(pattern, Mapping):
        return {key: veil(item, pattern.get(key)) for key, item in value.items()}
    return SecretValue(value)


def secret_texts(values: Value) -> set[str]:
    """Every text inside a secret, as it may turn up in a message: plain, JSON-escaped, and its JSON leaves."""
    texts: set[str] = set()
    for secret in secrets_in(values):
        texts.update(_texts(secret))
    return texts


def _texts(value: Value) -> Iterable[str]:
    for leaf in leaves(value):
        if isinstance(leaf, str) and leaf:
            yield leaf
            yield json.dumps(leaf)[1:-1]
            yield from _texts(_json_inside(leaf))


def _json_inside(text: str) -> Value:
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None
