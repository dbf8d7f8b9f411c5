"""The FlowRunner port over Prefect: each environment has its own Prefect deployment, operations are told by id.

Prefect's import takes seconds, so this module is imported only by what really talks to it.
"""

from __future__ import annotations

from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun as PrefectRun
from prefect.exceptions import ObjectNotFound

from cloud_core.adapters.prefect.connection import PrefectServer
from cloud_core.adapters.prefect.deployments import CHANGES, CHECKS, environment_deployment, pattern
from cloud_core.domain.records import Operation
from cloud_core.ports.flows import FlowRun


class PrefectFlowRunner:
    """Talks to one Prefect server."""

    def __init__(self, server: PrefectServer) -> None:
        self._server = server

    def submit(self, operation: Operation) -> FlowRun:
        async def call(client: PrefectClient) -> PrefectRun:
            lane = CHECKS if operation.type.only_reads else CHANGES
            target = await environment_deployment(client, operation.deployment_id, operation.environment.value, lane)
            return await client.create_flow_run_from_deployment(
                target.id,
                parameters={
                    "deployment_id": operation.deployment_id,
                    "environment": operation.environment.value,
                    "action": operation.type.value,
                    "operation_id": operation.operation_id,
                },
                idempotency_key=operation.operation_id,
                tags=[operation.deployment_id, operation.environment.value, operation.type.value],
            )

        return self._to_run(self._server.ask(call))

    def get(self, flow_run_id: str) -> FlowRun | None:
        async def call(client: PrefectClient) -> PrefectRun | None:
            try:
                return await client.read_flow_run(UUID(flow_run_id))
            except ObjectNotFound:
                return None

        found = self._server.ask(call)
        return self._to_run(found) if found else None

    def register_environment(self, deployment_id: str, environment: str) -> None:
        self._server.ask(lambda client: environment_deployment(client, deployment_id, environment, CHANGES))

    def check(self) -> str:
        async def call(client: PrefectClient) -> str:
            version = await client.api_version()
            await pattern(client)
            return version

        return self._server.ask(call)

    def _to_run(self, run: PrefectRun) -> FlowRun:
        state = run.state.type.value.lower() if run.state else "unknown"
        name = (run.state.name or state).lower() if run.state else state
        return FlowRun(str(run.id), state, self._server.page("runs/flow-run", run.id), name)
