"""The small HTTP interface by which a run asks for a provider instance of its own, and gives it back.

GET    /health          → {"status": "ok", "instances": n}
POST   /instances       → 201 {"id": …, "port": …}; a body {"endpoint": …} names another AWS of this machine
DELETE /instances/<id>  → 204; 404 for an unknown one
"""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cloud_core.domain.errors import CloudError, NotFound
from sandbox.provider.instances import Instances

Answer = tuple[HTTPStatus, dict[str, Any] | None]


class ControlServer(ThreadingHTTPServer):
    """Listens on a loopback address; `serve_forever` until `shutdown`."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], instances: Instances) -> None:
        super().__init__(address, _Handler)
        self.instances = instances


class _Handler(BaseHTTPRequestHandler):
    server: ControlServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer({"/health": self._health})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer({"/instances": lambda: self._start(body)})

    def do_DELETE(self) -> None:
        self._answer({self.path: self._stop} if self.path.startswith("/instances/") else {})

    def _health(self) -> Answer:
        return HTTPStatus.OK, {"status": "ok", "instances": len(self.server.instances)}

    def _start(self, body: bytes) -> Answer:
        instance = self.server.instances.start(json.loads(body).get("endpoint") if body else None)
        return HTTPStatus.CREATED, {"id": instance.id, "port": instance.port}

    def _stop(self) -> Answer:
        self.server.instances.stop(self.path.removeprefix("/instances/"))
        return HTTPStatus.NO_CONTENT, None

    def _answer(self, routes: dict[str, Callable[[], Answer]]) -> None:
        try:
            route = routes.get(self.path)
            status, body = route() if route else (HTTPStatus.NOT_FOUND, {"error": f"no such path: {self.path}"})
        except NotFound as error:
            status, body = HTTPStatus.NOT_FOUND, {"error": error.message}
        except CloudError as error:
            status, body = HTTPStatus.SERVICE_UNAVAILABLE, {"error": error.message}
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: instances log what the engine asks of them."""
