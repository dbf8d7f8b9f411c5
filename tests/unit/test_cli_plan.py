"""`cloud plan`, and deploys by a plan: what they print, keep and refuse."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cloud_core.domain.errors import StackFailed
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, OperationStatus
from cloud_core.domain.steps import PropertyChange, Step
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.flows import FakeFlowRunner

DEV = EnvironmentName.DEV
URN = "urn:pulumi:x::y::aws:test:Thing::network"


@pytest.fixture
def changed(cli: Any) -> Any:
    """A deployment whose network would be updated and replaced in part."""
    cli("deploy", ID, "--auto-approve")
    world = cli.edge.world
    world.clock.advance(1)
    world.programs.digests["network"] = "another"
    size = PropertyChange("size", "1", "2")
    name = PropertyChange("name", "a", None, forces_replacement=True)
    world.engine.steps_of["network"] = [
        Step("update", URN, "aws:test:Thing", "network", (size,)),
        Step("replace", URN + "-other", "aws:test:Thing", "other", (name,)),
        Step("create", URN + "-new", "aws:test:Thing", "new"),
    ]
    world.engine.ran.clear()
    return cli


def previews(cli: Any) -> list[Operation]:
    found = cli.edge.world.records.operations.list_by_deployment(ID).items
    return [operation for operation in found if operation.type is Action.PREVIEW]


def test_a_fresh_deployment_is_shown_completely(cli: Any) -> None:
    assert cli("plan", ID).code == 0
    assert f"Plan for {ID} dev  manifest version 1" in cli.out
    assert "    2   security   deploy   +1          it was never deployed" in cli.out
    assert "Plan: 4 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged; 4 stacks" in cli.out
    assert "aws:test:Thing" not in cli.out
    assert "Looking ahead" in cli.err
    assert "  0:00  security   ✓ previewed: 1 resource would change in 0.0 s" in cli.err
    assert cli.edge.world.records.stacks.list_by_deployment(ID) == []


def test_verbose_names_what_would_be_created(cli: Any) -> None:
    assert "  + aws:test:Thing network" in cli("plan", ID, "--verbose").out


def test_changes_are_shown_property_by_property(changed: Any) -> None:
    assert changed("plan", ID).code == 0
    assert "  ~ aws:test:Thing network\n      size: 1 → 2\n" in changed.out
    assert "  ± aws:test:Thing other\n      name: a → (none)  replaces the resource\n" in changed.out
    assert "changed: program" in changed.out
    assert "– skipped" in changed.out
    assert "1 to create, 1 to update, 1 to replace, 0 to delete, 0 unchanged; 1 stack, 3 skipped" in changed.out


def test_json_is_the_whole_plan(changed: Any) -> None:
    data = changed.json("plan", ID)["data"]
    assert (data["goal"], data["complete"], data["total_stacks"]) == ("deploy", True, 4)
    stacks = {stack["name"]: stack for stack in data["stacks"]}
    assert stacks["network"]["steps"][0]["properties"][0]["after"] == "2"
    assert stacks["dns"]["status"] == "skipped"
    assert stacks["dns"]["last_deployed_at"]
    assert changed.err == ""


def test_a_stack_that_can_not_be_previewed_is_a_failure_that_shows_the_rest(cli: Any) -> None:
    cli.edge.world.engine.outputs_of["security"] = StackFailed("no such vpc", stack="security", resource=None)
    assert cli("plan", ID).code == 1
    assert "no such vpc" in cli.out
    assert "not every stack could be previewed: security" in cli.err
    document = cli.json("plan", ID)
    assert document["success"] is False
    assert document["error"]["details"]["complete"] is False


@pytest.mark.parametrize(("globs", "names"), [(["net*"], ["network"]), (["s*", "dns"], ["secrets", "security", "dns"])])
def test_some_stacks_can_be_chosen(cli: Any, globs: list[str], names: list[str]) -> None:
    options = [option for glob in globs for option in ("--stack", glob)]
    data = cli.json("plan", ID, *options)["data"]
    assert {stack["name"] for stack in data["stacks"]} == set(names)
    assert data["confined_to"] == names


def test_a_glob_without_a_stack_is_a_usage_error(cli: Any) -> None:
    assert cli("plan", ID, "--stack", "web*").code == 2
    assert "'web*' matches none of dns, network, secrets, security" in cli.err


def test_a_destroy_is_looked_ahead_to(changed: Any) -> None:
    assert changed("plan", ID, "--destroy").code == 0
    assert "a destroy" in changed.out
    assert "4 to delete" in changed.out
    assert {action for action, _ in changed.edge.world.engine.ran} == {"preview_destroy"}


def test_a_destroy_of_nothing_is_told_without_a_run(cli: Any) -> None:
    assert cli("plan", ID, "--destroy").code == 0
    assert cli.out == f"Nothing to destroy in {ID} dev.\n"
    assert cli.json("plan", ID, "--destroy")["data"]["total_stacks"] == 0
    assert previews(cli) == []


def test_a_plan_that_would_change_nothing_says_so_and_since_when(cli: Any) -> None:
    cli("deploy", ID, "--auto-approve")
    cli.edge.world.clock.advance(1)
    assert "Plan: nothing to do, 4 stacks unchanged" in cli("plan", ID).out
    assert re.search(r"network +– skipped +unchanged since \d{4}-\d\d-\d\d \d\d:\d\d\n", cli.out)


@pytest.mark.parametrize("option", ["--quick", "--dry-run"])
def test_a_quick_plan_asks_no_engine_and_leaves_no_operation(changed: Any, option: str) -> None:
    assert changed("plan", ID, option).code == 0
    assert "changed: program" in changed.out
    assert "unchanged: skipped" in changed.out
    assert "4 stacks, 3 of them unchanged" in changed.out
    assert changed("plan", ID, "--destroy", option).code == 0
    assert previews(changed) == []
    assert changed.edge.world.engine.ran == []


def test_unchanged_stacks_are_looked_at_by_force(changed: Any) -> None:
    data = changed.json("plan", ID, "--force")["data"]
    assert {stack["status"] for stack in data["stacks"]} == {"previewed"}
    assert {tuple(stack["reasons"]) for stack in data["stacks"]} == {("asked for, changed or not",)}


def test_deploy_preview_is_a_plan(cli: Any) -> None:
    assert cli("deploy", ID, "--preview").code == 0
    cli.edge.world.clock.advance(1)
    assert cli("deploy-stack", ID, "dns", "--preview").code == 0
    assert [operation.stacks for operation in previews(cli)] == [["dns"], []]


def test_an_interrupted_plan_is_stopped_since_nobody_else_waits_for_it(cli: Any, monkeypatch: Any) -> None:
    cli.edge.world.flows = FakeFlowRunner()

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.edge.clock, "sleep", interrupt)
    assert cli("plan", ID).code == 130
    assert "nothing was changed" in cli.err
    (operation,) = previews(cli)
    assert operation.cancel_requested


def test_a_cancelled_plan_says_so(cli: Any) -> None:
    def cancel(operation: Operation) -> None:
        cli.edge.operations.request_cancel(ID, operation.operation_id)
        cli.edge.world.run(operation)

    cli.edge.world.flows.run = cancel
    assert cli("plan", ID).code == 1
    assert previews(cli)[0].status is OperationStatus.CANCELLED
    assert "preview cancelled" in cli.out


class TestByAPlan:
    @pytest.fixture
    def kept(self, changed: Any, tmp_path: Path) -> Path:
        file = tmp_path / "plan.json"
        assert changed("plan", ID, "--out", str(file)).code == 0
        assert f"--plan {file}" in changed.err
        changed.edge.world.clock.advance(1)
        return file

    def test_what_was_planned_is_deployed(self, changed: Any, kept: Path) -> None:
        assert changed("deploy", ID, "--plan", str(kept), "--auto-approve").code == 0
        assert [action for action, _ in changed.edge.world.engine.ran] == ["preview", "preview", "up"]

    def test_a_departure_is_shown_and_nothing_is_deployed(self, changed: Any, kept: Path) -> None:
        changed.edge.world.engine.steps_of["network"] = [Step("delete", URN, "aws:test:Thing", "network")]
        assert changed("deploy", ID, "--plan", str(kept), "--auto-approve").code == 1
        assert "update was planned, now it is delete" in changed.out
        assert f"see what would be done now: cloud plan {ID} --environment dev" in changed.err
        assert "up" not in {action for action, _ in changed.edge.world.engine.ran}

    def test_for_another_environment_is_refused(self, changed: Any, kept: Path) -> None:
        assert changed("deploy", ID, "-e", "prod", "--plan", str(kept), "--confirm", ID).code == 3
        assert "the plan is for dev, not for prod" in changed.err

    @pytest.mark.parametrize("spoil", ["", "{}", "other"])
    def test_no_plan_is_refused(self, changed: Any, kept: Path, spoil: str) -> None:
        content = json.loads(kept.read_text())
        kept.write_text(json.dumps({**content, "digest": "x"}) if spoil == "other" else spoil)
        assert changed("deploy", ID, "--plan", str(kept), "--auto-approve").code == 3
        assert "plan" in changed.err

    def test_that_can_not_be_kept_is_a_usage_error_before_anything_is_done(self, changed: Any, tmp_path: Path) -> None:
        assert changed("plan", ID, "--out", str(tmp_path / "no" / "plan.json")).code == 2
        assert previews(changed) == []


def test_an_unchanged_deploy_asks_nothing_and_ends_at_once(cli: Any) -> None:
    cli("deploy", ID, "--auto-approve")
    cli.edge.world.clock.advance(1)
    assert cli("deploy", ID).code == 0
    assert "4 stacks, 4 of them unchanged" in cli.out
    assert "✓ nothing to do: all 4 stacks are unchanged (op-" in cli.out
    assert cli.err == ""
    data = cli.json("deploy", ID)["data"]
    assert (data["status"], data["skipped"], data["flow_run_url"]) == ("success", 4, None)
