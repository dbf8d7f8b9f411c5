"""An environment's Prefect deployments: made from the registered pattern when one is first needed.

Prefect decides by deployment what a run does that finds another one at work. People's runs queue, what only reads
neither waits nor is waited for, and a scheduled run that finds the environment busy is cancelled: so there are several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound

from cloud_core.domain.errors import FlowServiceUnreachable
from cloud_core.domain.statuses import Action
from cloud_core.ports.schedules import SCHEDULED_ACTIONS

FLOW: Final = "environment"
PATTERN_DEPLOYMENT: Final = f"{FLOW}/any"


@dataclass(frozen=True)
class Lane:
    """A kind of runs: how the name of its deployment ends, what the description adds, the action that it offers.

    `limit` is how many may run, None for any number; `cancels` what comes beyond them, else that queues. With
    `shares_slot` the limit is that of `CHANGES`.
    """

    suffix: str
    words: str
    action: Action
    limit: int | None = None
    cancels: bool = False
    shares_slot: bool = False

    def deployment_name(self, deployment_id: str, environment: str) -> str:
        return f"{deployment_id}-{environment}{self.suffix}"


def scheduled(action: Action) -> Lane:
    """Of the schedule for an action. Each has a deployment of its own, which holds the action as its parameter:
    Prefect forgets the parameters of a schedule whenever somebody pauses it."""
    words = f", {action.value} on a schedule: cancelled when it is busy"
    limit = 1 if action.only_reads else None
    return Lane(f"-scheduled-{action.value}", words, action, limit, True, shares_slot=not action.only_reads)


CHANGES: Final = Lane("", "", Action.DEPLOY, limit=1)
CHECKS: Final = Lane("-checks", ", reading only", Action.PREVIEW)
LANES: Final = (CHANGES, CHECKS, *map(scheduled, SCHEDULED_ACTIONS))


async def environment_deployment(
    client: PrefectClient, deployment_id: str, environment: str, lane: Lane
) -> DeploymentResponse:
    """The environment's Prefect deployment for that kind of run.

    One changing run at a time: our lease is the guard, this only keeps the queue visible to operators.
    """
    name = f"{FLOW}/{lane.deployment_name(deployment_id, environment)}"
    try:
        found = await client.read_deployment_by_name(name)
    except ObjectNotFound:
        await _create(client, deployment_id, environment, lane)
        found = await client.read_deployment_by_name(name)
    if lane.shares_slot:
        await _share_slot(client, deployment_id, environment, found)
    return found


async def pattern(client: PrefectClient) -> DeploymentResponse:
    """The deployment that `prefect.yaml` registers. Raises FlowServiceUnreachable when it is not there."""
    try:
        return await client.read_deployment_by_name(PATTERN_DEPLOYMENT)
    except ObjectNotFound:
        raise FlowServiceUnreachable(
            f"the flow service knows no deployment {PATTERN_DEPLOYMENT!r}: the flows are not registered",
            suggestion="run 'cloud sandbox reset' and 'cloud sandbox start', or 'prefect deploy --all'",
        ) from None


async def _create(client: PrefectClient, deployment_id: str, environment: str, lane: Lane) -> None:
    model = await pattern(client)
    strategy = ConcurrencyLimitStrategy.CANCEL_NEW if lane.cancels else ConcurrencyLimitStrategy.ENQUEUE
    await client.create_deployment(
        flow_id=model.flow_id,
        name=lane.deployment_name(deployment_id, environment),
        description=f"Deployment {deployment_id}, environment {environment}{lane.words}.",
        entrypoint=model.entrypoint,
        work_pool_name=model.work_pool_name,
        pull_steps=[],
        tags=[deployment_id, environment],
        parameters={"deployment_id": deployment_id, "environment": environment, "action": lane.action.value},
        parameter_openapi_schema=model.parameter_openapi_schema,
        enforce_parameter_schema=True,
        concurrency_limit=lane.limit,
        concurrency_options=ConcurrencyOptions(collision_strategy=strategy),
    )


async def _share_slot(client: PrefectClient, deployment_id: str, environment: str, mine: DeploymentResponse) -> None:
    """Let both deployments take the one slot. The client has no word for it, but the API has."""
    main = (await environment_deployment(client, deployment_id, environment, CHANGES)).global_concurrency_limit
    own = mine.global_concurrency_limit
    if main is not None and (own is None or own.id != main.id):
        body = {"global_concurrency_limit_id": str(main.id)}
        await client.request("PATCH", "/deployments/{id}", path_params={"id": mine.id}, json=body)
