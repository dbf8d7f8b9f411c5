"""The processes of this host, told apart by pid and start time.

On Linux the start time is read from `/proc/<pid>/stat` in seconds since boot. The epoch time that libraries
compute from it moves whenever somebody sets the clock, and a live process would then look like a dead one.
Elsewhere psutil's epoch time is all there is.
"""

from __future__ import annotations

import math
import os
import socket
import sys
from pathlib import Path
from typing import Final

import psutil

from cloud_core.domain.records import ProcessIdentity

_PROC: Final = Path("/proc")
_TOLERANCE_SECONDS: Final = 0.05
_NOBODY: Final = math.inf  # the start time of a zombie: equal to nobody's
_STATE, _START_TICKS = 0, 19  # positions after the command's closing bracket; proc(5)


class LocalProcesses:
    """`ports.processes.Processes` over the operating system."""

    def host(self) -> str:
        """`<name>/<boot>/<pid namespace>`: containers of one machine share the boot but not the pids."""
        return "/".join([socket.gethostname(), _boot_identity(), _pid_namespace()])

    def current(self) -> ProcessIdentity:
        own = self.identify(os.getpid())
        if own is None:
            raise psutil.AccessDenied(os.getpid(), msg="this process can't read its own start time")
        return own

    def identify(self, pid: int) -> ProcessIdentity | None:
        started = _start_time(pid)
        return None if started is None or started == _NOBODY else ProcessIdentity(pid=pid, started=started)

    def is_unused(self, pid: int) -> bool:
        return not _exists(pid)

    def is_gone(self, process: ProcessIdentity) -> bool:
        if not _exists(process.pid):
            return True
        started = _start_time(process.pid)
        return started is not None and abs(started - process.started) > _TOLERANCE_SECONDS


def _exists(pid: int) -> bool:
    # Asked of the kernel and not of /proc, which may be mounted so that it hides other users' processes.
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _start_time(pid: int) -> float | None:
    """Seconds; `_NOBODY` for a zombie; None when there is no such process or we may not look at it."""
    try:
        if sys.platform == "linux":
            fields = _stat_fields(pid)
            return _NOBODY if fields[_STATE] in "ZX" else int(fields[_START_TICKS]) / os.sysconf("SC_CLK_TCK")
        process = psutil.Process(pid)
        return _NOBODY if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except (OSError, psutil.Error):
        return None


def _stat_fields(pid: int) -> list[str]:
    # The command in brackets may hold blanks and brackets itself: what follows its last bracket is regular.
    return (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()


def _boot_identity() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return f"booted-{psutil.boot_time():.0f}"


def _pid_namespace() -> str:
    try:
        return os.readlink(_PROC / "self/ns/pid")
    except OSError:
        return "pid"
