"""The platform as docs/production.md describes it, on this machine: PostgreSQL, Prefect's server on it, two workers.

AWS, the records and the engine's provider are those of a sandbox that has no flow service of its own.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from cli.testing.installed import ACCOUNT, CommandLine
from cloud_core.settings.prefect import WORK_POOL
from cloud_core.settings.sandbox import SandboxSettings
from cloud_core.testing.postgresql import Database, running_database
from cloud_core.testing.waiting import BUSY_SECONDS, wait_for
from sandbox.ports import choose_ports
from stacks.testing_deployments import Account

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "production.md"
BIN = Path(sys.executable).parent
AMBIENT = ("AWS_", "CLOUD_", "PREFECT_", "PULUMI_")


@contextmanager
def process(log: Path, variables: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A module of this interpreter; ended with the block, if it still runs then."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=log.parent,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(60)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@dataclass(frozen=True)
class FlowService:
    """Prefect's server: its API as its pages call it, and the variables of everybody who uses it."""

    api: httpx.Client
    variables: dict[str, str]
    folder: Path

    def type(self, marker: str) -> None:
        """Type what the page tells to type below that marker."""
        console = PAGE.read_text("utf-8").partition(f"<!-- {marker} -->\n\n```console\n")[2].partition("```")[0]
        commands = re.findall(r"^\$ (.*?)(?:\s+#.*)?$", console, re.MULTILINE)
        assert commands, f"docs/production.md has no commands below {marker!r}"
        for command in commands:
            ended = subprocess.run(
                ["bash", "-c", command],
                cwd=ROOT,
                env={**self.variables, "PATH": f"{BIN}:{os.environ['PATH']}"},
                text=True,
                capture_output=True,
                check=False,
                timeout=BUSY_SECONDS,
            )
            assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"

    def run(self, flow_run_id: str) -> dict[str, Any]:
        return dict(self.api.get(f"/flow_runs/{flow_run_id}").raise_for_status().json())

    def tasks_at_work(self, flow_run_id: str) -> set[str]:
        wanted = {"task_runs": {"flow_run_id": {"any_": [flow_run_id]}}}
        found = self.api.post("/task_runs/filter", json=wanted).raise_for_status().json()
        return {task["name"] for task in found if task["state_type"] == "RUNNING"}

    def is_online(self, worker: str) -> bool:
        found = self.api.post(f"/work_pools/{WORK_POOL}/workers/filter", json={}).raise_for_status().json()
        return any(one["name"] == worker and one["status"] == "ONLINE" for one in found)


@dataclass(frozen=True)
class Worker:
    """A process worker of the pool."""

    name: str
    process: subprocess.Popen[bytes]

    def has(self, pid: int) -> bool:
        """Whether it started that process."""
        return any(parent.pid == self.process.pid for parent in psutil.Process(pid).parents())

    def stop(self) -> int:
        """As a service manager does; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(BUSY_SECONDS)


@pytest.fixture(scope="session")
def ports() -> dict[str, int]:
    """Free ones of 127.0.0.1."""
    return choose_ports(SandboxSettings())


@pytest.fixture(scope="session")
def database(ports: dict[str, int]) -> Iterator[Database]:
    with running_database(ports["records"]) as found:
        yield found


@pytest.fixture(scope="session")
def service(
    database: Database, ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FlowService]:
    """With the pool and the flows, put there by the page's own commands."""
    folder, password = tmp_path_factory.mktemp("prefect"), f"cloud:{secrets.token_hex()}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(AMBIENT)}
    everybody = {
        **clean,
        "PREFECT_API_URL": f"http://127.0.0.1:{ports['prefect']}/api",
        "PREFECT_API_AUTH_STRING": password,
        "PREFECT_HOME": str(folder / "home"),
        "DO_NOT_TRACK": "1",
    }
    server = {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": database.url,
        "PREFECT_SERVER_API_AUTH_STRING": password,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    }
    start = ("prefect", "server", "start", "--host", "127.0.0.1", "--port", str(ports["prefect"]))
    name, _, word = password.partition(":")
    with (
        process(folder / "server.log", {**everybody, **server, "PREFECT_HOME": str(folder / "server")}, *start),
        httpx.Client(base_url=everybody["PREFECT_API_URL"], auth=(name, word), timeout=60) as api,
    ):
        wait_for(f"Prefect's server, see {folder / 'server.log'}", lambda: is_up(api), BUSY_SECONDS)
        found = FlowService(api, everybody, folder)
        found.type("pool")
        yield found


def is_up(api: httpx.Client) -> bool:
    try:
        return api.get("/health").is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="session")
def cloud(service: FlowService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """The command line in a workspace whose sandbox uses that flow service."""
    workspace = tmp_path_factory.mktemp("workspace")
    shutil.copytree(Path(__file__).parent / "workspace", workspace, dirs_exist_ok=True)
    (workspace / "deploy").mkdir()
    variables = {
        "CLOUD_SANDBOX__OWN_FLOW_SERVICE": "false",
        "CLOUD_PREFECT__API_URL": service.variables["PREFECT_API_URL"],
        "PREFECT_API_AUTH_STRING": service.variables["PREFECT_API_AUTH_STRING"],
    }
    command = CommandLine(workspace, variables)
    with command.sandbox():
        yield command


@pytest.fixture(scope="session")
def account(cloud: CommandLine) -> Account:
    """The account of the environment dev."""
    return Account(cloud.data("sandbox", "status")["aws_endpoint"], ACCOUNT)


@pytest.fixture
def start_workers(service: FlowService, cloud: CommandLine) -> Iterator[Callable[[int], list[Worker]]]:
    """Starts two on the one pool, each for so many runs at a time, and waits until both are online.

    Each has a new name: the server would take an earlier one's sign of life for its.
    """
    variables = {
        **service.variables,
        "CLOUD_WORKSPACE": str(cloud.workspace),
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    }
    with ExitStack() as running:

        def start(limit: int) -> list[Worker]:
            found = []
            for place in ("one", "two"):
                name = f"{place}-{secrets.token_hex(4)}"
                words = ("--type", "process", "--pool", WORK_POOL, "--name", name, "--limit", str(limit))
                log = service.folder / f"{name}.log"
                child = running.enter_context(process(log, variables, "prefect", "worker", "start", *words))
                found.append(Worker(name, child))
            for worker in found:
                wait_for(f"{worker.name} is online", lambda name=worker.name: service.is_online(name), BUSY_SECONDS)
            return found

        yield start


@pytest.fixture
def workers(start_workers: Callable[[int], list[Worker]]) -> list[Worker]:
    """Two that take one run at a time: the second run is for the other one."""
    return start_workers(1)
