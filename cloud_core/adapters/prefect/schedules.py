"""The Schedules port over Prefect: one schedule on `<id>-<environment>-scheduled-<action>`.

There a run that finds the environment busy is cancelled. People may add schedules to any of the environment's
deployments; those are listed, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterCreatedBy,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import DeploymentSchedule, FlowRun, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound

from cloud_core.adapters.prefect.connection import PrefectServer
from cloud_core.adapters.prefect.deployments import LANES, environment_deployment, plan_runs, scheduled
from cloud_core.adapters.prefect.timing import cron_schedule, next_times, rule_of, zone_of
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from cloud_core.ports.schedules import LastRun, Schedule, ScheduledStart, ScheduleKey, WantedSchedule

_BY_SCHEDULE: Final = "SCHEDULE"
_SLOT_TAKEN: Final = "Deployment concurrency limit reached."


class PrefectSchedules:
    """Talks to one Prefect server."""

    def __init__(self, server: PrefectServer) -> None:
        self._server = server

    def next_times(self, cron: str, timezone: str, count: int) -> list[datetime]:
        async def call() -> list[datetime]:
            return await next_times(await cron_schedule(cron, timezone), count)

        return asyncio.run(call())

    def set(self, wanted: WantedSchedule) -> Schedule:
        async def call(client: PrefectClient) -> Schedule:
            rule = await cron_schedule(wanted.cron, wanted.timezone)
            carrier = await _carrier(client, wanted.key, make=True)
            assert carrier is not None
            await _put(client, carrier, wanted, rule)
            return await self._planned(client, wanted.key)

        return self._server.ask(call)

    def list(self, deployment_id: str) -> list[Schedule]:
        async def call(client: PrefectClient) -> list[Schedule]:
            found = await _carriers(client, deployment_id)
            shown = [
                await self._shown(client, environment, carrier, one)
                for environment, carrier in found
                for one in carrier.schedules
            ]
            order = [environment.value for environment in EnvironmentName]
            return sorted(shown, key=lambda one: (order.index(one.environment), one.action, one.name or ""))

        return self._server.ask(call)

    def remove(self, key: ScheduleKey) -> bool:
        async def call(client: PrefectClient) -> bool:
            carrier = await _carrier(client, key)
            found = _find(carrier, key)
            if carrier is not None and found is not None:
                await client.delete_deployment_schedule(carrier.id, found.id)
            return found is not None

        return self._server.ask(call)

    def pause(self, key: ScheduleKey, paused: bool) -> Schedule | None:
        async def call(client: PrefectClient) -> Schedule | None:
            carrier = await _carrier(client, key)
            found = _find(carrier, key)
            if carrier is None or found is None:
                return None
            await client.update_deployment_schedule(carrier.id, found.id, active=not paused)
            return await self._planned(client, key)

        return self._server.ask(call)

    def started(self, flow_run_id: str) -> ScheduledStart | None:
        async def call(client: PrefectClient) -> ScheduledStart | None:
            try:
                run = await client.read_flow_run(UUID(flow_run_id))
            except ObjectNotFound:
                return None
            creator = run.created_by
            if creator is None or creator.type != _BY_SCHEDULE or run.deployment_id is None:
                return None
            schedules = await client.read_deployment_schedules(run.deployment_id)
            rules = [_line(one) for one in schedules if one.id == creator.id]
            return ScheduledStart(rules[0] if rules else None, run.expected_start_time or datetime.now(UTC))

        return self._server.ask(call)

    async def _planned(self, client: PrefectClient, key: ScheduleKey) -> Schedule:
        """The schedule after a change, its runs planned."""
        carrier = await _carrier(client, key)
        found = _find(carrier, key)
        assert carrier is not None
        assert found is not None
        if found.active and not carrier.paused:
            await plan_runs(client, carrier)
        return await self._shown(client, key.environment, carrier, found)

    async def _shown(
        self, client: PrefectClient, environment: EnvironmentName, carrier: DeploymentResponse, one: DeploymentSchedule
    ) -> Schedule:
        rests = not one.active or carrier.paused
        waiting = None if rests else await _run_of(client, one.id, waiting=True)
        times = [] if rests or waiting else await next_times(one.schedule, 1)
        last = await _run_of(client, one.id, waiting=False)
        return Schedule(
            environment=environment,
            action=str({**carrier.parameters, **one.parameters}.get("action")),
            name=one.slug,
            rule=rule_of(one.schedule),
            cron=one.schedule.cron if isinstance(one.schedule, CronSchedule) else None,
            timezone=zone_of(one.schedule),
            paused=not one.active,
            carrier=carrier.name,
            carrier_paused=carrier.paused,
            next_run=_due(waiting) if waiting else next(iter(times), None),
            is_planned=waiting is not None,
            last_run=_last(last) if last else None,
            page=self._server.page("deployments/deployment", carrier.id),
        )


def _slug(action: Action) -> str:
    return f"cloud-{action.value}"


async def _carrier(client: PrefectClient, key: ScheduleKey, make: bool = False) -> DeploymentResponse | None:
    lane, environment = scheduled(key.action), key.environment.value
    if make:
        return await environment_deployment(client, key.deployment_id, environment, lane)
    name = lane.deployment_name(key.deployment_id, environment)
    return next((found for _, found in await _named(client, {name: key.environment})), None)


async def _carriers(client: PrefectClient, deployment_id: str) -> Iterable[tuple[EnvironmentName, DeploymentResponse]]:
    names = {
        lane.deployment_name(deployment_id, environment.value): environment
        for environment in EnvironmentName
        for lane in LANES
    }
    return await _named(client, names)


async def _named(
    client: PrefectClient, names: dict[str, EnvironmentName]
) -> list[tuple[EnvironmentName, DeploymentResponse]]:
    wanted = DeploymentFilter(name=DeploymentFilterName(any_=list(names)))
    return [(names[found.name], found) for found in await client.read_deployments(deployment_filter=wanted)]


def _find(carrier: DeploymentResponse | None, key: ScheduleKey) -> DeploymentSchedule | None:
    schedules = carrier.schedules if carrier else []
    return next((one for one in schedules if one.slug == _slug(key.action)), None)


async def _put(client: PrefectClient, carrier: DeploymentResponse, wanted: WantedSchedule, rule: CronSchedule) -> None:
    found = _find(carrier, wanted.key)
    if found is None:
        made = DeploymentScheduleCreate(schedule=rule, active=not wanted.paused, slug=_slug(wanted.key.action))
        await client.create_deployment_schedules(carrier.id, [made])
        return
    await client.update_deployment_schedule(carrier.id, found.id, active=not wanted.paused, schedule=rule)


async def _run_of(client: PrefectClient, schedule_id: UUID, waiting: bool) -> FlowRun | None:
    """The next run that the schedule planned, or the newest that is past that."""
    scheduled = [StateType.SCHEDULED]
    kind = FlowRunFilterStateType(any_=scheduled) if waiting else FlowRunFilterStateType(not_any_=scheduled)
    wanted = FlowRunFilter(created_by=FlowRunFilterCreatedBy(id_=[schedule_id]), state=FlowRunFilterState(type=kind))
    sort = FlowRunSort.EXPECTED_START_TIME_ASC if waiting else FlowRunSort.EXPECTED_START_TIME_DESC
    found = await client.read_flow_runs(flow_run_filter=wanted, sort=sort, limit=1)
    return found[0] if found else None


def _due(run: FlowRun) -> datetime:
    return run.expected_start_time or run.next_scheduled_start_time or datetime.now(UTC)


def _last(run: FlowRun) -> LastRun:
    if run.state is None:
        return LastRun(str(run.id), "unknown", None, _due(run))
    message = "the environment was busy" if run.state.message == _SLOT_TAKEN else run.state.message
    return LastRun(str(run.id), run.state.name or run.state.type.value.title(), message, _due(run))


def _line(one: DeploymentSchedule) -> str:
    return f"{rule_of(one.schedule)} {zone_of(one.schedule)}"
