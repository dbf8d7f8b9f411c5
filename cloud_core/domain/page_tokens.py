"""Opaque tokens between the pages of a list.

A token holds the place of the last item handed out and the name of its list, with a checksum against accidents. It
opens nothing: the query that it is given to decides what is read.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final

from cloud_core.domain.errors import InvalidInput

_CHECKSUM_CHARACTERS: Final = 8


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
            raise ValueError("the checksum differs")
        asked, place = json.loads(body)
        if asked != name or set(place) != set(parts):
            raise ValueError("it belongs to another list")
    except (ValueError, TypeError) as error:
        raise InvalidInput(
            f"next_token does not belong to this list ({error}): pass it on exactly as the previous page gave it",
            field="next_token",
            suggestion="start again without next_token",
        ) from error
    return {part: str(value) for part, value in place.items()}


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:_CHECKSUM_CHARACTERS]
