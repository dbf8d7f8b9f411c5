"""What a dead engine leaves of a stack: its lock, and changes that never ended.

These are the rules alone, without lease and events. Nothing here decides for somebody: who repairs says what a person
has allowed, and tells what was done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeVar

from cloud_core.domain.errors import EngineLocked
from cloud_core.domain.records import ProcessIdentity
from cloud_core.domain.wishes import RepairWish
from cloud_core.ports.engine import BEGUN, Found, PendingChange
from cloud_core.ports.processes import Processes

T = TypeVar("T")
Owner = Mapping[str, Any]
_NOBODY: Final[Mapping[int, ProcessIdentity]] = {}


@dataclass(frozen=True)
class Interruption:
    """Changes that never ended. Those that had begun may have made something without anybody knowing: such a one is
    looked up where AWS knows it by name, and forgotten where making it again leaves no second one."""

    pending: Sequence[PendingChange]
    said: RepairWish = field(default_factory=RepairWish)

    @property
    def for_a_person(self) -> list[PendingChange]:
        """Those of which nobody but a person can tell whether AWS has made them."""
        return [
            one
            for one in self.pending
            if one.kind in BEGUN and not (one.is_overwritten or one.urn in self.said.forget or self._identity(one))
        ]

    @cached_property
    def adopt(self) -> dict[str, str]:
        """By URN the id to look it up by; without those that are forgotten, or are in the state anyway."""
        return {one.urn: identity for one in self.pending if (identity := self._identity(one)) is not None}

    def foreign(self, found: Mapping[str, Found]) -> list[PendingChange]:
        """Those that are there, and may be another's; `found` is what looking up has shown."""
        return [one for one in self.pending if found.get(one.urn) is Found.UNPROVEN and one.urn not in self.said.adopt]

    def _identity(self, one: PendingChange) -> str | None:
        if one.kind not in BEGUN or one.urn in self.said.forget:
            return None
        return self.said.adopt.get(one.urn) or one.identity


class LockOwners:
    """Whoever holds a stack's lock, as far as the engine tells. `engines` are those that a dead owner's lease names."""

    def __init__(
        self, error: EngineLocked, processes: Processes, engines: Mapping[int, ProcessIdentity] = _NOBODY
    ) -> None:
        self.known: Sequence[Owner] = error.context.get("owners") or ()
        self._processes = processes
        self._engines = engines
        self._host = processes.host().partition("/")[0]

    @property
    def are_gone(self) -> bool:
        """Proven for each of them; of owners that nobody knows nothing is."""
        return bool(self.known) and all(map(self._is_gone, self.known))

    @property
    def may_be_here(self) -> bool:
        """Whether a process of this host has the number of one of them: nothing is forced on that."""
        return any(self._is_of_here(owner) and not self._processes.is_unused(owner["pid"]) for owner in self.known)

    def _is_gone(self, owner: Owner) -> bool:
        """One of the dead owner's engines, or a process number that nobody on this host has."""
        if not self._is_of_here(owner):
            return False
        engine = self._engines.get(owner["pid"])
        return self._processes.is_gone(engine) if engine else self._processes.is_unused(owner["pid"])

    def _is_of_here(self, owner: Owner) -> bool:
        return bool(owner["host"] == self._host)


def unlocking(work: Callable[[], T], remove: Callable[[EngineLocked], None]) -> T:
    """Do the work; when somebody holds the stack's lock, do it again without. `remove` raises for a lock that stays."""
    try:
        return work()
    except EngineLocked as error:
        remove(error)
        return work()
