"""`$connect`: who calls is known before the socket opens, and has a row in the table of connections."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.access.users import User
from cloud_core.domain.connections import LIFE_SECONDS, Connection
from cloud_core.domain.errors import CloudError, NotAuthenticated, NotPermitted, Unavailable
from realtime.desk import Desk
from realtime.handlers.authorize import caller
from realtime.requests import Answer, GatewayEvent, answer, connection_id

TOO_MANY: Final = "TOO_MANY_CONNECTIONS"
_log = logging.getLogger(__name__)


async def connect(event: GatewayEvent, desk: Desk) -> Answer:
    """200; 401 for a token that is refused, 403 for somebody in no group or organisation, 429 for who has enough
    sockets, 503 when that can't be told. No row is written but for 200."""
    return await _judged(event, desk, register=True)


async def refusal(event: GatewayEvent, desk: Desk) -> Answer | None:
    """What `connect` would refuse; None when it would not. Nothing is written."""
    said = await _judged(event, desk, register=False)
    return None if said["statusCode"] == 200 else said


async def _judged(event: GatewayEvent, desk: Desk, *, register: bool) -> Answer:
    try:
        user = await caller(event, desk)
        desk.rights.require(user, Permission.READ)
        if await _has_enough(user, desk):
            return answer(429, code=TOO_MANY, message="you have as many sockets as you may", suggestion="close another")
        if register:
            await _register(connection_id(event), user, desk)
    except NotAuthenticated as error:
        return _refused(401, error)
    except NotPermitted as error:
        return _refused(403, error)
    except Unavailable as error:
        return _refused(503, error)
    return answer(200, message="Connected")


async def _has_enough(user: User, desk: Desk) -> bool:
    if user.group is None:  # organisations and groups may be switched off
        return False
    return await asyncio.to_thread(desk.connections.number_of, user.id) >= desk.sockets_of[user.group]


async def _register(identity: str, user: User, desk: Desk) -> None:
    now = desk.clock.now()
    row = Connection(
        connection_id=identity,
        user=user,
        email=user.email,
        connected_at=desk.now,
        last_ping=desk.now,
        ttl=int(now.timestamp()) + LIFE_SECONDS,
    )
    await asyncio.to_thread(desk.connections.add, row)


def _refused(status: int, error: CloudError) -> Answer:
    _log.info("a connection is refused: %s", error.code)
    return answer(status, code=error.code, message=error.message, suggestion=error.suggestion)
