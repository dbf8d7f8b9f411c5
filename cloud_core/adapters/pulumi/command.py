"""The engine's command line, run through the shim: one process group per run, stoppable, never a pipe."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi.automation import PulumiCommand
from pulumi.automation._cmd import CommandResult
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from cloud_core.adapters.pulumi.reading import read_engine
from cloud_core.domain.records import ProcessIdentity
from cloud_core.domain.stopping import StopSignal
from cloud_core.ports.engine import EngineInfo
from cloud_core.ports.processes import Processes

_SHIM = Path(__file__).with_name("shim.py")
_GONE_SECONDS = 0.02
READ_SECONDS = 120.0
"""How long the engine may take to give a state: a backend that never answers must not hold the caller for ever."""

OnProcesses = Callable[[list[ProcessIdentity]], None]


@dataclass(frozen=True)
class Supervision:
    """Who is told of the processes before the engine starts, what stops it, and how long stopping may take."""

    processes: Processes
    on_processes: OnProcesses
    stop: StopSignal
    stop_seconds: float


class ShimCommand(PulumiCommand):
    """What the Automation API calls instead of its own subprocess code.

    The environment of the engine is exactly `environment` plus what the API adds: the ambient one never leaks in.
    """

    def __init__(
        self, engine: EngineInfo, run_dir: Path, environment: Mapping[str, str], supervision: Supervision
    ) -> None:
        # The base class would start a process only to ask for the version, which is known already.
        self.command = str(engine.path)
        self.version = VersionInfo.parse(engine.version)
        self._run_dir = run_dir
        self._environment = dict(environment)
        self._supervision = supervision
        self.calls = 0

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> CommandResult:
        """Run the engine once; raises the Automation API's CommandError when it does not exit with 0."""
        self.calls += 1
        folder = self._run_dir / f"call-{self.calls}"
        folder.mkdir()
        argv = [self.command, "--non-interactive", *args]
        code = self._supervise(folder, argv, cwd, {**self._environment, **additional_env})
        result = CommandResult(_read(folder / "stdout"), _read(folder / "stderr"), code)
        if code != 0:
            raise create_command_error(result)
        return result

    def _supervise(self, folder: Path, argv: list[str], cwd: str, env: Mapping[str, str]) -> int:
        shim_argv = [sys.executable, "-I", "-S", str(_SHIM), str(self._supervision.stop_seconds), str(folder), "--"]
        with (
            subprocess.Popen(
                [*shim_argv, *argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=cwd,
                env={**env, "PULUMI_AUTOMATION_API": "true"},
                start_new_session=True,
            ) as shim,
            self._supervision.stop.calling(lambda: _ask_to_stop(shim)),
        ):
            engine = self._release(shim)
            with self._supervision.stop.at_once.calling(lambda: _kill(engine)):
                shim.wait()
        self._outlast(engine)
        self._supervision.on_processes([])
        return _exit_code(folder, shim.returncode)

    def _outlast(self, engine: ProcessIdentity | None) -> None:
        """Wait until the engine itself is gone: a killed shim leaves it stopping, and it may write until its end."""
        is_gone = self._supervision.processes.is_gone
        deadline = time.monotonic() + self._supervision.stop_seconds
        while engine is not None and not is_gone(engine):
            if time.monotonic() > deadline:
                with suppress(ProcessLookupError):
                    os.killpg(engine.pid, signal.SIGKILL)
            time.sleep(_GONE_SECONDS)

    def _release(self, shim: subprocess.Popen[bytes]) -> ProcessIdentity | None:
        """Tell the supervisor both pids, then open the gate; a supervisor that refuses keeps it shut.

        Returns the engine; None when the shim died before it had one.
        """
        assert shim.stdin is not None
        assert shim.stdout is not None
        try:
            line = shim.stdout.readline().strip()
            if not line:
                return None
            keeper, engine = (self._supervision.processes.identify(pid) for pid in (shim.pid, int(line)))
            self._supervision.on_processes([process for process in (keeper, engine) if process is not None])
            if not self._supervision.stop.is_set:
                shim.stdin.write(b"g")
                shim.stdin.flush()
            return engine
        finally:
            shim.stdin.close()


class ReadCommand(PulumiCommand):
    """The same for calls that only read; what the engine prints stays out of errors."""

    def __init__(self, engine: EngineInfo, environment: Mapping[str, str], seconds: float = READ_SECONDS) -> None:
        self.command = str(engine.path)
        self.version = VersionInfo.parse(engine.version)
        self._environment = dict(environment)
        self._seconds = seconds

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> CommandResult:
        """Run the engine once; raises CommandError when it does not exit with 0 in time."""
        environment = {**self._environment, **additional_env}
        answer = read_engine(Path(self.command), args, Path(cwd), environment, self._seconds)
        if answer.code != 0:
            raise create_command_error(CommandResult("", answer.stderr, answer.code))
        return CommandResult(answer.stdout, answer.stderr, 0)


def _ask_to_stop(shim: subprocess.Popen[bytes]) -> None:
    if shim.poll() is None:
        shim.send_signal(signal.SIGINT)


def _kill(engine: ProcessIdentity | None) -> None:
    """The engine's whole process group, whose number is the engine's own; the shim sees it end."""
    if engine is not None:
        with suppress(ProcessLookupError):
            os.killpg(engine.pid, signal.SIGKILL)


def _exit_code(folder: Path, shim_code: int) -> int:
    """The engine's own code; the shim's when it was killed before it could write one."""
    text = _read(folder / "exit_code")
    return int(text) if text else shim_code or 1


def _read(path: Path) -> str:
    return path.read_text(errors="replace").strip() if path.exists() else ""
