"""Counts the requests, and those that the platform could not answer as it should."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from api.middleware.answering import answer_to, state_of
from cloud_core.services.records.request_counts import RequestCounts

_SERVER_ERROR: Final = 500
_NOBODYS: Final[frozenset[str]] = frozenset()


class RequestCount:
    """An error is an answer of 500 or more, or none at all."""

    def __init__(self, app: ASGIApp, counts: RequestCounts) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        try:
            return await self._app(scope, receive, send)
        finally:
            status, user = answer_to(scope).status, state_of(scope).get("user")
            self._counts.add(
                user.organizations if user else _NOBODYS, is_error=status is None or status >= _SERVER_ERROR
            )
