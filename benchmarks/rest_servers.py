"""The servers of `rest_api.py`: one in this process, until stdin ends; then its calls of DynamoDB are told on stdout.

python benchmarks/rest_servers.py bare|"same shape"|memory|dynamodb ADDRESS-OF-THE-POOL'S-KEYS [DEPLOYMENT ...]
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, cast

import uvicorn
from fastapi import FastAPI, Query

from api.app import create_app
from api.dependencies import AnyEnvironment, NamedDeployment
from api.testing.calls import deploy_dev
from api.testing.issuer import CLIENT_ID, POOL_ID
from cloud_core.adapters.dynamodb.client import AccessKey, DynamoClient, records_client
from cloud_core.adapters.dynamodb.records import DynamoRecords
from cloud_core.adapters.dynamodb.tables import create_tables
from cloud_core.adapters.local.listeners import listener
from cloud_core.answers.deployments import DeploymentStatus, EnvironmentStatus
from cloud_core.bootstrap import EdgeServices
from cloud_core.domain.names import EnvironmentName
from cloud_core.ports.records import Records
from cloud_core.settings import Settings
from cloud_core.settings.api import ApiSettings
from cloud_core.settings.cognito import CognitoSettings
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.calls import counted
from cloud_core.testing.clock import ScriptedClock
from cloud_core.testing.edge import FakeEdge


def main(kind: str, keys_url: str, deployments: Sequence[str]) -> None:
    if kind == "bare":
        serve(bare(), {})
        return
    # The access log is written, as it is by `cloud serve`; nobody reads it here.
    log = logging.getLogger("api.access")
    log.addHandler(logging.FileHandler(os.devnull))
    log.setLevel(logging.INFO)
    with tempfile.TemporaryDirectory(prefix="cloud-bench-api-") as folder:
        if kind == "same shape":
            serve(same_shape(FakeEdge(Path(folder))), {})
            return
        if kind == "memory":
            serve(api(FakeEdge(Path(folder)), keys_url, deployments), {})
            return
        with dynamodb() as client, counted(client) as calls:
            create_tables(client, "bench-")
            clock = ScriptedClock()
            records = DynamoRecords(client, "bench-", clock)
            app = api(FakeEdge(Path(folder), records=records, clock=clock), keys_url, deployments)
            calls.clear()
            serve(app, calls)


def bare() -> FastAPI:
    app = FastAPI()

    @app.get("/bare")
    def in_a_thread() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/bare-async")
    async def in_the_loop() -> dict[str, str]:
        return {"status": "ok"}

    return app


def same_shape(edge: FakeEdge) -> FastAPI:
    """A route with the parameters and the answer of a status, which does nothing for it."""
    deploy_dev(edge)
    answer = edge.status.report(DEPLOYMENT_ID, EnvironmentName.DEV).to_data(flat=True)
    app = FastAPI()

    @app.get("/{deployment_id}/status", response_model=EnvironmentStatus | DeploymentStatus)
    def status(
        deployment_id: NamedDeployment,
        environment: AnyEnvironment = None,
        stack: Annotated[str | None, Query(max_length=64)] = None,
        all_environments: bool = False,
        with_deployment: bool = False,
    ) -> dict[str, Any]:
        return answer

    return app


def api(edge: FakeEdge, keys_url: str, deployments: Sequence[str]) -> FastAPI:
    """Over a world in which dev is deployed, of these deployments too; nobody is held up by a rate."""
    deploy_dev(edge)
    for name in deployments:
        deployed_as(edge.records, name)
    rates: Any = {f"rate_{who}": "100000000/minute" for who in ("administrators", "developers", "readonly")}
    pool = CognitoSettings(user_pool_id=POOL_ID, client_id=CLIENT_ID, jwks_url=keys_url)
    return create_app(Settings(api=ApiSettings(**rates), cognito=pool), cast(EdgeServices, edge))


def deployed_as(records: Records, name: str) -> None:
    """Another deployment by that name, which stands as the first one does."""
    first = records.deployments.get_by_id(DEPLOYMENT_ID)
    assert first is not None
    records.deployments.create(first.model_copy(update={"deployment_id": name}))
    for stack in records.stacks.list_by_deployment(DEPLOYMENT_ID):
        records.stacks.create(stack.model_copy(update={"deployment_id": name}))
    for operation in records.operations.list_by_deployment(DEPLOYMENT_ID).items:
        records.operations.create(operation.model_copy(update={"deployment_id": name, "idempotency_key": None}))


@contextmanager
def dynamodb() -> Iterator[DynamoClient]:
    """A client of a server as the sandbox has it."""
    command = [sys.executable, "-P", "-m", "sandbox.moto_server", "--port", "0", "--role", "records", "--until-eof"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield records_client(found.group(), "us-east-1", AccessKey("bench", "bench"))
        process.terminate()


def serve(app: FastAPI, calls: Mapping[str, int]) -> None:
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)

    def end_with_stdin() -> None:
        sys.stdin.read()
        with suppress(BrokenPipeError):
            print(json.dumps(calls), flush=True)
        server.should_exit = True

    with listener("127.0.0.1", 0) as listening:
        print(listening.getsockname()[1], flush=True)
        threading.Thread(target=end_with_stdin, daemon=True).start()
        server.run([listening])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
