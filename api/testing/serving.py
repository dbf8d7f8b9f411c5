"""The application behind a real server, in a thread of the test."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from cloud_core.adapters.local.listeners import listener
from cloud_core.testing.waiting import wait_for


@contextmanager
def serving(app: ASGIApp, given: socket.socket | None = None) -> Iterator[str]:
    """`host:port`, while it serves; on the socket that is given, if its port has to be known before."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5))
    with given or listener("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            wait_for("the server listens", lambda: server.started, every=0.02)
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)
