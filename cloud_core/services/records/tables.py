"""The tables of the records, for those who set the platform up or take it down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cloud_core.domain.errors import Conflict, TablesMissing
from cloud_core.domain.records import Deployment
from cloud_core.domain.statuses import DeploymentStatus
from cloud_core.domain.tables import DEPLOYMENTS
from cloud_core.ports.records import DeploymentRepository
from cloud_core.ports.tables import RecordTables, TableState

_GONE: Final = frozenset({DeploymentStatus.INITIALIZED, DeploymentStatus.DESTROYED})
_SHOWN: Final = 5


@dataclass(frozen=True)
class TablesReport:
    """The tables as they are, in the order of their definition."""

    prefix: str
    tables: Sequence[TableState]

    @property
    def is_ready(self) -> bool:
        """Whether the records can work with all of them, whatever differs."""
        return all(table.is_usable for table in self.tables)

    @property
    def missing(self) -> list[str]:
        return [table.name for table in self.tables if table.status is None]

    @property
    def present(self) -> list[str]:
        return [table.name for table in self.tables if table.status is not None]

    def to_data(self) -> dict[str, Any]:
        return {
            "prefix": self.prefix,
            "ready": self.is_ready,
            "tables": [
                {
                    "name": table.name,
                    "exists": table.status is not None,
                    "usable": table.is_usable,
                    "status": table.status,
                    "items": table.items,
                    "indexes": dict(table.indexes),
                    "ttl_attribute": table.ttl_attribute,
                    "billing_mode": table.billing_mode,
                    "recoverable": table.recoverable,
                    "differences": list(table.differences),
                }
                for table in self.tables
            ],
        }


class TableService:
    """`confirmation` is what somebody types out before the tables are deleted: the name of the first of them."""

    def __init__(self, tables: RecordTables, deployments: DeploymentRepository) -> None:
        self._tables = tables
        self._deployments = deployments

    @property
    def confirmation(self) -> str:
        return self._tables.prefix + DEPLOYMENTS.name

    def status(self) -> TablesReport:
        return TablesReport(self._tables.prefix, self._tables.states())

    def create(self) -> list[str]:
        """Make what is missing; the names of the tables that were made."""
        return self._tables.create()

    def require_deletable(self, force: bool = False) -> None:
        """Conflict while any deployment may have something in AWS, since without the records nobody finds it again."""
        if force:
            return
        live = self._live()
        if live:
            named = ", ".join(f"{one.deployment_id} ({one.status.value})" for one in live[:_SHOWN])
            more = f" and {len(live) - _SHOWN} more" if len(live) > _SHOWN else ""
            raise Conflict(
                f"deployments live in these tables: {named}{more}",
                deployments=[one.deployment_id for one in live],
                suggestion="destroy them first, or add --force to lose sight of what they have in AWS",
            )

    def delete(self, force: bool = False) -> list[str]:
        """Delete all tables with what they hold; the names of those that were there. Raises as `require_deletable`."""
        self.require_deletable(force)
        return self._tables.delete()

    def _live(self) -> list[Deployment]:
        found: list[Deployment] = []
        try:
            for status in DeploymentStatus:
                if status not in _GONE:
                    found += self._deployments.list_by_status(status).items
        except TablesMissing:
            return []
        return sorted(found, key=lambda one: one.deployment_id)
