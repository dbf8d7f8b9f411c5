"""Lists, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel

_LARGEST: Final = 100
T = TypeVar("T")


class Pagination(BaseModel):
    """`page` counts from 1."""

    page: int
    limit: int
    total: int
    total_pages: int
    has_next: bool
    has_prev: bool
    next_page: int | None
    prev_page: int | None


class Page:
    """Which part of a list is asked for; `offset` wins over `page`."""

    def __init__(
        self,
        page: Annotated[int, Query(ge=1, le=1_000_000, description="Counts from 1.")] = 1,
        limit: Annotated[int, Query(ge=1, le=_LARGEST, description="Items of a page.")] = 20,
        offset: Annotated[
            int | None, Query(ge=0, le=100_000_000, description="Items to leave out, in place of `page`.")
        ] = None,
    ) -> None:
        self._limit = limit
        self._offset = (page - 1) * limit if offset is None else offset

    def of(self, items: Sequence[T]) -> list[T]:
        return list(items[self._offset : self._offset + self._limit])

    def told(self, total: int) -> Pagination:
        page = self._offset // self._limit + 1
        has_next, has_prev = self._offset + self._limit < total, self._offset > 0
        return Pagination(
            page=page,
            limit=self._limit,
            total=total,
            total_pages=-(-total // self._limit),
            has_next=has_next,
            has_prev=has_prev,
            next_page=page + 1 if has_next else None,
            prev_page=max(1, page - 1) if has_prev else None,
        )


Paging = Annotated[Page, Depends()]
