"""Hosts and processes in memory."""

from __future__ import annotations

import threading
from itertools import count

from cloud_core.domain.records import ProcessIdentity


class FakeProcesses:
    """`ports.processes.Processes` of one host. It runs one process (`current`) until the test starts or ends some."""

    def __init__(self, host: str = "host-a/boot-1/pids-1") -> None:
        self._host = host
        self._starts = count(1)
        self._running: dict[int, ProcessIdentity] = {}
        self._lock = threading.Lock()
        self._current = self.start(1000)

    def host(self) -> str:
        return self._host

    def current(self) -> ProcessIdentity:
        return self._current

    def identify(self, pid: int) -> ProcessIdentity | None:
        with self._lock:
            return self._running.get(pid)

    def is_unused(self, pid: int) -> bool:
        return self.identify(pid) is None

    def is_gone(self, process: ProcessIdentity) -> bool:
        return self.identify(process.pid) != process

    def start(self, pid: int) -> ProcessIdentity:
        """A new process; one that had this pid is gone."""
        with self._lock:
            self._running[pid] = ProcessIdentity(pid=pid, started=float(next(self._starts)))
            return self._running[pid]

    def end(self, process: ProcessIdentity) -> None:
        with self._lock:
            if self._running.get(process.pid) == process:
                del self._running[process.pid]

    def become(self, pid: int) -> ProcessIdentity:
        """Ask from another process of this host from now on; the one before goes on running."""
        self._current = self.start(pid)
        return self._current
