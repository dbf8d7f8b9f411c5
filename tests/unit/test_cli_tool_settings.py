"""`cloud config-set|config-get|config-list --tool`: the tool's own configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cloud_core.testing.builders import DEPLOYMENT_ID


class TestTheToolsSettings:
    @pytest.fixture
    def home(self, tmp_path: Path) -> Path:
        return tmp_path / "home" / ".cloud" / "config.yaml"

    def test_are_set_and_used(self, cli: Any, home: Path) -> None:
        assert cli("config-set", "--tool", "defaults.environment", "prod").code == 0
        assert "✓ defaults.environment: (not set) → prod" in cli.out
        assert str(home) in cli.out
        assert cli.json("deploy", DEPLOYMENT_ID, "--preview")["data"]["environment"] == "prod"
        assert cli("config-get", "--tool", "defaults.environment").out == "prod\n"
        assert str(home) in cli("config-get", "--tool", "defaults.environment", "--show-origin").out

    def test_keep_the_comments(self, cli: Any, home: Path) -> None:
        home.parent.mkdir(parents=True)
        home.write_text("# mine\ndefaults:\n  org: Acme  # us\n", "utf-8")
        cli("config-set", "--tool", "defaults.parallel", "4")
        assert home.read_text("utf-8") == "# mine\ndefaults:\n  org: Acme  # us\n  parallel: 4\n"
        cli("config-set", "--tool", "defaults.parallel", "--unset")
        assert home.read_text("utf-8") == "# mine\ndefaults:\n  org: Acme  # us\n"

    def test_are_listed_with_their_files(self, cli: Any, home: Path) -> None:
        assert cli("config-list", "--tool").out == "Nothing is set.\n"
        near = cli.edge.workspace.parent / ".cloud" / "config.yaml"
        near.parent.mkdir()
        near.write_text("defaults: {org: Near}\n", "utf-8")
        data = cli.json("config-set", "--tool", "defaults.org", "Far")["data"]
        assert data["overridden_by"] == str(near)
        assert f"! {near} sets it as well, and wins" in cli("config-set", "--tool", "defaults.org", "Away").out
        assert cli.json("config-list", "--tool")["data"]["settings"] == [
            {"key": "defaults.org", "value": "Near", "file": str(near)}
        ]
        assert "defaults.org" in cli("config-list", "--tool").out

    def test_can_be_in_the_chosen_file(self, cli: Any, home: Path, tmp_path: Path) -> None:
        mine = tmp_path / "mine.yaml"
        mine.write_text("", "utf-8")
        cli("config-set", "--tool", "defaults.org", "Acme", "--config", str(mine))
        assert "org: Acme" in mine.read_text("utf-8")
        assert not home.exists()

    def test_can_be_rehearsed(self, cli: Any, home: Path) -> None:
        assert "Would change defaults.org" in cli("config-set", "--tool", "defaults.org", "Acme", "--dry-run").out
        assert not home.exists()
        cli("config-set", "--tool", "defaults.org", "Acme")
        assert "Nothing to change" in cli("config-set", "--tool", "defaults.org", "Acme").out
        cli("config-set", "--tool", "defaults.org", "--unset", "--dry-run")
        assert cli("config-get", "--tool", "defaults.org").out == "Acme\n"

    @pytest.mark.parametrize(
        ("arguments", "code", "words"),
        [
            (("config-set", "--tool", "defaults.parallel", "many"), 2, "'many' is no number from 1 to 100"),
            (("config-set", "--tool", "defaults.environment", "staging"), 2, "use 'stage'"),
            (("config-set", "--tool", "defaults.paralel", "4"), 4, "did you mean defaults.parallel?"),
            (("config-set", "--tool", "colour", "red"), 4, "there are defaults.environment"),
            (("config-set", "--tool", "defaults.org"), 2, "give KEY alone with --unset"),
            (("config-set", "--tool", "defaults.org", "--unset"), 4, "does not set 'defaults.org'"),
            (("config-set", "--tool", "defaults.org", "x", "--stack=dns"), 2, "--tool and --stack exclude each other"),
            (("config-set", "--tool", "defaults.org", "x", "--secret"), 2, "--tool and --secret"),
            (("config-get", "--tool", "defaults.org"), 4, "is not set"),
            (("config-get", "--tool", "defaults.org", "more"), 2, "too many names: more"),
            (("config-get", "--tool", "defaults.org", "-e", "dev"), 2, "--tool and --environment"),
            (("config-list", "--tool", "D7KQ2M4"), 2, "--tool and a deployment"),
        ],
    )
    def test_tell_what_is_wrong(self, cli: Any, home: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
        assert cli(*arguments).code == code
        assert words in cli.err
