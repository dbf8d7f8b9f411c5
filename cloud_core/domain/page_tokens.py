"""Opaque tokens between the pages of a list.

A token holds the place of the last item handed out and the name of its list, with a checksum against accidents. It
opens nothing: the query that it is given to decides what is read.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from cloud_core.domain.errors import InvalidInput

_CHECKSUM_CHARACTERS: Final = 8
_PARAMETER: Final = "next_token"


def check_limit(limit: int | None) -> None:
    """None is what a client sends that means to leave it out."""
    if limit is None:
        raise InvalidInput("limit is null: give a number, or leave it out", field="limit")
    if limit < 1:
        raise InvalidInput(f"limit {limit} is too small: it must be at least 1", field="limit", value=limit)


def encode_token(name: str, place: Mapping[str, str]) -> str:
    body = json.dumps([name, place], separators=(",", ":"))
    return base64.urlsafe_b64encode((_checksum(body) + body).encode()).decode()


def decode_token(name: str, parts: Sequence[str], token: str) -> dict[str, str]:
    """The place, which has exactly these parts. Raises InvalidInput for a token that the list did not give out."""
    try:
        text = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True).decode()
        body = text[_CHECKSUM_CHARACTERS:]
        if text[:_CHECKSUM_CHARACTERS] != _checksum(body):
            raise foreign_token()
        asked, place = json.loads(body)
        if asked != name or not isinstance(place, dict) or set(place) != set(parts):
            raise foreign_token()
    except (ValueError, TypeError, RecursionError):
        # What the decoders say of it helps nobody: whoever sends a token did not make it.
        raise foreign_token() from None
    return {part: str(value) for part, value in place.items()}


def foreign_token(parameter: str = _PARAMETER) -> InvalidInput:
    """The refusal of whatever the list did not give out, with the way out."""
    return InvalidInput(
        f"{parameter} is none of this list's: pass it on exactly as the page before gave it, with the same filters",
        field=parameter,
        suggestion=f"start again without {parameter}",
    )


@contextmanager
def token_called(parameter: str) -> Iterator[None]:
    """Refusals of tokens name them as those call them who send them."""
    try:
        yield
    except InvalidInput as error:
        if error.context.get("field") != _PARAMETER:
            raise
        raise foreign_token(parameter) from None


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:_CHECKSUM_CHARACTERS]
