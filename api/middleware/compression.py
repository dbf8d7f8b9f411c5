"""Long answers are compressed for those who take it; the others go through without a look at them."""

from __future__ import annotations

import re
from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_VARIES: Final = (b"vary", b"Accept-Encoding")
_REFUSED: Final = re.compile(r"gzip\s*;\s*q=0(\.0*)?\s*(,|$)")


class Compression:
    """At least `smallest_bytes` are worth it."""

    def __init__(self, app: ASGIApp, smallest_bytes: int) -> None:
        self._app = app
        self._compressing = GZipMiddleware(app, minimum_size=smallest_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                # What compresses an answer says so itself.
                message["headers"] = given if _VARIES in given else [*given, _VARIES]
            await send(message)

        answering = self._compressing if _is_taken(Headers(scope=scope).get("accept-encoding", "")) else self._app
        return await answering(scope, receive, sending)


def _is_taken(accepted: str) -> bool:
    return "gzip" in accepted and _REFUSED.search(accepted) is None
