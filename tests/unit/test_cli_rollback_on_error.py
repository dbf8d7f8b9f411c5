"""`cloud deploy --rollback-on-error`: what is asked, shown and answered."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.errors import StackFailed
from cloud_core.domain.names import EnvironmentName
from cloud_core.services.records.statuses import require_deployment
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.flows import FakeFlowRunner

DEV = EnvironmentName.DEV
DEPLOY = ("deploy", ID, "--rollback-on-error")


@pytest.fixture
def cli(cli: Any) -> Any:
    """Of four stacks `security` fails once."""
    error = StackFailed("security is broken", stack="security", resource=None, diagnostics=[])
    cli.edge.world.engine.outputs_of["security"] = [error]
    return cli


def standing(cli: Any) -> dict[str, str]:
    stored = cli.edge.world.records.stacks.list_by_deployment(ID, DEV)
    return {one.stack_name: one.status.value for one in stored}


def test_the_exit_code_says_that_the_deploy_failed_and_the_last_line_what_was_taken_back(cli: Any) -> None:
    assert cli(*DEPLOY, "--auto-approve").code == 1
    assert "security is broken" in cli.out
    assert "✓ Rolled back: 3 stacks destroyed" in cli.out
    assert cli.out.splitlines()[-1] == (
        "✗ the deploy failed: security; it was rolled back: dns, network, security destroyed"
    )
    assert "Rolling back: " in cli.err
    assert set(standing(cli).values()) == {"destroyed"}


def test_what_was_up_before_goes_back_and_the_way_to_the_manifest_is_told(cli: Any) -> None:
    cli.edge.world.engine.outputs_of.clear()
    assert cli("deploy", ID, "--auto-approve").code == 0
    record = require_deployment(cli.edge.world.records.deployments, ID)
    changed = {**record.manifest["stacks"]}
    changed["security"] = {**changed["security"], "config": {"size": 2}}
    cli.edge.clock.advance(1)
    cli.edge.world.put_manifest(changed, record.manifest["environments"])
    cli.edge.world.engine.outputs_of["security"] = [
        StackFailed("security is broken", stack="security", resource=None, diagnostics=[])
    ]
    assert cli(*DEPLOY, "--auto-approve").code == 1
    assert cli.out.splitlines()[-1].endswith("it was rolled back: security back to version 1")
    assert f"the record is version 3 now; see what your file has else: cloud manifest diff {ID}" in cli.err
    assert cli("status", ID).code == 0
    assert "rolled back" in cli.out
    assert "last: rollback op-" in cli.out


def test_programs_get_both_operations_in_one_document(cli: Any) -> None:
    error = cli.json(*DEPLOY, "--auto-approve")["error"]
    assert cli.code == 1
    failed, taken_back = error["details"], error["details"]["taken_back"]
    assert (failed["type"], failed["status"], failed["rollback_on_error"]) == ("deploy", "failed", True)
    assert failed["rolled_back_by"] == taken_back["operation_id"]
    assert (taken_back["type"], taken_back["status"]) == ("rollback", "success")
    assert taken_back["rollback"] == {
        "of": failed["operation_id"],
        "version": None,
        "destroys": ["dns", "network", "security"],
        "left": {},
    }
    shown = cli.json("history", ID)["data"]["operations"]
    assert [one["type"] for one in shown] == ["rollback", "deploy"]


def test_history_shows_each_with_the_other(cli: Any) -> None:
    details = cli.json(*DEPLOY, "--auto-approve")["error"]["details"]
    for shown, words, other in (
        (details["rolled_back_by"], "takes back", details["operation_id"]),
        (details["operation_id"], "taken back by", details["rolled_back_by"]),
    ):
        cli("history", ID, "--operation", shown)
        assert any(line.split() == [*words.split(), other] for line in cli.out.splitlines())


def test_a_rollback_that_fails_too_is_told_with_the_way_out(cli: Any) -> None:
    world = cli.edge.world
    world.engine.outputs_of["dns"] = [{}, StackFailed("dns is stuck", stack="dns", resource=None, diagnostics=[])]
    assert cli(*DEPLOY, "--auto-approve").code == 1
    assert cli.out.splitlines()[-1] == "✗ the deploy failed: security; its rollback failed too: failed: dns"
    assert f"do what is left: cloud retry {ID} --environment dev" in cli.err
    assert standing(cli)["dns"] == "failed"

    assert cli("retry", ID, "--auto-approve").code == 0
    assert standing(cli)["dns"] == "destroyed"


def test_why_nothing_is_taken_back_is_told(cli: Any) -> None:
    record = require_deployment(cli.edge.world.records.deployments, ID)
    stacks = {name: {**one, "protect": True} for name, one in record.manifest["stacks"].items()}
    cli.edge.world.put_manifest(stacks, record.manifest["environments"])
    assert cli(*DEPLOY, "--auto-approve").code == 1
    assert "not rolled back: of what it changed nothing can be: dns (protect is set), network" in cli.out
    assert f"cloud retry {ID}" in cli.err
    assert standing(cli)["network"] == "deployed"


def test_a_rollback_that_never_began_is_told(cli: Any) -> None:
    """The flow's process dies between the two."""
    world = cli.edge.world
    world.automatic_rollbacks.begin = lambda run: None
    assert cli(*DEPLOY, "--auto-approve").code == 1
    assert cli.out.splitlines()[-1] == "✗ the deploy failed: security; its rollback has not begun"
    assert f"see how it stands: cloud status {ID} --environment dev" in cli.err
    cli("status", ID)
    assert "! its rollback has not begun" in cli.out


def test_prod_wants_its_id_and_the_question_names_the_rollback(cli: Any, types: Any) -> None:
    assert cli(*DEPLOY, "-e", "prod", "--auto-approve").code == 2
    assert not cli.edge.world.engine.ran
    types("no")
    cli(*DEPLOY)
    assert "to dev, and take it back if it fails? (yes/no)" in cli.err


def test_detached_it_is_taken_back_all_the_same(cli: Any) -> None:
    cli.edge.world.flows = FakeFlowRunner()
    assert cli(*DEPLOY, "--auto-approve", "--detach").code == 0
    (operation,) = cli.edge.world.flows.submitted
    cli.edge.world.run(operation)
    assert cli.edge.world.flows.submitted[-1].type.value == "rollback"
