"""How handlers are run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from fastapi.routing import APIRoute


class ThreadedRoute(APIRoute):
    """Its handler works in a thread, since services wait for others; what it gives is made JSON by the event loop.

    The framework would take it to a thread a second time for that, which costs more than most answers do.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint if iscoroutinefunction(endpoint) else _in_thread(endpoint), **options)


def _in_thread(handler: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(handler)
    async def threaded(**given: Any) -> Any:
        return await asyncio.to_thread(handler, **given)

    return threaded
