"""Starts processes and seeds in the order of their needs, and waits until every one is ready.

Independent processes start side by side. When one fails, the error names it and shows the end of its log; the
caller then stops what was started.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cloud_core.adapters.local.processes import LocalProcesses
from cloud_core.adapters.local.sandbox_state import SandboxProcess
from sandbox.failures import process_failed
from sandbox.interruption import unignored
from sandbox.processes import Launch, ProcessSpec
from sandbox.seed import SeedStep

Report = Callable[[str], None]
_POLL_SECONDS: Final = 0.1
_REPORT_SECONDS: Final = 5.0
# A Popen that is dropped while its process runs warns and never reaps it. They are kept, so that under a supervisor
# that lives on (in the foreground, in a test) a process that ended does not stay a zombie.
_CHILDREN: Final[list[subprocess.Popen[bytes]]] = []


@dataclass
class _Starting:
    """A process on its way up."""

    spec: ProcessSpec
    child: subprocess.Popen[bytes]
    log: Path
    since: float


@dataclass
class Launcher:
    """One start: `run` brings up specs and seeds; `record` is told of every process as soon as it exists."""

    launch: Launch
    report: Report
    record: Callable[[SandboxProcess], None]
    _ready: set[str] = field(default_factory=set)
    _starting: list[_Starting] = field(default_factory=list)
    _told: float = 0.0

    def run(self, specs: Sequence[ProcessSpec], seeds: Sequence[SeedStep], ready: Sequence[str] = ()) -> None:
        """Start all; `ready` names what is there already. Raises SandboxNotRunning naming the one that failed."""
        self._ready, self._told = set(ready), time.monotonic()
        waiting, undone = list(specs), list(seeds)
        while waiting or undone or self._starting:
            for spec in [spec for spec in waiting if self._ready.issuperset(spec.needs)]:
                self._spawn(spec)
                waiting.remove(spec)
            self._look()
            seed = next((seed for seed in undone if self._ready.issuperset(seed.needs)), None)
            if seed is None:
                self._tell()
                time.sleep(_POLL_SECONDS)
            else:
                self._plant(seed)
                undone.remove(seed)

    def _spawn(self, spec: ProcessSpec) -> None:
        addresses = self.launch.addresses
        log = addresses.logs_dir / f"{spec.name}.log"
        self.report(f"{spec.name}: starting (usually {spec.usually})")
        with log.open("ab") as output, unignored():
            child = subprocess.Popen(
                [sys.executable, *spec.arguments(self.launch)],
                cwd=addresses.work_dir,
                env={**self.launch.environment, **spec.variables(self.launch)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # The terminal's Ctrl-C is for the command, which then stops its processes in order.
                start_new_session=True,
            )
        _CHILDREN.append(child)
        self._starting.append(_Starting(spec, child, log, time.monotonic()))
        self.record(_recorded(spec, child.pid, log))

    def _look(self) -> None:
        for entry in list(self._starting):
            seconds = time.monotonic() - entry.since
            if entry.child.poll() is not None:
                raise process_failed(
                    entry.spec.name, f"ended with exit code {entry.child.returncode} while it started", entry.log
                )
            if entry.spec.is_ready(self.launch):
                self.report(f"{entry.spec.name}: ready after {seconds:.1f} s")
                self._starting.remove(entry)
                self._ready.add(entry.spec.name)
            elif seconds > self.launch.settings.sandbox.start_seconds:
                raise process_failed(entry.spec.name, f"was not ready after {seconds:.0f} s", entry.log)

    def _plant(self, seed: SeedStep) -> None:
        since = time.monotonic()
        self.report(f"{seed.name}: {seed.says}")
        seed.run(self.launch)
        self.report(f"{seed.name}: done after {time.monotonic() - since:.1f} s")
        self._ready.add(seed.name)

    def _tell(self) -> None:
        now = time.monotonic()
        if self._starting and now - self._told > _REPORT_SECONDS:
            names = ", ".join(f"{entry.spec.name} ({now - entry.since:.0f} s)" for entry in self._starting)
            self.report(f"waiting for {names}")
            self._told = now


def _recorded(spec: ProcessSpec, pid: int, log: Path) -> SandboxProcess:
    # A process that ended at once has no start time any more; nobody else's is 0.
    identity = LocalProcesses().identify(pid)
    return SandboxProcess(spec.name, pid, identity.started if identity else 0.0, str(log), spec.holds_state)


def reap() -> None:
    """Collect the children that ended, so that none stays a zombie."""
    _CHILDREN[:] = [child for child in _CHILDREN if child.poll() is None]
