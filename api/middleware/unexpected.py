"""What nobody thought of: logged by its place, answered without a word of it."""

from __future__ import annotations

import logging
import traceback
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import unexpected
from api.middleware.answering import answer_to
from api.problems import problem_response

_SHOWN_PLACES: Final = 12
_log = logging.getLogger(__name__)


class Unexpected:
    """The text of an error is not logged either: it may hold what came with the request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        try:
            return await self._app(scope, receive, send)
        except Exception as error:
            request_id = scope.get("state", {}).get("request_id")
            _log.error("request %s: unexpected %s at %s", request_id, type(error).__name__, places(error))
            if answer_to(scope).has_begun:
                raise
        return await problem_response(scope, unexpected())(scope, receive, send)


def places(error: BaseException) -> str:
    """Where it happened, the innermost place first."""
    frames = traceback.extract_tb(error.__traceback__)[-_SHOWN_PLACES:]
    return ", ".join(f"{one.filename}:{one.lineno} ({one.name})" for one in reversed(frames))
