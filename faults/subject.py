"""What is put to the test: a sandbox with a deployment in it, driven by the real command line, watched from outside.

What is seen here is asked of the parts themselves: the records' tables, the engine's state files, the process list.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from cloud_core.adapters.local.sandbox_state import read_state
from cloud_core.bootstrap import Services
from cloud_core.domain.events import Event
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LeaseOwner, LeaseRecord, Operation, StackRecord
from cloud_core.settings import Settings

HERE: Final = Path(__file__).resolve().parent
CLOUD: Final = Path(sys.executable).with_name("cloud")
ACCOUNT, REGION = "410000000031", "us-east-1"
DEV: Final = EnvironmentName.DEV
STACKS: Final = ("net", "names", "slow", "last")
COMMAND_SECONDS: Final = 600.0
_PATIENCE: Final = {"CLOUD_SANDBOX__START_SECONDS": "180"}


@dataclass(frozen=True)
class Answer:
    """What a command with `--json` said, and its exit code."""

    code: int
    data: dict[str, Any]
    error: dict[str, Any]


class Sandbox:
    """A workspace with a running sandbox of its own."""

    def __init__(self, workspace: Path) -> None:
        shutil.copytree(HERE / "workspace", workspace, dirs_exist_ok=True)
        (workspace / "deploy").mkdir(exist_ok=True)
        self.workspace = workspace
        self.environment = {**os.environ, "CLOUD_WORKSPACE": str(workspace), **_PATIENCE}

    @contextmanager
    def running(self) -> Iterator[None]:
        try:
            started = self.ask("sandbox", "start")
            assert started.code == 0, started.error
            self.services = Services(Settings(workspace=self.workspace))
            assert self.services.addresses is not None
            self.addresses = self.services.addresses
            yield
        finally:
            self.ask("sandbox", "stop")

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command; its answer is read by `answer_of`."""
        return subprocess.Popen(
            [str(CLOUD), *arguments, "--json"],
            cwd=self.workspace,
            env=self.environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, *arguments: str) -> Answer:
        return answer_of(self.begin(*arguments))

    def process(self, name: str) -> psutil.Process | None:
        """A process of the sandbox by its name; None while it is gone."""
        state = read_state(self.addresses.state_dir)
        pids = [one.pid for one in (state.addresses.processes if state else ()) if one.name == name]
        return living(pids[-1]) if pids else None

    def new_deployment(self) -> Subject:
        origin = ("--org", "Faults", "--project", "faults", "--domain", "faults.test", "--template", "faults")
        answer = self.ask("init", *origin, "--region", REGION, "--account-dev", ACCOUNT)
        return Subject(self, str(answer.data["deployment_id"]))


class Subject:
    """One deployment of the sandbox, and everything that can be seen of it."""

    def __init__(self, sandbox: Sandbox, deployment_id: str) -> None:
        self.sandbox = sandbox
        self.id = deployment_id
        self._records = sandbox.services.records

    @property
    def operation(self) -> Operation | None:
        """The newest one."""
        found = self._records.operations.list_by_deployment(self.id, limit=1).items
        return found[0] if found else None

    def operation_now(self, operation_id: str) -> Operation:
        found = self._records.operations.get(self.id, operation_id)
        assert found is not None
        return found

    @property
    def lease(self) -> LeaseRecord | None:
        return self._records.leases.get(self.id, DEV)

    def replace_owner(self, lease: LeaseRecord, owner: LeaseOwner) -> None:
        """Let the lease be another's, with a token of its own."""
        leases = self._records.leases
        leases.break_lease(lease)
        taken = leases.acquire(self.id, DEV, owner)
        leases.set_engine_processes(taken, owner.engine_processes)

    def events(self, after: int = 0) -> list[Event]:
        return self._records.events.read(self.id, after)

    @property
    def last_seq(self) -> int:
        return self._records.events.last_seq(self.id)

    @property
    def stacks(self) -> dict[str, StackRecord]:
        return {one.stack_name: one for one in self._records.stacks.list_by_deployment(self.id, DEV)}

    def state_of(self, stack: str) -> dict[str, Any] | None:
        """The engine's own file of the stack, read as it lies there; None when there is none."""
        folder = self.sandbox.addresses.state_dir / "pulumi" / ".pulumi" / "stacks"
        for file in folder.rglob(f"{self.id}-{stack}-dev.json"):
            try:
                # A stack that was only just created has no snapshot yet, and the key is not there.
                return dict(json.loads(file.read_text())["checkpoint"].get("latest") or {})
            except (OSError, ValueError):
                return None  # it is being written
        return None

    @property
    def engine_locks(self) -> list[Path]:
        folder = self.sandbox.addresses.state_dir / "pulumi" / ".pulumi" / "locks"
        return [path for path in folder.rglob("*") if path.is_file() and self.id in str(path)]

    def engines(self) -> list[psutil.Process]:
        """Engine processes that may change something: those behind a keeper."""
        return [process for process in self._at_work("pulumi") if _is_kept(process)]

    def keepers(self) -> list[psutil.Process]:
        return [process for process in self._at_work("python") if "shim.py" in " ".join(_arguments(process))]

    def flow(self, operation: Operation) -> psutil.Process | None:
        """The flow process of the operation, by Prefect's own mark."""
        for process in psutil.process_iter(["name"]):
            if process.info["name"].startswith("python") and "prefect.engine" in _arguments(process):
                try:
                    if process.environ().get("PREFECT__FLOW_RUN_ID") == operation.flow_run_id:
                        return living(process.pid)
                except psutil.Error:
                    continue
        return None

    def stack_of(self, process: psutil.Process) -> str:
        """Which stack an engine process works on: its run folder is named after it."""
        try:
            return next((stack for stack in STACKS if f"/{self.id}-{stack}-dev-" in process.cwd()), "?")
        except psutil.Error:
            return "?"

    def _at_work(self, name: str) -> list[psutil.Process]:
        mark = str(self.sandbox.addresses.state_dir / "runs" / self.id)
        return [
            process
            for process in psutil.process_iter(["name", "cwd", "status"])
            if (process.info["name"] or "").startswith(name)
            and (process.info["cwd"] or "").startswith(mark)
            and process.info["status"] != psutil.STATUS_ZOMBIE
        ]


def answer_of(command: subprocess.Popen[str]) -> Answer:
    """Wait for a command that was begun."""
    out, _ = command.communicate(timeout=COMMAND_SECONDS)
    try:
        document = json.loads(out)
    except ValueError:
        document = {"error": {"message": out[-500:]}}
    return Answer(command.returncode, document.get("data") or {}, document.get("error") or {})


def living(pid: int) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except psutil.NoSuchProcess:
        return None


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _is_kept(process: psutil.Process) -> bool:
    try:
        parent = process.parent()
    except psutil.Error:
        return False
    return parent is not None and "shim.py" in " ".join(_arguments(parent))
