"""Pages of lists out of which some items are left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.page_tokens import check_limit, decode_token, encode_token
from cloud_core.ports.records import Page

T = TypeVar("T")

LARGEST_PAGE: Final = 1000
_ROUNDS: Final = 20
_AT_ONCE: Final = 200


@dataclass(frozen=True)
class Slice:
    """Which part of a list: at most `limit` items (1 to 1000), from where the token of the last page says."""

    limit: int
    token: str | None = None


def check_page(limit: int) -> None:
    """Raises InvalidInput for anything but 1 to 1000."""
    check_limit(limit)
    if limit > LARGEST_PAGE:
        raise InvalidInput(f"limit {limit} is too large: it must be at most {LARGEST_PAGE}", field="limit", value=limit)


def kept_page(
    read: Callable[[int, str | None], Page[T]],
    keep: Callable[[T], bool],
    part: Slice,
    is_enough: Callable[[], bool] = lambda: False,
) -> Page[T]:
    """Up to `part.limit` items that are kept. Where few are, a page may be shorter and still have a next one; so it may
    where `is_enough` says that to tell what is kept has cost enough."""
    check_page(part.limit)
    found: list[T] = []
    token = part.token
    for _ in range(_ROUNDS):
        page = read(min(part.limit - len(found), _AT_ONCE), token)
        found += filter(keep, page.items)
        token = page.next_token
        if token is None or len(found) == part.limit or is_enough():
            break
    return Page(found, token)


def page_of(name: str, items: Sequence[T], place: Callable[[T], tuple[str, ...]], part: Slice) -> Page[T]:
    """A page of a whole list that is in the order of its items' places."""
    limit, token = part.limit, part.token
    check_page(limit)
    start = None
    if token is not None:
        start = tuple(decode_token(name, [str(n) for n in range(len(place(items[0])) if items else 1)], token).values())
    left = [item for item in items if start is None or place(item) > start]
    if len(left) <= limit:
        return Page(left)
    parts = {str(number): part for number, part in enumerate(place(left[limit - 1]))}
    return Page(list(left[:limit]), encode_token(name, parts))
