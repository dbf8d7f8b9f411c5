"""The program around the commands: its table, the options of every command, errors and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import pytest

from cli.main import COMMANDS, run
from cloud_core.domain.errors import EngineMissing, InvalidManifest, SandboxNotRunning
from cloud_core.settings import Settings
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.edge import FakeEdge


class TestTheTable:
    @pytest.mark.parametrize("name", [name for name, entry in COMMANDS.items()])
    def test_every_command_is_there_and_explains_itself(self, cli: Any, name: str) -> None:
        assert cli(name, "--help").code == 0
        assert f"Usage: cloud {name}" in cli.out

    def test_help_lists_every_command_with_its_line(self, cli: Any) -> None:
        cli("--help")
        for name, entry in COMMANDS.items():
            shown = f"  {name} " in cli.out
            assert shown is (entry.alias_of is None)
            assert entry.alias_of or entry.help in cli.out

    def test_nothing_at_all_shows_the_help(self, cli: Any) -> None:
        assert cli().out == cli("--help").out != ""

    @pytest.mark.parametrize(
        ("alias", "name"),
        [
            ("list-templates", "template-list"),
            ("show-template", "template-show"),
            ("validate-template", "template-validate"),
        ],
    )
    def test_old_spellings_work(self, cli: Any, alias: str, name: str) -> None:
        arguments = [] if name == "template-list" else ["demo"]
        assert cli(alias, *arguments).out == cli(name, *arguments).out

    @pytest.mark.parametrize("option", ["--version", "-v"])
    def test_v_is_the_version(self, cli: Any, option: str) -> None:
        assert cli(option).out == "cloud 0.7.0\n"

    @pytest.mark.parametrize(
        ("command", "usage"),
        [
            ("init", "[DEPLOYMENT_ID]"),
            ("status", "DEPLOYMENT_ID"),
            ("deploy-stack", "[DEPLOYMENT_ID] STACK"),
            ("stack-outputs", "[DEPLOYMENT_ID] STACK [OUTPUT]"),
            ("template-show", "TEMPLATE"),
        ],
    )
    def test_usage_reads_as_it_is_typed(self, cli: Any, command: str, usage: str) -> None:
        cli(command, "--help")
        assert cli.out.splitlines()[0] == f"Usage: cloud {command} [OPTIONS] {usage}"
        assert "<str>" not in cli.out

    @pytest.mark.parametrize("command", [(), ("list",), ("sandbox",), ("sandbox", "start")])
    def test_h_is_help(self, cli: Any, command: tuple[str, ...]) -> None:
        assert cli(*command, "-h").out == cli(*command, "--help").out
        assert "-h, --help" in cli.out


class TestOptionsOfEveryCommand:
    @pytest.mark.parametrize("arguments", [("--json", "list"), ("list", "--json")])
    def test_stand_before_and_after_the_command(self, cli: Any, arguments: tuple[str, ...]) -> None:
        document = json.loads(cli(*arguments).out)
        assert document["success"] is True
        assert document["data"]["total"] == 1

    def test_exclude_each_other(self, cli: Any) -> None:
        assert cli("--verbose", "list", "--quiet").code == 2
        assert "--verbose and --quiet exclude each other" in cli.err

    def test_quiet_leaves_what_was_asked_for(self, cli: Any) -> None:
        assert DEPLOYMENT_ID in cli("list", "-q").out
        cli("deploy", DEPLOYMENT_ID, "--auto-approve", "--quiet")
        assert (cli.code, cli.out, cli.err) == (0, "", "")

    @pytest.mark.parametrize("level", ["debug", "info", "warn", "error"])
    def test_take_a_log_level(self, cli: Any, level: str) -> None:
        assert cli("list", "--log-level", level).code == 0

    @pytest.mark.parametrize("level", ["INFO", "Warning", "ERROR"])
    def test_take_a_log_level_as_other_tools_write_it(
        self, cli: Any, monkeypatch: pytest.MonkeyPatch, level: str
    ) -> None:
        monkeypatch.setenv("LOG_LEVEL", level)
        assert cli("list").code == 0

    def test_refuse_an_unknown_log_level(self, cli: Any) -> None:
        assert cli("list", "--log-level", "loud").code == 2


class TestCompletion:
    """What a shell is offered for the word that is being typed."""

    @pytest.fixture
    def offered(self, cli: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
        def complete(line: str) -> list[str]:
            monkeypatch.setenv("_CLOUD_COMPLETE", "complete_bash")
            monkeypatch.setenv("COMP_WORDS", line)
            monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
            with pytest.raises(SystemExit):
                run([], lambda settings: cli.edge)
            return capsys.readouterr().out.split()

        return complete

    def test_is_of_commands_options_and_words(self, offered: Any) -> None:
        assert offered("cloud stat") == ["status"]
        assert "--watch" in offered("cloud status --w")
        assert offered("cloud status --environment ") == ["dev", "stage", "prod"]
        assert offered("cloud validate --level sch") == ["schema"]

    def test_is_of_the_workspace_s_deployments(self, offered: Any, tmp_path: Path) -> None:
        for name in ("D7KQ2M4-Acme-blog", "D7KQ2M5-Acme-shop", "notes"):
            (tmp_path / "deploy" / name).mkdir(parents=True)
        assert offered("cloud status D") == ["D7KQ2M4", "D7KQ2M5"]
        assert offered("cloud deploy-stack D7KQ2M5") == ["D7KQ2M5"]

    def test_is_of_the_templates(self, offered: Any) -> None:
        assert offered("cloud template-show mini") == ["minimal"]
        assert offered("cloud init --template de") == ["default", "demo"]


class TestErrors:
    def test_tell_what_and_the_way_out(self, cli: Any) -> None:
        assert cli("status", "D000000").code == 4
        assert cli.out == ""
        assert cli.err == (
            "Error: deployment D000000 does not exist\nSolution:\n  1. run 'cloud list' to see the deployments\n"
        )

    def test_of_a_mistyped_command_name_the_one_that_was_meant(self, cli: Any) -> None:
        assert cli("stauts", DEPLOYMENT_ID).code == 2
        assert cli.err == "Error: No such command 'stauts'.\nSolution:\n  1. did you mean 'cloud status'?\n"
        assert "run 'cloud --help'" in cli("wholly-other").err

    def test_of_usage_name_the_help_of_their_command(self, cli: Any) -> None:
        cli("list", "--status", "nope")
        assert "1. run 'cloud list --help'" in cli.err
        cli("stack-outputs", DEPLOYMENT_ID, "dns", "--raw", "--env", "dev")
        assert "1. run 'cloud stack-outputs --help'" in cli.err

    def test_are_one_document_with_json(self, cli: Any) -> None:
        assert cli.json("status", "D000000") == {
            "success": False,
            "error": {
                "code": "DEPLOYMENT_NOT_FOUND",
                "message": "deployment D000000 does not exist",
                "details": {"deployment_id": "D000000"},
                "suggestion": "run 'cloud list' to see the deployments",
            },
        }
        assert (cli.code, cli.err) == (4, "")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("nonsense",), "No such command 'nonsense'"),
            (("list", "--nonsense"), "No such option: --nonsense"),
            (("status",), "Missing argument 'DEPLOYMENT_ID'"),
            (("status", "D1"), "deployment id 'D1' is malformed"),
            (("status", DEPLOYMENT_ID, "-e", "staging"), "use 'stage'"),
            (("list", "--status", "nonsense"), "'nonsense' is no status"),
            (("outputs", DEPLOYMENT_ID, "--format", "xml"), "'xml' is none of table, json, yaml, env"),
            (("logs", DEPLOYMENT_ID, "--since", "yesterday"), "'yesterday' is no time"),
            (("deploy", DEPLOYMENT_ID, "--parallel", "0"), "'0' is no number from 1 to 100"),
        ],
    )
    def test_of_usage_have_a_code_of_their_own(self, cli: Any, arguments: tuple[str, ...], message: str) -> None:
        assert cli(*arguments).code == 2
        assert message in cli.err
        error = cli.json(*arguments)["error"]
        assert (cli.code, error["code"]) == (2, "USAGE")

    def test_of_a_manifest_show_every_finding(self, cli: Any) -> None:
        finding = {
            "code": "INVALID_ACCOUNT",
            "severity": "critical",
            "message": "account '12' is malformed",
            "details": {"location": "manifest:environments.dev.account"},
            "remediation": "write 12 digits",
        }
        cli.edge.manifests = Refusing(InvalidManifest("broken", findings=[finding]))
        assert cli(*INIT).code == 3
        assert "account '12' is malformed  manifest:environments.dev.account" in cli.err
        assert "write 12 digits" in cli.err

    def test_of_what_does_not_run_name_the_command_that_starts_it(self, cli: Any) -> None:
        cli.edge.manifests = Refusing(SandboxNotRunning("no sandbox", suggestion="run 'cloud sandbox start'"))
        assert cli(*INIT).code == 6
        assert "1. run 'cloud sandbox start'" in cli.err

    def test_that_nobody_thought_of_show_nothing_of_themselves(self, cli: Any) -> None:
        cli.edge.manifests = Refusing(ValueError("canary-secret"))
        assert cli(*INIT).code == 1
        assert "unexpected ValueError" in cli.err
        assert "canary-secret" not in cli.err
        assert "Traceback" in cli(*INIT, "--log-level", "debug").err


_WISHES = {"org": "A", "project": "b", "domain": "c.example", "template": "demo", "region": "us-east-1"}
INIT = ["init", *(f"--{name}={value}" for name, value in _WISHES.items()), "--account-dev=123456789012"]


class Refusing:
    """A service every method of which raises this error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def init(self, request: object) -> NoReturn:
        raise self._error


class TestDefaults:
    def test_come_from_variables(self, cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CLOUD_DEPLOYMENT", DEPLOYMENT_ID)
        monkeypatch.setenv("CLOUD_ENVIRONMENT", "prod")
        assert cli.json("status")["data"]["environment"] == "prod"
        assert cli.json("deploy", "--dry-run")["data"]["environment"] == "prod"
        assert cli.json("status", "-e", "dev")["data"]["environment"] == "dev"

    def write(self, folder: Path, text: str) -> Path:
        path = folder / ".cloud" / "config.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def environment(self, cli: Any, *arguments: str) -> str:
        return str(cli.json("deploy", DEPLOYMENT_ID, "--dry-run", *arguments)["data"]["environment"])

    def test_come_from_files_the_nearer_one_first(self, cli: Any, tmp_path: Path) -> None:
        self.write(tmp_path / "home", "defaults: {environment: stage, parallel: 3}\n")
        self.write(tmp_path, "defaults: {environment: prod}\n")
        data = cli.json("deploy", DEPLOYMENT_ID, "--dry-run")["data"]
        assert (data["environment"], data["parallel"]) == ("prod", 3)

    def test_of_files_lose_against_variables_and_options(
        self, cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.write(tmp_path, "defaults: {environment: stage}\n")
        monkeypatch.setenv("CLOUD_ENVIRONMENT", "prod")
        assert self.environment(cli) == "prod"
        assert self.environment(cli, "-e", "dev") == "dev"

    @pytest.mark.parametrize("first", [True, False])
    def test_can_be_in_another_file(self, cli: Any, tmp_path: Path, first: bool) -> None:
        path = tmp_path / "mine.yaml"
        path.write_text("defaults: {environment: prod}\n", "utf-8")
        option, command = ("--config", str(path)), ("deploy", DEPLOYMENT_ID, "--dry-run")
        arguments = (*option, *command) if first else (*command, *option)
        assert cli.json(*arguments)["data"]["environment"] == "prod"

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("defaults: [", "can't be read"),
            ("defaults: {colour: red}", "defaults has no 'colour'"),
            ("- a list", "must be a map"),
            ("defaultz: {org: Acme}", "config.yaml: there is no section 'defaultz', only defaults"),
            ("defaults: {environment: staging}", "config.yaml: defaults.environment: environment 'staging' is unknown"),
            ("defaults: {parallel: many}", "config.yaml: defaults.parallel: 'many' is no number from 1 to 100"),
            ("defaults: {parallel: 0}", "config.yaml: defaults.parallel: '0' is no number from 1 to 100"),
        ],
    )
    def test_of_a_broken_file_are_refused(self, cli: Any, tmp_path: Path, text: str, problem: str) -> None:
        self.write(tmp_path, text)
        assert cli("list").code == 2
        assert problem in cli.err

    def test_of_organisation_and_region_are_those_of_init_alone(self, cli: Any, tmp_path: Path) -> None:
        self.write(tmp_path, "defaults: {org: Nobody, region: eu-west-1}\n")
        assert DEPLOYMENT_ID in cli("list").out
        wishes = ("--project=b", "--domain=c.example", "--template=demo", "--account-dev=123456789012")
        manifest = cli.json("init", "--dry-run", *wishes)["data"]["manifest"]
        assert manifest["deployment"]["org"] == "Nobody"
        assert manifest["environments"]["dev"]["region"] == "eu-west-1"
        other = tmp_path / "other.yaml"
        other.write_text("defaults: {org: Nobody}\n", "utf-8")
        assert DEPLOYMENT_ID in cli("list", "--config", str(other)).out

    def test_of_a_file_that_is_not_there_are_refused(self, cli: Any) -> None:
        assert cli("--config", "nowhere.yaml", "list").code == 2
        assert "nowhere.yaml does not exist" in cli.err


class TestTheStackAndItsDeployment:
    def test_are_two_names(self, cli: Any) -> None:
        assert cli("deploy-stack", DEPLOYMENT_ID, "dns", "--dry-run").code == 0

    def test_are_one_name_when_a_variable_has_the_other(self, cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CLOUD_DEPLOYMENT", DEPLOYMENT_ID)
        cli("deploy", "--auto-approve")
        assert cli.json("stack-outputs", "dns")["data"]["outputs"] == {"dns": {}}
        assert cli.json("stack-outputs", DEPLOYMENT_ID, "dns")["data"]["outputs"] == {"dns": {}}
        assert cli("stack-outputs", "dns", "nope").code == 4

    @pytest.mark.parametrize(
        ("names", "message"),
        [
            ((DEPLOYMENT_ID,), "give the deployment and the stack"),
            (("dns",), "give the deployment and the stack"),
            (("D1", "dns"), "deployment id 'D1' is malformed"),
            ((DEPLOYMENT_ID, "dns", "more"), "too many names: more"),
        ],
    )
    def test_are_refused_when_one_is_missing(self, cli: Any, names: tuple[str, ...], message: str) -> None:
        assert cli("deploy-stack", *names).code == 2
        assert message in cli.err


def test_version_tells_what_is_there_and_never_fails(cli: Any) -> None:
    assert cli.json("version")["data"]["pulumi"] == "3.255.0"
    cli.edge.engine_error = EngineMissing("none")
    assert "not found" in cli("version").out
    assert cli.code == 0
    assert cli.json("version")["data"]["pulumi"] is None


def test_settings_reach_the_services(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    seen: list[Settings] = []

    def make(settings: Settings) -> Any:
        seen.append(settings)
        return FakeEdge(tmp_path)

    assert run(["health", "--profile", "work"], make) == 0
    assert seen[-1].aws.credentials_profile == "work"
