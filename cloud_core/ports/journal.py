"""Port to the place where results wait on this host while the records can't take them."""

from __future__ import annotations

from typing import Protocol

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord


class ResultJournal(Protocol):
    """Stack records as they are to be written, one for each stack and operation (`last_operation_id`).

    They hold what the records hold, so secrets are masked. Every method raises NotPermitted when the place can't be
    read or written.
    """

    def keep(self, record: StackRecord) -> str:
        """Outlives this process and a crash of the machine once it returns; gives the place, for people."""

    def kept(self, deployment_id: str, environment: EnvironmentName) -> list[StackRecord]:
        """By stack and operation. One that can't be understood is logged, left where it is, and not returned."""

    def discard(self, record: StackRecord) -> None:
        """Forget this stack's result of this operation; no error when there is none."""
