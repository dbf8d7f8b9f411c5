"""A journal of results in memory."""

from __future__ import annotations

from cloud_core.domain.errors import CloudError
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord


class InMemoryResultJournal:
    """`ports.journal.ResultJournal`; it outlives the services that use it. `failure` is raised by `keep` while set."""

    def __init__(self) -> None:
        self.failure: CloudError | None = None
        self._records: dict[tuple[str, str | None], StackRecord] = {}

    def keep(self, record: StackRecord) -> str:
        if self.failure is not None:
            raise self.failure
        self._records[_key(record)] = record
        return f"memory of {record.stack_name}"

    def kept(self, deployment_id: str, environment: EnvironmentName) -> list[StackRecord]:
        found = sorted(self._records.values(), key=lambda record: (record.stack_name, str(record.last_operation_id)))
        return [one for one in found if (one.deployment_id, one.environment) == (deployment_id, environment)]

    def discard(self, record: StackRecord) -> None:
        self._records.pop(_key(record), None)


def _key(record: StackRecord) -> tuple[str, str | None]:
    return f"{record.deployment_id}/{record.environment.value}/{record.stack_name}", record.last_operation_id
