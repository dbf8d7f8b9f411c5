"""The FlowRunner port over Prefect: each environment has its own Prefect deployment, operations are told by id.

Prefect's import takes seconds, so this module is imported only by what really talks to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.objects import FlowRun as PrefectRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, temporary_settings

from cloud_core.adapters.prefect.errors import translate_prefect_errors
from cloud_core.domain.errors import FlowServiceUnreachable
from cloud_core.domain.records import Action, Operation
from cloud_core.ports.flows import FlowRun

T = TypeVar("T")

FLOW: Final = "environment"
PATTERN_DEPLOYMENT: Final = f"{FLOW}/any"


class PrefectFlowRunner:
    """Talks to one Prefect server through Prefect's own client, which retries what is worth it."""

    def __init__(self, api_url: str, ui_url: str | None) -> None:
        self._api_url = api_url
        self._ui_url = ui_url

    def submit(self, operation: Operation) -> FlowRun:
        async def call(client: PrefectClient) -> PrefectRun:
            target = await _environment_deployment(
                client, operation.deployment_id, operation.environment.value, operation.type.only_reads
            )
            return await client.create_flow_run_from_deployment(
                target,
                parameters={
                    "deployment_id": operation.deployment_id,
                    "environment": operation.environment.value,
                    "action": operation.type.value,
                    "operation_id": operation.operation_id,
                },
                idempotency_key=operation.operation_id,
                tags=[operation.deployment_id, operation.environment.value, operation.type.value],
            )

        return self._to_run(self._ask(call))

    def get(self, flow_run_id: str) -> FlowRun | None:
        async def call(client: PrefectClient) -> PrefectRun | None:
            try:
                return await client.read_flow_run(UUID(flow_run_id))
            except ObjectNotFound:
                return None

        found = self._ask(call)
        return self._to_run(found) if found else None

    def register_environment(self, deployment_id: str, environment: str) -> None:
        self._ask(lambda client: _environment_deployment(client, deployment_id, environment))

    def check(self) -> str:
        async def call(client: PrefectClient) -> str:
            version = await client.api_version()
            await _pattern(client)
            return version

        return self._ask(call)

    def _ask(self, call: Callable[[PrefectClient], Awaitable[T]]) -> T:
        async def with_client() -> T:
            async with get_client() as client:
                return await call(client)

        with temporary_settings({PREFECT_API_URL: self._api_url}), translate_prefect_errors(self._api_url):
            return asyncio.run(with_client())

    def _to_run(self, run: PrefectRun) -> FlowRun:
        url = f"{self._ui_url}/runs/flow-run/{run.id}" if self._ui_url else None
        return FlowRun(str(run.id), run.state.type.value.lower() if run.state else "unknown", url)


async def _environment_deployment(
    client: PrefectClient, deployment_id: str, environment: str, only_reads: bool = False
) -> UUID:
    """The Prefect deployment `<id>-<environment>`: made from the registered pattern when it is not there yet.

    One run at a time, others queue: our lease is the guard, this only keeps the queue visible to operators. What only
    reads has `<id>-<environment>-checks`, without a limit: it must not stand in the way of a deploy, nor wait for one.
    """
    name = f"{deployment_id}-{environment}-checks" if only_reads else f"{deployment_id}-{environment}"
    try:
        return (await client.read_deployment_by_name(f"{FLOW}/{name}")).id
    except ObjectNotFound:
        pattern = await _pattern(client)
    return await client.create_deployment(
        flow_id=pattern.flow_id,
        name=name,
        description=f"Deployment {deployment_id}, environment {environment}{', reading only' if only_reads else ''}.",
        entrypoint=pattern.entrypoint,
        work_pool_name=pattern.work_pool_name,
        pull_steps=[],
        tags=[deployment_id, environment],
        parameters={
            "deployment_id": deployment_id,
            "environment": environment,
            "action": (Action.PREVIEW if only_reads else Action.DEPLOY).value,
        },
        parameter_openapi_schema=pattern.parameter_openapi_schema,
        enforce_parameter_schema=True,
        concurrency_limit=None if only_reads else 1,
        concurrency_options=ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.ENQUEUE),
    )


async def _pattern(client: PrefectClient) -> DeploymentResponse:
    try:
        return await client.read_deployment_by_name(PATTERN_DEPLOYMENT)
    except ObjectNotFound:
        raise FlowServiceUnreachable(
            f"the flow service knows no deployment {PATTERN_DEPLOYMENT!r}: the flows are not registered",
            suggestion="run 'cloud sandbox reset' and 'cloud sandbox start', or 'prefect deploy --all'",
        ) from None
