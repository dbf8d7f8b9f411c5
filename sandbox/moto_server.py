"""Hosts moto's WSGI application as one of the sandbox's two AWS endpoints.

    python -m sandbox.moto_server --port 4566 --role aws

moto is not thread-safe: with threads it loses acknowledged writes. So one worker thread answers one request at a
time, while waitress keeps any number of connections open. The roles are separate processes, because a slow AWS
call must not hold up the platform's records:

    aws      the resources of the stacks
    records  the platform's own tables

Everything is in memory and ends with the process. Header names with an underscore do not arrive (waitress drops
them), so S3 user metadata can't be named so.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NoReturn

from sandbox.bucket_policies import read_bucket_policies_as_owner
from sandbox.first_requests import find_service_models_once, look_only_where_keys_can_be, parse_managed_policies_once
from sandbox.kubernetes_clusters import give_each_cluster_its_own_issuer
from sandbox.launch_templates import read_user_data_of_every_version
from sandbox.markers import generation_of_this_process
from sandbox.refusals import Application, Environ, StartResponse, with_refusals
from sandbox.table_queries import answer_with_the_types_that_there_are, query_only_what_is_asked_for

HEALTH_PATH: Final = "/moto-api/health"
ROLES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "aws": {
            "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
            # Services settle at this many running tasks, so that waiting for a rollout ends.
            "MOTO_ECS_SERVICE_RUNNING": "2",
            # Certificates are issued once this many seconds have passed.
            "MOTO_ACM_VALIDATION_WAIT": "1",
        },
        "records": {},
    }
)
# moto reads these as it is imported or used; the first request of a service would else pay for them.
_WARM: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {"aws": ("ec2", "iam", "sts", "s3"), "records": ("dynamodb", "sts")}
)
# Clients keep idle connections for long; closing one just as it is used again would fail a request.
_IDLE_SECONDS: Final = 24 * 3600
_CONNECTIONS: Final = 2000


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the first line on stdout names the address."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    # One request at a time means that others wait: no reason to warn.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    os.environ.update(ROLES[options.role])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    try:
        server = build_server(options.role, options.port)
    except OSError as problem:
        sys.stderr.write(f"can't listen on port {options.port} of 127.0.0.1: {problem}\n")
        return 2
    if options.until_eof:
        threading.Thread(target=_leave_at_eof, name="stdin", daemon=True).start()
    print(f"{options.role} on http://127.0.0.1:{server.effective_port}", flush=True)  # noqa: T201
    server.run()
    return 0


def build_server(role: str, port: int) -> Any:
    """A waitress server that is bound to 127.0.0.1 (port 0: a free one) and ready to `run()`."""
    from waitress.server import create_server

    from sandbox.dispatch import dispatching

    stop_instance_tracking()
    look_only_where_keys_can_be()
    parse_managed_policies_once()
    find_service_models_once()
    read_bucket_policies_as_owner()
    read_user_data_of_every_version()
    give_each_cluster_its_own_issuer()
    query_only_what_is_asked_for()
    answer_with_the_types_that_there_are()
    warm(role)
    application = with_health(with_refusals(with_raw_uri(dispatching())), role)
    return create_server(
        application,
        host="127.0.0.1",
        port=port,
        threads=1,
        connection_limit=_CONNECTIONS,
        channel_timeout=_IDLE_SECONDS,
        asyncore_use_poll=True,
        ident=None,
    )


def stop_instance_tracking() -> None:
    """Keep moto from remembering every model object for ever: its dashboard list is a leak for a long run."""
    from moto.core.common_models import BaseModel

    def untracked(kind: type, *_: Any, **__: Any) -> Any:
        return object.__new__(kind)

    BaseModel.__new__ = untracked  # type: ignore[method-assign, assignment]


def warm(role: str) -> None:
    """Load what the first calls need, before the first client waits for it."""
    from moto.backends import get_backend
    from moto.core.models import DEFAULT_ACCOUNT_ID

    for service in _WARM[role]:
        backends = get_backend(service)  # type: ignore[call-overload]
        account = backends[DEFAULT_ACCOUNT_ID]
        account["us-east-1" if service in ("ec2", "dynamodb") else "aws"]


def with_raw_uri(application: Application) -> Application:
    """moto finds encoded slashes in S3 keys under `RAW_URI`; waitress calls the same thing `REQUEST_URI`."""

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        environ["RAW_URI"] = environ["REQUEST_URI"]
        return application(environ, start_response)

    return answer


def with_health(application: Application, role: str) -> Application:
    """Answer HEALTH_PATH with role and sandbox generation, so that a stranger on the port is told apart."""
    body = json.dumps({"role": role, "generation": generation_of_this_process()}).encode()

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != HEALTH_PATH:
            return application(environ, start_response)
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return answer


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.moto_server", description="One AWS endpoint.")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--until-eof", action="store_true", help="end when stdin is closed, as when its starter dies")
    parser.add_argument("--role", choices=sorted(ROLES), default="aws", help="what the endpoint is for")
    return parser


def _leave_at_eof() -> None:
    sys.stdin.buffer.read()
    _leave(signal.SIGTERM, None)


def _leave(number: int, _frame: object) -> NoReturn:
    # Nothing is kept beyond the process, so there is nothing to wait for.
    os._exit(0 if number == signal.SIGTERM else 130)


if __name__ == "__main__":
    sys.exit(main())
