"""The parts of a process that holds sockets itself, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from cloud_core.adapters.local.connections import LocalConnections
from cloud_core.domain.access.permissions import Rights
from cloud_core.ports.access import Tokens
from cloud_core.ports.clock import Clock
from cloud_core.ports.connections import Connections, Postbox
from cloud_core.settings.realtime import RealtimeSettings
from realtime.connections_endpoint import ConnectionsEndpoint
from realtime.desk import Deployments, Desk
from realtime.function_process import FunctionProcess
from realtime.gateway import LocalGateway
from realtime.limits import Limits
from realtime.platform import Platform
from realtime.relay import Relay
from realtime.routes import DeskRoutes


class LiveServices(Platform, Protocol):
    """As `bootstrap.EdgeServices` gives it."""

    @property
    def deployments(self) -> Deployments: ...


@dataclass(frozen=True)
class Door:
    """Who gets in, and what they may see."""

    tokens: Tokens
    rights: Rights


class LiveServer:
    """A gateway, its connections and its relay. Nothing is read before somebody watches.

    Without `connections` and `postbox` both are this process' own. `functions` serve the routes in place of this
    process, over the same connections, and push to its sockets by the connections' endpoint.
    """

    def __init__(
        self,
        settings: RealtimeSettings,
        services: LiveServices,
        door: Door,
        clock: Clock,
        connections: Connections | None = None,
        postbox: Postbox | None = None,
        functions: FunctionProcess | None = None,
    ) -> None:
        self._functions = functions
        connections = connections or LocalConnections(clock)
        self.gateway = LocalGateway(settings.idle_seconds, settings.sockets)
        within = replace(Limits(), calls_per_second=settings.calls_per_second, queued=settings.queued_messages)
        postbox = postbox or self.gateway
        self.relay = Relay(services, connections, postbox, clock, within)
        self.gateway.desk = Desk(
            tokens=door.tokens,
            rights=door.rights,
            connections=connections,
            deployments=lambda: services.deployments,
            postbox=postbox,
            clock=clock,
            sockets_of=settings.sockets_of,
            changed=self.relay.wake,
        )
        self.gateway.routes = functions or DeskRoutes(self.gateway.desk)
        key = settings.connections_key
        self.connections_endpoint = ConnectionsEndpoint(self.gateway, key.get_secret_value()) if key else None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the process serves; its sockets are closed at the end."""
        if self._functions is not None:
            await self._functions.start()
        self.relay.start()
        try:
            yield
        finally:
            await self.relay.stop()
            await self.gateway.close_all()
            if self._functions is not None:
                await self._functions.stop()
