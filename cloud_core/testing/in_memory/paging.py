"""Pages over lists in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from cloud_core.domain.page_tokens import check_limit, decode_token, encode_token
from cloud_core.ports.records import Page

T = TypeVar("T")
Place = tuple[str, ...]


def newest_first(name: str, items: Iterable[T], place: Callable[[T], Place], limit: int, token: str | None) -> Page[T]:
    """A page of the list called `name`, ordered by falling place; places are unique and of one length."""
    check_limit(limit)
    ordered = sorted(items, key=place, reverse=True)
    if token is not None:
        parts = decode_token(name, ["place"], token)
        ordered = [item for item in ordered if "\n".join(place(item)) < parts["place"]]
    following = "\n".join(place(ordered[limit - 1])) if len(ordered) > limit else None
    return Page(ordered[:limit], encode_token(name, {"place": following}) if following else None)
