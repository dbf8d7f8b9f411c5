"""Put values in place of placeholders: a whole string takes the value with its type, inside a text it becomes text."""

from __future__ import annotations

from collections.abc import Mapping

from cloud_core.domain.placeholders.expansion import Problem, Reference, Slot, Text, Tree
from cloud_core.domain.values import UNKNOWN, SecretValue, Value


def fill(tree: Tree, values: Mapping[Reference, Value]) -> tuple[Value, list[Problem]]:
    """The configuration with `values` filled in, and what can't stand inside a text.

    References without a value stay as written. A secret inside a text makes the whole text secret, an unknown
    makes it unknown; both make it a secret unknown.
    """
    filling = _Filling(values)
    return filling.value(tree), filling.problems


class _Filling:
    def __init__(self, values: Mapping[Reference, Value]) -> None:
        self._values = values
        self.problems: list[Problem] = []

    def value(self, tree: Tree) -> Value:
        if isinstance(tree, Reference):
            return self._values.get(tree, tree.placeholder.text)
        if isinstance(tree, Text):
            return self._join(tree)
        if isinstance(tree, Mapping):
            return {key: self.value(item) for key, item in tree.items()}
        if isinstance(tree, (list, tuple)):
            return [self.value(item) for item in tree]
        return tree

    def _join(self, text: Text) -> Value:
        texts: list[str] = []
        secret = unknown = False
        for part in text.parts:
            value = self.value(part.tree) if isinstance(part, Slot) else part
            while isinstance(value, SecretValue):
                secret, value = True, value.value
            if value is UNKNOWN:
                unknown = True
            elif isinstance(part, Slot):
                texts.append(self._as_text(value, text.field, part))
            else:
                texts.append(value)
        joined: Value = UNKNOWN if unknown else "".join(texts)
        return SecretValue(joined) if secret else joined

    def _as_text(self, value: Value, field: str, slot: Slot) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (str, int, float)):
            return str(value)
        what = {list: "a list", dict: "a map", type(None): "nothing (null)"}.get(type(value), type(value).__name__)
        reason = f"its value is {what}, which can't stand inside a text: let the placeholder be the whole value"
        self.problems.append(Problem(field, slot.placeholder.text, reason))
        return slot.placeholder.text
