"""Headers that keep browsers from doing more with an answer than to show it."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from api.middleware.answering import answer_to
from api.pages import FILES, PAGES

_HEADERS: Final = {
    b"strict-transport-security": b"max-age=31536000; includeSubDomains",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"x-xss-protection": b"0",  # the filters that it switches on were holes themselves
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"default-src 'self'; frame-ancestors 'none'",
}
_NOT_KEPT: Final = {**_HEADERS, b"cache-control": b"no-store"}


class SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        is_page = scope["path"] in PAGES or scope["path"].startswith(f"{FILES}/")
        answer_to(scope).headers.update(_HEADERS if is_page else _NOT_KEPT)
        return await self._app(scope, receive, send)
