"""An AWS server of a test's own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cloud_core.domain.errors import Unavailable

# moto answers wrongly under threads, so its application gets one request at a time.
SERVE: Final = """
import logging, sys
from moto.server import DomainDispatcherApplication, create_backend_app
from waitress import serve
logging.getLogger("waitress.queue").setLevel(logging.ERROR)
serve(DomainDispatcherApplication(create_backend_app), listen=f"127.0.0.1:{sys.argv[1]}", threads=1)
"""


@contextmanager
def aws_server(**settings: str) -> Iterator[str]:
    """A moto server in a process of its own; its address. `settings` are moto's environment variables."""
    port = free_port()
    environment = {**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true", **settings}
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url + "/moto-api/", process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise Unavailable(f"the AWS server did not answer at {url}")
