"""`cloud sandbox` as people and scripts see it, without a sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.commands.sandbox import app, status_data
from cloud_core.adapters.local.sandbox_state import SandboxAddresses, SandboxProcess
from sandbox.supervisor import SandboxStatus

ADDRESSES = SandboxAddresses(
    generation="g1",
    state_dir=Path("/state"),
    aws_endpoint="http://127.0.0.1:1",
    records_endpoint="http://127.0.0.1:2",
    provider_control="http://127.0.0.1:3",
    prefect_api="http://127.0.0.1:4/api",
    prefect_ui="http://127.0.0.1:4",
    api_url="http://127.0.0.1:5/api/v1",
)
AWS = SandboxProcess("moto-aws", 11, 1.5, "/state/logs/moto-aws.log", True)
RUNNER = SandboxProcess("flow-runner", 12, 1.6, "/state/logs/flow-runner.log", False)


@pytest.fixture(autouse=True)
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLOUD_SANDBOX__STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


def test_the_status_of_a_running_sandbox_has_all_addresses() -> None:
    found = SandboxStatus("running", Path("/state"), ADDRESSES, (AWS, RUNNER))
    assert status_data(found) == {
        "state": "running",
        "aws_endpoint": "http://127.0.0.1:1",
        "records_endpoint": "http://127.0.0.1:2",
        "prefect_api": "http://127.0.0.1:4/api",
        "prefect_ui": "http://127.0.0.1:4",
        "api_url": "http://127.0.0.1:5/api/v1",
        "state_dir": "/state",
        "processes": [
            {"name": "moto-aws", "pid": 11, "alive": True, "log": "/state/logs/moto-aws.log"},
            {"name": "flow-runner", "pid": 12, "alive": True, "log": "/state/logs/flow-runner.log"},
        ],
        "way_out": None,
    }


def test_the_status_of_a_degraded_sandbox_tells_who_is_gone() -> None:
    found = SandboxStatus("degraded", Path("/state"), ADDRESSES, (AWS,), (RUNNER,), "cloud sandbox start")
    data = status_data(found)
    assert [(item["name"], item["alive"]) for item in data["processes"]] == [("moto-aws", True), ("flow-runner", False)]
    assert data["way_out"] == "cloud sandbox start"


def test_without_a_sandbox_status_says_so_and_how_to_start(state_dir: Path) -> None:
    answer = CliRunner().invoke(app, ["status"])
    assert answer.exit_code == 0
    assert f"The sandbox is stopped ({state_dir})" in answer.stdout
    assert "cloud sandbox start" in answer.stdout


def test_json_is_one_document_on_stdout(state_dir: Path) -> None:
    answer = CliRunner().invoke(app, ["status", "--json"])
    document = json.loads(answer.stdout)
    assert document["success"] is True
    assert document["data"]["state"] == "stopped"
    assert document["data"]["aws_endpoint"] is None
    assert document["data"]["state_dir"] == str(state_dir)


def test_stopping_nothing_is_no_error(state_dir: Path) -> None:
    answer = CliRunner().invoke(app, ["stop"])
    assert (answer.exit_code, answer.stdout) == (0, "The sandbox was not running.\n")
    assert not state_dir.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("stop",), "nothing would be done"),
        (("reset", "--no-start"), "its state would be deleted"),
        (("reset",), "its state would be deleted, then a fresh one would be started"),
        (("start",), "it would be started, empty"),
    ],
)
def test_a_rehearsal_tells_what_would_become_of_it(state_dir: Path, words: tuple[str, ...], told: str) -> None:
    answer = CliRunner().invoke(app, [*words, "--dry-run"])
    assert (answer.exit_code, answer.stdout) == (0, f"The sandbox is stopped ({state_dir}): {told}.\n")
    assert not state_dir.exists()
