"""The whole sandbox, once: real moto, provider, Prefect server and runner, with a real flow run."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil
import pytest

from cloud_core.adapters.local.processes import LocalProcesses
from cloud_core.adapters.local.sandbox_state import SandboxAddresses, read_addresses
from cloud_core.settings import Settings
from cloud_core.settings.sandbox import SandboxSettings
from cloud_core.testing.waiting import wait_for
from sandbox import supervisor
from sandbox.markers import marked_processes

# One sandbox for all of them, so they stay in one process of a parallel test run.
pytestmark = pytest.mark.xdist_group("real-sandbox")

# A loaded machine of two cores: starting Prefect's parts has taken half a minute.
START_SECONDS = 180
EVENT_SECONDS = 90

# The flow starts an "engine" in a session of its own, as real flows do, and ends when it is told to.
FLOW = """
import pathlib, subprocess, sys, time
from prefect import flow

@flow
def sleeper(folder: str) -> str:
    here = pathlib.Path(folder)
    engine = [sys.executable, "-c", "import time; time.sleep(600)"]
    child = subprocess.Popen(engine, start_new_session=True)
    (here / "engine.pid").write_text(str(child.pid))
    while not (here / "finish").exists():
        time.sleep(0.05)
    child.kill()
    child.wait()
    return "woken"
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Of a sandbox whose processes can import the flow above."""
    folder = tmp_path_factory.mktemp("sandbox")
    modules = folder / "modules"
    modules.mkdir()
    (modules / "sleeper_flow.py").write_text(FLOW)
    own = SandboxSettings(state_dir=folder / "state", start_seconds=START_SECONDS, stop_seconds=3)
    found = Settings(workspace=folder, sandbox=own)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(modules), *filter(None, [os.environ.get("PYTHONPATH")])]))
        yield found
        supervisor.stop(found)


@pytest.fixture
def addresses(settings: Settings) -> SandboxAddresses:
    """Of the sandbox that all tests of this file share."""
    found = supervisor.start(settings)
    assert read_addresses(found.state_dir) == found
    return found


def ask(addresses: SandboxAddresses, path: str, body: dict[str, Any] | None = None) -> Any:
    """Prefect's answer; its database is busy now and then."""
    for _ in range(20):
        response = httpx.request("GET" if body is None else "POST", addresses.prefect_api + path, json=body, timeout=30)
        if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        time.sleep(0.5)
    response.raise_for_status()
    return response.json()


def deploy(addresses: SandboxAddresses, name: str, **more: Any) -> str:
    """Register the flow with Prefect as one of its deployments; its id."""
    flow = ask(addresses, "/flows/", {"name": "sleeper"})
    body = {"name": name, "flow_id": flow["id"], "entrypoint": "sleeper_flow.sleeper", "pull_steps": []}
    return str(ask(addresses, "/deployments/", {**body, "work_pool_name": "cloud", **more})["id"])


def run(addresses: SandboxAddresses, folder: Path) -> tuple[str, int]:
    """Start a flow run; its id, and the pid of its engine once that runs."""
    deployment = deploy(addresses, "by-hand")
    body = {"parameters": {"folder": str(folder)}, "state": {"type": "SCHEDULED"}}
    flow_run = ask(addresses, f"/deployments/{deployment}/create_flow_run", body)
    pid_file = folder / "engine.pid"
    wait_for("the flow runs", lambda: pid_file.exists() and pid_file.read_text(), EVENT_SECONDS)
    return flow_run["id"], int(pid_file.read_text())


def kill(addresses: SandboxAddresses, name: str) -> None:
    pid = next(process.pid for process in addresses.processes if process.name == name)
    victim = psutil.Process(pid)
    victim.send_signal(signal.SIGKILL)
    psutil.wait_procs([victim], timeout=10)


def test_everything_is_there(settings: Settings, addresses: SandboxAddresses) -> None:
    assert {process.name for process in supervisor.status(settings).alive} == {
        "moto-aws",
        "moto-records",
        "provider",
        "prefect-server",
        "api",
        "flow-runner",
    }
    key = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox", "region_name": "us-east-1"}
    tables = boto3.client("dynamodb", endpoint_url=addresses.records_endpoint, **key).list_tables()["TableNames"]
    assert {"cloud-deployments", "cloud-stacks", "cloud-logs"} <= set(tables)
    assert boto3.client("dynamodb", endpoint_url=addresses.aws_endpoint, **key).list_tables()["TableNames"] == []
    assert boto3.client("sts", endpoint_url=addresses.aws_endpoint, **key).get_caller_identity()["Account"]
    assert httpx.get(f"{addresses.api_url}/info").json()["name"] == "cloud"
    assert httpx.get(addresses.prefect_ui).text.lower().startswith("<!doctype html>")
    assert "any" in {deployment["name"] for deployment in ask(addresses, "/deployments/filter", {})}


def test_runs_use_this_interpreter_outside_of_every_package(addresses: SandboxAddresses) -> None:
    template = ask(addresses, "/work_pools/cloud")["base_job_template"]
    defaults = {name: item["default"] for name, item in template["variables"]["properties"].items()}
    assert defaults["stream_output"] is False
    assert defaults["command"].endswith("-m prefect.engine")
    assert defaults["working_dir"] == str(addresses.work_dir)


def test_a_cron_deployment_gets_scheduled_runs(addresses: SandboxAddresses) -> None:
    """With the wrong SQLAlchemy the scheduler fails silently, and nothing is ever scheduled."""
    schedule = {"schedule": {"cron": "0 3 * * *", "timezone": "UTC"}, "active": True}
    deployment = deploy(addresses, "nightly", schedules=[schedule], parameters={"folder": "/nowhere"})
    wanted = {"deployments": {"id": {"any_": [deployment]}}}
    runs = wait_for("a run is planned", lambda: ask(addresses, "/flow_runs/filter", wanted), EVENT_SECONDS)
    assert {flow_run["state"]["type"] for flow_run in runs} == {"SCHEDULED"}


def test_a_flow_outlives_what_holds_no_state_and_starts_again(
    settings: Settings, addresses: SandboxAddresses, tmp_path: Path
) -> None:
    flow_run, engine = run(addresses, tmp_path)
    kill(addresses, "flow-runner")
    kill(addresses, "prefect-server")
    kill(addresses, "provider")
    assert (supervisor.status(settings).state, supervisor.status(settings).way_out) == (
        "degraded",
        "cloud sandbox start",
    )
    again = supervisor.start(settings)
    assert again.generation == addresses.generation
    assert httpx.post(again.provider_control + "/instances").status_code == httpx.codes.CREATED
    assert LocalProcesses().identify(engine) is not None
    (tmp_path / "finish").touch()
    state = wait_for("the run ends", lambda: _ended(again, flow_run), EVENT_SECONDS)
    assert state == "COMPLETED"


def _ended(addresses: SandboxAddresses, flow_run: str) -> str | None:
    state = ask(addresses, f"/flow_runs/{flow_run}")["state"]["type"]
    return state if state in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None


@pytest.mark.last
def test_a_stop_leaves_no_flow_and_no_engine(settings: Settings, addresses: SandboxAddresses, tmp_path: Path) -> None:
    _, engine = run(addresses, tmp_path)
    assert supervisor.stop(settings) is True
    assert LocalProcesses().identify(engine) is None
    assert marked_processes(addresses.state_dir) == []
    assert addresses.api_url is not None
    servers = (addresses.aws_endpoint, addresses.records_endpoint, addresses.provider_control, addresses.prefect_ui)
    for url in (*servers, addresses.api_url):
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)
