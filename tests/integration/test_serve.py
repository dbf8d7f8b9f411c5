"""`cloud serve`: the application behind a real server, on a port of this machine."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from api.testing.issuer import TokenIssuer
from cloud_core.adapters.local.clock import SystemClock

_SERVE = (sys.executable, "-m", "cli.main", "serve", "--log-level", "debug", "--json", "--port", "0")


def environment(folder: Path, issuer: TokenIssuer) -> dict[str, str]:
    pool = issuer.settings
    return {
        **os.environ,
        "CLOUD_WORKSPACE": str(folder),
        "CLOUD_COGNITO__USER_POOL_ID": str(pool.user_pool_id),
        "CLOUD_COGNITO__CLIENT_ID": str(pool.client_id),
        "CLOUD_COGNITO__JWKS_URL": issuer.url,
    }


def closing_of(url: str, message: str) -> int:
    """What a socket of GraphQL is closed with that said this, before anybody knows whose it is."""
    address = f"{url.replace('http', 'ws', 1)}/graphql"
    with connect(address, subprotocols=["graphql-transport-ws"]) as opened:  # type: ignore[list-item]
        try:
            opened.send(message)
            opened.recv(timeout=60)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 0
    raise AssertionError("it was not closed")


def test_it_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    """Without a sandbox: what needs no records is answered, and the rest says what is missing."""
    log = tmp_path / "log"
    with TokenIssuer().serving() as issuer, log.open("w") as stderr:
        run = subprocess.Popen(
            _SERVE, env=environment(tmp_path, issuer), stdout=subprocess.PIPE, stderr=stderr, text=True
        )
        with run:
            assert run.stdout is not None
            # One document over several lines; the program goes on after it.
            lines: list[str] = []
            while not lines or lines[-1].rstrip() != "}":
                lines.append(run.stdout.readline())
            url = json.loads("".join(lines))["data"]["url"]
            token = issuer.token(issuer.claims(SystemClock(), groups=("ReadOnly", "org:Acme")))
            bearer = {"Authorization": f"Bearer {token}"}
            with httpx.Client(base_url=url, timeout=60) as client:
                info = client.get("/info")
                templates = client.get("/api/v1/templates", headers=bearer)
                away = client.get("/api/v1/deployments", headers=bearer)
                look_in(f"{url.replace('http', 'ws', 1)}/ws", token)
                refused = client.get("/api/v1/deployments", headers={"X-Forwarded-For": "203.0.113.9"})
            too_large = closing_of(url, "x" * 1_100_000)
            run.send_signal(signal.SIGINT)
            assert run.wait(timeout=60) in (0, 130)
    assert info.json()["name"] == "cloud"
    assert "minimal" in {one["name"] for one in templates.json()["templates"]}
    assert (away.status_code, away.json()["details"]["code"]) == (503, "SANDBOX_NOT_RUNNING")
    assert refused.status_code == 401
    assert too_large == 1009
    assert "server" not in refused.headers
    requests = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert [one["status_code"] for one in requests] == [200, 200, 503, 401]
    # Rates are of addresses: nobody is believed what theirs is, unless they are a proxy that the settings name.
    assert {one["client"] for one in requests} == {"127.0.0.1"}
    assert token not in log.read_text()


def look_in(url: str, token: str) -> None:
    """Open sockets with the token in their address, and in their header."""
    for address, headers in ((f"{url}?token={token}", {}), (url, {"Authorization": f"Bearer {token}"})):
        connect(address, additional_headers=headers, open_timeout=60, close_timeout=1).close()


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with TokenIssuer().serving() as issuer, socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [*_SERVE[:-1], port]
        ended = subprocess.run(command, env=environment(tmp_path, issuer), capture_output=True, text=True, check=False)
    assert ended.returncode == 5
    assert "can't listen" in ended.stdout
