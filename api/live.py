"""Where the sockets are: `/ws`, and `/ws/@connections/{id}` for whoever pushes from another process."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route, WebSocketRoute

from realtime.connections_endpoint import PATH
from realtime.server import LiveServer

SOCKETS = "/ws"


def live_routes(live: LiveServer) -> list[BaseRoute]:
    routes: list[BaseRoute] = [WebSocketRoute(SOCKETS, live.gateway, name="sockets")]
    if live.connections_endpoint is not None:
        path = f"{SOCKETS}{PATH}{{connection_id}}"
        routes.append(Route(path, live.connections_endpoint, include_in_schema=False))
    return routes
