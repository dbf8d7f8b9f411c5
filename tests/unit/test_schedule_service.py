"""Schedules over fakes: what may be one, and what is refused."""

from __future__ import annotations

import pytest

from cloud_core.domain.errors import DeploymentNotFound, FlowServiceUnreachable, InvalidInput, NotFound
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.recurrence import parse_cron, parse_timezone, zone
from cloud_core.domain.statuses import Action
from cloud_core.ports.schedules import ScheduleKey, WantedSchedule
from cloud_core.services.operations.schedules import ScheduleService
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.world import World

DEV, STAGE, PROD = EnvironmentName
NIGHTLY = "0 2 * * *"
PLACES = {
    name.value: {"enabled": name is not STAGE, "account": "123456789012", "region": "us-east-1"}
    for name in EnvironmentName
}


@pytest.fixture
def world() -> World:
    return World({"network": {}}, environments=PLACES)


@pytest.fixture
def service(world: World) -> ScheduleService:
    return ScheduleService(world.records.deployments, lambda: world.schedules)


def wanted(
    action: Action = Action.DEPLOY, environment: EnvironmentName = DEV, cron: str = NIGHTLY, timezone: str = "UTC"
) -> WantedSchedule:
    return WantedSchedule(ScheduleKey(DEPLOYMENT_ID, environment, action), cron, timezone)


class TestSet:
    def test_is_listed_with_its_environment(self, service: ScheduleService) -> None:
        made = service.set(wanted())
        drift = service.set(wanted(Action.DRIFT, PROD))
        assert service.list(DEPLOYMENT_ID) == [made, drift]
        assert service.list(DEPLOYMENT_ID, PROD) == [drift]
        assert service.list(DEPLOYMENT_ID, STAGE) == []

    def test_keeps_the_expression_with_single_spaces(self, service: ScheduleService) -> None:
        assert service.set(wanted(cron="  0  2 * *   * ")).rule == NIGHTLY

    @pytest.mark.parametrize("action", [Action.DESTROY, Action.PREVIEW])
    def test_refuses_what_is_not_for_schedules(self, service: ScheduleService, action: Action) -> None:
        with pytest.raises(InvalidInput, match=f"{action.value} can't be scheduled") as refused:
            service.set(wanted(action))
        assert refused.value.suggestion == "schedule one of deploy, refresh, drift"

    def test_refuses_a_deploy_of_prod(self, service: ScheduleService) -> None:
        with pytest.raises(InvalidInput, match="nobody's approval") as refused:
            service.set(wanted(Action.DEPLOY, PROD))
        assert (refused.value.context["field"], refused.value.context["value"]) == ("action", "deploy")

    @pytest.mark.parametrize("action", [Action.REFRESH, Action.DRIFT])
    def test_lets_prod_be_looked_at(self, service: ScheduleService, action: Action) -> None:
        assert service.set(wanted(action, PROD)).action == action.value

    def test_refuses_an_environment_that_is_off(self, service: ScheduleService) -> None:
        with pytest.raises(InvalidInput, match="'stage' of D1BRV40 is not enabled"):
            service.set(wanted(environment=STAGE))

    def test_refuses_a_deployment_that_does_not_exist(self, service: ScheduleService) -> None:
        with pytest.raises(DeploymentNotFound):
            service.set(WantedSchedule(ScheduleKey("DNOBODY", DEV, Action.DRIFT), NIGHTLY, "UTC"))

    def test_needs_the_flow_service(self, service: ScheduleService, world: World) -> None:
        world.schedules.is_down = True
        with pytest.raises(FlowServiceUnreachable):
            service.set(wanted())

    def test_can_be_rehearsed(self, service: ScheduleService) -> None:
        times = service.rehearse(wanted(timezone="Europe/Berlin"))
        assert len(times) == 3
        assert service.list(DEPLOYMENT_ID) == []
        with pytest.raises(InvalidInput):
            service.rehearse(wanted(environment=STAGE))


class TestRemoveAndPause:
    def test_of_one_that_is_there(self, service: ScheduleService) -> None:
        key = wanted().key
        service.set(wanted())
        assert service.pause(key, True).paused
        assert not service.pause(key, False).paused
        service.remove(key)
        assert service.list(DEPLOYMENT_ID) == []

    def test_of_none_is_not_found(self, service: ScheduleService) -> None:
        for ask in (lambda: service.remove(wanted().key), lambda: service.pause(wanted().key, True)):
            with pytest.raises(NotFound, match="dev has no schedule for deploy") as missing:
                ask()
            assert missing.value.suggestion == f"run 'cloud schedule list {DEPLOYMENT_ID}' to see those that there are"

    def test_of_an_unknown_deployment_is_another_matter(self, service: ScheduleService) -> None:
        key = ScheduleKey("DNOBODY", DEV, Action.DEPLOY)
        for ask in (
            lambda: service.remove(key),
            lambda: service.pause(key, True),
            lambda: service.list(key.deployment_id),
        ):
            with pytest.raises(DeploymentNotFound):
                ask()


class TestExpressions:
    @pytest.mark.parametrize("text", ["0 2 * * *", "@daily", "*/5 8-17 * * MON-FRI"])
    def test_are_taken(self, text: str) -> None:
        assert parse_cron(text) == text

    @pytest.mark.parametrize("text", ["", "0 2 * *", "0 2 * * * 30", "@reboot", "nightly"])
    def test_of_another_form_are_refused(self, text: str) -> None:
        with pytest.raises(InvalidInput, match="not the five of minute, hour") as refused:
            parse_cron(text)
        assert (refused.value.context["field"], refused.value.context["value"]) == ("cron", text)
        assert "'0 2 * * *' for 02:00 each day" in str(refused.value.suggestion)


class TestTimeZones:
    def test_of_the_list_are_taken(self) -> None:
        assert parse_timezone("Europe/Berlin") == "Europe/Berlin"

    @pytest.mark.parametrize(
        ("text", "hint"),
        [
            ("europe/berlin", "did you mean 'Europe/Berlin'?"),
            ("Berlin", "did you mean 'Europe/Berlin'?"),
            ("qqqqqqqqqq", "such as 'Europe/Berlin' or 'UTC'"),
        ],
    )
    def test_that_do_not_exist_are_refused_with_the_nearest(self, text: str, hint: str) -> None:
        with pytest.raises(InvalidInput, match="is unknown") as refused:
            parse_timezone(text)
        assert (refused.value.context["field"], refused.value.context["value"]) == ("timezone", text)
        assert str(refused.value.suggestion).endswith(hint)

    def test_that_this_machine_lacks_are_shown_in_utc(self) -> None:
        assert zone("Mars/Base").key == "UTC"
