"""Queries read in pages, in full, or from their start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from cloud_core.adapters.dynamodb.keys import Key
from cloud_core.adapters.dynamodb.serializer import Item
from cloud_core.adapters.dynamodb.table import Query, Table
from cloud_core.domain.page_tokens import check_limit, decode_token, encode_token

_FILTERED_PAGE: Final = 200


@dataclass(frozen=True)
class Listing:
    """A query that is handed out in pages. `name` tells it from any other; `keys` place an item in its order.

    `bounds` are the first and the last sort key of a query newest first, which may move between two pages.
    """

    name: str
    query: Query
    keys: Sequence[str] = ("PK", "SK")
    bounds: tuple[str, str] | None = None


def read_page(table: Table, listing: Listing, limit: int, token: str | None) -> tuple[list[Item], str | None]:
    """Up to `limit` items, filtered ones not counted, and the token of the next page if there is more."""
    check_limit(limit)
    start = decode_token(listing.name, listing.keys, token) if token is not None else None
    if start is not None and listing.bounds is not None:
        # DynamoDB refuses to begin outside the range.
        lowest, highest = listing.bounds
        if start["SK"] < lowest:
            return [], None
        start = start if start["SK"] <= highest else None
    items = list(islice(_items(table, listing.query, limit + 1, start), limit + 1))
    if len(items) <= limit:
        return items, None
    last = items[limit - 1]
    return items[:limit], encode_token(listing.name, {name: last[name] for name in listing.keys})


def read_first(table: Table, query: Query, limit: int) -> list[Item]:
    """The first `limit` items that the filter lets through."""
    return list(islice(_items(table, query, limit), limit))


def read_all(table: Table, query: Query) -> list[Item]:
    return list(_items(table, query))


def _items(table: Table, query: Query, limit: int | None = None, start: Key | None = None) -> Iterator[Item]:
    # A filter works after the limit: small pages would cost many calls, and the more the less it lets through.
    size = max(limit, _FILTERED_PAGE) if limit and query.filter is not None else limit
    while True:
        batch, start = table.query(query, size, start)
        yield from batch
        if start is None:
            return
        size = size * 2 if size and query.filter is not None else size
