"""How a deployment stands, environment by environment: the manifest's stacks, what the records say, what runs now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cloud_core.domain.errors import StackNotFound
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.progress import OperationView
from cloud_core.domain.records import Deployment, LeaseRecord, Operation, StackRecord
from cloud_core.domain.statuses import DeploymentStatus, StackStatus
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records
from cloud_core.services.looking.report import (
    EnvironmentReport,
    StackReport,
    StatusReport,
    operation_seconds,
)
from cloud_core.services.looking.visibility import require_visible
from cloud_core.services.looking.watching import WatchService
from cloud_core.services.records.operations import HOLDING, newest_first
from cloud_core.services.records.statuses import require_deployment

READY: Final = "ready"
DISABLED: Final = "disabled"
_NO_LAYER: Final = 1_000_000


@dataclass(frozen=True)
class _Seen:
    """`shown` is of each environment the operation that holds it; without one, the newest that is to run or has run.
    `refused` is the newest of those that came later and never began; where nothing else is there that is shown itself.
    `may_have_died` says whether one of them was looked at that could be found dead."""

    shown: Mapping[EnvironmentName, Operation]
    refused: Mapping[EnvironmentName, Operation]
    may_have_died: bool


class StatusService:
    """Reads only, but that an operation which is proven dead is ended: nobody else may come for long."""

    def __init__(self, records: Records, watching: WatchService, clock: Clock) -> None:
        self._records = records
        self._watching = watching
        self._clock = clock

    def report(
        self,
        deployment_id: str,
        environment: EnvironmentName | None = None,
        stack: str | None = None,
        all_environments: bool = False,
        visible: frozenset[str] | None = None,
    ) -> StatusReport:
        """One environment, or all enabled ones, or really all; of one stack or of all.

        Raises DeploymentNotFound; OrganizationMismatch for one of an organisation that is not `visible` (None: all
        are); StackNotFound for a stack that neither the manifest nor the records have; InvalidInput for an environment
        that the manifest does not have.
        """
        deployment = require_deployment(self._records.deployments, deployment_id)
        require_visible(deployment, visible)
        manifest = Manifest.model_validate(deployment.manifest)
        names = manifest.environment_names if all_environments else manifest.enabled_environments
        chosen = [environment] if environment else [EnvironmentName(name) for name in names]
        leases = self._leases(deployment_id, chosen)
        seen = self._operations(deployment_id, chosen, leases)
        if seen.may_have_died:  # then it was ended, which has changed both
            deployment = require_deployment(self._records.deployments, deployment_id)
            leases = self._leases(deployment_id, chosen)
        reports = tuple(
            replace(
                self._environment(deployment, manifest, one, stack, seen.shown.get(one)),
                lease=leases.get(one),
                refused=seen.refused.get(one),
            )
            for one in chosen
        )
        if stack is not None and not any(report.stacks for report in reports):
            manifest.stack(stack)
            where = ", ".join(one.value for one in chosen)
            raise StackNotFound(f"stack {stack!r} is not enabled in {where}, nor deployed there", stack=stack)
        return StatusReport(deployment, reports)

    def _operations(
        self, deployment_id: str, environments: Sequence[EnvironmentName], leases: Mapping[EnvironmentName, LeaseRecord]
    ) -> _Seen:
        at_work = {one: self._watching.at_work(deployment_id, one) for one in leases}
        found = {one: operation for one, operation in at_work.items() if operation}
        refused: dict[EnvironmentName, Operation] = {}
        may_have_died = bool(leases)
        for operation in newest_first(self._records.operations, deployment_id):
            if len(found) == len(environments):
                break
            place = operation.environment
            if place in environments and place not in found and operation.type in HOLDING:
                # What has ended, and holds no lease, has nothing to be settled.
                is_over = operation.status.is_terminal and place not in leases
                settled = operation if is_over else self._watching.settled(operation)
                may_have_died |= not is_over
                (refused if settled.never_began else found).setdefault(place, settled)
        return _Seen(refused | found, {one: refused[one] for one in refused.keys() & found.keys()}, may_have_died)

    def _environment(
        self,
        deployment: Deployment,
        manifest: Manifest,
        environment: EnvironmentName,
        stack: str | None,
        operation: Operation | None,
    ) -> EnvironmentReport:
        section = manifest.environment(environment.value)
        stored = self._records.stacks.list_by_deployment(deployment.deployment_id, environment)
        view = self._view(operation)
        now = self._clock.now()
        stacks = _stacks(manifest, environment, stored, operation, view)
        return EnvironmentReport(
            deployment_id=deployment.deployment_id,
            environment=environment,
            status=environment_status(deployment, environment.value, section.enabled),
            is_enabled=section.enabled,
            region=section.region,
            account=section.account,
            stacks=tuple(one for one in stacks if stack in (None, one.name)),
            operation=operation,
            view=view,
            duration_seconds=view.elapsed(now) if view else operation_seconds(operation) if operation else None,
            seconds_left=view.remaining(now) if view else None,
        )

    def _view(self, operation: Operation | None) -> OperationView | None:
        if operation is None or operation.status.is_terminal or operation.status.is_waiting:
            return None
        return self._watching.catch_up(operation)

    def _leases(
        self, deployment_id: str, environments: Sequence[EnvironmentName]
    ) -> dict[EnvironmentName, LeaseRecord]:
        """Those that are held."""
        found = {one: self._records.leases.get(deployment_id, one) for one in environments}
        return {one: lease for one, lease in found.items() if lease is not None and lease.owner is not None}


def environment_status(deployment: Deployment, environment: str, enabled: bool) -> str:
    """The stored status; before the first deploy `ready`, or `disabled`."""
    stored = deployment.environment_status.get(environment, DeploymentStatus.INITIALIZED)
    if stored is DeploymentStatus.INITIALIZED:
        return READY if enabled else DISABLED
    return stored.value


def _stacks(
    manifest: Manifest,
    environment: EnvironmentName,
    stored: list[StackRecord],
    operation: Operation | None,
    view: OperationView | None,
) -> list[StackReport]:
    """Stacks that are switched on, and those that still have resources; by layer, then as in the manifest."""
    enabled = set(manifest.stacks_in(environment.value))
    records = {record.stack_name: record for record in stored}
    alive = {name for name, record in records.items() if record.status.may_have_resources}
    layers = {name: number for number, layer in enumerate(operation.layers if operation else [], 1) for name in layer}
    reports = [
        _stack(manifest, name, records.get(name), name in enabled, layers.get(name), view) for name in enabled | alive
    ]
    places = {name: place for place, name in enumerate(manifest.stacks)}
    last = len(places)
    return sorted(reports, key=lambda one: (one.layer or _NO_LAYER, places.get(one.name, last), one.name))


def _stack(
    manifest: Manifest,
    name: str,
    record: StackRecord | None,
    enabled: bool,
    layer: int | None,
    view: OperationView | None,
) -> StackReport:
    seen = view.stacks.get(name) if view else None
    last = record.last_deployment if record else None
    section = manifest.stacks.get(name)
    touched = seen is not None and seen.status is not StackStatus.PENDING
    return StackReport(
        name=name,
        status=seen.status if seen and touched else _stored(record, view),
        is_enabled=enabled,
        layer=record.layer if record else layer,
        dependencies=tuple(record.dependencies if record else section.dependencies if section else ()),
        resource_count=record.resource_count if record else 0,
        updated_at=(last.completed_at or last.started_at) if last else None,
        duration_seconds=seen.seconds if seen and touched else last.duration_seconds if last else None,
        error=(seen.error if seen and touched else None) or _stored_error(record, view),
        view=seen,
        drift=record.drift if record else None,
    )


def _stored(record: StackRecord | None, view: OperationView | None) -> StackStatus:
    """The record's status; what is still marked as changing while no operation runs has failed."""
    if record is None:
        return StackStatus.PENDING
    return StackStatus.FAILED if _is_interrupted(record, view) else record.status


def _stored_error(record: StackRecord | None, view: OperationView | None) -> str | None:
    if record is None:
        return None
    if _is_interrupted(record, view):
        return f"interrupted while {record.status.value}: operation {record.last_operation_id} died"
    return record.last_deployment.error_message if record.last_deployment else None


def _is_interrupted(record: StackRecord, view: OperationView | None) -> bool:
    return view is None and record.status.is_changing
