"""The commands, from what is typed to what is shown, over fakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import pytest

from cloud_core.adapters.local.deferred_records import DeferredDeployments
from cloud_core.adapters.local.manifest_files import LocalManifestFiles
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.domain.errors import EngineMissing, FlowServiceUnreachable, SandboxNotRunning, StackFailed
from cloud_core.domain.manifest import SetValue
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, OperationStatus
from cloud_core.domain.values import SecretValue
from cloud_core.services.manifests.service import ManifestService
from cloud_core.services.operations.guards import StartOperation
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.flows import FakeFlowRunner

ID = DEPLOYMENT_ID
DEV, STAGE, PROD = EnvironmentName
WISHES = ("--org=Acme", "--project=blog", "--domain=blog.example", "--template=demo", "--region=us-east-1")
INIT = ("init", *WISHES, "--account-dev=123456789012")


def break_security(cli: Any) -> None:
    cli.edge.world.engine.outputs_of["security"] = StackFailed(
        "stack 'security' failed at aws:ec2:SecurityGroup 'web':\nInvalidVpc: vpc-0 does not exist",
        stack="security",
        resource="urn:web",
    )


def latest(cli: Any) -> Operation:
    found = cli.edge.operations.latest(ID, DEV)
    assert found is not None
    return found


def queue_only(cli: Any) -> None:
    """From now on runs wait in the flow service."""
    cli.edge.world.flows = FakeFlowRunner()


class TestDeploy:
    def test_shows_the_plan_what_happens_and_the_result(self, cli: Any) -> None:
        assert cli("deploy", ID, "--auto-approve").code == 0
        assert f"Plan for {ID} dev  manifest version 1" in cli.out
        assert "    2   security   network" in cli.out
        assert "✓ Deployed 4 stacks in" in cli.out
        assert "http://pages.test/runs/flow-run/" in cli.out
        assert "  0:00  security   ✓ deployed: 1 resource in 0.0 s" in cli.err

    def test_tells_of_one_change_a_line(self, cli: Any) -> None:
        cli("deploy", ID, "--auto-approve")
        told = [line.split()[1] for line in cli.err.splitlines() if line.startswith("  0:00")]
        assert sorted(told) == [
            "dns",
            "dns",
            "network",
            "network",
            "operation",
            "secrets",
            "secrets",
            *["security"] * 2,
        ]

    def test_verbose_tells_of_each_resource(self, cli: Any) -> None:
        cli("deploy", ID, "--auto-approve", "--verbose")
        assert "  0:00  dns          test:Thing dns creating" in cli.err

    def test_is_one_document_with_json(self, cli: Any) -> None:
        data = cli.json("deploy", ID, "--auto-approve")["data"]
        assert (data["status"], data["total_stacks"], data["deployed"], data["failed"]) == ("success", 4, 4, 0)
        assert data["flow_run_url"].endswith(data["flow_run_id"])
        assert cli.err == ""

    def test_of_a_stack_that_fails_ends_with_1_and_its_own_log(self, cli: Any) -> None:
        break_security(cli)
        assert cli("deploy", ID, "--auto-approve").code == 1
        log = cli.out[cli.out.index("Log of security") : cli.out.index("Stack      Result")]
        assert "InvalidVpc: vpc-0 does not exist" in log
        assert "network" not in log
        assert "✗ failed" in cli.out
        assert "– skipped" in cli.out
        assert "security failed" in cli.out
        assert "✗ deploy failed in 0.0 s: 2 deployed, 1 failed, 1 skipped" in cli.out
        assert "correct the cause" in cli.err

    def test_that_fails_is_no_success_in_json_either(self, cli: Any) -> None:
        break_security(cli)
        document = cli.json("deploy", ID, "--auto-approve")
        assert cli.code == 1
        assert document["success"] is False
        assert document["error"]["code"] == "OPERATION_FAILED"
        assert document["error"]["message"].startswith(
            "deploy failed: stack 'security' failed at aws:ec2:SecurityGroup"
        )
        results = {one["stack"]: one for one in document["error"]["details"]["results"]}
        assert results["security"]["resource"] == "urn:web"
        assert results["secrets"]["cause"] == "dependency_failed:security"

    def test_after_the_cause_is_gone_succeeds(self, cli: Any) -> None:
        break_security(cli)
        cli("deploy", ID, "--auto-approve")
        cli.edge.world.clock.advance(1)
        del cli.edge.world.engine.outputs_of["security"]
        assert cli("deploy", ID, "--auto-approve").code == 0

    def test_can_be_rehearsed_without_a_trace(self, cli: Any) -> None:
        assert cli("deploy", ID, "--dry-run").code == 0
        assert "4 stacks, at most 8 at once" in cli.out
        assert cli.edge.operations.latest(ID, DEV) is None
        assert cli.edge.world.engine.ran == []
        data = cli.json("deploy", ID, "--dry-run")["data"]
        assert [[one["name"] for one in layer["stacks"]] for layer in data["layers"]] == [
            ["dns", "network"],
            ["security"],
            ["secrets"],
        ]

    def test_of_one_stack_speaks_of_no_others(self, cli: Any) -> None:
        cli("deploy", ID, "--auto-approve")
        assert "at most" not in cli("deploy-stack", ID, "dns", "--dry-run").out

    def test_detached_tells_how_to_come_back(self, cli: Any) -> None:
        queue_only(cli)
        assert cli("deploy", ID, "--auto-approve", "--detach").code == 0
        assert latest(cli).operation_id in cli.out
        assert f"cloud status {ID} --environment dev --watch" in cli.out
        assert f"cloud cancel {ID} --environment dev" in cli.out

    def test_of_a_disabled_environment_is_invalid(self, cli: Any) -> None:
        assert cli("deploy", ID, "-e", "stage", "--auto-approve").code == 3

    def test_while_another_runs_is_a_conflict(self, cli: Any) -> None:
        queue_only(cli)
        cli("deploy", ID, "--auto-approve", "--detach")
        assert cli("deploy", ID, "--auto-approve").code == 5
        assert latest(cli).operation_id in cli.err

    def test_without_the_flow_service_is_unavailable(self, cli: Any) -> None:
        cli.edge.world.flows.is_down = True
        assert cli("deploy", ID, "--auto-approve").code == 6

    def test_of_an_invalid_manifest_shows_every_finding_and_starts_nothing(self, cli: Any) -> None:
        cli.edge.world.put_manifest({"network": {}, "dns": {"config": {"size": "big"}}})
        assert cli("deploy", ID, "--auto-approve").code == 3
        assert "✗ [4/5] Configuration" in cli.err
        assert "Validation Result: FAIL" in cli.err
        assert cli.edge.operations.latest(ID, DEV) is None
        error = cli.json("deploy", ID, "--auto-approve")["error"]
        assert (error["code"], cli.code) == ("VALIDATION_FAILED", 3)
        assert "TYPE_MISMATCH" in {finding["code"] for finding in error["details"]["findings"]}

    def test_can_skip_the_validation_and_says_so(self, cli: Any) -> None:
        assert cli("deploy", ID, "--auto-approve", "--skip-validation").code == 0
        assert "Warning: the manifest is not validated" in cli.err
        assert "Manifest is valid" not in cli.out

    def test_passes_its_limits_on(self, cli: Any) -> None:
        cli("deploy", ID, "--auto-approve", "--parallel", "2", "--fail-fast")
        assert (latest(cli).parallel, latest(cli).fail_fast) == (2, True)


class TestTheEditedManifest:
    @pytest.fixture
    def mine(self, cli: Any) -> str:
        return str(cli.json(*INIT)["data"]["deployment_id"])

    def edit(self, cli: Any, text: str) -> None:
        (path,) = (cli.edge.workspace / "deploy").glob("*/Deployment_Manifest.yaml")
        path.write_text(path.read_text("utf-8").replace("  network:\n", f"  network:\n{text}", 1), "utf-8")

    def test_is_pushed_and_shown(self, cli: Any, mine: str) -> None:
        self.edit(cli, "    config: {size: 7}\n")
        assert cli("deploy", mine, "--auto-approve").code == 0
        assert "The edited manifest changes:" in cli.out
        assert "stacks.network.config" in cli.out
        assert "manifest version 2" in cli.out

    def test_is_named_when_it_is_not_valid(self, cli: Any, mine: str) -> None:
        self.edit(cli, "    config: {size: big}\n")
        assert cli("validate", mine, "--level", "config").code == 3
        assert "Deployment_Manifest.yaml:stacks.network.config.size" in cli.out
        assert "✗ [4/4] Configuration" in cli.out
        assert "Deployment ready: NO" in cli.out

    def test_may_have_warnings_unless_strict(self, cli: Any, mine: str) -> None:
        self.edit(cli, "    colour: red\n")
        assert cli("validate", mine).code == 0
        assert "! [2/5] Schema" in cli.out
        assert "Deployment ready: YES" in cli.out
        assert cli("validate", mine, "--strict").code == 3

    def test_that_can_be_mended_is(self, cli: Any, mine: str) -> None:
        (path,) = (cli.edge.workspace / "deploy").glob("*/Deployment_Manifest.yaml")
        path.write_text(path.read_text("utf-8").replace("priority: 50", 'priority: "50"', 1), "utf-8")
        assert cli("validate", mine).code == 3
        assert cli("validate", mine, "--fix").code == 0
        assert "Mended 1 place" in cli.out
        assert cli.json("validate", mine, "--fix")["data"]["fixes"] == []

    def test_with_unreachable_aws_is_another_matter(self, cli: Any, mine: str) -> None:
        cli.edge.aws.failure = FlowServiceUnreachable("no route")
        assert cli("validate", mine).code == 6
        assert cli("validate", mine, "--level", "config").code == 0


class TestDeployStack:
    def test_needs_its_dependencies(self, cli: Any) -> None:
        assert cli("deploy-stack", ID, "security", "--auto-approve").code == 3
        assert "not deployed in dev: network" in cli.err
        assert cli("deploy-stack", ID, "network", "--auto-approve").code == 0
        cli.edge.world.clock.advance(1)
        assert cli("deploy-stack", ID, "security", "--auto-approve").code == 0
        assert latest(cli).stacks == ["security"]

    def test_can_do_without_them(self, cli: Any) -> None:
        assert cli("deploy-stack", ID, "security", "--auto-approve", "--skip-dependencies").code == 0

    def test_of_an_unknown_stack_is_not_found(self, cli: Any) -> None:
        assert cli("deploy-stack", ID, "nope", "--auto-approve").code == 4

    def test_is_forced_past_a_manifest_that_is_not_valid(self, cli: Any) -> None:
        cli.edge.world.put_manifest({"network": {}, "dns": {"config": {"size": "big"}}})
        assert cli("deploy-stack", ID, "network", "--auto-approve").code == 3
        assert cli("deploy-stack", ID, "network", "--auto-approve", "--force").code == 0
        assert "Warning: the manifest is not validated" in cli.err


class TestDestroy:
    @pytest.fixture(autouse=True)
    def deployed(self, cli: Any) -> None:
        cli("deploy", ID, "--auto-approve")
        cli.edge.world.clock.advance(1)

    def test_lists_every_stack_with_its_resources_first(self, cli: Any) -> None:
        assert cli("destroy", ID, "--auto-approve").code == 0
        listed = cli.out[: cli.out.index("4 stacks, 4 resources")]
        assert f"To be destroyed in {ID} dev" in listed
        assert all(stack in listed for stack in ("network", "security", "secrets", "dns"))
        assert "✓ Destroyed 4 stacks" in cli.out
        assert cli.json("status", ID, "-e", "dev")["data"]["status"] == "destroyed"

    def test_of_nothing_is_no_failure(self, cli: Any) -> None:
        cli("destroy", ID, "--auto-approve")
        assert cli("destroy", ID, "--auto-approve").code == 0
        assert f"Nothing to destroy in {ID} dev." in cli.out
        assert cli("destroy", ID, "-e", "prod").code == 0

    def test_can_be_rehearsed(self, cli: Any) -> None:
        data = cli.json("destroy", ID, "--preview")["data"]
        assert (data["total_stacks"], data["total_resources"]) == (4, 4)
        assert data["layers"][-1]["stacks"] == [{"name": "network", "resource_count": 1, "dependencies": ["security"]}]
        assert cli.json("status", ID, "-e", "dev")["data"]["status"] == "deployed"

    def test_of_a_stack_that_is_needed_is_refused(self, cli: Any) -> None:
        assert cli("destroy-stack", ID, "network", "--auto-approve").code == 5
        assert "security" in cli.err
        assert cli("destroy-stack", ID, "network", "--auto-approve", "--force").code == 0

    def test_of_one_stack_leaves_the_others(self, cli: Any) -> None:
        assert cli("destroy-stack", ID, "dns", "--auto-approve").code == 0
        stacks = cli.json("status", ID, "-e", "dev")["data"]["stacks"]
        assert {name: one["status"] for name, one in stacks.items()} == {
            "dns": "destroyed",
            "network": "deployed",
            "security": "deployed",
            "secrets": "deployed",
        }
        assert cli("destroy-stack", ID, "dns", "--auto-approve").out == f"Nothing to destroy in {ID} dev.\n"

    def test_of_an_unknown_stack_is_not_found(self, cli: Any) -> None:
        assert cli("destroy-stack", ID, "nope", "--auto-approve").code == 4


class TestQuestions:
    def test_only_yes_goes_on(self, cli: Any, types: Any) -> None:
        types("yes")
        assert cli("deploy", ID).code == 0
        assert "Deploy 4 stacks to dev? (yes/no): " in cli.err

    @pytest.mark.parametrize("answer", ["y", "no", "Yes", ""])
    def test_anything_else_declines(self, cli: Any, types: Any, answer: str) -> None:
        types(answer)
        assert cli("deploy", ID).code == 1
        assert "Nothing was changed." in cli.err
        assert cli.edge.operations.latest(ID, DEV) is None

    def test_declining_leaves_the_edited_manifest_where_it_is(self, cli: Any, types: Any) -> None:
        deployment_id = cli.json(*INIT)["data"]["deployment_id"]
        files = LocalManifestFiles(Workspace(cli.edge.workspace))
        files.edit(deployment_id, [SetValue(("stacks", "network", "config"), {"size": 7})])
        types("no")
        assert cli("deploy", deployment_id).code == 1
        assert f"Plan for {deployment_id} dev  manifest version 2" in cli.out
        assert cli.edge.world.records.deployments.get_by_id(deployment_id).manifest_version == 1
        assert cli("deploy", deployment_id, "--auto-approve").code == 0
        assert cli.edge.world.records.deployments.get_by_id(deployment_id).manifest_version == 2

    def test_prod_wants_the_id(self, cli: Any, types: Any) -> None:
        types("yes")
        assert cli("deploy", ID, "-e", "prod", "--auto-approve").code == 1
        types(ID)
        assert cli("deploy", ID, "-e", "prod", "--auto-approve").code == 0

    def test_the_id_can_be_given(self, cli: Any) -> None:
        assert cli("deploy", ID, "-e", "prod", "--confirm", ID).code == 0

    def test_a_wrong_id_is_refused(self, cli: Any) -> None:
        assert cli("deploy", ID, "--auto-approve", "--confirm", "D000000").code == 2
        assert "--confirm says 'D000000'" in cli.err

    @pytest.mark.parametrize(("environment", "option"), [("dev", "--auto-approve"), ("prod", f"--confirm {ID}")])
    def test_that_nobody_can_answer_name_the_option(self, cli: Any, environment: str, option: str) -> None:
        assert cli("deploy", ID, "-e", environment).code == 2
        assert f"add {option}" in cli.err

    def test_are_never_asked_with_json(self, cli: Any, types: Any) -> None:
        types("yes")
        assert cli.json("deploy", ID)["error"]["suggestion"] == "add --auto-approve"
        assert cli.code == 2

    def test_an_end_of_the_input_declines(self, cli: Any, types: Any) -> None:
        types()
        assert cli("deploy", ID).code == 1


class TestStatus:
    def test_of_several_environments(self, cli: Any) -> None:
        cli("deploy", ID, "--auto-approve")
        cli.edge.world.clock.advance(90)
        assert cli("status", ID).code == 0
        assert f"{ID}  Acme / shop  ✓ deployed" in cli.out
        assert "dev  ✓ deployed  account 123456789012, us-east-1, 4 resources" in cli.out
        assert "prod  ○ ready" in cli.out
        assert "security   ✓ deployed           1   1 min ago" in cli.out
        assert sorted(cli.json("status", ID, "--all-environments")["data"]["environments"]) == ["dev", "prod", "stage"]

    def test_of_a_failure_names_it(self, cli: Any) -> None:
        break_security(cli)
        cli("deploy", ID, "--auto-approve")
        cli("status", ID, "-e", "dev")
        assert "! partial" in cli.out
        assert "failed: security" in cli.out
        assert "stack 'security' failed at aws:ec2:SecurityGroup 'web':" in cli.out

    def test_tells_of_a_queued_operation(self, cli: Any) -> None:
        queue_only(cli)
        cli("deploy", ID, "--auto-approve", "--detach")
        cli("status", ID, "-e", "dev")
        assert f"deploy {latest(cli).operation_id} by " in cli.out
        assert "0 % after" in cli.out

    def test_of_one_stack(self, cli: Any) -> None:
        assert cli("status", ID, "--stack", "nope").code == 4
        assert list(cli.json("status", ID, "-e", "dev", "--stack", "dns")["data"]["stacks"]) == ["dns"]

    def test_while_it_runs_names_who_holds_it(self, cli: Any) -> None:
        queue_only(cli)
        world, operation = cli.edge.world, cli.edge.world.start()
        with world.executions.running(ID, operation.operation_id) as run:
            world.stacks.deploy(run, "network", 1)
            run.events.flush()
            cli("status", ID, "-e", "dev")
            world.drive(run)
            world.executions.finish(run)
        assert f"● deploy {operation.operation_id} by ann  25 % after" in cli.out
        assert f"held by {operation.operation_id} on " in cli.out
        assert "last heartbeat 0 s ago" in cli.out

    def test_tells_of_an_operation_that_broke_off(self, cli: Any) -> None:
        queue_only(cli)
        operation = cli.edge.world.start()
        records = cli.edge.world.records.operations
        begun = {"status": OperationStatus.IN_PROGRESS}
        records.update(records.get(ID, operation.operation_id).model_copy(update=begun))
        assert "its flow ended without ending it" in cli("status", ID, "-e", "dev").out

    def test_watching_nothing_is_the_status(self, cli: Any) -> None:
        assert cli("status", ID, "--watch").out == cli("status", ID).out
        assert len(cli("status", ID, "--watch", "--json").out.splitlines()) == 1
        assert json.loads(cli.out)["deployment_id"] == ID

    @pytest.mark.parametrize(("is_broken", "code", "verdict"), [(False, 0, "✓ Deployed"), (True, 1, "✗ deploy failed")])
    def test_watching_ends_as_the_operation_does(self, cli: Any, is_broken: bool, code: int, verdict: str) -> None:
        if is_broken:
            break_security(cli)
        queue_only(cli)
        cli("deploy", ID, "--auto-approve", "--detach")
        cli.edge.clock.after(5, lambda: cli.edge.world.run(latest(cli)))
        assert cli("status", ID, "--watch").code == code
        assert verdict in cli.out
        assert "network    ✓ deployed" in cli.err

    def test_watching_with_json_is_a_status_a_line(self, cli: Any) -> None:
        queue_only(cli)
        cli("deploy", ID, "--auto-approve", "--detach")
        cli.edge.clock.after(7, lambda: cli.edge.world.run(latest(cli)))
        cli("status", ID, "-e", "dev", "--watch", "--json", "--refresh-interval", "2")
        statuses = [json.loads(line)["operation"]["status"] for line in cli.out.splitlines()]
        assert statuses == ["pending"] * 4 + ["success"]

    def test_watching_two_environments_asks_for_one(self, cli: Any) -> None:
        queue_only(cli)
        for environment in (DEV, PROD):
            cli.edge.operations.start(StartOperation(ID, environment, Action.DEPLOY, "ann"))
        assert cli("status", ID, "--watch").code == 2
        assert "operations run in dev and prod" in cli.err


def stop_early(cli: Any) -> None:
    """What a flow does that finds the wish to cancel before its first stack."""
    operation = latest(cli)
    assert operation.cancel_requested
    with cli.edge.world.executions.running(ID, operation.operation_id) as run:
        run.stop.request()
        cli.edge.world.drive(run)
        cli.edge.world.executions.finish(run)


class TestCancel:
    @pytest.fixture
    def queued(self, cli: Any) -> str:
        queue_only(cli)
        cli("deploy", ID, "--auto-approve", "--detach")
        return latest(cli).operation_id

    def test_asks_and_follows_to_the_end(self, cli: Any, queued: str, types: Any) -> None:
        cli.edge.clock.after(5, lambda: stop_early(cli))
        types("yes")
        assert cli("cancel", ID).code == 0
        assert f"Cancel deploy {queued} of dev? (yes/no): " in cli.err
        assert "– deploy cancelled" in cli.out
        assert latest(cli).status is OperationStatus.CANCELLED

    def test_is_a_success_in_json_too(self, cli: Any, queued: str) -> None:
        cli.edge.clock.after(5, lambda: stop_early(cli))
        document = cli.json("cancel", ID, "--auto-approve")
        assert (document["success"], document["data"]["status"], cli.code) == (True, "cancelled", 0)

    def test_can_leave_it_to_itself(self, cli: Any, queued: str) -> None:
        assert cli.json("cancel", ID, "--auto-approve", "--detach")["data"]["cancel_requested"] is True

    def test_of_nothing_is_no_failure(self, cli: Any) -> None:
        assert cli("cancel", ID).code == 0
        assert "nothing has run yet" in cli.out
        cli("deploy", ID, "--auto-approve")
        assert "has ended: success" in cli("cancel", ID).out

    def test_of_an_unknown_operation_is_not_found(self, cli: Any) -> None:
        assert cli("cancel", ID, "--operation", "op-none").code == 4
        assert cli("cancel", "D000000").code == 4

    def test_can_be_rehearsed(self, cli: Any, queued: str) -> None:
        assert queued in cli("cancel", ID, "--dry-run").out
        assert not latest(cli).cancel_requested


class TestLetGo:
    def test_ctrl_c_detaches_and_the_operation_goes_on(self, cli: Any) -> None:
        queue_only(cli)
        cli.edge.clock.after(3, interrupt)
        assert cli("deploy", ID, "--auto-approve").code == 130
        assert f"Detached: operation {latest(cli).operation_id} goes on." in cli.err
        assert f"cloud status {ID} --environment dev --watch" in cli.err
        assert f"cloud cancel {ID} --environment dev" in cli.err
        assert latest(cli).status is OperationStatus.PENDING
        assert not latest(cli).cancel_requested

    def test_an_operation_that_broke_is_told_as_such(self, cli: Any) -> None:
        queue_only(cli)
        cli("deploy", ID, "--auto-approve", "--detach")
        cli.edge.world.flows.states[f"run-{latest(cli).operation_id}"] = "crashed"
        assert cli("status", ID, "--watch").code == 1
        assert "its flow run was crashed before it began" in cli.out

    def test_a_run_that_nobody_takes_is_told_what_to_check(self, cli: Any) -> None:
        queue_only(cli)
        cli.edge.clock.after(45, interrupt)
        cli("deploy", ID, "--auto-approve")
        assert "no runner has taken it" in cli.err

    def test_a_silent_run_says_that_it_still_waits(self, cli: Any) -> None:
        queue_only(cli)
        cli.edge.clock.after(130, interrupt)
        cli("deploy", ID, "--auto-approve")
        assert "  still waiting" in cli.err


def interrupt() -> None:
    raise KeyboardInterrupt


class TestLogs:
    def test_show_the_newest_run(self, cli: Any) -> None:
        cli("deploy", ID, "--auto-approve")
        assert cli("logs", ID, "--stack", "dns").code == 0
        assert [line.split("  ", 1)[1] for line in cli.out.splitlines()] == [
            "dns           deploying",
            "dns           aws:test:Thing dns creating",
            "dns           deployed",
        ]

    def test_indent_further_lines_of_a_message(self, cli: Any) -> None:
        break_security(cli)
        cli("deploy", ID, "--auto-approve")
        cli("logs", ID, "--level", "error", "--stack", "security")
        assert cli.out.splitlines()[1] == "    InvalidVpc: vpc-0 does not exist"

    def test_have_data_for_programs(self, cli: Any) -> None:
        cli("deploy", ID, "--auto-approve")
        data = cli.json("logs", ID, "--lines", "1")["data"]
        assert data["returned"] == 1
        assert data["logs"][0]["operation"] == data["operation_id"]
        assert data["logs"][0]["level"] == "info"

    def test_that_are_followed_are_a_line_each(self, cli: Any) -> None:
        queue_only(cli)
        cli("deploy", ID, "--auto-approve", "--detach")
        cli.edge.clock.after(5, lambda: cli.edge.world.run(latest(cli)))
        assert cli("logs", ID, "--follow", "--json").code == 0
        messages = [json.loads(line)["message"] for line in cli.out.splitlines()]
        assert messages[-1] == "deployment complete: 4 stacks deployed"
        assert "dns deployed" in messages

    @pytest.mark.parametrize("since", ["90s", "2h", "1d", "2026-01-01", "2026-01-01T00:00:00Z"])
    def test_since_a_time_are_those_of_all_runs(self, cli: Any, since: str) -> None:
        cli("deploy", ID, "--auto-approve")
        assert cli("logs", ID, "--since", since).code == 0

    def test_that_are_followed_end_truthfully_when_the_run_breaks(self, cli: Any) -> None:
        queue_only(cli)
        cli("deploy", ID, "--auto-approve", "--detach")
        with cli.edge.world.executions.running(ID, latest(cli).operation_id) as run:
            cli.edge.world.flows.states[f"run-{latest(cli).operation_id}"] = "crashed"
            assert cli("logs", ID, "--follow").code == 1
            assert "ended as 'crashed' without ending operation" in cli.err
            cli.edge.world.drive(run)
            cli.edge.world.executions.finish(run)

    def test_of_the_beginning_are_in_the_folder(self, cli: Any) -> None:
        deployment_id = cli.json(*INIT)["data"]["deployment_id"]
        assert "recorded as version 1" in cli("logs", deployment_id, "--type", "init").out

    def test_of_nothing_are_a_note(self, cli: Any) -> None:
        assert cli("logs", ID).code == 0
        assert (cli.out, "No log yet" in cli.err) == ("", True)


class TestOutputs:
    @pytest.fixture(autouse=True)
    def deployed(self, cli: Any) -> None:
        cli.edge.world.engine.outputs_of["network"] = {
            "vpcId": "vpc-1",
            "it's": "a 'quoted' $HOME",
            "token": SecretValue("hush-hush"),
            "deep": {"list": [1, SecretValue("also-hush")]},
            "none": None,
        }
        cli("deploy", ID, "--auto-approve")

    def test_are_a_table_with_secrets_masked(self, cli: Any) -> None:
        assert cli("outputs", ID).code == 0
        assert "  vpcId   vpc-1" in cli.out
        assert '  deep    {"list": [1, "***"]}' in cli.out
        assert "hush" not in cli.out

    @pytest.mark.parametrize("format", ["table", "json", "yaml", "env"])
    def test_mask_secrets_in_every_format(self, cli: Any, format: str) -> None:
        assert "***" in cli("outputs", ID, "--format", format).out
        assert "hush" not in cli.out
        assert "also-hush" in cli("outputs", ID, "--format", format, "--show-secrets").out

    def test_are_quoted_for_a_shell(self, cli: Any) -> None:
        cli("outputs", ID, "--format", "env", "--show-secrets")
        lines = dict(line.split("=", 1) for line in cli.out.splitlines())
        assert lines["NETWORK_VPC_ID"] == "vpc-1"
        assert lines["NETWORK_NONE"] == "''"
        assert lines["NETWORK_IT_S"] == """'a '"'"'quoted'"'"' $HOME'"""
        assert lines["NETWORK_DEEP"] == """'{"list": [1, "also-hush"]}'"""

    def test_of_json_are_the_bare_values(self, cli: Any) -> None:
        assert json.loads(cli("outputs", ID, "--format", "json").out)["network"]["vpcId"] == "vpc-1"

    def test_one_can_be_had_bare(self, cli: Any) -> None:
        assert cli("stack-outputs", ID, "network", "vpcId", "--raw").out == "vpc-1\n"
        assert cli("stack-outputs", ID, "network", "token", "--raw").out == "***\n"
        assert cli("stack-outputs", ID, "network", "token", "--raw", "--show-secrets").out == "hush-hush\n"
        assert cli.json("stack-outputs", ID, "network", "deep")["data"]["value"] == {"list": [1, "***"]}

    def test_that_there_are_not_have_codes(self, cli: Any) -> None:
        assert cli("stack-outputs", ID, "network", "nope").code == 4
        assert cli("stack-outputs", ID, "network", "--raw").code == 2
        assert cli("stack-outputs", ID, "network", "-e", "prod").code == 4
        assert cli("outputs", ID, "-e", "prod").code == 0
        assert "Nothing is deployed in prod." in cli.err


class TestInit:
    def test_makes_a_folder_and_says_what_is_next(self, cli: Any) -> None:
        assert cli(*INIT).code == 0
        (folder,) = (cli.edge.workspace / "deploy").iterdir()
        assert str(folder) in cli.out
        assert "12 config files (4 stacks × 3 environments)" in cli.out
        assert f"cloud validate {folder.name[:7]}" in cli.out

    def test_takes_an_id_and_refuses_a_taken_one(self, cli: Any) -> None:
        assert cli.json(*INIT, "D7KQ2M4")["data"]["deployment_id"] == "D7KQ2M4"
        assert cli(*INIT, "D7KQ2M4").code == 5
        assert cli(*INIT, ID).code == 5
        assert cli(*INIT, "d7").code == 2

    def test_can_be_rehearsed(self, cli: Any) -> None:
        assert cli(*INIT, "--dry-run").code == 0
        assert "stacks:" in cli.out
        assert not (cli.edge.workspace / "deploy").exists()
        assert cli.json(*INIT, "--dry-run")["data"]["manifest"]["deployment"]["org"] == "Acme"

    def test_names_every_missing_option(self, cli: Any) -> None:
        assert cli("init", "--org", "Acme").code == 2
        assert "missing: --project, --domain, --template, --region, --account-dev" in cli.err

    def test_takes_options_from_a_file_and_the_command_line_wins(self, cli: Any, tmp_path: Path) -> None:
        file = tmp_path / "wishes.yaml"
        file.write_text(
            "org: Other\nproject: blog\ndomain: blog.example\ntemplate: demo\nregion: us-east-1\n"
            "account-dev: '123456789012'\nstacks-disabled: [dns]\n",
            "utf-8",
        )
        data = cli.json("init", "--from-file", str(file), "--org", "Acme")["data"]
        assert data["organization"] == "Acme"
        assert {one["name"]: one["enabled"] for one in data["stacks"]}["dns"] is False
        file.write_text("colour: red\n", "utf-8")
        assert cli("init", "--from-file", str(file)).code == 2
        assert "unknown option 'colour'" in cli.err

    @pytest.mark.parametrize("option", ["--interactive", "-i"])
    def test_asks_for_everything_in_order(self, cli: Any, types: Any, option: str) -> None:
        types("", "Acme", "blog", "blog.example", "demo", "", "", "123456789012", "", "", "")
        assert cli("init", option).code == 0
        questions = [part for part in cli.err.split(": ") if part]
        assert questions[:3] == ["Deployment id (blank", "one is made)", "Organization"]
        (folder,) = (cli.edge.workspace / "deploy").iterdir()
        assert folder.name.endswith("-Acme-blog")

    def test_of_one_stack_asks_for_it(self, cli: Any, types: Any) -> None:
        answers = ("--account-stage=123456789012", "--account-prod=123456789012", "--region-secondary=us-west-2")
        types("D7KQ2M4", "n", "network,dns")
        assert cli(*INIT, *answers, "--interactive").code == 0
        assert "network, dns" in cli.out or "dns, network" in cli.out

    def test_without_records_is_made_all_the_same_and_says_so(self, cli: Any) -> None:
        files = LocalManifestFiles(Workspace(cli.edge.workspace))
        away = DeferredDeployments(no_records)
        clock, programs, templates = cli.edge.clock, cli.edge.programs, cli.edge.templates
        cli.edge.manifests = ManifestService(files, away, templates, programs, clock)
        assert cli(*INIT).code == 0
        assert "not yet: the sandbox is not running" in cli.out
        assert "1. cloud sandbox start" in cli.out

    def test_reads_no_file_that_is_not_there_or_no_map(self, cli: Any, tmp_path: Path) -> None:
        assert cli("init", "--from-file", str(tmp_path / "none.yaml")).code == 2
        (tmp_path / "list.yaml").write_text("- org\n", "utf-8")
        assert cli("init", "--from-file", str(tmp_path / "list.yaml")).code == 2
        assert "must be a map" in cli.err

    def test_of_an_unknown_template_is_not_found(self, cli: Any) -> None:
        assert cli(*INIT, "--template", "nope").code == 4

    def test_of_an_unknown_or_needed_stack_is_invalid(self, cli: Any) -> None:
        assert cli(*INIT, "--stacks-disabled", "nope").code == 3
        assert cli(*INIT, "--stacks-disabled", "network").code == 3
        assert "security" in cli.err

    def test_that_is_invalid_speaks_of_the_options_and_not_of_a_file(self, cli: Any) -> None:
        assert cli(*INIT, "--account-dev=4100", "--account-stage=123456789012", "--account-prod=123456789012").code == 3
        assert "Error: the manifest is not valid (1 finding)" in cli.err
        assert "not 12 digits  environments.dev.account" in cli.err
        assert "1. correct the options and run it again: nothing was written" in cli.err
        assert "cloud validate" not in cli.err

    def test_of_no_address_range_is_a_usage_error(self, cli: Any) -> None:
        assert cli(*INIT, "--vpc-cidr", "10.0.0.0/33").code == 2
        assert "'10.0.0.0/33' is no IPv4 range such as 10.0.0.0/16" in cli.err
        assert cli(*INIT, "--vpc-cidr", "10.9.0.0/16").code == 3  # the template has no such variable

    @pytest.mark.parametrize("value", ["VPC_CIDR_DEV", "=1"])
    def test_of_a_malformed_variable_is_a_usage_error(self, cli: Any, value: str) -> None:
        assert cli(*INIT, "--var", value).code == 2

    @pytest.mark.parametrize("name", ["INSTANCE_CLASS_DEV", "NOTHING"])
    def test_of_a_variable_that_the_template_lacks_is_refused(self, cli: Any, name: str) -> None:
        lacking = [word for word in INIT if not word.startswith("--template")]
        with_variables(cli, "sized", "VPC_CIDR_DEV", "AZ_COUNT_DEV")
        assert cli(*lacking, "--template=sized", "--var", f"{name}=1").code == 3
        assert f"the template 'sized' has no variable '{name}': it has VPC_CIDR_DEV, AZ_COUNT_DEV" in cli.err
        assert "1. run 'cloud template-show sized' to see what they mean" in cli.err
        assert cli(*lacking, "--template=sized", "--var", "AZ_COUNT_DEV=3", "--vpc-cidr=10.9.0.0/16").code == 0


def with_variables(cli: Any, template: str, *names: str) -> None:
    """A template of the workspace that uses these variables."""
    custom = cli.edge.workspace / "templates" / "custom"
    custom.mkdir(parents=True)
    config = ", ".join(f"{name.lower()}: (({name}))" for name in names)
    sections = f"environments: {{dev: {{enabled: true, config: {{{config}}}}}}}\nstacks: {{network: {{}}}}\n"
    (custom / f"{template}.yaml").write_text(f"name: {template}\n{sections}", "utf-8")


def no_records() -> NoReturn:
    raise SandboxNotRunning("the sandbox is not running")


class TestList:
    def test_of_nothing_says_what_to_do(self, cli: Any) -> None:
        assert "No deployment matches." in cli("list", "--org", "Nobody").out
        cli("deploy", ID, "--auto-approve")
        cli("destroy", ID, "--auto-approve")
        cli("list")
        assert "Make one with 'cloud init'" in cli.out
        assert "'cloud list --all' shows destroyed ones" in cli.out

    def test_shows_the_enabled_environments(self, cli: Any) -> None:
        assert "   dev, prod      ○ initialized" in cli("list").out

    def test_names_folders_that_are_not_recorded(self, cli: Any) -> None:
        (cli.edge.workspace / "deploy" / "D7KQ2M4-Acme-blog").mkdir(parents=True)
        assert "not recorded yet: D7KQ2M4" in cli("list").out


class TestTemplates:
    def test_are_listed(self, cli: Any) -> None:
        assert "demo        4   dev, stage, prod   Stacks for tests." in cli("template-list").out
        assert cli.json("template-list")["data"]["templates"][0]["type"] == "built-in"

    def test_of_the_workspace_are_told_apart(self, cli: Any) -> None:
        custom = cli.edge.workspace / "templates" / "custom"
        custom.mkdir(parents=True)
        (custom / "broken.yaml").write_text("name: [", "utf-8")
        assert "Of this workspace" in cli("template-list").out
        assert "can't be used" in cli.out
        assert [one["name"] for one in cli.json("template-list", "--custom-only")["data"]["templates"]] == ["broken"]

    def test_are_shown_by_layers(self, cli: Any) -> None:
        cli("template-show", "demo")
        assert "    2   security   built-in         50   network     The stack security." in cli.out
        assert cli("template-show", "demo", "--raw").out.startswith("name: demo\n")
        assert cli("template-show", "nope").code == 4

    def test_are_validated_all_or_one(self, cli: Any) -> None:
        assert cli("template-validate").code == 0
        assert "! network  stack template, built-in" in cli.out
        assert (
            "'parameters.inputs.size' is not described  product/config/network.yaml:parameters.inputs.size" in cli.out
        )
        assert "Validation Result: PASS  (5 templates, 0 errors, 4 warnings)" in cli.out
        assert cli("template-validate", "--strict").code == 3
        assert cli("template-validate", "demo", "--strict").code == 0
        assert cli("template-validate", "nope").code == 4

    def test_that_are_not_valid_are_told_with_place_and_way_out(self, cli: Any) -> None:
        custom = cli.edge.workspace / "templates" / "custom"
        custom.mkdir(parents=True)
        text = "name: shop\nenvironments: {dev: {enabled: true}}\nstacks: {security: {}}\n"
        (custom / "shop.yaml").write_text(text, "utf-8")
        assert cli("template-validate", "shop").code == 3
        assert "✗ shop  deployment template, custom" in cli.out
        assert "✗ Missing dependency: network (needed by 'security')" in cli.out
        assert "→ add the stack 'network', or remove it from the dependencies of 'security'" in cli.out
        data = cli.json("template-validate", "shop")["data"]
        assert (data["template_name"], data["kind"], data["origin"]) == ("shop", "deployment", "workspace")
        assert [check["name"] for check in data["checks"] if check["status"] == "failed"] == ["dependencies"]
        assert data["errors"][0]["details"]["location"] == "templates/custom/shop.yaml:stacks.security"
        assert cli.json("template-validate")["data"]["valid"] is False


class TestHealth:
    def test_says_what_is_there(self, cli: Any) -> None:
        assert cli("health").code == 0
        assert "✓ engine      Pulumi 3.255.0 at /fake/pulumi" in cli.out
        assert "✓ healthy" in cli.out

    def test_fails_with_the_way_out(self, cli: Any) -> None:
        cli.edge.world.flows.is_down = True
        assert cli("health").code == 6
        assert "✗ flows" in cli.out
        assert "✗ unhealthy" in cli.out
        assert cli.json("health", "--check", "engine")["data"]["status"] == "healthy"

    def test_an_unknown_check_is_a_usage_error_that_names_the_others(self, cli: Any) -> None:
        assert cli("health", "--check", "nope").code == 2
        assert cli.err == (
            "Error: --check: there is no check 'nope': "
            "there are sandbox, engine, stacks, templates, records, flows, aws, api\n"
            "Solution:\n  1. run 'cloud health --help'\n"
        )

    def test_lists_the_steps_out_of_it(self, cli: Any) -> None:
        cli.edge.engine_error = EngineMissing("no engine", suggestion="run 'make setup'")
        assert cli("health").out.endswith("Solution:\n  1. run 'make setup'\n")
