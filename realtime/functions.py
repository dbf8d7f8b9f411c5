"""AWS Lambda's functions for the routes of a WebSocket API: `realtime.functions.connect` and the others.

A warm function keeps its desk, and with it the user pool's keys.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from cloud_core.bootstrap import EdgeServices
from cloud_core.bootstrap.access import pool_tokens
from cloud_core.bootstrap.live import remote_connections, remote_postbox
from cloud_core.domain.access.permissions import Rights
from cloud_core.settings import load_settings
from realtime.desk import Desk
from realtime.handlers.authorize import authorize as on_authorize
from realtime.handlers.connect import connect as on_connect
from realtime.handlers.default import default as on_default
from realtime.handlers.disconnect import disconnect as on_disconnect
from realtime.requests import GatewayEvent


@cache
def desk() -> Desk:
    """As the environment says."""
    settings = load_settings()
    services = EdgeServices(settings)
    return Desk(
        tokens=pool_tokens(settings.cognito, services.clock),
        rights=Rights(settings.api.organization_isolation, settings.api.developers_may_destroy),
        connections=remote_connections(services),
        deployments=lambda: services.deployments,
        postbox=remote_postbox(services),
        clock=services.clock,
        sockets_of=settings.realtime.sockets_of,
    )


def _function(
    handler: Callable[[GatewayEvent, Desk], Awaitable[dict[str, Any]]],
) -> Callable[[GatewayEvent, object], dict[str, Any]]:
    async def answered(event: GatewayEvent) -> dict[str, Any]:
        return await handler(event, desk())

    return lambda event, context: asyncio.run(answered(event))


connect = _function(on_connect)
disconnect = _function(on_disconnect)
default = _function(on_default)
authorize = _function(on_authorize)
