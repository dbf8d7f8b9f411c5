"""Watching an answer on its way out, once for all layers."""

from __future__ import annotations

from typing import Any, Final, cast

from starlette.types import Message, Scope, Send

_ANSWER: Final = "answer"


class Answer:
    """What is sent for a request: with which status it has begun, and what the layers add to its headers.

    The outermost layer makes it, and hands `send` on; the others look it up. `headers` are bytes as on the wire, names
    in small letters; one that the answer has by itself is left as it is.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send = send
        self.status: int | None = None
        self.headers: dict[bytes, bytes] = {}
        state_of(scope)[_ANSWER] = self

    @property
    def has_begun(self) -> bool:
        return self.status is not None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = list(message.get("headers", ()))
            own = {name for name, _ in given}
            message["headers"] = given + [pair for pair in self.headers.items() if pair[0] not in own]
        await self._send(message)


def answer_to(scope: Scope) -> Answer:
    """The answer to the request of this scope."""
    return cast(Answer, scope["state"][_ANSWER])


def state_of(scope: Scope) -> dict[str, Any]:
    """What is known about a request; see `api.middleware`."""
    return cast(dict[str, Any], scope.setdefault("state", {}))
