"""What `ports.schedules.Schedules` promises, asked of the fake and of Prefect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.responses import SetStateStatus
from prefect.client.schemas.schedules import IntervalSchedule
from prefect.states import Pending, Running

from cloud_core.adapters.prefect.connection import PrefectServer
from cloud_core.adapters.prefect.deployments import CHANGES, environment_deployment, scheduled
from cloud_core.adapters.prefect.flow_runner import PrefectFlowRunner
from cloud_core.adapters.prefect.schedules import PrefectSchedules
from cloud_core.domain.errors import FlowServiceUnreachable, InvalidInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from cloud_core.ports.schedules import ScheduleKey, Schedules, WantedSchedule
from cloud_core.testing.builders import an_operation
from cloud_core.testing.schedules import FakeSchedules

DEV, PROD = EnvironmentName.DEV, EnvironmentName.PROD
NIGHTLY, BERLIN = "0 2 * * *", "Europe/Berlin"
NOWHERE = "http://127.0.0.1:9/api"


@dataclass(frozen=True)
class Service:
    """The port, the present time, and a way to the first run that a schedule planned."""

    schedules: Schedules
    now: datetime
    fire: Callable[[ScheduleKey], str]


@pytest.fixture(params=["fake", "prefect"])
def service(request: pytest.FixtureRequest) -> Service:
    if request.param == "fake":
        fake = FakeSchedules()

        def fire(key: ScheduleKey) -> str:
            fake.fire(key, "run-1")
            return "run-1"

        return Service(fake, fake.now, fire)
    server: PrefectServer = request.getfixturevalue("server")
    return Service(PrefectSchedules(server), datetime.now(UTC), lambda key: _begin_first(server, key))


def _begin_first(server: PrefectServer, key: ScheduleKey) -> str:
    """Do what a worker does with the first run that was planned for the key."""

    async def call(client: PrefectClient) -> str:
        carrier = await _carrier(client, key)
        runs = await client.get_scheduled_flow_runs_for_deployments([carrier.id], datetime.now(UTC) + timedelta(days=3))
        first = min(runs, key=lambda run: run.expected_start_time)
        answer = await client.set_flow_run_state(first.id, Pending())
        if answer.status is SetStateStatus.ACCEPT:
            # It is not due yet, and a worker would wait.
            await client.set_flow_run_state(first.id, Running(), force=True)
        return str(first.id)

    return server.ask(call)


async def _carrier(client: PrefectClient, key: ScheduleKey) -> Any:
    return await environment_deployment(client, key.deployment_id, key.environment.value, scheduled(key.action))


def _parameters(server: PrefectServer, run: str) -> dict[str, Any]:
    async def read(client: PrefectClient) -> dict[str, Any]:
        return (await client.read_flow_run(UUID(run))).parameters

    return server.ask(read)


def a_key(action: Action = Action.DEPLOY, environment: EnvironmentName = DEV, deployment_id: str = "") -> ScheduleKey:
    return ScheduleKey(deployment_id or f"D{uuid4().hex[:6].upper()}", environment, action)


def test_a_schedule_is_kept_and_planned(service: Service) -> None:
    key = a_key()
    made = service.schedules.set(WantedSchedule(key, NIGHTLY, BERLIN))
    (found,) = service.schedules.list(key.deployment_id)
    assert found == made
    assert (found.environment, found.action, found.name) == (DEV, "deploy", "cloud-deploy")
    assert (found.rule, found.cron, found.timezone, found.paused) == (NIGHTLY, NIGHTLY, BERLIN, False)
    assert found.next_run is not None
    assert service.now < found.next_run < service.now + timedelta(days=2)
    assert found.is_planned
    assert found.carrier == f"{key.deployment_id}-dev-scheduled-deploy"
    assert found.last_run is None


def test_setting_again_replaces_and_leaves_the_others_alone(service: Service) -> None:
    key = a_key()
    drift = a_key(Action.DRIFT, DEV, key.deployment_id)
    refresh = a_key(Action.REFRESH, DEV, key.deployment_id)
    for one in (drift, key, refresh):
        service.schedules.set(WantedSchedule(one, NIGHTLY, BERLIN))
    service.schedules.set(WantedSchedule(key, "30 4 * * 1", "UTC", paused=True))
    found = {one.action: one for one in service.schedules.list(key.deployment_id)}
    assert list(found) == ["deploy", "drift", "refresh"]
    changed = found["deploy"]
    assert (changed.rule, changed.timezone, changed.paused) == ("30 4 * * 1", "UTC", True)
    assert {found[name].rule for name in ("drift", "refresh")} == {NIGHTLY}


def test_schedules_come_in_the_order_of_promotion(service: Service) -> None:
    later = a_key(Action.DRIFT, PROD)
    sooner = a_key(Action.REFRESH, DEV, later.deployment_id)
    for key in (later, sooner):
        service.schedules.set(WantedSchedule(key, NIGHTLY, "UTC"))
    assert [one.environment for one in service.schedules.list(later.deployment_id)] == [DEV, PROD]


def test_a_schedule_rests_until_it_is_resumed(service: Service) -> None:
    key = a_key()
    service.schedules.set(WantedSchedule(key, NIGHTLY, BERLIN))
    resting = service.schedules.pause(key, True)
    assert resting is not None
    assert (resting.paused, resting.next_run, resting.is_planned) == (True, None, False)
    assert service.schedules.list(key.deployment_id) == [resting]
    going = service.schedules.pause(key, False)
    assert going is not None
    assert not going.paused
    assert going.is_planned


def test_what_is_removed_is_gone(service: Service) -> None:
    key = a_key()
    service.schedules.set(WantedSchedule(key, NIGHTLY, BERLIN))
    assert service.schedules.remove(key)
    assert service.schedules.list(key.deployment_id) == []
    assert not service.schedules.remove(key)
    assert service.schedules.pause(key, True) is None


def test_a_deployment_without_schedules_has_none(service: Service) -> None:
    assert service.schedules.list("DNEVER0") == []
    assert not service.schedules.remove(a_key())


@pytest.mark.parametrize("cron", ["61 * * * *", "0 2 * * ?x", "0 25h * * *"])
def test_a_cron_that_nobody_can_follow_is_refused(service: Service, cron: str) -> None:
    key = a_key()
    for ask in (
        lambda: service.schedules.next_times(cron, "UTC", 1),
        lambda: service.schedules.set(WantedSchedule(key, cron, "UTC")),
    ):
        with pytest.raises(InvalidInput) as refused:
            ask()
        assert (refused.value.context["field"], refused.value.context["value"]) == ("cron", cron)
        assert refused.value.suggestion
    assert service.schedules.list(key.deployment_id) == []


def test_an_unknown_time_zone_is_refused(service: Service) -> None:
    with pytest.raises(InvalidInput) as refused:
        service.schedules.set(WantedSchedule(a_key(), NIGHTLY, "Europe/Atlantis"))
    assert refused.value.context["field"] == "timezone"


def test_next_times_are_as_many_as_asked_for_and_rise(service: Service) -> None:
    times = service.schedules.next_times("@hourly", BERLIN, 3)
    assert len(times) == 3
    assert service.now < times[0] < times[1] < times[2]


def test_a_run_tells_what_started_it_and_when_it_was_due(service: Service) -> None:
    key = a_key()
    made = service.schedules.set(WantedSchedule(key, NIGHTLY, BERLIN))
    run = service.fire(key)
    start = service.schedules.started(run)
    assert start is not None
    assert (start.rule, start.due) == (f"{NIGHTLY} {BERLIN}", made.next_run)
    (found,) = service.schedules.list(key.deployment_id)
    assert found.last_run is not None
    assert (found.last_run.flow_run_id, found.last_run.state, found.last_run.due) == (run, "Running", made.next_run)


def test_an_unknown_run_was_not_started_by_a_schedule(service: Service) -> None:
    assert service.schedules.started(str(uuid4())) is None


def test_a_service_that_does_not_answer_is_unreachable() -> None:
    fake = FakeSchedules()
    fake.is_down = True
    for schedules in (fake, PrefectSchedules(PrefectServer(NOWHERE, None))):
        with pytest.raises(FlowServiceUnreachable):
            schedules.list("D1BRV40")


class TestPrefect:
    """What operators see, and what only Prefect can tell."""

    def test_follows_the_clock_of_the_time_zone(self, server: PrefectServer) -> None:
        (moment,) = PrefectSchedules(server).next_times(NIGHTLY, BERLIN, 1)
        assert moment.astimezone(ZoneInfo(BERLIN)).strftime("%H:%M") == "02:00"

    def test_refuses_a_date_that_never_comes(self, server: PrefectServer) -> None:
        with pytest.raises(InvalidInput, match="never comes"):
            PrefectSchedules(server).next_times("0 0 31 2 *", "UTC", 1)

    def test_shows_what_was_made_and_changed_in_the_pages(self, server: PrefectServer) -> None:
        key, schedules = a_key(), PrefectSchedules(server)
        schedules.set(WantedSchedule(key, NIGHTLY, BERLIN))

        async def edit(client: PrefectClient) -> None:
            carrier = await _carrier(client, key)
            (mine,) = carrier.schedules
            every = IntervalSchedule(interval=timedelta(minutes=90))
            await client.update_deployment_schedule(carrier.id, mine.id, schedule=every)
            main = await environment_deployment(client, key.deployment_id, "dev", CHANGES)
            yearly = IntervalSchedule(interval=timedelta(days=365))
            await client.create_deployment_schedules(main.id, [(yearly, True)])

        server.ask(edit)
        found = {one.name: one for one in schedules.list(key.deployment_id)}
        assert (found["cloud-deploy"].rule, found["cloud-deploy"].cron) == ("every 90 min", None)
        assert (found[None].rule, found[None].carrier) == ("every 365 d", f"{key.deployment_id}-dev")
        assert found[None].next_run is not None
        assert not found[None].is_planned

    def test_keeps_the_action_of_one_that_somebody_pauses_and_resumes(self, server: PrefectServer) -> None:
        key, schedules = a_key(Action.REFRESH), PrefectSchedules(server)
        schedules.set(WantedSchedule(key, NIGHTLY, BERLIN))

        async def toggle(client: PrefectClient) -> None:
            carrier = await _carrier(client, key)
            for active in (False, True):
                body = {"active": active}
                path = {"id": carrier.id, "schedule_id": carrier.schedules[0].id}
                await client.request("PATCH", "/deployments/{id}/schedules/{schedule_id}", path_params=path, json=body)
            await client.request("POST", "/deployments/{id}/schedule", path_params={"id": carrier.id}, json={})

        server.ask(toggle)
        (found,) = schedules.list(key.deployment_id)
        assert (found.action, found.paused) == ("refresh", False)
        expected = {"deployment_id": key.deployment_id, "environment": "dev", "action": "refresh"}
        assert _parameters(server, _begin_first(server, key)) == expected

    def test_cancels_a_drift_while_the_one_before_is_at_work(self, server: PrefectServer) -> None:
        key, schedules = a_key(Action.DRIFT), PrefectSchedules(server)
        schedules.set(WantedSchedule(key, NIGHTLY, BERLIN))
        first, second = _begin_first(server, key), _begin_first(server, key)
        runner = PrefectFlowRunner(server)
        states = [found.state for run in (first, second) if (found := runner.get(run))]
        assert states == ["running", "cancelled"]

    def test_tells_that_a_whole_deployment_is_paused(self, server: PrefectServer) -> None:
        key, schedules = a_key(), PrefectSchedules(server)
        made = schedules.set(WantedSchedule(key, NIGHTLY, BERLIN))
        assert made.page is not None
        server.ask(lambda client: client.pause_deployment(UUID(made.page.rpartition("/")[2])))
        resumed = schedules.pause(key, False)
        assert resumed is not None
        assert (resumed.carrier_paused, resumed.next_run) == (True, None)

    def test_cancels_a_scheduled_run_while_another_has_the_slot(self, server: PrefectServer) -> None:
        key = a_key()
        PrefectSchedules(server).set(WantedSchedule(key, NIGHTLY, BERLIN))
        operation = an_operation(f"op-{uuid4().hex}", deployment_id=key.deployment_id)
        running = PrefectFlowRunner(server).submit(operation).flow_run_id

        async def call(client: PrefectClient) -> None:
            await client.set_flow_run_state(UUID(running), Pending())
            carrier = await _carrier(client, key)
            first, *_ = await client.get_scheduled_flow_runs_for_deployments(
                [carrier.id], datetime.now(UTC) + timedelta(days=3)
            )
            await client.set_flow_run_state(first.id, Pending())

        server.ask(call)
        (found,) = PrefectSchedules(server).list(key.deployment_id)
        assert found.last_run is not None
        assert (found.last_run.state, found.last_run.message) == ("Cancelled", "the environment was busy")

    def test_lets_drift_run_beside_a_deploy(self, server: PrefectServer) -> None:
        key = a_key(Action.DRIFT)
        PrefectSchedules(server).set(WantedSchedule(key, NIGHTLY, BERLIN))
        operation = an_operation(f"op-{uuid4().hex}", deployment_id=key.deployment_id)
        running = PrefectFlowRunner(server).submit(operation).flow_run_id
        server.ask(lambda client: client.set_flow_run_state(UUID(running), Pending()))
        drift = _begin_first(server, key)
        found = PrefectFlowRunner(server).get(drift)
        assert found is not None
        assert found.state == "running"

    def test_gives_a_run_that_somebody_started_no_schedule(self, server: PrefectServer) -> None:
        run = PrefectFlowRunner(server).submit(an_operation(f"op-{uuid4().hex}"))
        assert PrefectSchedules(server).started(run.flow_run_id) is None
