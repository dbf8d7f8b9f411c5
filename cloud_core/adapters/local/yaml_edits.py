"""Edits of a round-trip YAML document that leave every comment where a reader would look for it.

The library files the lines above a key under the value before it. An edit at the end of a section would leave its new
lines behind them, so such a tail is taken off first and put back at the section's new end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import StringMark
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, FoldedScalarString, LiteralScalarString
from ruamel.yaml.tokens import CommentToken

from cloud_core.adapters.local.yaml_aliases import detach
from cloud_core.domain.manifest import AppendItems, Edit, RemoveKey, RenameKey, SetValue, apply_edits

Place = tuple[Any, Any]  # a container and the key or index whose comment is meant
_NOWHERE: Final = StringMark("comment", 0, 0, 0, "", 0)
# Line breaks to YAML unless they are escaped in quotes; and the mark of a key, which the library leaves bare in a list.
_NEEDS_QUOTES: Final = re.compile(r"[\x85\u2028\u2029]|^\?")
_INNER: Final = 3  # where a map's comments keep what stands between a key and the block below it
_BLOCK_SCALARS: Final = (LiteralScalarString, FoldedScalarString)


def edit_document(document: CommentedMap, edit: Edit) -> None:
    """Make one edit in place and nowhere else; KeyError for a path that is not there."""
    detach(document, edit.path if isinstance(edit, AppendItems) else edit.path[:-1])
    if isinstance(edit, RenameKey):
        apply_edits(document, [edit])
        comments = _at(document, edit.path[:-1]).ca.items
        if edit.path[-1] in comments:
            comments[edit.name] = comments.pop(edit.path[-1])
        return
    before = _existing(document, edit.path)
    tail = _take_tail(_end(document, before))
    after = _neighbour(document, edit.path) if isinstance(edit, RemoveKey) else before
    apply_edits(document, [_grounded(edit, len(before)) if isinstance(edit, SetValue) else edit])
    _drop_inner_comments(document, edit.path if isinstance(edit, SetValue) else edit.path[:-1])
    place = _end(document, after) if tail and after is not None else None
    if place is not None:
        _put_tail(place, tail)


def _drop_inner_comments(document: CommentedMap, path: tuple[str, ...]) -> None:
    """Comments above the first key of a block belong to the block: where it is gone they would stand in the way."""
    *way, last = path or (None,)
    comments = _at(document, tuple(way)).ca.items.get(last)
    if comments and not _is_block(_at(document, path)):
        comments[_INNER] = None


def _is_block(value: Any) -> bool:
    return isinstance(value, (CommentedMap, CommentedSeq)) and bool(value) and not value.fa.flow_style()


def styled(value: Any) -> Any:
    """Plain data as the library's containers and texts; lists that hold no containers in one line."""
    if isinstance(value, str):
        return DoubleQuotedScalarString(value) if _NEEDS_QUOTES.search(value) else value
    if isinstance(value, Mapping):
        return CommentedMap((styled(key), styled(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        items = CommentedSeq(styled(item) for item in value)
        if not any(isinstance(item, (CommentedMap, CommentedSeq)) for item in items):
            items.fa.set_flow_style()
        return items
    return value


def _grounded(edit: SetValue, existing: int) -> SetValue:
    """The same, with the maps that are missing on the way made part of the value."""
    value = edit.value
    for key in reversed(edit.path[existing + 1 :]):
        value = {key: value}
    return SetValue(tuple(styled(key) for key in edit.path[: existing + 1]), styled(value))


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


def _existing(document: Any, path: tuple[str, ...]) -> tuple[str, ...]:
    """The longest start of the path that is there."""
    for length, key in enumerate(path):
        if not isinstance(document, CommentedMap) or key not in document:
            return path[:length]
        document = document[key]
    return path


def _neighbour(document: Any, path: tuple[str, ...]) -> tuple[str, ...] | None:
    """The key before a removed one, which takes the comments behind it; None for the first key, where they are lost."""
    *way, last = path
    keys = list(_at(document, tuple(way)))
    index = keys.index(last)
    return (*way, keys[index - 1]) if index else None


def _end(document: CommentedMap, path: tuple[str, ...]) -> Place | None:
    """The innermost last value of what stands at the path, when it is written as a block."""
    place: Place | None = (_at(document, path[:-1]), path[-1]) if path else None
    value = _at(document, path)
    while _is_block(value):
        key = next(reversed(value)) if isinstance(value, CommentedMap) else len(value) - 1
        place, value = (value, key), value[key]
    return place


def _slot(place: Place) -> int:
    return 2 if isinstance(place[0], CommentedMap) else 0


def _token(place: Place) -> CommentToken | None:
    container, key = place
    comments = container.ca.items.get(key)
    return comments[_slot(place)] if comments else None


def _take_tail(place: Place | None) -> str:
    """The comment lines behind the value's own line; that line's comment stays."""
    token = _token(place) if place else None
    if place is None or token is None:
        return ""
    container, key = place
    if isinstance(container[key], _BLOCK_SCALARS):
        own, tail = "", " " * token.start_mark.column + str(token.value)
    else:
        own, _newline, tail = str(token.value).partition("\n")
    if own:
        token.value = own + "\n"
    else:
        container.ca.items[key][_slot(place)] = None
    return tail


def _put_tail(place: Place, tail: str) -> None:
    container, key = place
    token = _token(place)
    if token is not None:
        token.value = f"{str(token.value).rstrip()}\n{tail}"
        return
    text = tail if isinstance(container[key], _BLOCK_SCALARS) else f"\n{tail}"
    comments = container.ca.items.setdefault(key, [None, None, None, None])
    comments[_slot(place)] = CommentToken(text, _NOWHERE, None)
