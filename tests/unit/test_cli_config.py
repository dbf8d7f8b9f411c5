"""`cloud config-set`, `config-get` and `config-list` over fakes: what is typed, what is stored, what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

from cloud_core.adapters.local.deferred_records import DeferredDeployments
from cloud_core.adapters.local.manifest_files import LocalManifestFiles
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import RecordsUnavailable
from cloud_core.domain.manifest import Edit, SetValue
from cloud_core.domain.statuses import StackStatus
from cloud_core.services.manifests.config_changes import ConfigChanges
from cloud_core.services.manifests.edits import ManifestEditor
from cloud_core.services.manifests.service import ManifestService
from cloud_core.testing.builders import DEPLOYMENT_ID, a_stack
from cloud_core.testing.edge import FakeEdge

MINE = "D7KQ2M4"
WISHES = ("--org=Acme", "--project=blog", "--domain=blog.example", "--template=demo", "--region=us-east-1")
DNS = """\
name: dns
description: With inputs of every kind.
parameters:
  inputs:
    size: {type: number, default: 1}
    zone: {type: string}
    tags: {type: object}
    names: {type: array, default: [a, b]}
    token: {type: string, secret: true}
    keys: {type: object, secret: true}
    vpcId: {type: string, default: "${network.vpcId}"}
"""
NETWORK = """\
name: network
description: With outputs.
parameters:
  inputs: {size: {type: number, default: 1}}
  outputs: {vpcId: {type: string}, key: {type: string, secret: true}, extra: {type: string, optional: true}}
"""


@pytest.fixture
def file(cli: Any, tmp_path: Path) -> Path:
    """The manifest file of a deployment whose stack `dns` has inputs of every kind."""
    templates = cli.edge.workspace / "templates" / "config"
    templates.mkdir(parents=True)
    (templates / "dns.yaml").write_text(DNS, "utf-8")
    (templates / "network.yaml").write_text(NETWORK, "utf-8")
    cli.edge = FakeEdge(tmp_path)  # templates are read once
    assert cli("init", MINE, *WISHES, "--account-dev=123456789012").code == 0
    (path,) = (cli.edge.workspace / "deploy").glob(f"{MINE}-*/Deployment_Manifest.yaml")
    return Path(path)


def config(cli: Any, *, stack: str | None = None, environment: str | None = None) -> Any:
    """What a tier of the stored file holds."""
    data = cli.edge.manifests.load(MINE).data
    if stack is None:
        return data["environments"][environment].get("config", {})
    section = data["stacks"][stack]
    return (section.get("environments", {}).get(environment, {}) if environment else section).get("config", {})


def edit(cli: Any, edits: Sequence[Edit]) -> None:
    """Edit the file as a person would."""
    LocalManifestFiles(Workspace(cli.edge.workspace)).edit(MINE, edits)


def _no_records() -> NoReturn:
    raise RecordsUnavailable("the records do not answer")


class TestSetting:
    @pytest.mark.parametrize(
        ("stack", "environment", "place", "tier"),
        [
            ("dns", None, "stacks.dns.config.size", "stack"),
            (None, "stage", "environments.stage.config.size", "environment"),
            ("dns", "stage", "stacks.dns.environments.stage.config.size", "stack-environment"),
        ],
    )
    def test_a_value_of_each_tier(
        self, cli: Any, file: Path, stack: str | None, environment: str | None, place: str, tier: str
    ) -> None:
        options = [f"--stack={stack}"] if stack else []
        options += [f"--environment={environment}"] if environment else []
        data = cli.json("config-set", MINE, "size", "3", *options)["data"]
        assert (data["path"], data["tier"], data["changed"]) == (place, tier, True)
        assert config(cli, stack=stack, environment=environment) == {"size": 3}

    def test_shows_the_old_and_the_new_value_and_what_comes_next(self, cli: Any, file: Path) -> None:
        assert "✓ stacks.dns.config.size: 1 (inherited) → 3" in cli("config-set", MINE, "size", "3", "--stack=dns").out
        assert "✓ stacks.dns.config.size: 3 → 4" in cli("config-set", MINE, "size", "4", "--stack=dns").out
        assert "'cloud manifest push', makes it the record" in cli.out
        assert "config.zone: (not set) → a.example" in cli("config-set", MINE, "zone", "a.example", "--stack=dns").out
        assert "Nothing to change" in cli("config-set", MINE, "size", "4", "--stack=dns").out

    def test_keeps_the_comments(self, cli: Any, file: Path) -> None:
        file.write_text(file.read_text("utf-8").replace("  dns:\n", "  # names\n  dns:  # ours\n", 1), "utf-8")
        cli("config-set", MINE, "size", "3", "--stack=dns")
        assert "  # names\n  dns:  # ours\n" in file.read_text("utf-8")

    def test_writes_the_generated_file_anew_and_moves_the_time(self, cli: Any, file: Path) -> None:
        cli.edge.clock.advance(60)
        cli("config-set", MINE, "size", "3", "--stack=dns", "-e", "dev")
        assert "dns:size: '3'" in (file.parent / "config" / "dns.dev.yaml").read_text("utf-8")
        assert "dns:size: '1'" in (file.parent / "config" / "dns.stage.yaml").read_text("utf-8")
        deployment = cli.edge.manifests.load(MINE).manifest.deployment
        assert deployment.created_at < deployment.updated_at == timestamp(cli.edge.clock.now())

    def test_leaves_the_record_to_the_next_push(self, cli: Any, file: Path) -> None:
        data = cli.json("config-set", MINE, "size", "3", "--stack=dns")["data"]
        assert data["file_state"] == "edited"
        assert cli.edge.world.records.deployments.get_by_id(MINE).manifest_version == 1
        assert "stacks.dns.config" in cli("manifest", "diff", MINE).out

    def test_works_while_the_records_are_away(self, cli: Any, file: Path) -> None:
        edge = cli.edge
        files, parts = LocalManifestFiles(Workspace(edge.workspace)), (edge.templates, edge.programs, edge.clock)
        manifests = ManifestService(files, DeferredDeployments(_no_records), *parts)
        edge.config_changes = ConfigChanges(ManifestEditor(files, manifests, *parts), edge.templates)
        data = cli.json("config-set", MINE, "size", "3", "--stack=dns")["data"]
        assert (data["changed"], data["file_state"]) == (True, None)
        assert config(cli, stack="dns") == {"size": 3}

    def test_nests_dotted_keys_and_takes_json(self, cli: Any, file: Path) -> None:
        cli("config-set", MINE, "tags.team.name", "payments", "--stack=dns")
        cli("config-set", MINE, "tags.ports", "[1, 2]", "--stack=dns")
        assert config(cli, stack="dns") == {"tags": {"team": {"name": "payments"}, "ports": [1, 2]}}
        cli("config-set", MINE, "tags", '{"example.com/team": "a"}', "--stack=dns")
        cli("config-set", MINE, "tags.example.com/team", "b", "--stack=dns")
        assert config(cli, stack="dns") == {"tags": {"example.com/team": "b"}}

    def test_a_key_with_dots_of_a_weaker_tier_is_found(self, cli: Any, file: Path) -> None:
        cli("config-set", MINE, "tags", '{"example.com/team": "a"}', "--stack=dns")
        cli("config-set", MINE, "tags.example.com/team", "b", "--stack=dns", "-e", "dev")
        assert config(cli, stack="dns", environment="dev") == {"tags": {"example.com/team": "b"}}

    def test_string_takes_anything_as_a_text(self, cli: Any, file: Path) -> None:
        assert cli("config-set", MINE, "zone", "3", "--stack=dns").code == 3
        assert "add --string" in cli.err
        assert cli("config-set", MINE, "zone", "3", "--stack=dns", "--string").code == 0
        assert config(cli, stack="dns") == {"zone": "3"}
        assert 'config.zone: "3" → {a' in cli("config-set", MINE, "zone", "{a", "--stack=dns", "--string").out.replace(
            '"{a"', "{a"
        )

    def test_a_negative_number_stands_behind_two_dashes(self, cli: Any, file: Path) -> None:
        assert cli("config-set", "--stack=dns", "--", MINE, "size", "-1").code == 0
        assert config(cli, stack="dns") == {"size": -1}

    def test_what_is_not_valid_is_not_saved(self, cli: Any, file: Path) -> None:
        text = file.read_text("utf-8")
        assert cli("config-set", MINE, "size", "big", "--stack=dns").code == 3
        assert "'size' of 'dns' must be of type number" in cli.err
        assert "nothing was saved" in cli.err
        assert file.read_text("utf-8") == text

    def test_a_disabled_environment_is_validated_as_well(self, cli: Any, file: Path) -> None:
        assert cli("config-set", MINE, "size", "big", "--stack=dns", "-e", "prod").code == 3

    def test_errors_of_before_do_not_stand_in_the_way(self, cli: Any, file: Path) -> None:
        edits = [SetValue(("stacks", name, "config", "size"), "big") for name in ("dns", "security", "secrets")]
        edit(cli, edits)
        assert cli("config-set", MINE, "size", "3", "--stack=dns").code == 0
        assert "still wrong, as before: 'size' of 'secrets' must be of type number" in cli.out
        assert "and 1 more" in cli.out
        data = cli.json("config-set", MINE, "size", "3", "--stack=security")["data"]
        assert [found["code"] for found in data["errors_left"]] == ["TYPE_MISMATCH"]

    def test_a_key_that_the_stack_does_not_read_is_told(self, cli: Any, file: Path) -> None:
        assert cli("config-set", MINE, "sice", "3", "--stack=dns").code == 0
        assert "did you mean 'size'?" in cli.out

    def test_tells_where_a_stronger_tier_wins(self, cli: Any, file: Path) -> None:
        cli("config-set", MINE, "size", "5", "--stack=dns", "-e", "prod")
        cli("config-set", MINE, "size", "4", "-e", "stage")
        assert "! in stage, prod another value wins" in cli("config-set", MINE, "size", "3", "--stack=dns").out
        assert cli.json("config-set", MINE, "zone", "x", "--stack=dns")["data"]["overridden_in"] == []

    def test_can_be_rehearsed(self, cli: Any, file: Path) -> None:
        text = file.read_text("utf-8")
        assert (
            "Would change stacks.dns.config.size: 1"
            in cli("config-set", MINE, "size", "3", "--stack=dns", "--dry-run").out
        )
        assert file.read_text("utf-8") == text
        assert "dns:size: '1'" in (file.parent / "config" / "dns.dev.yaml").read_text("utf-8")

    def test_below_something_that_is_no_map_is_refused(self, cli: Any, file: Path) -> None:
        cli("config-set", MINE, "tags.team", "payments", "--stack=dns")
        assert cli("config-set", MINE, "tags.team.name", "x", "--stack=dns").code == 3
        assert "stacks.dns.config.tags.team is no map" in cli.err

    def test_neither_variable_nor_default_chooses_the_tier(
        self, cli: Any, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "home" / ".cloud").mkdir(parents=True)
        (tmp_path / "home" / ".cloud" / "config.yaml").write_text("defaults: {environment: stage}\n", "utf-8")
        monkeypatch.setenv("CLOUD_ENVIRONMENT", "prod")
        monkeypatch.setenv("CLOUD_DEPLOYMENT", MINE)
        cli("config-set", "size", "3", "--stack=dns")
        assert config(cli, stack="dns") == {"size": 3}

    @pytest.mark.parametrize(
        ("arguments", "code", "words"),
        [
            ((MINE, "size", "3"), 2, "--stack, --environment, or both"),
            ((MINE, "size", "--stack=dns"), 2, "no value for 'size'"),
            ((MINE, "--stack=dns"), 2, "give the deployment and the key"),
            ((MINE, "size", "3", "4", "--stack=dns"), 2, "too many names: 4"),
            ((MINE, "size", "3", "--unset", "--stack=dns"), 2, "too many names: 3"),
            ((MINE, "size", "--unset", "--string", "--stack=dns"), 2, "--unset takes no value"),
            ((MINE, "a..b", "3", "--stack=dns"), 2, "is no key"),
            ((MINE, "size", "{a", "--stack=dns"), 2, "add --string"),
            ((MINE, "size", "3", "-e", "staging"), 2, "use 'stage'"),
            ((MINE, "size", "3", "--stack=nowhere"), 4, "nowhere"),
            (("D000000", "size", "3", "--stack=dns"), 4, "has no folder in"),
            ((DEPLOYMENT_ID, "size", "3", "--stack=dns"), 4, "CLOUD_WORKSPACE"),
        ],
    )
    def test_tells_what_is_wrong(self, cli: Any, file: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
        assert cli("config-set", *arguments).code == code
        assert words in cli.err


class TestASecret:
    @pytest.mark.parametrize(
        "reference",
        ["{{SECRET:Acme/dev/db}}", "${aws.ssm./Acme/dev/db}", "${env.CLOUD_VAR_TOKEN}", "${calculate.password.20}"],
    )
    def test_is_stored_as_a_reference(self, cli: Any, file: Path, reference: str) -> None:
        assert cli("config-set", MINE, "token", reference, "--stack=dns", "--secret").code == 0
        assert config(cli, stack="dns") == {"token": reference}
        assert f"→ {reference}" in cli.out

    @pytest.mark.parametrize("value", ["hunter2!", "x{{SECRET:a}}", "{{ENV:password}}", "${network.vpcId}", "{}", "3"])
    def test_in_clear_is_refused_and_not_told(self, cli: Any, file: Path, value: str) -> None:
        text = file.read_text("utf-8")
        assert cli("config-set", MINE, "zone", value, "--stack=dns", "--secret").code == 3
        assert "write '{{SECRET:<name>}}' in its place" in cli.err
        assert "hunter2!" not in cli.err + cli.out
        assert file.read_text("utf-8") == text

    def test_input_takes_no_clear_value_without_the_option_either(self, cli: Any, file: Path) -> None:
        assert cli("config-set", MINE, "token", "hunter2!", "--stack=dns").code == 3
        assert "its value stands there in clear" in cli.err
        assert cli("config-set", MINE, "token", "hunter2!", "-e", "dev").code == 3
        assert "hunter2!" not in cli.err + cli.out + file.read_text("utf-8")

    def test_that_stands_there_in_clear_is_masked(self, cli: Any, file: Path) -> None:
        edits = [
            SetValue(
                ("stacks", "dns", "config"), {"token": "hunter2!", "keys": {"a": "hunter2!", "b": "{{SECRET:b}}"}}
            ),
            SetValue(("environments", "dev", "config"), {"token": "hunter2!"}),
        ]
        edit(cli, edits)
        for options in (["--stack=dns"], ["--stack=dns", "-e", "dev"], ["-e", "dev"], []):
            assert "***" in cli("config-list", MINE, *options).out
            assert "hunter2!" not in cli.out
        assert cli("config-get", MINE, "keys", "--stack=dns").out == '{"a": "***", "b": "{{SECRET:b}}"}\n'
        assert "*** → {{SECRET:db}}" in cli("config-set", MINE, "token", "{{SECRET:db}}", "--stack=dns").out


class TestTakingOut:
    def test_leaves_what_is_inherited(self, cli: Any, file: Path) -> None:
        text = file.read_text("utf-8")
        cli("config-set", MINE, "size", "3", "--stack=dns", "-e", "stage")
        assert "3 → (not set)" in cli("config-set", MINE, "size", "--unset", "--stack=dns", "-e", "stage").out
        assert cli("config-get", MINE, "size", "--stack=dns", "-e", "stage").out == "1\n"
        assert _without_time(file.read_text("utf-8")) == _without_time(text)

    def test_of_an_input_without_a_default_leaves_nothing(self, cli: Any, file: Path) -> None:
        cli("config-set", MINE, "zone", "a", "--stack=dns")
        data = cli.json("config-set", MINE, "zone", "--unset", "--stack=dns")["data"]
        assert (data["old"], data["new"], data["overridden_in"]) == ("a", None, [])
        assert config(cli, stack="dns") == {}

    def test_what_is_not_there_names_what_is_close(self, cli: Any, file: Path) -> None:
        cli("config-set", MINE, "zone", "a", "--stack=dns")
        error = cli.json("config-set", MINE, "zonne", "--unset", "--stack=dns")["error"]
        assert (cli.code, error["details"]["close_matches"]) == (4, ["zone"])
        assert cli("config-set", MINE, "size", "--unset", "--stack=dns").code == 4
        assert "stacks.dns.config has no key 'size'" in cli.err


def _without_time(text: str) -> list[str]:
    return [line for line in text.splitlines() if "updatedAt" not in line]


class TestGetting:
    def test_gives_the_bare_value(self, cli: Any, file: Path) -> None:
        cli("config-set", MINE, "zone", "a b", "--stack=dns")
        assert cli("config-get", MINE, "zone", "--stack=dns").out == "a b\n"
        assert cli("config-get", MINE, "names", "--stack=dns").out == '["a", "b"]\n'

    @pytest.mark.parametrize(
        ("options", "shown"),
        [
            (("--stack=dns",), "1  template  templates/config/dns.yaml\n"),
            (("--stack=dns", "-e", "dev"), "2  environment  environments.dev.config.size\n"),
            (("-e", "dev"), "2  environment  environments.dev.config.size\n"),
            (("--stack=dns", "-e", "prod"), "5  stack-environment  stacks.dns.environments.prod.config.size\n"),
        ],
    )
    def test_shows_the_origin(self, cli: Any, file: Path, options: tuple[str, ...], shown: str) -> None:
        cli("config-set", MINE, "size", "2", "-e", "dev")
        cli("config-set", MINE, "size", "5", "--stack=dns", "-e", "prod")
        assert cli("config-get", MINE, "size", *options, "--show-origin").out == shown

    def test_is_one_document_with_json(self, cli: Any, file: Path) -> None:
        cli("config-set", MINE, "tags.team", "payments", "--stack=dns")
        assert cli.json("config-get", MINE, "tags.team", "--stack=dns")["data"] == {
            "deployment_id": MINE,
            "source": "file",
            "stack": "dns",
            "environment": None,
            "key": "tags.team",
            "value": "payments",
            "origin": "stack",
            "place": "stacks.dns.config.tags.team",
            "unresolved": [],
        }

    @pytest.mark.parametrize(
        ("key", "words"),
        [
            ("sise", "did you mean size?"),
            ("zone", "the input 'zone' of dns in dev has no value"),
            ("qqqqqq", "'cloud config-list' shows the keys"),
        ],
    )
    def test_an_unknown_key_is_not_found(self, cli: Any, file: Path, key: str, words: str) -> None:
        assert cli("config-get", MINE, key, "--stack=dns", "-e", "dev").code == 4
        assert words in cli.err

    def test_reads_the_record_where_there_is_no_folder(self, cli: Any) -> None:
        assert cli("config-get", DEPLOYMENT_ID, "size", "--stack=dns").out == "1\n"
        assert "these are the record's values" in cli.err
        assert cli.json("config-list", DEPLOYMENT_ID, "--stack=dns")["data"]["source"] == "record"

    def test_of_no_deployment_is_not_found(self, cli: Any) -> None:
        assert cli("config-get", "D000000", "size", "--stack=dns").code == 4

    def test_needs_to_know_whose(self, cli: Any, file: Path) -> None:
        assert cli("config-get", MINE, "size").code == 2


class TestListing:
    def test_shows_what_a_stack_gets(self, cli: Any, file: Path) -> None:
        cli("config-set", MINE, "tags.team.name", "payments", "--stack=dns")
        out = cli("config-list", MINE, "--stack=dns", "-e", "dev").out
        assert [line.split() for line in out.splitlines()] == [
            ["Key", "Value", "Origin"],
            ["size", "1", "template"],
            ["names", '["a",', '"b"]', "template"],
            ["vpcId", "${network.vpcId}", "template"],
            ["tags.team.name", "payments", "stack"],
        ]
        assert "stacks.dns.config.tags.team.name" in cli("config-list", MINE, "--stack=dns", "--show-origin").out

    def test_of_everything_shows_what_the_manifest_sets(self, cli: Any, file: Path) -> None:
        assert cli("config-list", MINE).out == "Nothing is set.\n"
        cli("config-set", MINE, "size", "2", "-e", "dev")
        cli("config-set", MINE, "size", "null", "--stack=dns", "-e", "dev")
        values = cli.json("config-list", MINE)["data"]["values"]
        assert [(one["stack"], one["environment"], one["key"], one["value"]) for one in values] == [
            (None, "dev", "size", 2),
            ("dns", "dev", "size", None),
        ]
        assert "dns     dev           size   null    stack-environment" in cli("config-list", MINE).out

    def test_takes_the_deployment_from_the_variable(
        self, cli: Any, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert cli("config-list").code == 2
        assert cli("config-list", MINE, MINE).code == 2
        monkeypatch.setenv("CLOUD_DEPLOYMENT", MINE)
        assert cli("config-list", "--stack=dns").code == 0

    def test_a_removed_default_is_gone(self, cli: Any, file: Path) -> None:
        cli("config-set", MINE, "names", "null", "--stack=dns")
        assert "names" not in cli("config-list", MINE, "--stack=dns").out


class TestResolving:
    @pytest.fixture
    def network(self, cli: Any, file: Path) -> None:
        stack = a_stack(
            "network",
            deployment_id=MINE,
            status=StackStatus.DEPLOYED,
            outputs={"vpcId": "vpc-1", "key": "***"},
            secret_outputs=["key"],
        )
        cli.edge.world.records.stacks.create(stack)

    def get(self, cli: Any, value: str, stack: str = "dns") -> Any:
        """The value of `zone` in dev, resolved."""
        assert cli("config-set", MINE, "zone", value, f"--stack={stack}").code == 0
        return cli.json("config-get", MINE, "zone", f"--stack={stack}", "-e", "dev", "--resolved")["data"]

    @pytest.mark.parametrize(
        ("written", "value"),
        [
            ("plain", "plain"),
            ("${network.vpcId}", "vpc-1"),
            ("on ${network.vpcId}.${deployment.domain}", "on vpc-1.blog.example"),
            ("${network.extra}", None),
        ],
    )
    def test_gives_what_can_be_told(self, cli: Any, network: None, written: str, value: Any) -> None:
        found = self.get(cli, written)
        assert (found["value"], found["unresolved"]) == (value, [])

    @pytest.mark.parametrize(
        ("written", "reason"),
        [
            ("{{SECRET:db}}", "{{SECRET:db}}: a secret is read by a deploy alone"),
            ("${network.key}", "${network.key}: the stack is not deployed, or the output is secret"),
            ("${env.CLOUD_VAR_X}", "${env.CLOUD_VAR_X}: a variable is read where the flows run"),
            ("${calculate.uuid}", "${calculate.uuid}: it is drawn by the first deploy"),
            ("${aws.ssm./a}", "${aws.ssm./a}: a parameter is read by a deploy alone"),
        ],
    )
    def test_leaves_the_rest_as_it_is_written(self, cli: Any, network: None, written: str, reason: str) -> None:
        found = self.get(cli, written)
        assert (found["value"], found["unresolved"]) == (written, [reason])
        cli("config-list", MINE, "--stack=dns", "-e", "dev", "--resolved")
        assert f"! zone: {reason}" in cli.err

    def test_tells_what_is_malformed(self, cli: Any, network: None) -> None:
        edit(cli, [SetValue(("stacks", "dns", "config"), {"zone": "${network}"})])
        found = cli.json("config-get", MINE, "zone", "--stack=dns", "-e", "dev", "--resolved")["data"]
        assert found["value"] == "${network}"
        (reason,) = found["unresolved"]
        assert reason.startswith("stack dns, field zone: ${network}: ")

    def test_takes_the_escape_off(self, cli: Any, network: None) -> None:
        found = self.get(cli, "$${network.vpcId}")
        assert (found["value"], found["unresolved"]) == ("${network.vpcId}", [])

    def test_tells_why_a_lookup_failed(self, cli: Any, network: None) -> None:
        found = self.get(cli, "${aws.vpc.default}")
        assert found["value"] == "${aws.vpc.default}"
        assert len(found["unresolved"]) == 1

    def test_of_an_output_that_was_not_given(self, cli: Any, file: Path) -> None:
        stack = a_stack("network", deployment_id=MINE, status=StackStatus.DEPLOYED)
        cli.edge.world.records.stacks.create(stack)
        (reason,) = self.get(cli, "${network.vpcId}")["unresolved"]
        assert "stack network has no output 'vpcId'" in reason

    def test_of_a_stack_that_is_off_is_null(self, cli: Any, file: Path) -> None:
        edit(cli, [SetValue(("stacks", "network", "enabled"), False)])
        found = cli.json("config-get", MINE, "vpcId", "--stack=dns", "-e", "dev", "--resolved")["data"]
        assert (found["value"], found["unresolved"]) == (None, [])

    def test_of_an_environment_s_own_values(self, cli: Any, network: None) -> None:
        cli("config-set", MINE, "name", "of ${deployment.project}", "-e", "dev")
        assert cli("config-get", MINE, "name", "-e", "dev", "--resolved").out == "of blog\n"

    def test_needs_an_environment(self, cli: Any, file: Path) -> None:
        assert cli("config-get", MINE, "zone", "--stack=dns", "--resolved").code == 2
        assert cli("config-list", MINE, "--resolved").code == 2
