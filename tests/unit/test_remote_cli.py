"""The command line through the API where it differs from this machine, and whoever it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli.testing.scenes import MINE, YES, Scene, deployed, edited, invalid, manifest_file, newest, nothing, queued
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogEntry, LogLevel
from cloud_core.testing.builders import DEPLOYMENT_ID as ID


def test_init_makes_the_record_alone(cli: Any, remote: Any, worlds: Any) -> None:
    worlds(Scene((), nothing))
    words = ("init", MINE, "--org=Acme", "--project=blog", "--domain=blog.example", "--template=demo")
    assert remote(*words, "--region=us-east-1", "--account-dev=123456789012").code == 0, remote.err
    assert f"cloud manifest pull {MINE}" in remote.out
    assert "Folder" not in remote.out


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
