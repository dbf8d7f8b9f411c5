"""Headers that keep browsers from doing more with an answer than to show it."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from api.middleware.answering import with_headers
from api.pages import FILES, PAGES

_HEADERS: Final = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-XSS-Protection": "0",  # the filters that it switches on were holes themselves
    "Referrer-Policy": "no-referrer",
}
_POLICY: Final = "default-src 'self'; frame-ancestors 'none'"


class SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        is_page = scope["path"] in PAGES or scope["path"].startswith(f"{FILES}/")

        def add(headers: MutableHeaders) -> None:
            headers.update(_HEADERS)
            headers.setdefault("Content-Security-Policy", _POLICY)
            if not is_page:
                headers.setdefault("Cache-Control", "no-store")

        return await self._app(scope, receive, with_headers(send, add))
