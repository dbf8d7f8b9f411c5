"""`$disconnect`: the row goes, with all that the connection watched."""

from __future__ import annotations

import asyncio
import logging

from cloud_core.domain.errors import Unavailable
from realtime.desk import Desk
from realtime.requests import Answer, GatewayEvent, answer, connection_id


async def disconnect(event: GatewayEvent, desk: Desk) -> Answer:
    """Always 200: what can't be removed now goes by its time to live."""
    try:
        await asyncio.to_thread(desk.connections.remove, connection_id(event))
    except Unavailable as error:
        logging.getLogger(__name__).warning("a connection's row stays until it expires: %s", error.code)
    desk.changed()
    return answer(200, message="Disconnected")
