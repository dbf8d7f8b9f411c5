"""Counts the requests, and those that the platform could not answer as it should."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from api.middleware.answering import Started
from cloud_core.services.records.request_counts import RequestCounts

_SERVER_ERROR: Final = 500


class RequestCount:
    """An error is an answer of 500 or more, or none at all."""

    def __init__(self, app: ASGIApp, counts: RequestCounts) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started = Started(send)
        try:
            return await self._app(scope, receive, started)
        finally:
            self._counts.add(is_error=started.status is None or started.status >= _SERVER_ERROR)
