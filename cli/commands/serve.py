"""`cloud serve`."""

from __future__ import annotations

import logging
import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cli.help import new_app
from cli.options import number
from cli.session import Session, command
from cli.text import styled
from cloud_core.adapters.local.listeners import listener
from cloud_core.domain.errors import Conflict
from cloud_core.settings.api import API_BASE

if TYPE_CHECKING:
    from cloud_core.settings.api import ApiSettings

app = new_app()


@command(app, "serve")
def serve(
    session: Session,
    host: Annotated[str | None, typer.Option("--host", metavar="ADDRESS", help="In place of CLOUD_API__HOST.")] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="PORT", parser=number(int, 0, 65535), help="In place of CLOUD_API__PORT; 0: a free one."
        ),
    ] = None,
) -> None:
    """Serve the REST API until it is interrupted. See docs/rest.md.

    It has the settings of the environment. Requests are logged on stderr, one JSON line each.
    """
    api, cognito = session.settings.api, session.settings.cognito
    if cognito.user_pool_id is None or cognito.client_id is None:
        session.output.warn("nobody gets in: CLOUD_COGNITO__USER_POOL_ID or CLOUD_COGNITO__CLIENT_ID is not set")
    address = (host or api.host, api.port if port is None else port)
    if session.dry_run:
        _tell(session, "Would serve", address)
        return
    with _listening(*address) as listener:
        _tell(session, "Serving", listener.getsockname()[:2])
        _serve(api, listener)


def _tell(session: Session, done: str, address: tuple[str, int]) -> None:
    host, port = address
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{port}"
    session.output.answer(
        {"url": url, "api_url": f"{url}{API_BASE}"},
        lambda: styled(f"{done} {url}, the dashboard at {url}/monitor.html"),
    )


def _listening(host: str, port: int) -> socket.socket:
    """Raises Conflict when the address can't be had."""
    try:
        return listener(host, port)
    except OSError as error:
        raise Conflict(
            f"the API can't listen on {host}:{port}: {error.strerror or error}",
            suggestion="choose another one with --host and --port",
        ) from None


def _serve(api: ApiSettings, listener: socket.socket) -> None:
    # Lazy for start-up time: no other command needs a server.
    import uvicorn

    _log_requests()
    config = uvicorn.Config(
        "api.app:create_app",
        factory=True,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=api.proxies,
        ws_max_size=api.body_limit_bytes,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _log_requests() -> None:
    """Each line as it is, for programs."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(logging.Formatter("%(message)s"))
    log = logging.getLogger("api.access")
    log.addHandler(lines)
    log.setLevel(logging.INFO)
    log.propagate = False
