"""The tables of the records without a store."""

from __future__ import annotations

from cloud_core.domain.tables import TABLES, TTL_ATTRIBUTE, TableDefinition
from cloud_core.ports.tables import TableState


class FakeTables:
    """`ports.tables.RecordTables`. `present` are those that are there, by the names of their definitions; `differing`
    has sentences about them, `broken` are those that can't be used."""

    def __init__(self, prefix: str = "cloud-", present: bool = True) -> None:
        self.prefix = prefix
        self.present = [table.name for table in TABLES] if present else []
        self.differing: dict[str, tuple[str, ...]] = {}
        self.broken: set[str] = set()

    def create(self) -> list[str]:
        made = [table.name for table in TABLES if table.name not in self.present]
        self.present += made
        return [self.prefix + name for name in made]

    def states(self) -> list[TableState]:
        return [self._state(table) for table in TABLES]

    def delete(self) -> list[str]:
        gone, self.present = [self.prefix + table.name for table in TABLES if table.name in self.present], []
        return gone

    def _state(self, table: TableDefinition) -> TableState:
        name = self.prefix + table.name
        if table.name not in self.present:
            return TableState(name=name, status=None, differences=("it is missing",))
        return TableState(
            name=name,
            status="active",
            is_usable=table.name not in self.broken,
            items=0,
            indexes={index.name: "active" for index in table.indexes},
            ttl_attribute=TTL_ATTRIBUTE if table.expires else None,
            billing_mode="pay_per_request",
            recoverable=True,
            differences=self.differing.get(table.name, ()),
        )
