"""Retrying, unlocking, cancelling and attaching from the command line, over fakes."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.errors import StackFailed
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LeaseOwner, Operation, ProcessIdentity
from cloud_core.ports.engine import PendingChange
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.flows import FakeFlowRunner

ID, DEV = DEPLOYMENT_ID, EnvironmentName.DEV
FAILURE = StackFailed("stack 'security' failed:\nInvalidVpc", stack="security", resource="urn:web", diagnostics=[])


def newest(cli: Any) -> Operation:
    return cli.edge.operations.latest(ID, DEV)  # type: ignore[no-any-return]


def fail(cli: Any) -> None:
    """A deploy whose stack `security` fails; the next one will not."""
    cli.edge.world.engine.outputs_of["security"] = [FAILURE]
    cli("deploy", ID, "--auto-approve")
    cli.edge.clock.advance(1)


def queue(cli: Any) -> Operation:
    """A deploy that waits in the flow service."""
    cli.edge.world.flows = FakeFlowRunner()
    cli("deploy", ID, "--auto-approve", "--detach")
    return newest(cli)


class TestRetry:
    def test_of_nothing_says_so(self, cli: Any) -> None:
        assert cli("retry", ID, "--auto-approve").code == 0
        assert f"Nothing to retry in {ID} dev: nothing has run yet." in cli.out
        cli("deploy", ID, "--auto-approve")
        assert "has ended: success" in cli("retry", ID).out

    def test_shows_what_is_left_asks_and_completes_it(self, cli: Any, types: Any) -> None:
        fail(cli)
        assert f"do what is left: cloud retry {ID} --environment dev" in cli.err
        types("yes")
        assert cli("retry", ID).code == 0
        assert f"Left of the deploy of {ID} dev" in cli.out
        assert "security   failed: stack 'security' failed:" in cli.out
        assert "secrets    never started" in cli.out
        assert "Retry the deploy of 2 stacks in dev? (yes/no)" in cli.err
        assert "✓ Deployed 2 stacks" in cli.out

    def test_can_be_declined_and_rehearsed(self, cli: Any, types: Any) -> None:
        fail(cli)
        before = newest(cli).operation_id
        types("no")
        assert cli("resume", ID).code == 1
        data = cli.json("retry", ID, "--dry-run")["data"]
        assert [one["name"] for one in data["stacks"]] == ["security", "secrets"]
        assert (data["retry_of"], data["type"]) == (before, "deploy")
        assert newest(cli).operation_id == before

    def test_is_refused_while_it_runs(self, cli: Any) -> None:
        queue(cli)
        assert cli("retry", ID, "--auto-approve").code == 5
        assert "still running" in cli.err

    def test_of_an_older_manifest_is_refused_unless_the_latest_is_wanted(self, cli: Any) -> None:
        fail(cli)
        cli.edge.world.put_manifest({"network": {}, "security": {}, "secrets": {}}, None)
        assert cli("retry", ID, "--auto-approve").code == 5
        assert "--latest" in cli.err
        assert cli("retry", ID, "--latest", "--dry-run").code == 0

    def test_takes_single_stacks_an_operation_and_everything(self, cli: Any) -> None:
        fail(cli)
        first = newest(cli).operation_id
        assert "1 stack" in cli("retry", ID, "--stack", "security", "--operation", first, "--preview").out
        assert "4 stacks" in cli("retry", ID, "--all", "--preview").out
        assert cli("retry", ID, "--stack", "dns").code == 3
        assert cli("retry", ID, "--operation", "op-none").code == 4

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--adopt", "vpc"], "--adopt takes URN=ID"),
            (["--forget", "vpc"], "--forget takes a URN"),
            (["--adopt", "urn:x=1", "--forget", "urn:x"], "can't be both adopted and forgotten"),
        ],
    )
    def test_refuses_what_it_can_not_read(self, cli: Any, options: list[str], said: str) -> None:
        assert cli("retry", ID, *options).code == 2
        assert said in cli.err

    def test_passes_on_what_was_said_about_repairs_and_shows_what_is_needed(self, cli: Any) -> None:
        fail(cli)
        change = PendingChange("creating", "urn:vpc", "aws:ec2/vpc:Vpc", "vpc")
        cli.edge.world.engine.pending_of["security"] = [change]
        said = ("--repair", "--adopt", "urn:vpc=vpc-1", "--break-lock", "dns")
        assert cli("retry", ID, *said, "--auto-approve").code == 0
        assert "To be repaired first:" in cli.out
        assert "aws:ec2/vpc:Vpc 'vpc' was interrupted while creating" in cli.out
        assert "repaired: aws:ec2/vpc:Vpc 'vpc', which was interrupted while creating, was looked up" in cli.err
        repair = newest(cli).repair
        assert (repair.allowed, repair.adopt, repair.break_locks) == (True, {"urn:vpc": "vpc-1"}, ["dns"])


class TestUnlock:
    def hold(self, cli: Any, host: str = "host-b/1/1") -> None:
        operation = queue(cli)
        owner = LeaseOwner(
            operation_id=operation.operation_id, host=host, flow_process=ProcessIdentity(pid=77, started=1.0)
        )
        cli.edge.world.records.leases.acquire(ID, DEV, owner)

    def test_of_a_free_environment_says_so(self, cli: Any) -> None:
        assert cli("unlock", ID).code == 0
        assert "is free: no operation holds it" in cli.out

    def test_of_one_on_another_host_wants_force_and_its_heartbeat_to_have_stopped(self, cli: Any) -> None:
        self.hold(cli)
        assert cli("unlock", ID, "--auto-approve").code == 5
        assert "add --force" in cli.err
        assert "Would be freed" in cli("unlock", ID, "--force", "--dry-run").out
        assert cli("unlock", ID, "--force", "--auto-approve").code == 0
        assert "Watching its heartbeat for 25 s." in cli.err
        assert "dev is free; it was held by operation" in cli.out

    def test_of_one_that_died_here_asks_and_is_one_document(self, cli: Any) -> None:
        self.hold(cli, cli.edge.world.processes.host())
        assert cli("unlock", ID).code == 2
        data = cli.json("unlock", ID, "--confirm", ID)["data"]
        assert (data["freed"], data["proven_dead"], data["pid"]) == (True, True, 77)


class TestLevelsOfCancel:
    @pytest.mark.parametrize(
        ("option", "level", "question"),
        [
            ("--drain", "drain", ", once the stacks at work have finished?"),
            ("--force", "kill", " and kill its engines, which leaves stacks to be repaired?"),
        ],
    )
    def test_are_asked_for_and_written_down(self, cli: Any, types: Any, option: str, level: str, question: str) -> None:
        queue(cli)
        types("yes")
        assert cli("cancel", ID, option, "--detach").code == 0
        assert question in cli.err
        assert newest(cli).cancel_level.name.lower() == level

    def test_exclude_each_other(self, cli: Any) -> None:
        assert cli("cancel", ID, "--drain", "--force").code == 2


class TestAttach:
    def test_a_second_deploy_follows_the_one_that_runs(self, cli: Any) -> None:
        first = queue(cli)
        assert cli("deploy", ID, "--auto-approve").code == 5
        assert first.operation_id in cli.err
        cli.edge.clock.after(5, lambda: cli.edge.world.run(first))
        assert cli("deploy", ID, "--attach").code == 0
        assert f"Attached: {first.operation_id}" in cli.err
        assert newest(cli).operation_id == first.operation_id

    def test_with_nothing_to_attach_to_deploys(self, cli: Any) -> None:
        assert cli("deploy", ID, "--attach", "--auto-approve").code == 0
        assert "Accepted: " in cli.err

    def test_the_same_key_gives_the_same_operation_and_asks_nothing(self, cli: Any) -> None:
        first = cli.json("deploy", ID, "--idempotency-key", "build-7", "--auto-approve")["data"]
        again = cli.json("deploy", ID, "--idempotency-key", "build-7")["data"]
        assert again["operation_id"] == first["operation_id"]

    def test_another_key_does_not(self, cli: Any) -> None:
        cli.edge.world.flows = FakeFlowRunner()
        cli("deploy", ID, "--idempotency-key", "build-7", "--auto-approve", "--detach")
        assert cli("deploy", ID, "--idempotency-key", "build-8", "--auto-approve").code == 5
