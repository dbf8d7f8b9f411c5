"""`python -m realtime.broadcasting`: a process of its own that tells those whom AWS serves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cloud_core.adapters.dynamodb.client import AccessKey, records_client
from cloud_core.adapters.dynamodb.connections import DynamoConnections
from cloud_core.adapters.dynamodb.records import DynamoRecords
from cloud_core.adapters.dynamodb.table import Table
from cloud_core.adapters.dynamodb.tables import create_tables
from cloud_core.adapters.local.clock import SystemClock
from cloud_core.domain.access.users import Group, User
from cloud_core.domain.connections import Connection, Subscription
from cloud_core.domain.events import EventName
from cloud_core.domain.tables import CONNECTIONS
from cloud_core.testing.builders import DEPLOYMENT_ID, a_deployment, an_event
from cloud_core.testing.sandbox_files import write_sandbox
from cloud_core.testing.waiting import wait_for

PREFIX = "told-"
LATER = 4_000_000_000
COMMAND = (sys.executable, "-P", "-m", "realtime.broadcasting")


class Gateway:
    """The management API of a gateway: what was posted, by connection. A connection in `gone` is no more."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.gone: set[str] = set()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"]))
                identity = self.path.rpartition("/")[2]
                is_gone = identity in gateway.gone
                if not is_gone:
                    gateway.posted.append((identity, json.loads(text)))
                self.send_response(410 if is_gone else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/live"

    def of(self, identity: str, kind: str) -> list[dict[str, Any]]:
        return [message for to, message in list(self.posted) if to == identity and message["type"] == kind]


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


class Tables:
    """The records of one deployment, and who watches it."""

    def __init__(self, endpoint: str) -> None:
        self.client = records_client(endpoint, "us-east-1", AccessKey("sandbox", "sandbox"))
        create_tables(self.client, PREFIX)
        clock = SystemClock()
        self.records = DynamoRecords(self.client, PREFIX, clock)
        self.records.deployments.create(a_deployment())
        self.connections = DynamoConnections(Table(self.client, PREFIX + CONNECTIONS.name, clock, 1.0), clock)

    def watch(self, identity: str) -> None:
        user = User("u", "ann", Group.READ_ONLY, frozenset({"Acme"}), LATER)
        self.connections.add(Connection(identity, user, "", "now", "now", LATER))
        self.connections.subscribe(Subscription(identity, DEPLOYMENT_ID, "stamp", LATER))

    def happen(self, message: str) -> None:
        self.records.events.append(an_event(event=EventName.LOG, data={"message": message}))


@pytest.fixture
def tables(endpoint: str) -> Iterator[Tables]:
    made = Tables(endpoint)
    yield made
    made.client.close()


def started(workspace: Path, **settings: str) -> subprocess.Popen[str]:
    variables = {**os.environ, "CLOUD_WORKSPACE": str(workspace), "CLOUD_AWS__TABLE_PREFIX": PREFIX, **settings}
    return subprocess.Popen(COMMAND, env=variables, stderr=subprocess.PIPE, text=True)


def test_who_watches_is_told_by_the_gateway(tmp_path: Path, endpoint: str, gateway: Gateway, tables: Tables) -> None:
    write_sandbox(tmp_path, endpoint)
    tables.watch("here")
    with started(tmp_path, CLOUD_REALTIME__ENDPOINT=gateway.url, CLOUD_REALTIME__CONNECTIONS_KEY="k") as relay:
        wait_for("a snapshot came", lambda: gateway.of("here", "deployment.status"))
        tables.happen("it works")
        wait_for("the line came", lambda: gateway.of("here", "log.created"))
        gateway.gone.add("lost")
        tables.watch("lost")
        wait_for("who is gone is forgotten", lambda: tables.connections.get("lost") is None)
        relay.send_signal(signal.SIGTERM)
        assert relay.wait(timeout=60) == 0
    assert gateway.of("here", "log.created")[0]["data"]["message"] == "it works"


def test_without_anybody_to_tell_it_says_what_to_set(tmp_path: Path, endpoint: str) -> None:
    write_sandbox(tmp_path, endpoint)
    with started(tmp_path) as relay:
        _, said = relay.communicate(timeout=60)
    assert relay.returncode == 2
    assert "set CLOUD_REALTIME__ENDPOINT" in said
