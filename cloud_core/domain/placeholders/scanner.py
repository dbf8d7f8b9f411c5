"""Cut a string into plain text, escapes, placeholder bodies and openers without an end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class Mark(Enum):
    TEXT = auto()
    ESCAPE = auto()
    BODY = auto()
    UNCLOSED = auto()


@dataclass(frozen=True)
class Piece:
    """`raw` is the slice of the string; all raws joined give it back. `content` is the text that the piece
    stands for: the decoded text, the trimmed body, or what to show of an unclosed opener."""

    mark: Mark
    raw: str
    content: str


# In this order: doubled openers, closed placeholders, bare openers. Of '{{{' the last two open.
_TOKEN: Final = re.compile(
    r"(?P<escape>\$\$\{|\{\{\{\{)"
    r"|\$\{(?P<dollar>[^{}]*)\}"
    r"|\{\{(?P<braces>[^{}]*)\}\}"
    r"|(?P<unclosed>\$\{|\{\{(?!\{))"
)
_SHOWN: Final = re.compile(r"(?:\$\{|\{\{)[A-Za-z0-9_.:/-]{0,40}")


def scan(text: str) -> list[Piece]:
    """The pieces of `text` in order, without empty ones; never raises."""
    pieces: list[Piece] = []
    end = 0
    for match in _TOKEN.finditer(text):
        if match.start() > end:
            pieces.append(_plain(text[end : match.start()]))
        pieces.append(_piece(match, text))
        end = match.end()
    if end < len(text):
        pieces.append(_plain(text[end:]))
    return pieces


def _plain(text: str) -> Piece:
    return Piece(Mark.TEXT, text, text)


def _piece(match: re.Match[str], text: str) -> Piece:
    raw = match.group()
    if match["escape"] is not None:
        return Piece(Mark.ESCAPE, raw, raw[len(raw) // 2 if raw[0] == "{" else 1 :])
    if match["unclosed"] is not None:
        shown = _SHOWN.match(text, match.start())
        return Piece(Mark.UNCLOSED, raw, shown.group() if shown else raw)
    body = match["dollar"] if match["dollar"] is not None else match["braces"]
    return Piece(Mark.BODY, raw, body.strip())
