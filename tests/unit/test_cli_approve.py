"""`cloud approve`, and what the other commands say of operations that wait, from what is typed to what is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cloud_core.domain.approvals import ApprovalRules
from cloud_core.domain.errors import StackFailed
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import OperationStatus
from cloud_core.testing.builders import DEPLOYMENT_ID as ID

PROD = EnvironmentName.PROD


@pytest.fixture
def cli(cli: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Prod needs an approval; ann is typing."""
    cli.edge.world.gate.rules = ApprovalRules(frozenset({PROD}))
    monkeypatch.setenv("LOGNAME", "ann")
    return cli


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Takes the keyboard."""
    return lambda name: monkeypatch.setenv("LOGNAME", name)


@pytest.fixture
def waiting(cli: Any, somebody: Any) -> Any:
    """Ann's deploy of prod waits, and bob is typing."""
    assert cli("deploy", ID, "-e", "prod", "--confirm", ID).code == 7
    somebody("bob")
    return cli


def newest(cli: Any) -> Operation:
    return cli.edge.operations.latest(ID, PROD)  # type: ignore[no-any-return]


class TestAsking:
    def test_is_told_with_the_way_on(self, cli: Any) -> None:
        assert cli("deploy", ID, "-e", "prod", "--confirm", ID).code == 7
        operation = newest(cli).operation_id
        assert f"{operation} waits for somebody else's approval, until 2026-" in cli.out
        assert f"cloud approve {ID} {operation}\n" in cli.out
        assert f"cloud approve {ID} {operation} --reject" in cli.out

    def test_is_an_answer_for_programs(self, cli: Any) -> None:
        document = cli.json("deploy", ID, "-e", "prod", "--confirm", ID)
        assert (cli.code, document["success"], document["data"]["status"]) == (7, True, "awaiting_approval")
        assert {"manifest", "program:dns", "template:dns"} <= set(document["data"]["approval_request"]["digests"])
        assert document["data"]["approval"] is None

    @pytest.mark.parametrize(
        "command",
        [
            ("deploy", "--detach"),
            ("deploy-stack", "dns"),
            ("deploy", "--attach"),
            ("promote", "dev", "prod"),
        ],
    )
    def test_is_needed_by_everything_that_deploys(self, cli: Any, command: tuple[str, ...]) -> None:
        cli("deploy", ID, "--auto-approve")
        cli.edge.clock.advance(1)
        name, *others = command
        place = () if name == "promote" else ("-e", "prod")
        assert cli(name, ID, *others, *place, "--confirm", ID).code == 7
        assert newest(cli).status is OperationStatus.AWAITING_APPROVAL

    def test_is_needed_for_going_away_and_back(self, cli: Any, somebody: Any) -> None:
        deployed(cli, somebody)
        for command in (
            ("destroy", "-e", "prod"),
            ("destroy-stack", "dns", "-e", "prod"),
            ("retry", "-e", "prod", "--all"),
        ):
            cli.edge.clock.advance(1)
            cli("cancel", ID, "-e", "prod", "--auto-approve", "--confirm", ID)
            cli.edge.clock.advance(1)
            assert cli(command[0], ID, *command[1:], "--confirm", ID).code == 7, cli.err

    def test_is_needed_for_a_rollback_with_its_plan(self, cli: Any, somebody: Any) -> None:
        deployed(cli, somebody)
        cli.edge.clock.advance(1)
        world = cli.edge.world
        record = world.records.deployments.get_by_id(ID)
        stacks = {**record.manifest["stacks"], "dns": {**record.manifest["stacks"]["dns"], "config": {"size": 2}}}
        world.put_manifest(stacks, record.manifest["environments"])
        deployed(cli, somebody)
        cli.edge.clock.advance(1)
        assert cli("rollback", ID, "-e", "prod", "--to-version", "1", "--confirm", ID).code == 7, cli.err
        operation = newest(cli)
        assert operation.approval_request is not None
        assert operation.approval_request.digests["plan"]
        somebody("bob")
        cli.edge.clock.advance(1)
        assert cli("approve", ID, "--confirm", ID).code == 0, cli.err
        assert f"plan       {operation.plan_id}" in cli.out

    def test_keeps_an_environment_enabled_until_it_is_destroyed(self, cli: Any, somebody: Any) -> None:
        data = cli.json(
            "init", "--org=Acme", "--project=blog", "--domain=b.example", "--template=demo", "--region=us-east-1",
            "--account-dev=123456789012",
        )["data"]  # fmt: skip
        mine = data["deployment_id"]
        assert cli("environment", "enable", mine, "prod").code == 0, cli.err
        assert cli("deploy", mine, "-e", "prod", "--confirm", mine).code == 7, cli.err
        somebody("bob")
        assert cli("approve", mine, "--confirm", mine).code == 0, cli.err
        cli.edge.clock.advance(1)
        assert cli("environment", "disable", mine, "prod", "--destroy", "--confirm", mine).code == 7
        assert "waits for somebody else's approval" in cli.out
        listed = cli.json("environment", "list", mine)["data"]["environments"]
        assert next(one for one in listed if one["environment"] == "prod")["enabled"] is True


class TestApproving:
    def test_shows_what_it_is_about_and_sees_it_through(self, waiting: Any) -> None:
        operation = newest(waiting)
        assert waiting("approve", ID, operation.operation_id, "--confirm", ID, "-m", "looked at it").code == 0
        assert f"To be approved: deploy of {ID} prod  {operation.operation_id}" in waiting.out
        assert "asked by   ann, " in waiting.out
        assert "manifest   version 1, " in waiting.out
        assert "plugins    pulumi 3.0.0" in waiting.out
        assert "4 stacks" in waiting.out
        assert "✓ Deployed 4 stacks" in waiting.out
        assert f"Approved: {operation.operation_id}" in waiting.err
        assert newest(waiting).status is OperationStatus.SUCCESS

    def test_may_leave_the_operation_out(self, waiting: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CLOUD_DEPLOYMENT", ID)
        assert waiting("approve", "-e", "prod", "--confirm", ID, "--detach").code == 0
        assert "Approved: op-" in waiting.out

    def test_asks_for_the_id_of_prod(self, waiting: Any, types: Any) -> None:
        types("D000000")
        assert waiting("approve", ID).code == 1
        assert "Approve the deploy of prod that ann asked for? This is prod" in waiting.err
        assert newest(waiting).status is OperationStatus.AWAITING_APPROVAL
        types(ID)
        assert waiting("approve", ID).code == 0

    def test_tells_programs_who_agreed_to_what(self, waiting: Any) -> None:
        data = waiting.json("approve", ID, "--confirm", ID, "--comment", "fine")["data"]
        assert (waiting.code, data["status"]) == (0, "success")
        assert (data["approval"]["approved_by"], data["approval"]["comment"]) == ("bob", "fine")
        assert data["approval"]["digests"] == data["approval_request"]["digests"]

    def test_says_with_verbose_what_it_holds_for(self, waiting: Any) -> None:
        waiting("approve", ID, "--confirm", ID, "--verbose")
        assert "The approval holds for:" in waiting.out
        assert "  program of dns: digest of dns" in waiting.out

    def test_shows_the_steps_of_a_plan(self, cli: Any, somebody: Any, tmp_path: Path) -> None:
        plan = str(tmp_path / "plan.json")
        cli("plan", ID, "-e", "prod", "--out", plan)
        cli.edge.clock.advance(1)
        assert cli("deploy", ID, "-e", "prod", "--plan", plan, "--confirm", ID).code == 7
        somebody("bob")
        assert cli("approve", ID, "--confirm", ID).code == 0, cli.err
        assert f"plan       {json.loads(Path(plan).read_text())['operation_id']}, " in cli.out
        assert "to create" in cli.out or "create" in cli.out

    def test_can_be_rehearsed(self, waiting: Any) -> None:
        assert waiting("approve", ID, "--dry-run").code == 0
        assert "Would be approved: op-" in waiting.out
        assert waiting.json("approve", ID, "--dry-run")["data"]["lapsed"] == []
        waiting.edge.world.programs.digests["dns"] = "edited"
        assert (
            "Could not be approved any more: the program of dns has changed" in waiting("approve", ID, "--dry-run").out
        )
        assert waiting.json("approve", ID, "--dry-run")["data"]["lapsed"] == ["the program of dns has changed"]
        assert newest(waiting).status is OperationStatus.AWAITING_APPROVAL

    def test_is_refused_to_its_author(self, waiting: Any, somebody: Any) -> None:
        somebody("ann")
        assert waiting("approve", ID, "--confirm", ID).code == 6
        assert "ann asked for deploy" in waiting.err
        assert "ask a colleague" in waiting.err
        assert newest(waiting).status is OperationStatus.AWAITING_APPROVAL

    def test_ends_what_is_something_else_by_now(self, waiting: Any) -> None:
        waiting.edge.world.programs.digests["dns"] = "edited"
        error = waiting.json("approve", ID, "--confirm", ID)["error"]
        assert (waiting.code, error["code"]) == (5, "APPROVAL_LAPSED")
        assert error["details"]["reasons"] == ["the program of dns has changed"]
        assert newest(waiting).status is OperationStatus.CANCELLED
        assert (
            "the request for an approval has lapsed: the program of dns has changed"
            in waiting("history", ID, "--operation", newest(waiting).operation_id).out
        )

    @pytest.mark.parametrize(
        ("arguments", "code", "told"),
        [
            ((ID, "op-none"), 4, f"cloud history {ID}"),
            ((ID, "-e", "dev"), 4, "no operation of D1BRV40 waits"),
            (("D000000",), 4, "D000000"),
            ((), 2, "give the deployment"),
            ((ID, "op-1", "op-2"), 2, "too many names: op-2"),
            (("d1",), 2, "d1"),
            ((ID, "-e", "prod"), 2, f"add --confirm {ID}"),
        ],
    )
    def test_of_what_is_not_there(self, waiting: Any, arguments: tuple[str, ...], code: int, told: str) -> None:
        assert waiting("approve", *arguments).code == code
        assert told in waiting.err


class TestRejecting:
    def test_ends_it(self, waiting: Any) -> None:
        assert waiting("approve", ID, "--reject", "--comment", "not today", "--confirm", ID).code == 0
        assert "will not run: rejected by bob: not today" in waiting.out
        assert newest(waiting).status is OperationStatus.CANCELLED
        assert waiting("approve", ID, newest(waiting).operation_id, "--confirm", ID).code == 5

    def test_can_be_rehearsed_and_told_to_programs(self, waiting: Any) -> None:
        assert "Would be rejected: op-" in waiting("approve", ID, "--reject", "--dry-run").out
        assert newest(waiting).status is OperationStatus.AWAITING_APPROVAL
        assert waiting.json("approve", ID, "--reject", "--confirm", ID)["data"]["status"] == "cancelled"

    def test_so_does_a_cancel(self, waiting: Any) -> None:
        assert waiting("cancel", ID, "-e", "prod", "--confirm", ID).code == 0
        assert "will not run: cancelled before it was approved" in waiting.out


def test_what_needs_an_approval_is_not_for_schedules(cli: Any) -> None:
    cli.edge.world.gate.rules = ApprovalRules(frozenset({EnvironmentName.DEV}))
    wish = ("schedule", "set", ID, "-e", "dev", "--cron", "0 2 * * *", "--action")
    assert cli(*wish, "deploy").code == 3
    assert "deploy of dev can't be scheduled: a run that begins by itself has nobody's approval" in cli.err
    assert cli(*wish, "refresh").code == 0


class TestLooking:
    def test_status_tells_who_waits_for_what(self, waiting: Any) -> None:
        waiting.edge.clock.advance(300)
        assert waiting("status", ID, "-e", "prod").code == 0
        operation = newest(waiting).operation_id
        assert f"◌ deploy {operation} by ann waits for somebody else's approval, asked for 5 min ago" in waiting.out
        assert f"approve it with 'cloud approve {ID} {operation}'" in waiting.out
        data = waiting.json("status", ID, "-e", "prod")["data"]
        assert (data["operation"]["status"], data["lease"]) == ("awaiting_approval", None)

    def test_status_ends_what_nobody_answered(self, waiting: Any) -> None:
        waiting.edge.clock.advance(86401)
        assert "nobody approved it in time" in waiting("status", ID, "-e", "prod").out

    def test_history_tells_both(self, waiting: Any) -> None:
        operation = newest(waiting).operation_id
        assert "◌ awaiting approval" in waiting("history", ID).out
        assert "approval   may be given until 2026-" in waiting("history", ID, "--operation", operation).out
        waiting("approve", ID, "--confirm", ID, "-m", "fine")
        assert "by bob: fine" in waiting("history", ID, "--operation", operation).out

    def test_a_retry_waits_for_it(self, waiting: Any) -> None:
        assert waiting("retry", ID, "-e", "prod", "--confirm", ID).code == 5
        assert "waits for an approval" in waiting.err

    def test_watching_follows_it_to_its_end(self, waiting: Any) -> None:
        operation = newest(waiting)
        waiting.edge.clock.after(5, lambda: waiting.edge.approvals.approve(operation, "bob"))
        assert waiting("status", ID, "-e", "prod", "--watch").code == 0
        assert "approved by bob" in waiting.err
        assert "✓ Deployed 4 stacks" in waiting.out


def deployed(cli: Any, somebody: Any) -> None:
    """Ann's deploy of prod, which bob approved; ann is typing again."""
    cli("deploy", ID, "-e", "prod", "--confirm", ID)
    somebody("bob")
    assert cli("approve", ID, "--confirm", ID).code == 0, cli.err
    somebody("ann")


class TestTakingBack:
    """`deploy --rollback-on-error` of prod, approved by bob, fails at `security`."""

    @pytest.fixture
    def failed(self, cli: Any, somebody: Any) -> Any:
        cli.edge.world.engine.outputs_of["security"] = [StackFailed("security is broken", stack="security")]
        assert cli("deploy", ID, "-e", "prod", "--rollback-on-error", "--confirm", ID).code == 7, cli.err
        somebody("bob")
        cli.edge.clock.advance(1)
        assert cli("approve", ID, "--confirm", ID).code == 1
        cli.edge.clock.advance(1)
        return cli

    def test_the_approver_of_the_deploy_sees_what_follows_if_it_fails(self, failed: Any) -> None:
        assert "it is taken back, once that is approved too" in failed.out

    def test_waits_for_an_approval_of_its_own_and_says_how(self, failed: Any) -> None:
        rollback = newest(failed)
        assert rollback.status is OperationStatus.AWAITING_APPROVAL
        last = failed.out.splitlines()[-1]
        assert last.startswith("✗ the deploy failed: security; its rollback ")
        assert "waits for somebody else's approval, until 2026-" in last
        assert last.endswith(": nothing is taken back before")
        assert f"approve it: cloud approve {ID} {rollback.operation_id}\n" in failed.err

    def test_is_shown_to_whoever_approves_it_and_then_done(self, failed: Any) -> None:
        rollback = newest(failed)
        assert failed("approve", ID, "--confirm", ID).code == 0, failed.err
        assert f"To be approved: rollback of {ID} prod" in failed.out
        assert ["destroys", "dns,", "network,", "security"] in [line.split() for line in failed.out.splitlines()]
        assert "✓ Rolled back: 3 stacks destroyed" in failed.out
        assert failed.edge.operations.get(ID, rollback.operation_id).status is OperationStatus.SUCCESS

    def test_needs_the_typed_id_of_prod(self, failed: Any) -> None:
        assert failed("approve", ID, "--auto-approve").code == 2
        assert newest(failed).status is OperationStatus.AWAITING_APPROVAL

    def test_of_programs_is_one_document(self, cli: Any, somebody: Any) -> None:
        cli.edge.world.engine.outputs_of["security"] = [StackFailed("security is broken", stack="security")]
        cli("deploy", ID, "-e", "prod", "--rollback-on-error", "--confirm", ID)
        somebody("bob")
        cli.edge.clock.advance(1)
        error = cli.json("approve", ID, "--confirm", ID)["error"]
        assert cli.code == 1
        assert error["details"]["taken_back"]["status"] == "awaiting_approval"
        assert "waits for somebody else's approval" in error["message"]
