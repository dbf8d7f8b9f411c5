"""The sandbox as others see it: where its parts listen, and whether they are really there.

The sandbox's supervisor writes `sandbox.json` into its state folder; everybody else reads it here. The phase tells
how far to trust it: only a `running` sandbox whose processes are all alive has addresses.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from cloud_core.adapters.local.workspace import Workspace, locate_workspace
from cloud_core.domain.errors import SandboxNotRunning
from cloud_core.domain.records import ProcessIdentity
from cloud_core.settings import Settings
from cloud_core.settings.api import API_BASE

GENERATION_VARIABLE: Final = "CLOUD_SANDBOX_GENERATION"
STATE_FILE: Final = "sandbox.json"
LOGS_FOLDER: Final = "logs"


class SandboxPhase(StrEnum):
    """What the supervisor was doing when it last wrote; anything but RUNNING is over or not yet there."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True)
class SandboxProcess:
    """One process of the sandbox. `started` is its start time as `ProcessIdentity` has it; `holds_state` says that
    a part of the generation is in its memory, and lost with it."""

    name: str
    pid: int
    started: float
    log: str
    holds_state: bool

    @property
    def identity(self) -> ProcessIdentity:
        return ProcessIdentity(pid=self.pid, started=self.started)


@dataclass(frozen=True)
class SandboxAddresses:
    """Where the parts of one generation listen, all on 127.0.0.1. A generation is one life of the sandbox: AWS,
    the engine's state, records, users and the flow service's database begin and end with it. `api_url` is None in
    the state file of a sandbox that was started before there was an API."""

    generation: str
    state_dir: Path
    aws_endpoint: str
    records_endpoint: str
    provider_control: str
    prefect_api: str
    prefect_ui: str
    api_url: str | None = None
    processes: tuple[SandboxProcess, ...] = ()

    @property
    def api_docs(self) -> str | None:
        """The API's pages for people."""
        return f"{self.api_url.removesuffix(API_BASE)}/docs" if self.api_url else None

    @property
    def dashboard(self) -> str | None:
        """The page that shows deployments live."""
        return f"{self.api_url.removesuffix(API_BASE)}/monitor.html" if self.api_url else None

    @property
    def backend_url(self) -> str:
        """The engine's backend."""
        return f"file://{self.state_dir / 'pulumi'}"

    @property
    def passphrase_file(self) -> Path:
        """Holds the passphrase of the engine's secrets; readable by its owner only."""
        return self.state_dir / "passphrase"

    @property
    def digest_key_file(self) -> Path:
        """Holds the key that content digests of secrets are made with; readable by its owner only."""
        return self.state_dir / "digest_key"

    @property
    def user_pool_file(self) -> Path:
        """Holds the user pool's ids, and its users' passwords; readable by its owner only."""
        return self.state_dir / "user_pool.json"

    @property
    def work_dir(self) -> Path:
        """An empty folder, outside every package, that the flow runs start in."""
        return self.state_dir / "work"

    @property
    def logs_dir(self) -> Path:
        return self.state_dir / LOGS_FOLDER


@dataclass(frozen=True)
class SandboxState:
    """What `sandbox.json` says. `host` tells where and since which boot its pids mean anything."""

    phase: SandboxPhase
    host: str
    addresses: SandboxAddresses

    def with_phase(self, phase: SandboxPhase) -> SandboxState:
        return replace(self, phase=phase)

    def with_processes(self, processes: Sequence[SandboxProcess]) -> SandboxState:
        return replace(self, addresses=replace(self.addresses, processes=tuple(processes)))


@dataclass(frozen=True)
class SandboxHealth:
    """The processes of a state file, told apart by whether they still run."""

    alive: list[SandboxProcess] = field(default_factory=list)
    dead: list[SandboxProcess] = field(default_factory=list)

    @property
    def lost_state(self) -> list[str]:
        """Names of dead processes whose memory held a part of the generation."""
        return [process.name for process in self.dead if process.holds_state]


def sandbox_folder(settings: Settings) -> Path:
    """The state folder: the setting, else `<workspace>/.cloud/sandbox`. It may not exist."""
    if settings.sandbox.state_dir is not None:
        return settings.sandbox.state_dir.expanduser().resolve()
    return _workspace(settings).state / "sandbox"


def workspace_folder(settings: Settings) -> Path:
    """The user's workspace; see `locate_workspace`."""
    return _workspace(settings).root


def _workspace(settings: Settings) -> Workspace:
    return locate_workspace(settings.workspace, os.environ, Path.cwd())


def read_addresses(folder: Path) -> SandboxAddresses:
    """The addresses of the sandbox in `folder`, all of whose processes are alive; else SandboxNotRunning."""
    state = read_state(folder)
    if state is None or state.phase is not SandboxPhase.RUNNING:
        raise _not_running(f"the sandbox in {folder} is not running", "cloud sandbox start")
    health = check_processes(state)
    if not health.dead:
        return state.addresses
    names = ", ".join(f"{process.name} (pid {process.pid})" for process in health.dead)
    way_out = "cloud sandbox reset" if health.alive and health.lost_state else "cloud sandbox start"
    raise _not_running(f"the sandbox in {folder} is incomplete, these processes are gone: {names}", way_out)


def _not_running(problem: str, way_out: str) -> SandboxNotRunning:
    return SandboxNotRunning(f"{problem}; run '{way_out}'", suggestion=f"run '{way_out}'")


def read_state(folder: Path) -> SandboxState | None:
    """What the state file says, None without one; SandboxNotRunning when it can't be understood."""
    path = folder / STATE_FILE
    try:
        return _state_from(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as problem:
        raise _not_running(f"{path} can't be read ({problem!r})", "cloud sandbox reset") from problem


def _state_from(document: Any) -> SandboxState:
    if not isinstance(document, dict):
        raise ValueError("it holds no JSON object")
    known = {item.name for item in fields(SandboxAddresses)}
    values = {name: value for name, value in document.items() if name in known}
    values["state_dir"] = Path(values["state_dir"])
    values["processes"] = tuple(SandboxProcess(**item) for item in document["processes"])
    return SandboxState(SandboxPhase(document["phase"]), str(document["host"]), SandboxAddresses(**values))


def write_state(state: SandboxState) -> None:
    """Replace the state file in one step, so that a reader never sees half of it."""
    folder = state.addresses.state_dir
    document = {"phase": state.phase, "host": state.host, **asdict(state.addresses), "state_dir": str(folder)}
    draft = folder / f"{STATE_FILE}.new"
    draft.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    draft.replace(folder / STATE_FILE)


def check_processes(state: SandboxState) -> SandboxHealth:
    """Which of the recorded processes still run; neither a reused pid nor one of another boot counts."""
    # psutil, behind it, takes longer to import than all the rest here, and most commands never come this far.
    from cloud_core.adapters.local.processes import LocalProcesses

    processes = LocalProcesses()
    same_host = processes.host() == state.host
    health = SandboxHealth()
    for process in state.addresses.processes:
        running = same_host and not processes.is_gone(process.identity)
        (health.alive if running else health.dead).append(process)
    return health
