"""How long an answer may take, and how long a body may be."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Refusal
from api.middleware.answering import answer_to
from api.problems import problem_response


class TimeLimit:
    """The caller is answered in time. What a service has begun by then goes on: a change is not left half done."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        try:
            async with asyncio.timeout(self._seconds) as limit:
                return await self._app(scope, receive, send)
        except TimeoutError:
            if not limit.expired() or answer_to(scope).has_begun:
                raise
        late = Refusal(
            "REQUEST_TIMEOUT",
            f"there was no answer within {self._seconds:g} s; what was begun may still go on",
            "look whether it was done before you ask again",
        )
        return await problem_response(scope, late)(scope, receive, send)


class BodyLimit:
    """Refused by what it says about its length, and by what really comes."""

    def __init__(self, app: ASGIApp, largest_bytes: int) -> None:
        self._app = app
        self._largest = largest_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        said = Headers(scope=scope).get("content-length", "0")
        if not said.isdecimal() or int(said) > self._largest:
            return await problem_response(scope, too_large(self._largest))(scope, receive, send)
        came = 0

        async def receiving() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self._largest:
                # The framework lets this one through while it reads a body.
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(self._largest))
            return message

        return await self._app(scope, receiving, send)


def too_large(largest: int) -> Refusal:
    return Refusal("BODY_TOO_LARGE", f"the body is too large: at most {largest} bytes", "send less", largest=largest)
