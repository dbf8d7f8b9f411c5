"""Schedules: what the flow service runs by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Path

from api.dependencies import BODY, AnyEnvironment, DeploymentId, Services, ThatEnvironment, guarded
from api.routes import endpoints
from api.schemas.administration import ScheduledAction, SetSchedule
from cloud_core.answers.operating import RemovedSchedule, Schedule, ScheduleList, ScheduleOutlook
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.statuses import Action
from cloud_core.ports.schedules import ScheduleKey, WantedSchedule
from cloud_core.services.operations.schedules import ScheduleService

router: Final = endpoints("/deployments/{deployment_id}/schedules", "schedules")


@dataclass(frozen=True)
class OneSchedule:
    """The schedule that the address names; whether there is one is not known yet."""

    key: ScheduleKey
    schedules: ScheduleService


def _one(
    place: ThatEnvironment,
    action: Annotated[ScheduledAction, Path(description="What is run. Drift reads only.", examples=["drift"])],
    services: Services,
) -> OneSchedule:
    return OneSchedule(ScheduleKey(place.deployment_id, place.environment, Action(action)), services.schedules)


ThatSchedule = Annotated[OneSchedule, Depends(_one)]


@router.get("", response_model=ScheduleList, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def list_schedules(
    deployment_id: DeploymentId, services: Services, environment: AnyEnvironment = None
) -> dict[str, Any]:
    """The schedules, with their next and last runs; also those that were made in the flow service's pages."""
    found = services.schedules.list(deployment_id, environment)
    return {"schedules": [one.to_data() for one in found], "total": len(found)}


@router.put(
    "/{environment}/{action}",
    response_model=Schedule | ScheduleOutlook,
    **guarded(Permission.ADMINISTER, *BODY, "RESOURCE_NOT_FOUND"),
)
def set_schedule(one: ThatSchedule, body: SetSchedule) -> dict[str, Any]:
    """Run an action of an environment at set times; its earlier schedule is replaced. Prod is never deployed so."""
    wanted = WantedSchedule(one.key, body.cron, body.timezone, body.paused)
    if body.dry_run:
        return {"next_runs": [moment.isoformat() for moment in one.schedules.rehearse(wanted)]}
    return one.schedules.set(wanted).to_data()


@router.post(
    "/{environment}/{action}/pause",
    response_model=Schedule,
    **guarded(Permission.ADMINISTER, "RESOURCE_NOT_FOUND"),
)
def pause_schedule(one: ThatSchedule) -> dict[str, Any]:
    """Let a schedule rest until it is resumed."""
    return one.schedules.pause(one.key, paused=True).to_data()


@router.post(
    "/{environment}/{action}/resume",
    response_model=Schedule,
    **guarded(Permission.ADMINISTER, "RESOURCE_NOT_FOUND"),
)
def resume_schedule(one: ThatSchedule) -> dict[str, Any]:
    """Let a schedule that rests go on."""
    return one.schedules.pause(one.key, paused=False).to_data()


@router.delete(
    "/{environment}/{action}",
    response_model=RemovedSchedule,
    **guarded(Permission.ADMINISTER, "RESOURCE_NOT_FOUND"),
)
def remove_schedule(one: ThatSchedule) -> dict[str, Any]:
    """Remove a schedule, and the runs that it planned. One that has begun goes on."""
    one.schedules.remove(one.key)
    key = one.key
    place = {"deployment_id": key.deployment_id, "environment": key.environment.value}
    return {**place, "action": key.action.value, "removed": True}
