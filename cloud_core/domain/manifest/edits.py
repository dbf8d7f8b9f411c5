"""Small edits of a nested document, and the differences of two documents as edits.

Edits work on any mutable mapping, so the adapter applies the same ones to a round-trip document and its comments
survive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Final

from cloud_core.domain.digest import canonical_json
from cloud_core.domain.manifest.dialects import dotted, written_path
from cloud_core.domain.values import MASK

KeyPath = tuple[str, ...]


@dataclass(frozen=True)
class SetValue:
    """Set the value at `path`; missing maps on the way are made."""

    path: KeyPath
    value: Any


@dataclass(frozen=True)
class RemoveKey:
    path: KeyPath


@dataclass(frozen=True)
class RenameKey:
    """Give the key at `path` another name; its place among its neighbours stays."""

    path: KeyPath
    name: str


@dataclass(frozen=True)
class AppendItems:
    """Add items to the list at `path`, at its end."""

    path: KeyPath
    items: tuple[str, ...]


Edit = SetValue | RemoveKey | RenameKey | AppendItems


def apply_edits(document: MutableMapping[str, Any], edits: Iterable[Edit]) -> None:
    """Change the document in place, in the order of the edits; KeyError for a path that is not there."""
    for edit in edits:
        *way, last = edit.path
        match edit:
            case SetValue(value=value):
                parent = document
                for key in way:
                    parent = parent.setdefault(key, {})
                parent[last] = deepcopy(value)  # a later edit inside of it must not change this one
            case RemoveKey():
                del _descend(document, way)[last]
            case AppendItems(items=items):
                _descend(document, way)[last].extend(items)
            case _:
                _rename(_descend(document, way), last, edit.name)


def as_written(edit: Edit, data: Mapping[str, Any]) -> Edit:
    """The edit of a canonical path at the path that the dialect of `data` uses."""
    return replace(edit, path=tuple(str(step) for step in written_path(edit.path, data)))


def _descend(document: MutableMapping[str, Any], way: Sequence[str]) -> MutableMapping[str, Any]:
    for key in way:
        document = document[key]
    return document


def _rename(parent: MutableMapping[str, Any], old: str, new: str) -> None:
    """Every later key is taken out and put back, which keeps the order in any kind of map."""
    keys = list(parent)
    behind = [(key, parent.pop(key)) for key in keys[keys.index(old) :]]
    for key, value in behind:
        parent[new if key == old else key] = value


class _Absent:
    """The type of `ABSENT` alone."""


ABSENT: Final = _Absent()


@dataclass(frozen=True)
class Difference:
    """One place that differs; `before` or `after` is ABSENT when the key is on one side only."""

    path: KeyPath
    before: Any
    after: Any

    def describe(self, hidden: bool = False) -> str:
        """One line: `+ path: value`, `- path: value` or `~ path: old → new`; values masked when hidden."""
        before, after = (MASK if hidden else _written(value) for value in (self.before, self.after))
        if self.before is ABSENT:
            return f"+ {dotted(self.path)}: {after}"
        if self.after is ABSENT:
            return f"- {dotted(self.path)}: {before}"
        return f"~ {dotted(self.path)}: {before} → {after}"

    def edit(self) -> Edit:
        """The edit that turns `before` into `after`."""
        return RemoveKey(self.path) if self.after is ABSENT else SetValue(self.path, self.after)


def _written(value: Any) -> str:
    """As a manifest has it: texts bare, everything else as JSON, which is YAML too."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def differences(before: Mapping[str, Any], after: Mapping[str, Any], path: KeyPath = ()) -> list[Difference]:
    """Where two documents differ, in the order of writing; lists are compared as a whole."""
    found: list[Difference] = []
    for key in [*before, *(key for key in after if key not in before)]:
        old, new, here = before.get(key, ABSENT), after.get(key, ABSENT), (*path, key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += differences(old, new, here)
        elif old is ABSENT or new is ABSENT or canonical_json(old) != canonical_json(new):
            found.append(Difference(here, old, new))
    return found
