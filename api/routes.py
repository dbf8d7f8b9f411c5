"""Where the endpoints stand, who may ask them, and how their handlers are run."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from api.dependencies import PERMISSION, caller_of
from api.json_bodies import JsonRequest
from api.openapi import name_of
from api.queries import names_of, require_known_query
from cloud_core.domain.access.permissions import Permission

BASE: Final = "/api/v1"
"""Below this."""


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """Who has not the right that the contract says it takes is refused before anything of the request is read.

    Its handler works in a thread, since services wait for others; what it gives is made JSON by the event loop. The
    framework would take it to a thread a second time for that, which costs more than most answers do.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint if iscoroutinefunction(endpoint) else _in_thread(endpoint), **options)
        # The rest of an address may have a line break, which its parameter's rule refuses by name.
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        if self.body_field is not None:
            handle = _reading_json(handle)
        needed = (self.openapi_extra or {}).get(PERMISSION)
        if needed is None:
            return handle
        return _for_those_who_may(Permission(needed), frozenset(names_of(self.dependant)), handle)


def endpoints(prefix: str, tag: str) -> APIRouter:
    """A router for a noun. Its routes have their whole address, so that the application can list them as they are: a
    router included in another one is searched twice for each request."""
    return APIRouter(prefix=BASE + prefix, tags=[tag], route_class=GuardedRoute, generate_unique_id_function=name_of)


def _for_those_who_may(permission: Permission, known: frozenset[str], handle: Handler) -> Handler:
    async def guarded(request: Request) -> Response:
        caller_of(request).require(permission)
        if request.scope["query_string"]:
            require_known_query(request.query_params, known)
        return await handle(request)

    return guarded


def _reading_json(handle: Handler) -> Handler:
    async def reading(request: Request) -> Response:
        return await handle(JsonRequest(request.scope, request.receive))

    return reading


def _in_thread(handler: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(handler)
    async def threaded(**given: Any) -> Any:
        return await asyncio.to_thread(handler, **given)

    return threaded
