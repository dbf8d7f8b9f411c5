"""What `--json` prints, and the schema that is shipped for it.

`Cli.json` holds every answer of the unit tests against the schema; here every command is asked at least once, in each
of the shapes that its answer has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cli.answers import ANSWERS, LINES
from cli.answers.testing import check_document, check_line, command_of
from cli.main import build
from cloud_core.domain.approvals import ApprovalRules
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from cloud_core.domain.steps import PropertyChange, Step
from cloud_core.resources import data_dir
from cloud_core.services.operations.guards import StartOperation
from cloud_core.testing.builders import DEPLOYMENT_ID, an_owner
from cloud_core.testing.edge import CHAIN
from cloud_core.testing.flows import FakeFlowRunner

ID = DEPLOYMENT_ID
WISHES = ("--org=Acme", "--project=blog", "--domain=blog.example", "--template=demo", "--region=us-east-1")
INIT = ("init", *WISHES, "--account-dev=123456789012")
MINE = "the deployment that init made"
FILE = "the file of an export"

NEEDS_PROCESSES = {"sandbox start", "sandbox reset"}
"""The end-to-end tests, which start a sandbox, hold these answers against the schema."""

ASKED = [
    ("version",),
    ("schema",),
    ("schema", "stack", "list"),
    (*INIT, "--dry-run"),
    ("list",),
    ("validate", MINE),
    ("manifest", "diff", MINE),
    ("manifest", "pull", MINE),
    ("manifest", "push", MINE),
    ("manifest", "schema"),
    ("plan", ID, "--quick"),
    ("plan", ID),
    ("plan", ID, "--force"),
    ("plan", ID, "--destroy", "--quick"),
    ("deploy", ID, "--preview"),
    ("deploy", ID, "--auto-approve", "--detach"),
    ("deploy", ID, "--auto-approve"),
    ("deploy-stack", ID, "dns", "--auto-approve"),
    ("status", ID),
    ("status", ID, "-e", "dev"),
    ("logs", ID),
    ("history", ID),
    ("graph", ID),
    ("graph", ID, "--no-status"),
    ("outputs", ID),
    ("stack-outputs", ID, "network"),
    ("stack-outputs", ID, "network", "vpcId"),
    ("export-stack", ID, "network"),
    ("export-stack", ID, "network", "--config-only"),
    ("export-stack", ID, "network", "--output", FILE, "--force"),
    ("import-stack", ID, "network", "-e", "dev", "--input", FILE, "--auto-approve"),
    ("config-set", MINE, "size", "3", "--stack", "dns"),
    ("config-set", MINE, "size", "--unset", "--stack", "dns"),
    ("config-set", "--tool", "defaults.parallel", "4"),
    ("config-get", MINE, "size", "--stack", "dns"),
    ("config-list", MINE, "--stack", "dns"),
    ("config-list", "--tool"),
    ("environment", "list", MINE),
    ("environment", "enable", MINE, "stage"),
    ("environment", "disable", MINE, "stage"),
    ("refresh", ID, "--preview"),
    ("refresh", ID, "--dry-run"),
    ("refresh", ID),
    ("refresh", ID, "-e", "prod", "--preview"),
    ("detect-drift", ID),
    ("schedule", "set", ID, "--action", "drift", "--cron", "0 2 * * *", "--dry-run"),
    ("schedule", "set", ID, "--action", "drift", "--cron", "0 2 * * *"),
    ("schedule", "list", ID),
    ("schedule", "pause", ID, "--action", "drift", "--dry-run"),
    ("schedule", "resume", ID, "--action", "drift", "--dry-run"),
    ("schedule", "remove", ID, "--action", "drift", "--dry-run"),
    ("schedule", "pause", ID, "--action", "drift"),
    ("schedule", "resume", ID, "--action", "drift"),
    ("schedule", "remove", ID, "--action", "drift"),
    ("retry", ID),
    ("retry", ID, "--all", "--preview"),
    ("retry", ID, "--all", "--auto-approve"),
    ("unlock", ID, "--auto-approve"),
    ("approve", ID, "--dry-run"),
    ("approve", ID, "--confirm", ID),
    ("cancel", ID, "--auto-approve"),
    ("cancel", ID, "-e", "prod", "--auto-approve"),
    ("template-list",),
    ("template-show", "demo"),
    ("template-validate",),
    ("template-validate", "demo"),
    ("stack", "list"),
    ("stack", "show", "network"),
    ("stack", "build", "network"),
    ("list-stacks",),
    ("sandbox", "status"),
    ("sandbox", "stop"),
    ("health",),
    ("serve", "--dry-run"),
    ("login", "--dry-run"),
    ("login",),
    ("logout",),
    ("control-plane", "deploy", "--dry-run"),
    ("control-plane", "status"),
    ("control-plane", "destroy", "--dry-run"),
    ("tables", "create"),
    ("tables", "status"),
    ("tables", "delete", "--dry-run"),
    ("migrate",),
    ("rollback", ID, "--to-version", "1", "--preview"),
    ("promote", ID, "dev", "prod", "--dry-run"),
    ("destroy", ID, "--preview"),
    ("destroy-stack", ID, "dns", "--auto-approve"),
    ("destroy", ID, "--auto-approve"),
]


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The commands that can be called, a group's with the group's name before it."""
    inner = getattr(command, "list_commands", None)
    if inner is None:
        yield " ".join(path)
        return
    for name in inner(None):
        yield from leaves(command.get_command(None, name), (*path, name))


def shipped() -> Any:
    return json.loads((data_dir("templates") / "cloud.schema.json").read_text("utf-8"))


@pytest.fixture
def deployed(cli: Any, tmp_path: Any) -> Any:
    cli.edge.world.engine.outputs_of["network"] = {"vpcId": "vpc-1"}
    change = PropertyChange("tags.Name", None, "main", forces_replacement=False)
    cli.edge.world.engine.steps_of["network"] = [Step("update", "urn:x", "aws:ec2/vpc:Vpc", "main", (change,))]
    cli("deploy", ID, "--auto-approve")
    cli.edge.clock.advance(1)
    cli("export-stack", ID, "network", "--output", str(tmp_path / "state.json"))
    cli("schedule", "set", ID, "--action", "drift", "--cron", "0 1 * * *")
    return cli


def test_every_command_has_an_answer_and_every_answer_a_command() -> None:
    """A new command in the table of `cli/main.py` needs a model in `cli/answers`."""
    assert sorted(leaves(build())) == sorted(ANSWERS)


def test_the_schema_is_one_and_has_every_command() -> None:
    schema = shipped()
    Draft202012Validator.check_schema(schema)
    assert list(schema["commands"]) == list(ANSWERS)
    assert list(schema["lines"]) == list(LINES)


def test_every_command_is_asked() -> None:
    assert {command_of(arguments) for arguments in ASKED} | NEEDS_PROCESSES | {"init"} == set(ANSWERS)


@pytest.mark.parametrize("arguments", ASKED, ids=" ".join)
def test_what_is_printed_is_what_the_schema_says(deployed: Any, tmp_path: Any, arguments: tuple[str, ...]) -> None:
    words = {FILE: str(tmp_path / "state.json")}
    if MINE in arguments:
        words[MINE] = deployed.json(*INIT)["data"]["deployment_id"]
    if "--unset" in arguments:
        deployed("config-set", words[MINE], "size", "3", "--stack", "dns")
    if "rollback" in arguments:
        environments = deployed.edge.world.records.deployments.get_by_id(ID).manifest["environments"]
        deployed.edge.world.put_manifest({**CHAIN, "network": {"config": {"size": 2}}}, environments)
    if "approve" in arguments:
        deployed.edge.world.gate.rules = ApprovalRules(frozenset({EnvironmentName.PROD}))
        wish = StartOperation(ID, EnvironmentName.PROD, Action.DEPLOY, started_by="somebody else")
        deployed.edge.operations.start(wish)
    if arguments[:2] == ("tables", "delete") or "control-plane" in arguments:  # refused while deployments live in them
        deployed.edge.world.records.deployments.delete(ID)
    if "control-plane" in arguments:
        deployed.edge.record_tables.present = []
    assert deployed.json(*(words.get(word, word) for word in arguments))["success"] is True


def test_nothing_to_destroy_is_an_answer_too(cli: Any) -> None:
    assert cli.json("destroy", ID)["data"]["total_stacks"] == 0
    assert cli.json("cancel", ID)["data"] == {}


def test_an_operation_of_the_history_is_one(deployed: Any) -> None:
    newest = deployed.json("history", ID)["data"]["operations"][0]
    assert deployed.json("history", ID, "--operation", newest["operation_id"])["data"]["flow_run_url"]


def test_a_running_operation_shows_who_holds_it(cli: Any) -> None:
    cli.edge.world.flows = FakeFlowRunner()
    cli.edge.world.start()
    cli.edge.world.records.leases.acquire(ID, EnvironmentName.DEV, an_owner())
    assert cli.json("status", ID, "-e", "dev")["data"]["lease"]["operation_id"] == "op-1"


def test_an_error_is_what_the_schema_says(cli: Any) -> None:
    assert cli.json("status", "D000000")["error"]["code"] == "DEPLOYMENT_NOT_FOUND"
    assert cli.json("status", "nonsense")["error"]["code"] == "USAGE"


def test_lines_of_commands_that_watch(deployed: Any) -> None:
    for line in deployed("status", ID, "--watch", "--json").out.splitlines():
        check_line("status --watch", json.loads(line))
    lines = deployed("logs", ID, "--follow", "--json").out.splitlines()
    assert lines
    for line in lines:
        check_line("logs --follow", json.loads(line))


@pytest.mark.parametrize(
    ("arguments", "document", "told"),
    [
        (["version"], {"success": True}, "'data' is a required property"),
        (["version"], {"success": True, "data": {"cli": "1"}}, "'pulumi' is a required property"),
        (["manifest", "pull"], {"success": True, "data": {"changes": [], "more": 1}}, "'more' was unexpected"),
        (["cancel"], {"success": True, "data": {"surprise": 1}}, "'surprise' was unexpected"),
        (["version"], {"success": False, "error": {"code": 1}}, "1 is not of type 'string'"),
    ],
)
def test_the_check_finds_what_is_wrong(arguments: list[str], document: Any, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_document(arguments, document)


class TestSchemaCommand:
    def test_prints_the_whole(self, cli: Any) -> None:
        assert json.loads(cli("schema").out) == shipped()

    def test_prints_that_of_one_command(self, cli: Any) -> None:
        one = json.loads(cli("schema", "stack", "list").out)
        data = cli.json("stack", "list")["data"]
        assert Draft202012Validator(one).is_valid(data)
        assert not Draft202012Validator(one).is_valid({})

    def test_names_the_commands_when_there_is_none(self, cli: Any) -> None:
        assert cli("schema", "nope").code == 2
        assert "stack-outputs" in cli.err
