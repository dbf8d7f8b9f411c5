"""The command line through the API where it differs from this machine, and whoever it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.testing.scenes import MINE, YES, Scene, deployed, edited, invalid, manifest_file, newest, nothing, queued
from cloud_core.adapters.rest.address import Address
from cloud_core.adapters.rest.tokens import GivenToken
from cloud_core.domain.errors import EngineMissing
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogEntry, LogLevel
from cloud_core.remote.services import RemoteServices
from cloud_core.settings import Settings
from cloud_core.testing.builders import DEPLOYMENT_ID as ID


def test_init_makes_the_record_alone(cli: Any, remote: Any, worlds: Any) -> None:
    worlds(Scene((), nothing))
    words = ("init", MINE, "--org=Acme", "--project=blog", "--domain=blog.example", "--template=demo")
    assert remote(*words, "--region=us-east-1", "--account-dev=123456789012").code == 0, remote.err
    assert f"cloud manifest pull {MINE}" in remote.out
    assert "Folder" not in remote.out


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--account-dev=12", "the account '12' of 'dev' is not 12 digits"),
        ("--region=mars", "the region 'mars' of 'dev' is malformed"),
        ("--domain=nowhere", "nowhere"),
    ],
)
def test_init_refuses_as_on_this_machine(cli: Any, remote: Any, worlds: Any, option: str, told: str) -> None:
    """In the words of the options, not of the API's body."""
    worlds(Scene((), nothing))
    words = ["init", MINE, "--org=Acme", "--project=blog", "--domain=blog.example", "--template=demo"]
    words += ["--region=us-east-1", "--account-dev=123456789012", option]
    assert (remote(*words).code, cli(*words).code) == (3, 3)
    assert told in remote.err
    assert remote.err == cli.err


def test_a_file_goes_to_the_record_and_back(cli: Any, remote: Any, worlds: Any) -> None:
    """What was pushed is in step; what moved on there is not overwritten, and comes with a pull."""
    worlds(Scene((), edited))
    edge = cli.edge = remote.edge
    assert remote("manifest", "push", MINE).code == 0, remote.err
    assert "say the same" in remote("manifest", "diff", MINE).out
    assert edge.world.records.deployments.get_by_id(MINE).manifest_version == 2
    path = manifest_file(cli)
    path.write_text(
        path.read_text("utf-8").replace("    config: {size: 7}", "    # mine\n    config: {size: 8}"), "utf-8"
    )
    environments = edge.world.records.deployments.get_by_id(MINE).manifest["environments"]
    edge.recorded_manifests.switch(MINE, EnvironmentName.STAGE, not environments["stage"]["enabled"])
    assert remote("manifest", "push", MINE).code == 5
    assert remote("manifest", "pull", MINE).code == 5
    assert remote("manifest", "pull", MINE, "--force").code == 0, remote.err
    assert "# mine" in path.read_text("utf-8")
    assert "size: 7" in path.read_text("utf-8")


def test_pull_makes_the_folder(cli: Any, remote: Any, worlds: Any) -> None:
    worlds(Scene((), nothing))
    assert remote("manifest", "pull", ID, "--dry-run").code == 0, remote.err
    assert not (remote.edge.workspace / "deploy").exists()
    assert remote("manifest", "pull", ID).code == 0, remote.err
    assert "say the same" in remote("manifest", "diff", ID).out


@pytest.mark.parametrize("word", ["diff", "push"])
def test_without_a_folder_it_says_how_to_get_one(remote: Any, worlds: Any, word: str) -> None:
    worlds(Scene((), nothing))
    assert remote("manifest", word, ID).code == 4, remote.out
    assert f"cloud manifest pull {ID}" in remote.err


def test_following_tells_how_to_come_back_when_the_token_ends(remote: Any, worlds: Any) -> None:
    """The operation goes on, whatever becomes of who looks at it."""
    worlds(Scene((), queued))
    edge, clock = remote.edge, remote.serving.clock
    edge.clock.after(2, lambda: clock.advance(7200))
    assert remote("status", ID, "--watch").code == 6
    assert "expired" in remote.err
    assert f"cloud status {ID} --environment dev --watch" in remote.err
    assert newest(remote, "dev").status.value == "pending"


def test_following_lets_go_when_it_is_told_to(remote: Any, worlds: Any) -> None:
    """Ctrl-C: the operation goes on, and it is said how to come back."""
    worlds(Scene((), queued))
    clock = remote.edge.clock

    def interrupt() -> None:
        raise KeyboardInterrupt

    clock.after(2, interrupt)
    assert remote("status", ID, "--watch").code == 130
    assert "goes on" in remote.err
    assert newest(remote, "dev").status.value == "pending"


def test_validate_looks_at_the_record(remote: Any, worlds: Any) -> None:
    worlds(Scene((), invalid))
    assert remote("validate", ID).code == 3
    assert "record version 2" in remote.out
    assert remote("validate", ID, "--fix").code == 2


def test_the_engine_that_is_told_of_is_that_of_this_machine(tmp_path: Path) -> None:
    """`version` asks nobody, so it needs no API."""
    settings = Settings(engine={"binary": tmp_path / "nowhere"})
    away = RemoteServices(lambda: settings, Address("http://127.0.0.1:1"), GivenToken("-"), lambda: None)
    with pytest.raises(EngineMissing, match="nowhere"):
        away.find_engine()


def test_whoever_only_reads_is_told_how_to_validate(remote: Any, worlds: Any) -> None:
    worlds(Scene((), nothing))
    remote.token = remote.serving.token("ReadOnly", "org:Acme")
    assert remote("validate", ID).code == 6
    assert "may not ask AWS" in remote.err
    assert "--level config" in remote.err
    assert remote("validate", ID, "--level", "config").code == 0, remote.err


def test_an_environment_is_switched_in_the_record(remote: Any, worlds: Any) -> None:
    worlds(Scene((), nothing))
    assert remote("environment", "enable", ID, "stage").code == 0, remote.err
    assert f"stage of {ID} is enabled" in remote.out
    edge = remote.edge
    assert edge.world.records.deployments.get_by_id(ID).manifest["environments"]["stage"]["enabled"] is True
    assert remote("environment", "enable", ID, "stage").out.startswith("Nothing to change")
    assert remote("environment", "disable", ID, "stage").code == 0, remote.err
    assert edge.world.records.deployments.get_by_id(ID).manifest["environments"]["stage"]["enabled"] is False
    assert remote("deploy", ID, YES).code == 0, remote.err
    assert remote("environment", "disable", ID, "dev").code == 5


def test_health_tells_how_the_parts_are(remote: Any, worlds: Any) -> None:
    worlds(Scene((), nothing))
    assert remote("health", "--json").code == 0, remote.out
    assert json.loads(remote.out)["data"]["status"] == "healthy"


def test_whoever_may_not_is_told_so(remote: Any, worlds: Any) -> None:
    worlds(Scene((), deployed))
    remote.token = remote.serving.token("ReadOnly", "org:Acme")
    assert remote("status", ID).code == 0
    assert remote("destroy", ID, YES).code == 6
    assert "Error: " in remote.err
    assert remote("deploy", ID, YES, "--json").code == 6
    assert json.loads(remote.out)["error"]["code"] == "NOT_PERMITTED"


def test_a_token_is_in_no_log(remote: Any, worlds: Any, caplog: pytest.LogCaptureFixture) -> None:
    worlds(Scene((), nothing))
    caplog.set_level("DEBUG")
    assert remote("list", "--log-level", "debug").code == 0
    assert "/api/v1/deployments" in caplog.text
    assert remote.token not in caplog.text + remote.out + remote.err


def test_a_token_that_is_none_says_how_to_get_one(remote: Any, worlds: Any) -> None:
    worlds(Scene((), nothing))
    remote.token = "ey.not.one"
    assert remote("list").code == 6
    assert "CLOUD_TOKEN" in remote.err
    assert "ey.not.one" not in remote.err + remote.out
    remote.token = "two words"
    assert remote("list").code == 6
    assert "CLOUD_TOKEN" in remote.err
    assert "two words" not in remote.err + remote.out


def test_a_value_is_set_in_the_record(remote: Any, worlds: Any) -> None:
    worlds(Scene((), nothing))
    words = ("config-set", ID, "size", "3", "--stack", "network")
    assert "Would change" in remote(*words, "--dry-run").out, remote.err
    assert remote.edge.world.records.deployments.get_by_id(ID).manifest_version == 1
    assert "size: (not set) → 3" in remote(*words).out.replace("1 (inherited)", "(not set)"), remote.err
    assert remote.edge.world.records.deployments.get_by_id(ID).manifest_version == 2
    assert remote("config-get", ID, "size", "--stack", "network").out == "3\n"
    assert remote("config-set", ID, "size", "--unset", "--stack", "network").code == 0, remote.err
    assert remote("config-get", ID, "size", "--stack", "network").out == "1\n"


def test_a_value_that_is_refused_says_that_nothing_was_saved(remote: Any, worlds: Any) -> None:
    worlds(Scene((), nothing))
    assert remote("config-set", ID, "size", "large", "--stack", "network").code == 3
    assert "nothing was saved" in remote.err
    assert remote("environment", "disable", ID, "dev").code == 3
    assert "nothing was saved" in remote.err


def test_only_new_warnings_come_with_a_value(remote: Any, worlds: Any) -> None:
    worlds(Scene((), nothing))
    assert "has no input 'colour'" in remote("config-set", ID, "colour", "red", "--stack", "network").out, remote.err
    assert "colour" not in remote("config-set", ID, "size", "3", "--stack", "network").out, remote.err


@pytest.mark.parametrize("name", ["No such", "a/b", "", ".."])
def test_a_template_that_no_file_can_be_is_not_found(remote: Any, worlds: Any, name: str) -> None:
    worlds(Scene((), nothing))
    assert remote("template-show", name).code == 4
    assert f"there is no template {name!r}" in remote.err


def test_a_key_may_have_a_slash(remote: Any, worlds: Any) -> None:
    """As the names of tags do."""
    worlds(Scene((), nothing))
    words = ("tags.shop/team", "--stack", "network")
    assert remote("config-set", ID, words[0], "red", *words[1:]).code == 0, remote.err
    assert "shop/team" in remote("config-list", ID, "--stack", "network").out
    assert remote("config-get", ID, *words).out == "red\n", remote.err


def test_the_state_before_an_import_is_said_to_be_there(remote: Any, worlds: Any, tmp_path: Path) -> None:
    """No command of here can name a file of that machine."""
    worlds(Scene((), deployed))
    assert remote("export-stack", ID, "network", "--output", "state.json").code == 0, remote.err
    assert remote("import-stack", ID, "network", "--input", "state.json", "-e", "dev", YES).code == 0, remote.err
    assert "where the API runs" in remote.out
    assert "undo it" not in remote.out


def test_logs_in_where_the_api_is(remote: Any, worlds: Any) -> None:
    """`cloud login` is refused by no CLOUD_REMOTE: it is what gets a token for there."""
    worlds(Scene((), nothing))
    edge = remote.edge
    assert "admin is logged in" in remote("login").out, remote.err
    assert remote("login", "--print").out == "access-1\n"
    assert edge.logins.current() is not None
    assert remote("logout").code == 0
    assert edge.logins.current() is None


def test_of_many_lines_all_come(cli: Any, remote: Any, worlds: Any) -> None:
    """The API tells no more than a thousand at once."""
    worlds(Scene((), deployed))
    logs, operation = remote.edge.world.records.logs, newest(remote, "dev")
    for number in range(1100):
        logs.create(
            LogEntry(
                log_id=f"log-{number:04}",
                deployment_id=ID,
                timestamp=operation.created_at,
                log_level=LogLevel.INFO,
                message=f"line {number}",
                environment=EnvironmentName.DEV,
                operation_id=operation.operation_id,
            )
        )
    assert remote("logs", ID, "-n", "1090").code == 0, remote.err
    lines = remote.out.splitlines()
    assert (len(lines), len(set(lines))) == (1090, 1090)
