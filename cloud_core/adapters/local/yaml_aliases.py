"""Edits of what an alias (`*x`) shares with other places of a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq


def detach(document: CommentedMap, path: Sequence[Any]) -> None:
    """Give every shared container on the way to `path`, and at it, a copy of its own: an edit changes one place."""
    shared = {place for place, count in Counter(map(id, _containers(document, set()))).items() if count > 1}
    holder = document
    for key in path:
        if not isinstance(holder, CommentedMap) or key not in holder:
            return
        value = holder[key]
        if isinstance(value, (CommentedMap, CommentedSeq)) and id(value) in shared:
            value = deepcopy(value)
            value.yaml_set_anchor(None)
            holder[key] = value
            shared |= {id(inner) for inner in _containers(value, set())}  # copied, but still one for its own aliases
        holder = value


def _containers(value: Any, seen: set[int]) -> Iterator[Any]:
    """Every container as often as it is referred to; what is inside it once."""
    if not isinstance(value, (CommentedMap, CommentedSeq)):
        return
    yield value
    if id(value) not in seen:
        seen.add(id(value))
        for item in value.values() if isinstance(value, CommentedMap) else value:
            yield from _containers(item, seen)
