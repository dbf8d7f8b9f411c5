"""Port to the processes of this host: who we are, and the proof that another process is gone."""

from __future__ import annotations

from typing import Protocol

from cloud_core.domain.records import ProcessIdentity


class Processes(Protocol):
    def host(self) -> str:
        """Identity of this host since its boot, pid namespace included; the part before the first '/' is its name.

        Equal texts mean: a pid means the same thing to both, so that one can prove things about the other.
        """

    def current(self) -> ProcessIdentity:
        """The process that asks."""

    def identify(self, pid: int) -> ProcessIdentity | None:
        """The process that has this pid now, or None."""

    def is_unused(self, pid: int) -> bool:
        """True only when proven: no process of this host has this pid."""

    def is_gone(self, process: ProcessIdentity) -> bool:
        """True only when proven: nobody has the pid, somebody else has it now, or only a zombie is left."""
