"""A gateway of this process: real sockets as API Gateway has them, in the shape that the handlers work on.

An ASGI application. The upgrade is refused before it is accepted when `$connect` says so; what a client sends goes to
`$default` one after the other. Messages are pushed through the `Postbox` that this is, as through API Gateway's
management API, which `realtime.connections_endpoint` serves over HTTP.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import CloudError
from cloud_core.ports.connections import ConnectionGone
from realtime.desk import Desk
from realtime.handlers.connect import TOO_MANY
from realtime.protocol import CloseCode
from realtime.requests import Answer, GatewayEvent
from realtime.routes import Routes

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LARGEST_REQUEST: Final = 131_072
_STAGE: Final = "local"
_REDACTED: Final = b"token=redacted"
_HEADERS: Final = {401: (b"www-authenticate", b"Bearer"), 426: (b"upgrade", b"websocket")}
"""What HTTP wants said with these statuses."""
_log = logging.getLogger("realtime.gateway")


@dataclass
class _Socket:
    send: Send
    connected_at: str
    seen_at: str
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_closed: bool = False


class LocalGateway:
    """`ports.connections.Postbox`, and the application that holds the sockets. `desk` and `routes` are set before it is
    served; the routes need not be over that desk, but over the same connections."""

    desk: Desk
    routes: Routes

    def __init__(self, idle_seconds: float, largest_number: int) -> None:
        self._idle_seconds = idle_seconds
        self._largest_number = largest_number
        self._sockets: dict[str, _Socket] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One socket, from its upgrade to its end."""
        if (await receive())["type"] != "websocket.connect":
            return None
        event = connect_event(scope)
        # Whoever logs the address afterwards, as servers do, logs no token.
        scope["query_string"] = _REDACTED if scope.get("query_string") else b""
        said = await self._connect(event)
        if said["statusCode"] != 200:
            await _refuse(scope, send, said)
            return await _until_closed(receive)
        identity = event["requestContext"]["connectionId"]
        socket = _Socket(send, self.desk.now, self.desk.now)
        self._sockets[identity] = socket
        expiry = None
        try:
            await send({"type": "websocket.accept"})
            expiry = asyncio.get_running_loop().create_task(self._expire(identity))
            await self._listen(identity, event, socket, receive)
        finally:
            if expiry is not None:
                expiry.cancel()
            socket.is_closed = True
            self._sockets.pop(identity, None)
            await self._disconnect(_event(event, "DISCONNECT", "$disconnect"))

    async def post(self, connection_id: str, text: str) -> None:
        socket = self._sockets.get(connection_id)
        if socket is None or socket.is_closed:
            raise ConnectionGone(connection_id)
        async with socket.turn:
            await _sent(socket, {"type": "websocket.send", "text": text}, connection_id)

    async def close(self, connection_id: str, code: int, reason: str) -> None:
        socket = self._sockets.pop(connection_id, None)
        if socket is None or socket.is_closed:
            return
        socket.is_closed = True
        with suppress(ConnectionGone):
            # Not in its turn: a reader that takes nothing would keep it for ever.
            async with asyncio.timeout(1.0):
                await _sent(socket, {"type": "websocket.close", "code": int(code), "reason": reason}, connection_id)

    def look(self, connection_id: str) -> dict[str, str] | None:
        """As the management API tells of a connection."""
        socket = self._sockets.get(connection_id)
        if socket is None:
            return None
        return {"connectedAt": socket.connected_at, "lastActiveAt": socket.seen_at}

    async def close_all(self) -> None:
        """The process ends."""
        for identity in list(self._sockets):
            with suppress(TimeoutError):
                await self.close(identity, CloseCode.GOING_AWAY, "the server is going away")

    async def _connect(self, event: GatewayEvent) -> Answer:
        if len(self._sockets) >= self._largest_number:
            body = json.dumps({"code": TOO_MANY, "message": "this server holds no more sockets"})
            return {"statusCode": 429, "body": body}
        try:
            return await self.routes.connect(event)
        except Exception as error:  # noqa: BLE001 - the outermost frame of an upgrade: a gateway answers 500
            _log.error("a connection could not be made: unexpected %s", type(error).__name__)
            return {"statusCode": 500, "body": json.dumps({"code": "INTERNAL_ERROR", "message": "a mistake"})}

    async def _disconnect(self, event: GatewayEvent) -> None:
        try:
            await self.routes.disconnect(event)
        except Exception as error:  # noqa: BLE001 - the outermost frame: the row goes by its time to live
            _log.error("a socket's end could not be noted: unexpected %s", type(error).__name__)
        self.desk.changed()

    async def _listen(self, identity: str, event: GatewayEvent, socket: _Socket, receive: Receive) -> None:
        while True:
            try:
                async with asyncio.timeout(self._idle_seconds):
                    message = await receive()
            except TimeoutError:
                return await self._end(identity, CloseCode.IDLE, "nothing was sent for too long")
            if message["type"] == "websocket.disconnect":
                return None
            text = message.get("text")
            if text is None:
                return await self._end(identity, CloseCode.UNREADABLE, "messages are text")
            if len(text.encode()) > LARGEST_REQUEST:
                return await self._end(identity, CloseCode.TOO_LARGE, "the message is too large")
            socket.seen_at = timestamp(self.desk.clock.now())
            if not await self._default(identity, {**_event(event, "MESSAGE", "$default"), "body": text}):
                return None

    async def _default(self, identity: str, event: GatewayEvent) -> bool:
        """Whether the socket is still open."""
        try:
            await self.routes.default(event)
        except Exception as error:  # noqa: BLE001 - the outermost frame of a message
            _log.error("a message could not be worked on: unexpected %s", type(error).__name__)
            await self._end(identity, CloseCode.MISTAKE, "a mistake in the program")
        return identity in self._sockets

    async def _end(self, identity: str, code: CloseCode, reason: str) -> None:
        with suppress(TimeoutError):
            await self.close(identity, code, reason)

    async def _expire(self, identity: str) -> None:
        """Close the socket when its token expires."""
        with suppress(CloudError):
            row = await asyncio.to_thread(self.desk.connections.get, identity)
            while row is not None:
                left = row.user.expires_at - self.desk.clock.now().timestamp()
                if left <= 0:
                    await self._end(identity, CloseCode.TOKEN_EXPIRED, "the token has expired")
                    return
                await asyncio.sleep(min(left, 60.0))


async def _sent(socket: _Socket, message: MutableMapping[str, Any], connection_id: str) -> None:
    try:
        await socket.send(message)
    except (OSError, RuntimeError) as error:
        socket.is_closed = True
        raise ConnectionGone(connection_id) from error


async def _refuse(scope: Scope, send: Send, said: Mapping[str, Any]) -> None:
    """With the status that the handler gave; a server that can't do that answers 403."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    await respond("websocket.http.response", send, said)


async def respond(kind: str, send: Send, said: Mapping[str, Any]) -> None:
    """What a handler said, as HTTP; `kind` begins the names of the messages that carry it."""
    status, body = said["statusCode"], str(said["body"]).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if (header := _HEADERS.get(status)) is not None:
        headers.append(header)
    await send({"type": f"{kind}.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})


async def _until_closed(receive: Receive) -> None:
    """Uvicorn takes an application for broken that returns between its refusal and the end of the connection."""
    with suppress(TimeoutError):
        async with asyncio.timeout(1.0):
            await receive()
            await receive()


def connect_event(scope: Scope) -> dict[str, Any]:
    """What API Gateway makes of a request: also one without an upgrade."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope.get("headers", [])}
    query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True))
    client = scope.get("client") or ("", 0)
    context = {
        "connectionId": secrets.token_urlsafe(16),
        "domainName": headers.get("host", ""),
        "stage": _STAGE,
        "routeKey": "$connect",
        "eventType": "CONNECT",
        "identity": {"sourceIp": client[0]},
    }
    return {"requestContext": context, "headers": headers, "queryStringParameters": query or None}


def _event(connected: GatewayEvent, kind: str, route: str) -> dict[str, Any]:
    """Later events of a connection have neither its headers nor its query."""
    context = {**connected["requestContext"], "routeKey": route, "eventType": kind}
    return {"requestContext": context}
