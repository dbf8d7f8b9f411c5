"""Unfold `{{ENV:key}}`: configuration becomes a tree whose open ends are the placeholders left to look up.

The environment's values may hold placeholders themselves, `{{ENV:...}}` included; loops, chains of more than ten, and
what unfolds to more than ten thousand values are problems. Text is never glued together and read again, so values can't
form new placeholders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cloud_core.domain.graph import find_cycles
from cloud_core.domain.placeholders.model import Placeholder, PlaceholderKind, PlaceholderProblem
from cloud_core.domain.placeholders.search import find_placeholders, member_path, parse_text
from cloud_core.domain.values import Value

MAX_DEPTH: Final = 10
MAX_UNFOLDED: Final = 10_000
Tree = Any  # a Value whose leaves may also be a Reference or a Text


@dataclass(frozen=True)
class Reference:
    """A placeholder to look up (never of kind ENV) for `field`, the path in the stack's configuration.

    `via` names the ENV keys that led to it, outermost first; then `placeholder.path` counts from the last of them.
    """

    placeholder: Placeholder
    field: str
    via: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slot:
    """What stands inside a text: the placeholder there, and the tree that gives its value."""

    placeholder: Placeholder
    tree: Tree


@dataclass(frozen=True)
class Text:
    """A string around placeholders: plain texts and slots, in order."""

    field: str
    parts: tuple[str | Slot, ...]


@dataclass(frozen=True)
class Problem:
    """Why a placeholder has no value: where, as written there, the ENV keys passed, and the rule with the way out."""

    field: str
    text: str
    reason: str
    via: tuple[str, ...] = ()


def expand(value: Value, environment: Mapping[str, Value]) -> tuple[Tree, list[Problem]]:
    """The tree of `value` with every `{{ENV:key}}` replaced from `environment`, and all problems met on the way."""
    expansion = _Expansion(environment)
    return expansion.tree(value, "", "", ()), expansion.problems


def references(tree: Tree) -> Iterator[Reference]:
    """The placeholders left in an expanded tree, in the order of writing."""
    if isinstance(tree, Reference):
        yield tree
    elif isinstance(tree, Text):
        for part in tree.parts:
            if isinstance(part, Slot):
                yield from references(part.tree)
    elif isinstance(tree, Mapping):
        for item in tree.values():
            yield from references(item)
    elif isinstance(tree, (list, tuple)):
        for item in tree:
            yield from references(item)


def spelled(tree: Tree) -> Value:
    """The tree as plain data, each open end told by its own text: equal trees are spelled alike, and only those."""
    if isinstance(tree, Reference):
        return {"placeholder": tree.placeholder.text}
    if isinstance(tree, Text):
        return {"text": [spelled(part.tree) if isinstance(part, Slot) else part for part in tree.parts]}
    if isinstance(tree, Mapping):
        return {"map": {key: spelled(item) for key, item in tree.items()}}
    return [spelled(item) for item in tree] if isinstance(tree, (list, tuple)) else tree


def environment_loops(environment: Mapping[str, Value]) -> list[list[str]]:
    """Loops among the ENV keys, each as its keys in order with the first repeated at the end."""
    return list(find_cycles({key: _env_keys(value) for key, value in environment.items()}))


def _env_keys(value: Value) -> list[str]:
    keys = (p.key for p in find_placeholders(value) if p.kind is PlaceholderKind.ENV)
    return list(dict.fromkeys(key for key in keys if key is not None))


class _Expansion:
    def __init__(self, environment: Mapping[str, Value]) -> None:
        self._environment = environment
        self._unfolded = 0
        self.problems: list[Problem] = []

    def tree(self, value: Value, field: str, path: str, via: tuple[str, ...]) -> Tree:
        """`field` is the place in the stack's configuration, `path` the place in what is being read."""
        self._unfolded += bool(via)
        if isinstance(value, str):
            return self._text(value, field, path, via)
        if isinstance(value, Mapping):
            return {
                key: self.tree(item, member_path(field, key) if not via else field, member_path(path, key), via)
                for key, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [
                self.tree(item, f"{field}[{index}]" if not via else field, f"{path}[{index}]", via)
                for index, item in enumerate(value)
            ]
        return value

    def _text(self, text: str, field: str, path: str, via: tuple[str, ...]) -> Tree:
        parts: list[str | Slot] = []
        for found in parse_text(text, path):
            if isinstance(found, PlaceholderProblem):
                self.problems.append(Problem(field, found.text, found.reason, via))
            elif isinstance(found, Placeholder):
                tree = self._placeholder(found, field, via)
                if found.is_whole:
                    return tree
                parts.append(Slot(found, tree))
            else:
                parts.append(found)
        if all(isinstance(part, str) for part in parts):
            return "".join(part for part in parts if isinstance(part, str))
        return Text(field, tuple(parts))

    def _placeholder(self, placeholder: Placeholder, field: str, via: tuple[str, ...]) -> Tree:
        if placeholder.kind is not PlaceholderKind.ENV or placeholder.key is None:
            return Reference(placeholder, field, via)
        key = placeholder.key
        if reason := self._refusal(key, via):
            self.problems.append(Problem(field, placeholder.text, reason, via))
            return placeholder.text
        return self.tree(self._environment[key], field, "", (*via, key))

    def _refusal(self, key: str, via: tuple[str, ...]) -> str | None:
        if key in via:
            loop = " → ".join([*via[via.index(key) :], key])
            return f"the environment's values lead back to themselves: {loop}"
        if len(via) >= MAX_DEPTH:
            return f"the environment's values refer to each other more than {MAX_DEPTH} deep"
        if self._unfolded >= MAX_UNFOLDED:
            return f"the environment's values unfold to more than {MAX_UNFOLDED} values"
        if key not in self._environment:
            known = ", ".join(sorted(self._environment)) or "none"
            return f"the environment has no configuration key {key!r}; it has: {known}"
        return None
