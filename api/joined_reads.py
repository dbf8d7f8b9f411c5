"""Many who ask the same at the same time are answered by one look at the records; see docs/adr/0013."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class _Next(Generic[T]):
    """A look that is to come, and what those who wait for it are told."""

    look: Callable[[], T]
    told: asyncio.Future[T]


class JoinedReads(Generic[T]):
    """Whoever asks while a look for the same key is under way waits for the next one, together with all that come
    until that begins. So nobody is told what was so before they asked, as they would be by a cache."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[None] | None] = {}
        self._next: dict[Hashable, _Next[T]] = {}

    async def read(self, key: Hashable, look: Callable[[], T]) -> T:
        """What `look` gives, in a thread; its errors are those of all who have joined it. The key must tell all that
        `look` depends on, the rights of the caller too."""
        if key in self._under_way:
            joined = self._next.setdefault(key, _Next(look, asyncio.get_running_loop().create_future()))
            return await asyncio.shield(joined.told)  # who goes away leaves it to the others
        self._under_way[key] = None
        try:
            return await asyncio.to_thread(look)
        finally:
            self._go_on(key)

    def _go_on(self, key: Hashable) -> None:
        following = self._next.pop(key, None)
        if following is None:
            del self._under_way[key]
        else:
            self._under_way[key] = asyncio.create_task(self._look(key, following))

    async def _look(self, key: Hashable, following: _Next[T]) -> None:
        try:
            following.told.set_result(await asyncio.to_thread(following.look))
        except Exception as error:  # noqa: BLE001 - those who wait are told
            following.told.set_exception(error)
        finally:
            self._go_on(key)
