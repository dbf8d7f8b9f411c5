"""Ports to what the platform keeps: repositories, the one-writer lease and the event log.

All `update` methods are optimistic: the object carries the version that was read, the store refuses with
VersionConflict if it moved on, and the returned copy carries the new version and `updated_at`. Updating what does
not exist is the noun's NotFound. Lists are newest first unless said otherwise. Page tokens are opaque and belong to
one query: any other token, and a limit below 1, is an InvalidInput.

Every method may raise Unavailable (RecordsUnavailable, TablesMissing); what is larger than the store allows is an
InvalidInput naming the largest field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from cloud_core.domain.events import Event, EventDraft
from cloud_core.domain.log_filter import EVERYTHING, LogFilter
from cloud_core.domain.metrics import Counts, Metric, MetricPoint, Period, Summary, Unit, everything
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import (
    Deployment,
    LeaseOwner,
    LeaseRecord,
    LogEntry,
    LogLevel,
    ManifestVersion,
    Operation,
    ProcessIdentity,
    StackRecord,
)
from cloud_core.domain.statuses import DeploymentStatus, StackStatus

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    items: list[T]
    next_token: str | None = None


class DeploymentRepository(Protocol):
    def create(self, deployment: Deployment) -> Deployment:
        """Raises AlreadyExists when the id is taken."""

    def get_by_id(self, deployment_id: str) -> Deployment | None: ...

    def update(self, deployment: Deployment) -> Deployment: ...

    def delete(self, deployment_id: str, version: int | None = None) -> bool:
        """Whether it existed. With a version only that one is deleted: VersionConflict when another is stored."""

    def keep_manifest(self, version: ManifestVersion) -> None:
        """Keep a manifest that is about to be replaced; one of that version that is kept already stays as it is."""

    def kept_manifest(self, deployment_id: str, manifest_version: int) -> ManifestVersion | None:
        """A manifest that was replaced; the present one is in the record."""

    def list_by_organization(
        self, organization: str, limit: int = 50, next_token: str | None = None
    ) -> Page[Deployment]: ...

    def list_by_status(
        self, status: DeploymentStatus, limit: int = 50, next_token: str | None = None
    ) -> Page[Deployment]: ...


class StackReader(Protocol):
    """Stack records by name."""

    def get_stack(self, deployment_id: str, stack_name: str, environment: EnvironmentName) -> StackRecord | None: ...


class StackRepository(StackReader, Protocol):
    def create(self, stack: StackRecord) -> StackRecord:
        """Raises AlreadyExists; LeaseLost when the environment was stamped with a higher token than `stack.fence`."""

    def list_by_deployment(self, deployment_id: str, environment: EnvironmentName | None = None) -> list[StackRecord]:
        """Every stack of the deployment, by name then environment; all pages."""

    def update(self, stack: StackRecord, fence: int | None = None) -> StackRecord:
        """Besides the version the store compares the fence: LeaseLost when a higher token has written.

        `fence` is the writer's own token (its lease's). Without it `stack.fence` is taken, which proves something
        only if the record was not read anew after another owner's stamp.
        """

    def stamp(self, deployment_id: str, environment: EnvironmentName, fence: int) -> None:
        """Raise the fence of every stack item of the environment; LeaseLost when one is higher already.

        Afterwards no holder of a lower token can update a stack of the environment, nor create one.
        """

    def delete(
        self, deployment_id: str, stack_name: str, environment: EnvironmentName, version: int | None = None
    ) -> bool:
        """Whether it existed. With a version only that one is deleted: VersionConflict when another is stored."""

    def list_by_stack_name(
        self, stack_name: str, limit: int = 50, next_token: str | None = None
    ) -> Page[StackRecord]: ...

    def list_by_status(
        self, status: StackStatus, limit: int = 50, next_token: str | None = None
    ) -> Page[StackRecord]: ...


class OperationRepository(Protocol):
    def create(self, operation: Operation, turn: str | None = None) -> Operation:
        """Store it; an operation with the same idempotency key is returned in its place, unchanged, and so is the one
        that has the turn: of those that ask for a turn at the same moment, one gets it.

        Raises AlreadyExists when the id is taken. Keys and turns belong to their deployment and are kept as long as it.
        """

    def get(self, deployment_id: str, operation_id: str) -> Operation | None: ...

    def get_by_key(self, deployment_id: str, idempotency_key: str) -> Operation | None:
        """The operation that the key stands for."""

    def update(self, operation: Operation) -> Operation: ...

    def list_by_deployment(
        self, deployment_id: str, limit: int = 20, next_token: str | None = None
    ) -> Page[Operation]: ...


class LogRepository(Protocol):
    """Lines live 90 days; one that is older is not returned, deleted yet or not."""

    def create(self, entry: LogEntry) -> None: ...

    def create_many(self, entries: Sequence[LogEntry]) -> None:
        """Store all or raise; unprocessed ones are retried."""

    def get_logs(
        self,
        deployment_id: str,
        limit: int = 100,
        next_token: str | None = None,
        wanted: LogFilter = EVERYTHING,
    ) -> Page[LogEntry]:
        """A token goes on under the same filter; its `since` and `until` may have moved on with the clock."""

    def get_logs_by_level(self, level: LogLevel, limit: int = 50, next_token: str | None = None) -> Page[LogEntry]: ...

    def get_logs_by_stack(
        self,
        deployment_id: str,
        stack_name: str,
        environment: EnvironmentName,
        limit: int = 100,
        next_token: str | None = None,
    ) -> Page[LogEntry]:
        """`get_logs` of one stack; a token of one is a token of the other, with the same filter."""


class MetricRepository(Protocol):
    """Points live 365 days; one that is older is not returned, deleted yet or not. Two points never take each other's
    place."""

    def record_metric(
        self, name: str, value: float, unit: Unit = Unit.COUNT, dimensions: Mapping[str, str] | None = None
    ) -> None:
        """Of this moment. InvalidInput for a name that is no word, or a value that is not finite."""

    def record_many(self, points: Sequence[MetricPoint]) -> None: ...

    def get_metrics(
        self,
        name: str,
        start: datetime,
        end: datetime,
        dimensions: Mapping[str, str] | None = None,
        most: int | None = None,
    ) -> list[MetricPoint]:
        """Oldest first; `start` is inclusive, `end` is not. Only those that have all of these dimensions. InvalidInput
        where the metric has more than `most` points in that time, whatever their dimensions: all of them are read."""

    def get_summary(
        self,
        period: Period,
        dimensions: Mapping[str, str] | None = None,
        counts: Counts = everything,
    ) -> dict[Metric, Summary]:
        """What the points of the period until now come to, of each of the platform's metrics; only those that
        count."""


class EventLog(Protocol):
    """Events live 90 days. Their numbers are never given twice, also when all of them have expired."""

    def append(self, draft: EventDraft) -> Event:
        """Number and store the event; safe from many threads and processes at once. What is too large for the store is
        left out of its data, and named there (`EventDraft.capped`)."""

    def read(self, deployment_id: str, after: int = 0, limit: int = 500) -> list[Event]:
        """Events with `seq > after`, oldest first, without gaps (but for a start that has expired)."""

    def last_seq(self, deployment_id: str) -> int:
        """0 when there is none."""


class LeaseStore(Protocol):
    """The one-writer lease. Time is the caller's clock; expiry is compared, never a deletion."""

    def acquire(self, deployment_id: str, environment: EnvironmentName, owner: LeaseOwner) -> LeaseRecord:
        """Take a free lease with a higher fence; OperationRunning names the present owner.

        An expired lease is not free: time proves nothing about a process. Whoever proved that the owner is gone
        breaks the lease first (see services.lease).
        """

    def get(self, deployment_id: str, environment: EnvironmentName) -> LeaseRecord | None: ...

    def break_lease(self, lease: LeaseRecord) -> None:
        """Free exactly this lease (same fence, owner and heartbeat); VersionConflict when it moved on."""

    def renew(self, lease: LeaseRecord) -> LeaseRecord:
        """Push the expiry; LeaseLost when the fence is no longer the highest."""

    def set_engine_processes(self, lease: LeaseRecord, processes: Sequence[ProcessIdentity]) -> LeaseRecord:
        """Record the engines that may write now, before they start; LeaseLost as above."""

    def release(self, lease: LeaseRecord) -> None:
        """Give it back; no error when it is no longer ours."""


class Records(Protocol):
    """All of it, as one store gives it."""

    @property
    def deployments(self) -> DeploymentRepository: ...

    @property
    def stacks(self) -> StackRepository: ...

    @property
    def operations(self) -> OperationRepository: ...

    @property
    def logs(self) -> LogRepository: ...

    @property
    def metrics(self) -> MetricRepository: ...

    @property
    def events(self) -> EventLog: ...

    @property
    def leases(self) -> LeaseStore: ...
