"""One JSON line for each request. Neither queries nor headers are in it: they may hold what nobody should read."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from api.middleware.answering import answer_to
from cloud_core.domain.clock import timestamp
from cloud_core.ports.clock import Clock

_SERVER_ERROR: Final = 500
_CLOSED: Final = 499
_log = logging.getLogger("api.access")


class AccessLog:
    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        begun = self._clock.monotonic()
        try:
            return await self._app(scope, receive, send)
        finally:
            status = answer_to(scope).status or _CLOSED
            level = logging.ERROR if status >= _SERVER_ERROR else logging.INFO
            if _log.isEnabledFor(level):
                line = json.dumps(_line(scope, status, self._clock.monotonic() - begun, level))
                # Without the search for the place of this call, which is always the same.
                _log.handle(_log.makeRecord(_log.name, level, __file__, 0, line, (), None))


def _line(scope: Scope, status: int, seconds: float, level: int) -> dict[str, Any]:
    state = scope.get("state", {})
    user = state.get("user")
    return {
        "timestamp": timestamp(datetime.now(UTC)),
        "level": logging.getLevelName(level).lower(),
        "request_id": state.get("request_id"),
        "user_id": user.id if user else None,
        "client": scope["client"][0] if scope.get("client") else None,
        "method": scope["method"],
        "path": scope["path"],
        "status_code": status,
        "duration_ms": round(seconds * 1000, 2),
        "error_code": state.get("error_code"),
    }
