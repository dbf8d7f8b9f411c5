"""`cloud schedule`, from what is typed to what is shown, over fakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from cloud_core.ports.schedules import LastRun, ScheduleKey
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.schedules import FakeSchedules

ID = DEPLOYMENT_ID
DEV, PROD = EnvironmentName.DEV, EnvironmentName.PROD
SET = ("schedule", "set", ID, "--action", "deploy", "--cron", "0 2 * * *")
DEPLOYS = ScheduleKey(ID, DEV, Action.DEPLOY)


@pytest.fixture
def kept(cli: Any) -> FakeSchedules:
    schedules: FakeSchedules = cli.edge.world.schedules
    schedules.now = cli.edge.clock.now()
    return schedules


class TestSet:
    def test_says_when_it_runs_next(self, cli: Any, kept: FakeSchedules) -> None:
        assert cli(*SET, "--timezone", "Europe/Berlin").code == 0
        assert cli.out.startswith(f"✓ deploy of {ID} dev: 0 2 * * * (Europe/Berlin), next ")
        assert kept.kept[DEPLOYS].timezone == "Europe/Berlin"

    def test_is_in_utc_unless_told(self, cli: Any, kept: FakeSchedules) -> None:
        cli(*SET)
        assert kept.kept[DEPLOYS].timezone == "UTC"

    def test_can_be_made_to_rest(self, cli: Any, kept: FakeSchedules) -> None:
        assert cli(*SET, "--paused").out.endswith("(UTC), paused\n")
        assert kept.kept[DEPLOYS].paused

    def test_can_be_rehearsed(self, cli: Any, kept: FakeSchedules) -> None:
        assert cli(*SET, "--dry-run").out.startswith("Would run deploy of dev at ")
        assert len(cli.json(*SET, "--dry-run")["data"]["next_runs"]) == 3
        assert kept.kept == {}

    def test_is_one_document_with_json(self, cli: Any) -> None:
        data = cli.json(*SET)["data"]
        assert (data["environment"], data["action"], data["cron"]) == ("dev", "deploy", "0 2 * * *")
        assert (data["paused"], data["is_planned"], data["last_run"]) == (False, True, None)
        assert data["next_run"].endswith("+00:00")

    @pytest.mark.parametrize(
        ("options", "code", "told"),
        [
            (("--cron", "0 2 * *"), 3, "it has 4 fields"),
            (("--cron", "61 2 * * *"), 3, "cron '61 2 * * *' can't be followed"),
            (("--timezone", "Berlin"), 3, "did you mean 'Europe/Berlin'?"),
            (("--environment", "stage"), 3, "'stage' of D1BRV40 is not enabled"),
            (("--environment", "prod", "--confirm", ID), 3, "deploy of prod can't be scheduled"),
            (("--action", "destroy"), 2, "'destroy' is none of deploy, refresh, drift"),
            (("--environment", "prod"), 2, f"add --confirm {ID}"),
        ],
    )
    def test_refuses(self, cli: Any, kept: FakeSchedules, options: tuple[str, ...], code: int, told: str) -> None:
        assert cli(*SET, *options).code == code
        assert told in cli.err
        assert kept.kept == {}

    def test_of_prod_wants_the_id_typed(self, cli: Any, kept: FakeSchedules) -> None:
        drift = ("schedule", "set", ID, "-a", "drift", "-e", "prod", "--cron", "@daily")
        assert cli(*drift, "--confirm", "D0OTHER").code == 2
        assert cli(*drift, "--confirm", ID).code == 0
        assert list(kept.kept) == [ScheduleKey(ID, PROD, Action.DRIFT)]

    def test_without_the_flow_service_is_unavailable(self, cli: Any, kept: FakeSchedules) -> None:
        kept.is_down = True
        assert cli(*SET).code == 6


class TestList:
    def test_of_none_says_how_to_make_one(self, cli: Any) -> None:
        assert cli("schedule", "list", ID).out == "No schedules: 'cloud schedule set' makes one.\n"

    def test_shows_next_and_last_runs_in_the_schedules_zone(self, cli: Any, kept: FakeSchedules) -> None:
        cli(*SET, "--timezone", "Asia/Tokyo")
        due = kept.now
        ended = LastRun("run-9", "Skipped", "the environment was busy", due)
        kept.kept[DEPLOYS] = replace(kept.kept[DEPLOYS], last_run=ended)
        assert cli("schedule", "list", ID).code == 0
        tokyo = (due + timedelta(hours=9)).strftime("%Y-%m-%d %H:%M")
        assert f"– skipped {tokyo}   the environment was busy" in cli.out
        (found,) = cli.json("schedule", "list", ID)["data"]["schedules"]
        assert found["last_run"]["state"] == "Skipped"
        assert found["next_run"].endswith("+09:00")

    def test_of_one_environment(self, cli: Any) -> None:
        cli(*SET)
        assert cli.json("schedule", "list", ID)["data"]["total"] == 1
        assert cli.json("schedule", "list", ID, "-e", "prod")["data"]["total"] == 0

    def test_says_that_a_run_is_late(self, cli: Any, kept: FakeSchedules) -> None:
        cli(*SET)
        kept.kept[DEPLOYS] = replace(kept.kept[DEPLOYS], next_run=kept.now - timedelta(hours=1))
        assert ", late" in cli("schedule", "list", ID).out

    def test_marks_what_was_made_in_the_pages(self, cli: Any, kept: FakeSchedules) -> None:
        cli(*SET)
        kept.kept[DEPLOYS] = replace(kept.kept[DEPLOYS], name=None, rule="every 90 min", cron=None, next_run=None)
        cli("schedule", "list", ID)
        assert "deploy (made in the pages)   every 90 min" in cli.out
        assert "never" in cli.out


class TestPauseAndResume:
    def test_are_told(self, cli: Any, kept: FakeSchedules) -> None:
        cli(*SET)
        assert cli("schedule", "pause", ID, "-a", "deploy").out.endswith(", paused\n")
        assert "○ paused" in cli("schedule", "list", ID).out
        assert ", next " in cli("schedule", "resume", ID, "-a", "deploy").out

    def test_of_a_deployment_that_is_paused_in_the_pages_warns(self, cli: Any, kept: FakeSchedules) -> None:
        cli(*SET)
        page = "http://pages.test/deployments/deployment/1"
        kept.kept[DEPLOYS] = replace(kept.kept[DEPLOYS], carrier_paused=True, page=page)
        cli("schedule", "resume", ID, "-a", "deploy")
        assert "paused" in cli.out
        assert f"its page: {page}" in cli.err
        assert f"Warning: all schedules of {ID}-dev-scheduled-deploy are paused in the flow service" in cli.err

    @pytest.mark.parametrize("command", ["pause", "resume", "remove"])
    def test_of_none_is_not_found(self, cli: Any, command: str) -> None:
        assert cli("schedule", command, ID, "-a", "refresh").code == 4
        assert "dev has no schedule for refresh" in cli.err

    @pytest.mark.parametrize("command", ["pause", "resume", "remove"])
    def test_can_be_rehearsed(self, cli: Any, kept: FakeSchedules, command: str) -> None:
        cli(*SET)
        before = dict(kept.kept)
        assert f"Would be {command}" in cli("schedule", command, ID, "-a", "deploy", "--dry-run").out
        assert kept.kept == before

    @pytest.mark.parametrize("command", ["pause", "resume", "remove"])
    def test_in_prod_want_the_id_typed(self, cli: Any, command: str) -> None:
        where = (ID, "-a", "drift", "-e", "prod")
        cli("schedule", "set", *where, "--cron", "@daily", "--confirm", ID)
        assert cli("schedule", command, *where).code == 2
        assert cli("schedule", command, *where, "--confirm", ID).code == 0


class TestRemove:
    def test_ends_it(self, cli: Any, kept: FakeSchedules) -> None:
        cli(*SET)
        assert cli("schedule", "remove", ID, "--action", "deploy").out == "✓ deploy of dev runs no more.\n"
        assert kept.kept == {}

    def test_is_one_document_with_json(self, cli: Any) -> None:
        cli(*SET)
        data = cli.json("schedule", "remove", ID, "--action", "deploy")["data"]
        assert data == {"deployment_id": ID, "environment": "dev", "action": "deploy", "removed": True}
