"""The sockets' address asked without an upgrade: who does is told what an upgrade would be answered with.

A browser keeps that from its pages: all they learn is that the socket did not open. So whoever was not let in asks
once more in this way, to tell a token that is refused from a server that is away.
"""

from __future__ import annotations

from typing import Final

from realtime.gateway import LocalGateway, Receive, Scope, Send, connect_event, respond
from realtime.handlers.connect import refusal
from realtime.requests import answer

_UPGRADE: Final = answer(426, message="this is the address of a WebSocket; it would be let in")


class PlainRequests:
    """An ASGI application. 426 for who would be let in, else what `$connect` says."""

    def __init__(self, gateway: LocalGateway) -> None:
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = await refusal(connect_event(scope), self._gateway.desk) or _UPGRADE
        await respond("http.response", send, said)
