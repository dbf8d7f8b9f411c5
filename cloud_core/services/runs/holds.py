"""What an operation holds while it runs: the environment's lease, or nothing but a pass when it only reads."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from cloud_core.domain.records import LeaseOwner, ProcessIdentity
from cloud_core.ports.processes import Processes


class Hold(Protocol):
    """A context manager around an operation; `services.lease.LeaseKeeper` is the one of those that write.

    `reader` is the process of an operation that only reads: it is told in the operation's record, as no lease names it.
    """

    @property
    def reader(self) -> LeaseOwner | None: ...

    @property
    def previous_owner(self) -> LeaseOwner | None: ...

    @property
    def fence(self) -> int: ...

    @property
    def is_lost(self) -> bool: ...

    @property
    def running_engines(self) -> list[ProcessIdentity]: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def must_not_start_new(self) -> bool: ...

    def was_renewed_since(self, moment: float) -> bool: ...

    def beat(self) -> bool: ...

    def register_engine(self, *processes: ProcessIdentity) -> None: ...

    def unregister(self, *processes: ProcessIdentity) -> None: ...


def engine_watch(hold: Hold) -> Callable[[list[ProcessIdentity]], None]:
    """What an engine run tells its processes to: they stand in the lease while they may write.

    An empty list says that they are gone. LeaseLost keeps the engine from starting.
    """
    known: list[ProcessIdentity] = []

    def tell(processes: list[ProcessIdentity]) -> None:
        ended = list(known)
        if processes:
            hold.register_engine(*processes)
        known[:] = processes
        if ended:
            hold.unregister(*ended)

    return tell


class ReadingPass:
    """The hold of an operation that only reads: it keeps nobody away, can't be lost, and has no token to write with."""

    fence = 0
    previous_owner: LeaseOwner | None = None
    is_lost = False

    def __init__(self, processes: Processes, operation_id: str) -> None:
        self._processes = processes
        self._engines: list[ProcessIdentity] = []
        self.reader = LeaseOwner(operation_id=operation_id, host=processes.host(), flow_process=processes.current())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    @property
    def running_engines(self) -> list[ProcessIdentity]:
        """Our engines that are not proven gone."""
        return [engine for engine in self._engines if not self._processes.is_gone(engine)]

    def must_not_start_new(self) -> bool:
        return False

    def was_renewed_since(self, moment: float) -> bool:
        return True

    def beat(self) -> bool:
        return True

    def register_engine(self, *processes: ProcessIdentity) -> None:
        self._engines = [*self._engines, *processes]

    def unregister(self, *processes: ProcessIdentity) -> None:
        self._engines = [engine for engine in self._engines if engine not in processes]
