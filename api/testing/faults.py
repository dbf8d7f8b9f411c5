"""Records that can be away, break, stand still, or change while somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloud_core.ports.records import Records

Fault = Callable[[str], object]
"""Is called with what is asked of the records, such as `deployments.update`, before it is done."""


class FaultyRecords:
    """The records, with a `fault` as long as there is one."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self.fault: Fault | None = None

    def __getattr__(self, name: str) -> Any:
        return _Faulty(getattr(self._records, name), name, self)


class _Faulty:
    """One repository."""

    def __init__(self, repository: Any, name: str, records: FaultyRecords) -> None:
        self._repository, self._name, self._records = repository, name, records

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self._repository, name)

        def after_the_fault(*given: Any, **named: Any) -> Any:
            if self._records.fault is not None:
                self._records.fault(f"{self._name}.{name}")
            return asked(*given, **named)

        return after_the_fault if callable(asked) else asked
