"""Subscriptions over a socket: the protocol graphql-transport-ws, spoken by the library, with our rules of entry.

The token comes with `connection_init`, so that no address and no cookie holds it. A socket ends with its token (4401).
A user has so many sockets, and the process (4429).
Only subscriptions are taken: queries and mutations are counted by the rate limit, which is of HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from ariadne.asgi.handlers import GraphQLTransportWSHandler
from ariadne.asgi.handlers.graphql_transport_ws import ClientContext
from ariadne.utils import get_operation_type
from starlette.websockets import WebSocket, WebSocketState

from api.graph.limits import Limits
from api.graph.places import Places
from cloud_core.domain.access.users import User
from cloud_core.domain.errors import CloudError, InvalidInput
from cloud_core.ports.access import Tokens
from cloud_core.ports.clock import Clock
from graphql import GraphQLError, OperationType

UNAUTHORIZED: Final = 4401
MALFORMED: Final = 4400
TOO_MANY: Final = 4429
_SAYS_WHO: Final = timedelta(seconds=10)


class Sockets(GraphQLTransportWSHandler):
    """`most` subscriptions a socket."""

    def __init__(self, tokens: Tokens, clock: Clock, limits: Limits, most: int, places: Places) -> None:
        super().__init__(connection_init_wait_timeout=_SAYS_WHO)
        self._tokens = tokens
        self._clock = clock
        self._limits = limits
        self._most = most
        self._places = places

    async def handle_websocket(self, websocket: WebSocket) -> None:
        """A message that is none ends the socket, without a word in the log."""
        if not self._places.enter():
            return await websocket.close(TOO_MANY)
        try:
            await super().handle_websocket(websocket)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, GraphQLError):
            await _close(websocket, MALFORMED)
        finally:
            self._places.leave(websocket.scope.get("seated"))
            if (timer := websocket.scope.get("expiry")) is not None:
                timer.cancel()
        return None

    async def handle_websocket_connection_init_message(
        self, websocket: WebSocket, message: dict[str, Any], client_context: ClientContext
    ) -> None:
        if client_context.connection_init_received:
            return await _close(websocket, TOO_MANY)
        client_context.connection_init_received = True
        try:
            user = await self._tokens.user(_token(message.get("payload")))
        except CloudError:
            return await _close(websocket, UNAUTHORIZED)
        if not self._places.sit(user):
            return await _close(websocket, TOO_MANY)
        websocket.scope["seated"] = user
        websocket.scope.setdefault("state", {})["user"] = user
        websocket.scope["expiry"] = asyncio.create_task(self._end_with(websocket, user))
        client_context.connection_acknowledged = True
        return await websocket.send_json({"type": self.GQL_CONNECTION_ACK})

    async def handle_websocket_subscribe(
        self, websocket: WebSocket, data: Any, operation_id: str, client_context: ClientContext
    ) -> None:
        refused = self._refused(data, client_context) if client_context.connection_acknowledged else None
        if refused is None:
            await super().handle_websocket_subscribe(websocket, data, operation_id, client_context)
            return
        told = self.error_formatter(refused, False)
        await websocket.send_json({"type": self.GQL_ERROR, "id": operation_id, "payload": [told]})

    def _refused(self, data: Any, client_context: ClientContext) -> GraphQLError | None:
        try:
            kind = get_operation_type(self._limits.parse(None, data), data.get("operationName"))
        except GraphQLError as error:
            return error
        if kind is not OperationType.SUBSCRIPTION:
            return _error("a socket takes subscriptions only", "send queries and mutations over HTTP")
        if len(client_context.operations) >= self._most:
            return _error(f"a socket takes {self._most} subscriptions", "complete one, or open another socket")
        return None

    async def _end_with(self, websocket: WebSocket, user: User) -> None:
        await asyncio.sleep(max(0.0, user.expires_at - self._clock.now().timestamp()))
        await _close(websocket, UNAUTHORIZED)


def _error(message: str, suggestion: str) -> GraphQLError:
    return GraphQLError(message, original_error=InvalidInput(message, suggestion=suggestion))


def _token(payload: Any) -> str:
    """`{"Authorization": "Bearer ..."}`, in any case; empty for none."""
    given = payload if isinstance(payload, Mapping) else {}
    found = next((value for name, value in given.items() if str(name).lower() == "authorization"), "")
    scheme, _, token = str(found).partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _close(websocket: WebSocket, code: int) -> None:
    if WebSocketState.DISCONNECTED not in (websocket.client_state, websocket.application_state):
        await websocket.close(code)
