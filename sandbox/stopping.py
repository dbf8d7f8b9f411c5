"""Ends the sandbox's processes: politely first, then for certain, and none of them is left.

First what works (the API, the runner, flows and their engines), then what they work with (the servers). Processes are
found by the mark in their environment, recorded ones also by pid and start time; a stranger with a reused pid is never
signalled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from cloud_core.adapters.local.sandbox_state import SandboxState, check_processes
from cloud_core.domain.errors import Unavailable
from sandbox.launching import reap
from sandbox.markers import marked_processes
from sandbox.processes import WORKERS

_KILL_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.05
# A process may fork while it is being killed; each round finds what the last one left.
_ROUNDS: Final = 5


def end_all(folder: Path, state: SandboxState | None, seconds: float, report: Callable[[str], None]) -> int:
    """End every process of the sandbox in `folder`; returns how many there were. Unavailable when one won't die."""
    servers = _servers(state)
    workers = [process for process in marked_processes(folder) if process.pid not in servers]
    if workers:
        report(f"stopping the API, the flow runner and what it started ({len(workers)} processes)")
    end(workers, seconds)
    rest = {*marked_processes(folder), *recorded(state)}
    if rest:
        report(f"stopping the servers ({len(rest)} processes)")
    end(rest, seconds)
    _sweep(folder)
    return len({*workers, *rest})


def end(processes: Collection[psutil.Process], seconds: float) -> None:
    """SIGTERM, then SIGKILL for those that still run after `seconds`; psutil refuses reused pids."""
    for process in processes:
        _signal(process.terminate)
    alive = _wait(processes, seconds)
    for process in alive:
        _signal(process.kill)
    _wait(alive, _KILL_SECONDS)
    reap()


def _wait(processes: Collection[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that still run after `seconds`. A zombie is over: in a container nobody may ever collect it."""
    deadline = time.monotonic() + seconds
    while (alive := [process for process in processes if not _is_over(process)]) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return alive


def _is_over(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _sweep(folder: Path) -> None:
    for _ in range(_ROUNDS):
        left = marked_processes(folder)
        if not left:
            return
        end(left, 0)
    names = ", ".join(f"{process.pid}" for process in left)
    raise Unavailable(f"these processes of the sandbox could not be ended: {names}; end them by hand, then try again")


def _servers(state: SandboxState | None) -> set[int]:
    """Pids of the recorded processes that others work with."""
    processes = state.addresses.processes if state else ()
    return {process.pid for process in processes if process.name not in WORKERS}


def recorded(state: SandboxState | None) -> list[psutil.Process]:
    """Recorded processes that really are the recorded ones, even if their environment can't be read."""
    found = []
    for process in check_processes(state).alive if state else ():
        with suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(process.pid))
    return found


def _signal(send: Callable[[], None]) -> None:
    with suppress(psutil.NoSuchProcess):
        send()
