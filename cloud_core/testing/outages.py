"""Records that can be away."""

from __future__ import annotations

from typing import Any

from cloud_core.domain.errors import RecordsUnavailable
from cloud_core.ports.records import Records


class RecordsWithOutages:
    """`ports.records.Records` over others: while `are_away` is set, every call is RecordsUnavailable."""

    def __init__(self, records: Records) -> None:
        self.are_away = False
        self.deployments: Any = _Repository(self, records.deployments)
        self.stacks: Any = _Repository(self, records.stacks)
        self.operations: Any = _Repository(self, records.operations)
        self.logs: Any = _Repository(self, records.logs)
        self.metrics: Any = _Repository(self, records.metrics)
        self.events: Any = _Repository(self, records.events)
        self.leases: Any = _Repository(self, records.leases)


class _Repository:
    def __init__(self, outages: RecordsWithOutages, repository: object) -> None:
        self._outages = outages
        self._repository = repository

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._repository, name)

        def call(*arguments: Any, **named: Any) -> Any:
            if self._outages.are_away:
                raise RecordsUnavailable(f"the records are away: {name} can't be done")
            return method(*arguments, **named)

        return call
