"""An environment's Prefect deployments: made from the registered pattern when one is first needed, and as that is now
whenever one is needed again.

Prefect decides by deployment what a run does that finds another one at work. People's runs queue, what only reads
neither waits nor is waited for, and a scheduled run that finds the environment busy is cancelled: so there are several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName, FlowFilter, FlowFilterName
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.responses import DeploymentResponse

from cloud_core.domain.errors import FlowServiceUnreachable
from cloud_core.domain.statuses import Action
from cloud_core.ports.schedules import SCHEDULED_ACTIONS

FLOW: Final = "environment"
_PATTERN: Final = "any"
PATTERN_DEPLOYMENT: Final = f"{FLOW}/{_PATTERN}"


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
    name = lane.deployment_name(deployment_id, environment)
    known = await _named(client, name, _PATTERN)
    found, model = known.get(name), known.get(_PATTERN)
    if found is None:
        found = await _create(client, _registered(model), deployment_id, environment, lane)
    elif model is not None:
        await _bring_up_to_date(client, found, model)
    if lane.shares_slot:
        await _share_slot(client, deployment_id, environment, found)
    return found


async def pattern(client: PrefectClient) -> DeploymentResponse:
    """The deployment that `prefect.yaml` registers. Raises FlowServiceUnreachable when it is not there."""
    return _registered((await _named(client, _PATTERN)).get(_PATTERN))


def _registered(model: DeploymentResponse | None) -> DeploymentResponse:
    if model is None:
        raise FlowServiceUnreachable(
            f"the flow service knows no deployment {PATTERN_DEPLOYMENT!r}: the flows are not registered",
            suggestion="run 'cloud sandbox reset' and 'cloud sandbox start', or 'prefect deploy --all'",
        )
    return model


async def plan_runs(client: PrefectClient, deployment: DeploymentResponse) -> None:
    """Have the runs of its schedules planned now: by itself Prefect looks once a minute."""
    await client.request("POST", "/deployments/{id}/schedule", path_params={"id": deployment.id}, json={})


async def _named(client: PrefectClient, *names: str) -> dict[str, DeploymentResponse]:
    """Those of the flow's deployments that are there, in one call."""
    found = await client.read_deployments(
        flow_filter=FlowFilter(name=FlowFilterName(any_=[FLOW])),
        deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=list(names))),
    )
    return {one.name: one for one in found}


async def _bring_up_to_date(client: PrefectClient, mine: DeploymentResponse, model: DeploymentResponse) -> None:
    """Give it what the pattern has now: Prefect refuses an action that its schema, made by an earlier version of ours,
    does not name."""
    if (mine.entrypoint, mine.parameter_openapi_schema) == (model.entrypoint, model.parameter_openapi_schema):
        return
    schema = model.parameter_openapi_schema
    await client.update_deployment(
        mine.id, DeploymentUpdate(entrypoint=model.entrypoint, parameter_openapi_schema=schema)
    )
    if not mine.paused and any(one.active for one in mine.schedules):
        await plan_runs(client, mine)  # a change takes back the runs that were planned


async def _create(
    client: PrefectClient, model: DeploymentResponse, deployment_id: str, environment: str, lane: Lane
) -> DeploymentResponse:
    strategy = ConcurrencyLimitStrategy.CANCEL_NEW if lane.cancels else ConcurrencyLimitStrategy.ENQUEUE
    made = await client.create_deployment(
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
    return await client.read_deployment(made)


async def _share_slot(client: PrefectClient, deployment_id: str, environment: str, mine: DeploymentResponse) -> None:
    """Let both deployments take the one slot. The client has no word for it, but the API has."""
    main = (await environment_deployment(client, deployment_id, environment, CHANGES)).global_concurrency_limit
    own = mine.global_concurrency_limit
    if main is not None and (own is None or own.id != main.id):
        body = {"global_concurrency_limit_id": str(main.id)}
        await client.request("PATCH", "/deployments/{id}", path_params={"id": mine.id}, json=body)
