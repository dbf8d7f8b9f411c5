"""Giving a stack another state, in the environment's one-writer lease and with the old one kept.

Whatever happens on the way, nothing is half-written: the engine replaces a state whole, and before it starts the
stack's record forgets what it was deployed from, so that no later deploy can take the stack for unchanged.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloud_core.domain.clock import timestamp
from cloud_core.domain.engine_state import StateResource, require_importable, state_resources
from cloud_core.domain.errors import CloudError, InvalidInput
from cloud_core.domain.events import EventDraft, EventName
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.names import EnvironmentName, engine_project_name, engine_stack_name
from cloud_core.domain.records import Deployment, LastDeployment, ResourceRecord, StackRecord
from cloud_core.domain.statuses import Action, StackStatus
from cloud_core.domain.stopping import StopSignal
from cloud_core.domain.values import Value, mask
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import StackEngine, StackRun, StackTarget
from cloud_core.ports.records import Records
from cloud_core.ports.workspace import StateBackups
from cloud_core.services.records.events import write_down
from cloud_core.services.records.graphs import OperationPlans
from cloud_core.services.records.races import retry_lost_races
from cloud_core.services.records.statuses import require_deployment
from cloud_core.services.records.targets import stack_target
from cloud_core.services.runs.engine_runs import no_program
from cloud_core.services.runs.holds import Hold, engine_watch
from cloud_core.services.stacks.inputs import secret_outputs
from cloud_core.services.stacks.records import new_stack_record

_logger = logging.getLogger(__name__)

Leases = Callable[[str, EnvironmentName, str], Hold]
"""The lease of a deployment's environment, for an operation of this id."""


@dataclass(frozen=True)
class ImportRequest:
    """`document` is what the file says, unchecked; with `force` only its form is checked."""

    deployment_id: str
    stack: str
    environment: EnvironmentName
    document: Any
    started_by: str
    force: bool = False


@dataclass(frozen=True)
class StackImport:
    """An import that may be carried out, and what it would change. `layer` and `dependencies` are the stack's place."""

    request: ImportRequest
    target: StackTarget
    layer: int
    dependencies: tuple[str, ...]
    before: tuple[StateResource, ...]
    after: tuple[StateResource, ...]

    @property
    def resources_before(self) -> int:
        return len(self.before)

    @property
    def forgotten(self) -> tuple[StateResource, ...]:
        """What the engine would no longer know: it goes on living in AWS, and nobody looks after it."""
        return tuple(one for one in self.before if one not in self.after)

    def to_data(self) -> dict[str, Any]:
        return {
            "deployment_id": self.request.deployment_id,
            "environment": self.request.environment.value,
            "stack_name": self.request.stack,
            "resource_count": len(self.after),
            "resources_before": self.resources_before,
            "forgotten": [one.urn for one in self.forgotten],
        }


@dataclass(frozen=True)
class Imported:
    """The stack's record afterwards; `backup` holds the state that was there before, None when there was none, and
    `is_here` says whether that is a file of this machine."""

    record: StackRecord
    backup: Path | None
    is_here: bool = True


class StackImports:
    """`engine` and `leases` are made when they are needed."""

    def __init__(
        self,
        records: Records,
        plans: OperationPlans,
        engine: Callable[[], StackEngine],
        leases: Leases,
        backups: StateBackups,
        clock: Clock,
    ) -> None:
        self._records = records
        self._plans = plans
        self._engine = engine
        self._leases = leases
        self._backups = backups
        self._clock = clock

    def prepare(self, request: ImportRequest) -> StackImport:
        """Check the request; nothing is changed.

        DeploymentNotFound, StackNotFound; InvalidInput for an unknown environment, a stack that is neither enabled nor
        deployed there, or a document that is not this stack's state.
        """
        deployment = require_deployment(self._records.deployments, request.deployment_id)
        manifest = Manifest.model_validate(deployment.manifest)
        target = stack_target(deployment, manifest, request.environment, request.stack)
        layer, dependencies = self._place(request, deployment, manifest)
        engine_stack = engine_stack_name(request.deployment_id, request.stack, request.environment)
        require_importable(request.document, engine_stack, engine_project_name(target.project), request.force)
        before = state_resources(self._engine().export_state(target))
        return StackImport(request, target, layer, dependencies, before, state_resources(request.document))

    def carry_out(self, wanted: StackImport) -> Imported:
        """Import. OperationRunning while another operation holds the environment; StackFailed when the engine refuses
        the state: then the old one stays."""
        request = wanted.request
        operation_id = f"import-{secrets.token_hex(6)}"
        with self._leases(request.deployment_id, request.environment, operation_id) as lease:
            backup = self._keep_old(wanted, operation_id)
            self._forget_origin(request, lease)
            began = timestamp(self._clock.now())
            run = StackRun(wanted.target, operation_id, no_program, engine_watch(lease), StopSignal())
            self._engine().import_state(run, request.document, request.force)
            outputs = self._engine().outputs(wanted.target)
            record = self._record(wanted, lease, operation_id, began, outputs)
        self._tell(wanted, record, backup)
        return Imported(record, backup)

    def _place(self, request: ImportRequest, deployment: Deployment, manifest: Manifest) -> tuple[int, tuple[str, ...]]:
        """Layer and dependencies as the record has them, else as a deploy would."""
        record = self._stored(request)
        if record is not None:
            return record.layer, tuple(record.dependencies)
        manifest.stack(request.stack)
        graph = self._plans.make(deployment, request.environment, Action.DEPLOY, []).whole
        if request.stack not in graph.names:
            raise InvalidInput(
                f"stack {request.stack!r} is neither enabled nor deployed in {request.environment.value}",
                field="stack_name",
                value=request.stack,
                suggestion=f"enable it in the manifest; there are {', '.join(graph.names) or 'none'}",
            )
        return graph.layer_of(request.stack), tuple(sorted(graph.dependencies(request.stack)))

    def _keep_old(self, wanted: StackImport, operation_id: str) -> Path | None:
        """The state as it is now that nobody else may change it."""
        request = wanted.request
        state = self._engine().export_state(wanted.target)
        if not state:
            return None
        stamp = self._clock.now().strftime("%Y%m%d-%H%M%S")
        name = f"{request.stack}-{request.environment.value}-{stamp}-{operation_id.removeprefix('import-')}"
        return self._backups.keep(request.deployment_id, name, state)

    def _forget_origin(self, request: ImportRequest, lease: Hold) -> None:
        """What a deploy compares with; a stack whose origin is not known is never skipped."""

        def write() -> None:
            record = self._stored(request)
            if record is not None:
                self._records.stacks.update(record.model_copy(update=dict(_NO_ORIGIN)), fence=lease.fence)

        retry_lost_races(write)

    def _record(
        self, wanted: StackImport, lease: Hold, operation_id: str, began: str, outputs: Mapping[str, Value]
    ) -> StackRecord:
        now = timestamp(self._clock.now())
        fields = {
            **_NO_ORIGIN,
            "status": StackStatus.DEPLOYED,
            "dependencies": list(wanted.dependencies),
            "outputs": mask(dict(outputs)),
            "secret_outputs": secret_outputs(dict(outputs)),
            "large_outputs": [],
            "resources": [
                ResourceRecord(type=one.type, name=one.name, id=one.id, urn=one.urn, status="imported")
                for one in wanted.after
            ],
            "resource_count": len(wanted.after),
            "last_deployment": LastDeployment(
                started_at=began, started_by=wanted.request.started_by, completed_at=now, result="imported"
            ),
            "last_operation_id": operation_id,
        }

        def write() -> StackRecord:
            stored = self._stored(wanted.request)
            if stored is None:
                fresh = new_stack_record(wanted.target, wanted.layer, now, lease.fence)
                return self._records.stacks.create(fresh.model_copy(update=fields))
            return self._records.stacks.update(stored.model_copy(update=fields), fence=lease.fence)

        return retry_lost_races(write)

    def _stored(self, request: ImportRequest) -> StackRecord | None:
        return self._records.stacks.get_stack(request.deployment_id, request.stack, request.environment)

    def _tell(self, wanted: StackImport, record: StackRecord, backup: Path | None) -> None:
        """Who watches a deployment sees it, and its log names who did it."""
        kept = f"; the state before is kept in {backup.name}" if backup else ""
        draft = EventDraft(
            deployment_id=record.deployment_id,
            operation_id=str(record.last_operation_id),
            environment=record.environment,
            event=EventName.STACK_DEPLOYED,
            stack_name=record.stack_name,
            data={
                "status": record.status.value,
                "message": f"state imported by {wanted.request.started_by}{kept}",
                "resource_count": record.resource_count,
                "outputs": dict(record.outputs),
            },
            timestamp=timestamp(self._clock.now()),
        )
        try:
            write_down(self._records, draft)
        except CloudError as error:
            _logger.warning("the import of %s was carried out, but could not be told: %s", record.stack_name, error)


_NO_ORIGIN: Mapping[str, Any] = {"fingerprint": {}, "output_digests": {}, "consumed": {}}
