"""How AWS writes a value that Pulumi writes otherwise: pairs of functions, one for each way.

A shape never sees None. What AWS tells comes in as boto3 answers it, times included.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final


def pascal(name: str) -> str:
    """`cidrBlock` as most of AWS's APIs write it: `CidrBlock`."""
    return name[:1].upper() + name[1:]


def camel(name: str) -> str:
    """`CidrBlock` as Pulumi writes it: `cidrBlock`."""
    return name[:1].lower() + name[1:]


@dataclass(frozen=True)
class Shape:
    """`send` makes AWS's form of Pulumi's value, `tell` the other way round."""

    send: Callable[[Any], Any]
    tell: Callable[[Any], Any]


def _as_it_is(value: Any) -> Any:
    return value


def plain(value: Any) -> Any:
    """Times as text, at every depth."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


PLAIN: Final = Shape(_as_it_is, plain)

Names = Mapping[str, "str | tuple[str, Shape]"]


@dataclass(frozen=True)
class _Block:
    """A nested map, or a list of them; keys that `names` has not are spelt by `spell` and `read`."""

    spell: Callable[[str], str]
    read: Callable[[str], str]
    names: Names = field(default_factory=dict)

    def send(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {
                self._sent(key)[0]: self._sent(key)[1].send(item) for key, item in value.items() if item is not None
            }
        return [self.send(item) for item in value] if isinstance(value, list) else value

    def tell(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            told = {self._sent(key)[0]: (key, self._sent(key)[1]) for key in self.names}
            pairs = ((*told.get(key, (self.read(key), self.shape)), item) for key, item in value.items())
            return {key: shape.tell(item) for key, shape, item in pairs if item is not None}
        return [self.tell(item) for item in value] if isinstance(value, list) else plain(value)

    def _sent(self, key: str) -> tuple[str, Shape]:
        name = self.names.get(key, self.spell(key))
        return name if isinstance(name, tuple) else (name, self.shape)

    @property
    def shape(self) -> Shape:
        return Shape(self.send, self.tell)


def block(names: Names | None = None, *, lower: bool = False) -> Shape:
    """A nested map, or a list of them, with AWS's keys in PascalCase (`lower`: in camelCase, as Pulumi has them).

    `names` holds the exceptions at any depth: `{"sseAlgorithm": "SSEAlgorithm"}`, or with a shape of the value:
    `{"variables": ("Variables", PLAIN)}` for a map whose keys are the user's.
    """
    spell, read = (_as_it_is, _as_it_is) if lower else (pascal, camel)
    return _Block(spell, read, names or {}).shape


BLOCK: Final = block()


def pairs(key: str = "Name", value: str = "Value") -> Shape:
    """A map as AWS's list of pairs: `{"a": "b"}` as `[{"Name": "a", "Value": "b"}]`."""
    return Shape(
        lambda given: [{key: name, value: item} for name, item in given.items()],
        lambda found: {one[key]: one.get(value) for one in found},
    )


def many(inner: Shape = PLAIN) -> Shape:
    """A list as CloudFront writes it: `{"Quantity": 1, "Items": […]}`."""
    return Shape(
        lambda given: {"Quantity": len(given), "Items": [inner.send(item) for item in given]},
        lambda found: [inner.tell(item) for item in found.get("Items") or ()],
    )


def only(inner: Shape = PLAIN) -> Shape:
    """One value where AWS has a list that holds at most one."""
    return Shape(lambda given: [inner.send(given)], lambda found: inner.tell(found[0]) if found else None)


def _number(text: Any) -> Any:
    number = float(text)
    return int(number) if number.is_integer() else number


# A number, and a truth value, that AWS writes as text (attributes of queues, topics, load balancers).
NUMBER: Final = Shape(str, _number)
FLAG: Final = Shape(lambda given: "true" if given else "false", lambda found: str(found).lower() == "true")
# Bytes that Pulumi has as base64 text.
BYTES: Final = Shape(base64.b64decode, lambda found: base64.b64encode(found).decode())
