"""An id for every request: the caller's own when it is one, else a new one."""

from __future__ import annotations

import re
import secrets
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.middleware.answering import Answer, state_of

HEADER: Final = "X-Request-ID"
_NAME: Final = HEADER.lower().encode()
# It goes into logs and answers as it is.
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIds:
    """The outermost layer: the answer is made known to all others here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _ID.fullmatch(given) else f"req-{secrets.token_hex(8)}"
        state_of(scope)["request_id"] = request_id
        answer = Answer(scope, send)
        answer.headers[_NAME] = request_id.encode()
        return await self._app(scope, receive, answer.send)
