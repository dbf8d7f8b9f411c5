"""Find placeholders in nested configuration, and what is wrong with the malformed ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from cloud_core.domain.placeholders.grammar import parse
from cloud_core.domain.placeholders.model import MalformedPlaceholder, Placeholder, PlaceholderProblem
from cloud_core.domain.placeholders.scanner import Mark, scan
from cloud_core.domain.values import Value

Found = str | Placeholder | PlaceholderProblem


def find_placeholders(value: Value) -> list[Placeholder]:
    """Every well-formed placeholder in the strings of `value`, in the order of writing; keys are not searched."""
    return [found for found in _all(value) if isinstance(found, Placeholder)]


def check_placeholders(value: Value) -> list[PlaceholderProblem]:
    """Every malformed placeholder in the strings of `value`, in the order of writing."""
    return [found for found in _all(value) if isinstance(found, PlaceholderProblem)]


def may_hold_placeholders(value: Value) -> bool:
    """Whether any string of `value` says more than its letters: placeholders, malformed ones, and escapes."""
    return any(piece.mark is not Mark.TEXT for _, text in walk(value) for piece in scan(text))


def parse_text(text: str, path: str) -> list[Found]:
    """The string as plain texts (escapes decoded), placeholders and problems, in order; never raises."""
    pieces = scan(text)
    found: list[Found] = []
    for piece in pieces:
        if piece.mark is Mark.BODY:
            found.append(_body(piece.raw, piece.content, path, is_whole=len(pieces) == 1))
        elif piece.mark is Mark.UNCLOSED:
            reason = "it is not closed, or other braces stand inside it; a doubled opener ($${ or {{{{) is literal"
            found.append(PlaceholderProblem(piece.content, path, reason))
        else:
            found.append(piece.content)
    return found


def walk(value: Value, path: str = "") -> Iterator[tuple[str, str]]:
    """Each string inside lists and maps with its path: `a.b[0].c`, empty for `value` itself."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from walk(item, member_path(path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from walk(item, f"{path}[{index}]")


def member_path(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def _all(value: Value) -> Iterator[Found]:
    for path, text in walk(value):
        yield from parse_text(text, path)


def _body(text: str, body: str, path: str, *, is_whole: bool) -> Found:
    try:
        return replace(parse(text, body), path=path, is_whole=is_whole)
    except MalformedPlaceholder as error:
        return PlaceholderProblem(text, path, str(error))
