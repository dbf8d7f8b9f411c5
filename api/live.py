"""Where the sockets are: `/ws`, and `/ws/@connections/{id}` for whoever pushes from another process."""

from __future__ import annotations

import os

from starlette.routing import BaseRoute, Route, WebSocketRoute

from cloud_core.bootstrap import EdgeServices
from cloud_core.ports.clock import Clock
from cloud_core.settings.realtime import RealtimeSettings
from realtime.connections_endpoint import PATH
from realtime.function_process import FunctionProcess
from realtime.plain_requests import PlainRequests
from realtime.server import Door, LiveServer

SOCKETS = "/ws"


def live_server(settings: RealtimeSettings, services: EdgeServices, door: Door, clock: Clock) -> LiveServer:
    """What serves the sockets: this process alone, or with functions of an archive, which have its environment.

    Raises InvalidInput when these could not answer, and what the records raise, in whose table they keep connections.
    """
    if settings.functions is None:
        return LiveServer(settings, services, door, clock)
    settings.require_way_back()
    from cloud_core.bootstrap.live import remote_connections  # lazy for start-up time: AWS's library

    functions = FunctionProcess(settings.functions, os.environ)
    return LiveServer(settings, services, door, clock, remote_connections(services), functions=functions)


def live_routes(live: LiveServer) -> list[BaseRoute]:
    routes: list[BaseRoute] = [
        WebSocketRoute(SOCKETS, live.gateway, name="sockets"),
        Route(SOCKETS, PlainRequests(live.gateway), methods=["GET"], include_in_schema=False),
    ]
    if live.connections_endpoint is not None:
        path = f"{SOCKETS}{PATH}{{connection_id}}"
        routes.append(Route(path, live.connections_endpoint, include_in_schema=False))
    return routes
