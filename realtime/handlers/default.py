"""`$default`: everything that a client sends: `subscribe`, `unsubscribe`, `ping`."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.connections import LIFE_SECONDS, Connection, Subscription
from cloud_core.domain.errors import CloudError, InvalidInput, NotFound, NotPermitted
from cloud_core.ports.connections import ConnectionGone
from realtime.desk import Desk
from realtime.protocol import CloseCode, Request, pong, read_request, refused, subscribed, unsubscribed
from realtime.requests import Answer, GatewayEvent, answer, connection_id

_GONE: Final = "Connection not found"


async def default(event: GatewayEvent, desk: Desk) -> Answer:
    """200; 400 for what breaks the protocol, 401 when the token has expired, 403 and 404 for a deployment that the
    user may not see or that there is not, 404 when the connection is gone, 503. What is refused is told on the
    socket, too: a gateway keeps answers to itself."""
    connection = await asyncio.to_thread(desk.connections.get, connection_id(event))
    if connection is None:
        return answer(404, message=_GONE)
    if desk.clock.now().timestamp() >= connection.user.expires_at:
        await desk.postbox.close(connection.connection_id, CloseCode.TOKEN_EXPIRED, "the token has expired")
        return answer(401, message="the token has expired")
    deployment_id = None
    try:
        request = read_request(event.get("body"))
        deployment_id = request.deployment_id or None
        return await _ACTIONS[request.action](desk, connection, request)
    except ConnectionGone:
        return answer(404, message=_GONE)
    except CloudError as error:
        await desk.tell(connection.connection_id, refused(error, desk.now, deployment_id))
        return answer(_status(error), code=error.code, message=error.message)


async def _subscribe(desk: Desk, connection: Connection, request: Request) -> Answer:
    user, deployment_id = connection.user, request.deployment_id
    desk.rights.require(user, Permission.READ)
    visible = desk.rights.organizations(user)
    await asyncio.to_thread(lambda: desk.deployments().require_visible(deployment_id, visible))
    place = (connection.connection_id, deployment_id, uuid.uuid4().hex, user.expires_at)
    wanted = Subscription(*place, request.last_seq, request.filters)
    await asyncio.to_thread(desk.connections.subscribe, wanted)
    await desk.tell(connection.connection_id, subscribed(deployment_id, request.last_seq, request.filters, desk.now))
    desk.changed()
    return answer(200, message="Subscribed", deployment_id=deployment_id)


async def _unsubscribe(desk: Desk, connection: Connection, request: Request) -> Answer:
    await asyncio.to_thread(desk.connections.unsubscribe, connection.connection_id, request.deployment_id)
    desk.changed()
    await desk.tell(connection.connection_id, unsubscribed(request.deployment_id, desk.now))
    return answer(200, message="Unsubscribed", deployment_id=request.deployment_id)


async def _ping(desk: Desk, connection: Connection, request: Request) -> Answer:
    ttl = int(desk.clock.now().timestamp()) + LIFE_SECONDS
    await asyncio.to_thread(desk.connections.touch, connection.connection_id, desk.now, ttl)
    await desk.tell(connection.connection_id, pong(desk.now))
    return answer(200, message="pong")


def _status(error: CloudError) -> int:
    known = ((NotPermitted, 403), (NotFound, 404), (InvalidInput, 400))
    return next((status for kind, status in known if isinstance(error, kind)), 503)


_ACTIONS: Final[Mapping[str, Callable[[Desk, Connection, Request], Awaitable[Answer]]]] = {
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "ping": _ping,
}
