"""Long answers are compressed for those who take it; the others go through without a look at them."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_VARIES: Final = (b"vary", b"Accept-Encoding")


class Compression:
    """At least `smallest_bytes` are worth it."""

    def __init__(self, app: ASGIApp, smallest_bytes: int) -> None:
        self._app = app
        self._compressing = GZipMiddleware(app, minimum_size=smallest_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            return await self._compressing(scope, receive, send)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), _VARIES]
            await send(message)

        return await self._app(scope, receive, sending)
