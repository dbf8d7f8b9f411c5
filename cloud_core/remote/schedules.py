"""Schedules, as the API tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cloud_core.adapters.rest.client import Call, RestClient, new_key, place
from cloud_core.adapters.rest.reading import Data
from cloud_core.domain.names import EnvironmentName
from cloud_core.ports.schedules import LastRun, Schedule, ScheduleKey, WantedSchedule
from cloud_core.services.operations.schedules import missing_schedule


class RemoteSchedules:
    """As `services.operations.schedules`."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def rehearse(self, wanted: WantedSchedule, count: int = 3) -> list[datetime]:
        told = self._set(wanted, rehearse=True)
        return [datetime.fromisoformat(one) for one in told["next_runs"][:count]]

    def set(self, wanted: WantedSchedule) -> Schedule:
        return _schedule(self._set(wanted, rehearse=False))

    def list(self, deployment_id: str, environment: EnvironmentName | None = None) -> list[Schedule]:
        where = place("deployments", deployment_id, "schedules")
        told = self._client.get(where, environment=environment.value if environment else None)
        return [_schedule(one) for one in told["schedules"]]

    def remove(self, key: ScheduleKey) -> None:
        self._client.ask(Call("DELETE", _of(key), key=new_key()))

    def pause(self, key: ScheduleKey, paused: bool) -> Schedule:
        return _schedule(self._client.post(f"{_of(key)}/{'pause' if paused else 'resume'}"))

    def require(self, key: ScheduleKey) -> None:
        """NotFound when there is none."""
        found = self.list(key.deployment_id, key.environment)
        if not any(one.name and one.action == key.action.value for one in found):
            raise missing_schedule(key)

    def _set(self, wanted: WantedSchedule, rehearse: bool) -> Any:
        body = {"cron": wanted.cron, "timezone": wanted.timezone, "paused": wanted.paused, "dry_run": rehearse}
        return self._client.ask(Call("PUT", _of(wanted.key), body=body)).data


def _of(key: ScheduleKey) -> str:
    return place("deployments", key.deployment_id, "schedules", key.environment.value, key.action.value)


def _schedule(told: Data) -> Schedule:
    return Schedule(
        environment=EnvironmentName(told["environment"]),
        action=told["action"],
        name=told["name"],
        rule=told["rule"],
        cron=told["cron"],
        timezone=told["timezone"],
        paused=told["paused"],
        carrier=told["prefect_deployment"],
        next_run=_moment(told["next_run"]),
        is_planned=told["is_planned"],
        last_run=_last(told["last_run"]) if told["last_run"] else None,
        page=told["url"],
    )


def _last(told: Data) -> LastRun:
    return LastRun(told["flow_run_id"], told["state"], told["message"], datetime.fromisoformat(told["due"]))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
