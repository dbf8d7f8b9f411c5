"""`cloud environment list|enable|disable` over fakes."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from cloud_core.adapters.local.manifest_files import LocalManifestFiles
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.domain.errors import StackFailed
from cloud_core.domain.manifest import RemoveKey, SetValue
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.flows import FakeFlowRunner

MINE = "D7KQ2M4"
WISHES = ("--org=Acme", "--project=blog", "--domain=blog.example", "--template=demo", "--region=us-east-1")


@pytest.fixture
def file(cli: Any) -> Path:
    """The manifest file of a deployment with all three environments; only dev is enabled."""
    assert cli("init", MINE, *WISHES, "--account-dev=123456789012").code == 0
    (path,) = (cli.edge.workspace / "deploy").glob(f"{MINE}-*/Deployment_Manifest.yaml")
    return Path(path)


@pytest.fixture
def deployed(cli: Any, file: Path) -> Path:
    """The same, deployed in stage."""
    assert cli("environment", "enable", MINE, "stage").code == 0
    assert cli("deploy", MINE, "-e", "stage", "--auto-approve").code == 0
    return file


def edit(cli: Any, *edits: Any) -> None:
    LocalManifestFiles(Workspace(cli.edge.workspace)).edit(MINE, edits)


def enabled(cli: Any) -> list[str]:
    return list(cli.edge.manifests.load(MINE).manifest.enabled_environments)


def rows(cli: Any) -> dict[str, Any]:
    found = cli.json("environment", "list", MINE)["data"]["environments"]
    return {one["environment"]: one for one in found}


class Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestListing:
    def test_shows_all_three(self, cli: Any, deployed: Path) -> None:
        out = cli("environment", "list", MINE).out.splitlines()
        assert out[0].split() == [
            *("Environment", "Enabled", "Status", "Account", "Region", "Stacks", "Resources", "Last", "Deployed"),
        ]
        assert out[1].split() == ["dev", "yes", "○", "ready", "123456789012", "us-east-1", "0", "of", "4"]
        assert out[2].split()[:9] == ["stage", "yes", "✓", "deployed", "123456789012", "us-east-1", "4", "of", "4"]
        assert "ago" in out[2]
        assert out[3].split()[:4] == ["prod", "no", "○", "disabled"]

    def test_is_one_document_with_json(self, cli: Any, deployed: Path) -> None:
        stage = rows(cli)["stage"]
        assert stage.pop("last_deployed_at").startswith("20")
        assert stage == {
            "environment": "stage",
            "status": "deployed",
            "enabled": True,
            "enabled_in_record": True,
            "account": "123456789012",
            "region": "us-east-1",
            "total_stacks": 4,
            "deployed_stacks": 4,
            "resource_count": 4,
        }

    def test_tells_what_the_record_does_not_know_yet(self, cli: Any, file: Path) -> None:
        assert "*" not in cli("environment", "list", MINE).out
        cli("environment", "enable", MINE, "stage")
        assert "yes*" in cli("environment", "list", MINE).out
        assert "* in the file alone" in cli.out
        assert rows(cli)["stage"]["enabled_in_record"] is False

    def test_names_one_that_the_manifest_does_not_have(self, cli: Any, file: Path) -> None:
        edit(cli, RemoveKey(("environments", "prod")))
        assert "prod          –         not in the manifest" in cli("environment", "list", MINE).out
        assert rows(cli)["prod"]["status"] == "absent"

    def test_reads_the_record_where_there_is_no_folder(self, cli: Any) -> None:
        assert cli("environment", "list", DEPLOYMENT_ID).code == 0
        assert "stage" in cli.out

    def test_before_there_is_a_record_reads_the_file(self, cli: Any, file: Path) -> None:
        cli.edge.world.records.deployments.delete(MINE)
        found = rows(cli)
        assert (found["dev"]["status"], found["prod"]["status"]) == ("ready", "disabled")
        assert found["dev"]["enabled_in_record"] is None

    def test_of_no_deployment_is_not_found(self, cli: Any) -> None:
        assert cli("environment", "list", "D000000").code == 4


class TestEnabling:
    def test_changes_the_file_and_keeps_its_comments(self, cli: Any, file: Path) -> None:
        file.write_text(file.read_text("utf-8").replace("  stage:\n", "  stage:  # before prod\n", 1), "utf-8")
        assert cli("environment", "enable", MINE, "stage").code == 0
        assert f"✓ stage of {MINE} is enabled" in cli.out
        assert "'cloud manifest push', makes it the record" in cli.out
        assert "  stage:  # before prod\n" in file.read_text("utf-8")
        assert enabled(cli) == ["dev", "stage"]

    def test_is_what_a_refused_deploy_asks_for(self, cli: Any, file: Path) -> None:
        assert cli("deploy", MINE, "-e", "stage", "--auto-approve").code == 3
        assert f"run 'cloud environment enable {MINE} stage'" in cli.err
        cli("environment", "enable", MINE, "stage")
        assert cli("deploy", MINE, "-e", "stage", "--auto-approve").code == 0

    def test_twice_changes_nothing(self, cli: Any, file: Path) -> None:
        data = cli.json("environment", "enable", MINE, "dev")["data"]
        assert (data["changed"], data["enabled"], data["warnings"]) == (False, True, [])
        assert "is enabled already" in cli("environment", "enable", MINE, "dev").out

    def test_what_would_not_be_valid_is_refused(self, cli: Any, file: Path) -> None:
        edit(cli, SetValue(("environments", "prod", "config"), {"size": "big"}))
        assert cli("environment", "enable", MINE, "prod").code == 3
        assert "must be of type number" in cli.err
        assert "nothing was saved" in cli.err
        assert enabled(cli) == ["dev"]

    def test_can_be_rehearsed(self, cli: Any, file: Path) -> None:
        assert (
            f"Would be changed: stage of {MINE} is enabled"
            in cli("environment", "enable", MINE, "stage", "--dry-run").out
        )
        assert enabled(cli) == ["dev"]

    @pytest.mark.parametrize(
        ("arguments", "code", "words"),
        [
            ((MINE, "staging"), 2, "use 'stage'"),
            ((MINE,), 2, "give the deployment and the environment"),
            ((DEPLOYMENT_ID, "stage"), 4, "has no folder in"),
        ],
    )
    def test_tells_what_is_wrong(self, cli: Any, file: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
        assert cli("environment", "enable", *arguments).code == code
        assert words in cli.err

    def test_one_that_the_manifest_does_not_have_says_what_to_add(self, cli: Any, file: Path) -> None:
        edit(cli, RemoveKey(("environments", "prod")))
        assert cli("environment", "enable", MINE, "prod").code == 3
        assert "add 'environments.prod' to the manifest" in cli.err


class TestDisabling:
    def test_changes_the_file(self, cli: Any, file: Path) -> None:
        cli("environment", "enable", MINE, "stage")
        assert cli("environment", "disable", MINE, "stage").code == 0
        assert f"✓ stage of {MINE} is disabled" in cli.out
        assert enabled(cli) == ["dev"]
        assert "is disabled already" in cli("environment", "disable", MINE, "stage").out

    def test_is_refused_while_stacks_are_deployed(self, cli: Any, deployed: Path) -> None:
        assert cli("environment", "disable", MINE, "stage").code == 5
        assert "has deployed stacks: dns, network, secrets, security" in cli.err
        assert "--destroy" in cli.err
        assert enabled(cli) == ["dev", "stage"]

    def test_is_refused_while_an_operation_holds_it(self, cli: Any, file: Path) -> None:
        cli("environment", "enable", MINE, "stage")
        cli.edge.world.flows = FakeFlowRunner()  # from now on runs wait
        cli("deploy", MINE, "-e", "stage", "--auto-approve", "--detach")
        assert cli("environment", "disable", MINE, "stage").code == 5
        assert "holds" in cli.err

    def test_destroys_first_when_told_to(self, cli: Any, deployed: Path) -> None:
        assert cli("environment", "disable", MINE, "stage", "--destroy", "--auto-approve").code == 0
        assert f"To be destroyed in {MINE} stage" in cli.out
        assert "✓ Destroyed 4 stacks" in cli.out
        assert f"✓ stage of {MINE} is disabled" in cli.out
        assert enabled(cli) == ["dev"]
        assert rows(cli)["stage"]["deployed_stacks"] == 0

    def test_with_a_destroy_is_one_document_with_json(self, cli: Any, deployed: Path) -> None:
        data = cli.json("environment", "disable", MINE, "stage", "--destroy", "--auto-approve")["data"]
        assert (data["enabled"], sorted(data["destroyed"])) == (False, ["dns", "network", "secrets", "security"])

    def test_asks_before_it_destroys(self, cli: Any, deployed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert cli("environment", "disable", MINE, "stage", "--destroy").code == 2
        monkeypatch.setattr(sys, "stdin", Keyboard("no\n"))
        assert cli("environment", "disable", MINE, "stage", "--destroy").code == 1
        assert enabled(cli) == ["dev", "stage"]
        monkeypatch.setattr(sys, "stdin", Keyboard("yes\n"))
        assert cli("environment", "disable", MINE, "stage", "--destroy").code == 0

    @pytest.mark.parametrize("options", [(), ("--json",)])
    def test_goes_no_further_when_the_destroy_fails(self, cli: Any, deployed: Path, options: tuple[str, ...]) -> None:
        cli.edge.world.engine.outputs_of["dns"] = StackFailed("it can't be deleted", stack="dns")
        assert cli("environment", "disable", MINE, "stage", "--destroy", "--auto-approve", *options).code == 1
        assert enabled(cli) == ["dev", "stage"]

    def test_with_nothing_to_destroy_is_the_same(self, cli: Any, file: Path) -> None:
        cli("environment", "enable", MINE, "stage")
        data = cli.json("environment", "disable", MINE, "stage", "--destroy")["data"]
        assert (data["enabled"], data["destroyed"]) == (False, [])

    def test_can_be_rehearsed(self, cli: Any, deployed: Path) -> None:
        assert cli("environment", "disable", MINE, "stage", "--destroy", "--dry-run").code == 0
        assert "Then stage would be disabled." in cli.out
        assert rows(cli)["stage"]["deployed_stacks"] == 4
        assert cli.edge.operations.latest(MINE, EnvironmentName.STAGE).type is Action.DEPLOY

    def test_of_prod_wants_the_id(self, cli: Any, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        cli("environment", "enable", MINE, "prod")
        assert cli("environment", "disable", MINE, "prod", "--auto-approve").code == 2
        assert f"add --confirm {MINE}" in cli.err
        assert cli("environment", "disable", MINE, "prod", "--confirm", "D000000").code == 2
        monkeypatch.setattr(sys, "stdin", Keyboard(f"{MINE}\n"))
        assert cli("environment", "disable", MINE, "prod").code == 0
        assert enabled(cli) == ["dev"]

    def test_of_prod_with_its_stacks_wants_the_id_once(self, cli: Any, file: Path) -> None:
        cli("environment", "enable", MINE, "prod")
        assert cli("deploy", MINE, "-e", "prod", "--confirm", MINE).code == 0
        assert cli("environment", "disable", MINE, "prod", "--destroy", "--auto-approve").code == 2
        assert cli("environment", "disable", MINE, "prod", "--destroy", "--confirm", MINE).code == 0
        assert enabled(cli) == ["dev"]

    def test_of_dev_is_refused_before_anything_is_destroyed(self, cli: Any, file: Path) -> None:
        cli("deploy", MINE, "--auto-approve")
        assert cli("environment", "disable", MINE, "dev", "--destroy", "--auto-approve").code == 3
        assert "dev" in cli.err
        assert len(cli.edge.environments.deployed(MINE, EnvironmentName.DEV)) == 4

    def test_destroys_nothing_without_a_file_to_change(self, cli: Any) -> None:
        cli("deploy", DEPLOYMENT_ID, "--auto-approve")
        assert cli("environment", "disable", DEPLOYMENT_ID, "dev", "--destroy", "--auto-approve").code == 4
        assert len(cli.edge.environments.deployed(DEPLOYMENT_ID, EnvironmentName.DEV)) == 4


@pytest.mark.parametrize(
    ("alias", "arguments"),
    [
        ("list-environments", (MINE,)),
        ("enable-environment", (MINE, "stage", "--dry-run")),
        ("disable-environment", (MINE, "stage", "--dry-run")),
    ],
)
def test_the_names_of_before_work(cli: Any, file: Path, alias: str, arguments: tuple[str, ...]) -> None:
    verb = alias.partition("-")[0]
    assert cli(alias, *arguments).out == cli("environment", verb, *arguments).out != ""
    assert alias not in cli("--help").out
