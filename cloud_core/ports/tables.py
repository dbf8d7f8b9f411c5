"""Port to the tables themselves: making, comparing and deleting them, for those who set the platform up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class TableState:
    """A table as it is. `status` is None when there is none, else AWS's word in lower case, such as `active`; the
    records can work with it when it `is_usable`, whatever differs.

    `items` is AWS's own count, some hours old. `indexes` maps each index to its status. `differences` are sentences
    about what is not as `domain.tables` defines it.
    """

    name: str
    status: str | None
    is_usable: bool = False
    items: int | None = None
    indexes: Mapping[str, str] = field(default_factory=dict)
    ttl_attribute: str | None = None
    billing_mode: str | None = None
    recoverable: bool | None = None
    differences: tuple[str, ...] = ()


class RecordTables(Protocol):
    """The tables whose names begin with `prefix`. Every method may raise Unavailable (AwsAccessFailed)."""

    @property
    def prefix(self) -> str: ...

    def create(self) -> list[str]:
        """Make those that are missing; those that are there stay as they are, with their items, but for expiry and
        recovery, which are switched on. The names of those that were made, when all can be used."""

    def states(self) -> list[TableState]:
        """All of them, in the order of their definition."""

    def delete(self) -> list[str]:
        """Delete them with all that they hold. The names of those that were there."""
