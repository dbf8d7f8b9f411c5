"""What is read for those who join, once for all who want the same at the same time.

When a server begins anew, everybody comes back at once and asks for about the same: a read for each of them would keep
the last one waiting for minutes.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from typing import Any, Final, TypeVar, cast

from cloud_core.domain.events import Event
from cloud_core.domain.records import Deployment
from realtime.platform import DeploymentSource
from realtime.story import Story

T = TypeVar("T")
_KEPT: Final = 16


class SharedReads:
    """Of one deployment. `call` reads in its turn; `fresh` is how many seconds the deployment's record is good for."""

    def __init__(
        self, source: DeploymentSource, call: Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]], fresh: float
    ) -> None:
        self._source = source
        self._call = call
        self._fresh = fresh
        self._tasks: OrderedDict[Hashable, asyncio.Task[Any]] = OrderedDict()

    async def deployment(self) -> Deployment:
        """Raises DeploymentNotFound, Unavailable."""
        moment = int(asyncio.get_running_loop().time() / self._fresh)
        return await self._once(("deployment", moment), self._source.deployment)

    async def past(self, after: int, until: int) -> Story:
        """The story as it was at `after`, for whoever asked alone. Raises Unavailable."""
        shared = await self._once(("past", after, until), lambda: self._source.past(after, until))
        return shared.copy()

    async def page(self, after: int, until: int) -> list[Event]:
        """Events after that number up to `until`, as many as a page has. Raises Unavailable."""
        found = await self._once(("page", after, until), lambda: self._source.read(after))
        return [event for event in found if event.seq <= until]

    def _once(self, key: Hashable, work: Callable[[], T]) -> Awaitable[T]:
        task = self._tasks.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._tasks[key] = asyncio.get_running_loop().create_task(self._call(work))
            while len(self._tasks) > _KEPT:
                self._tasks.popitem(last=False)
        # Whoever leaves takes the read away from nobody else.
        return cast(Awaitable[T], asyncio.shield(task))
