"""What comes before a deploy is started: which manifest would run, whether it is valid, and what it would do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cloud_core.domain.errors import Conflict, DeploymentNotFound, VersionConflict
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment
from cloud_core.domain.validation import Level, ValidationResult
from cloud_core.domain.working_copy import CopyState
from cloud_core.ports.records import DeploymentRepository
from cloud_core.ports.workspace import ManifestFile
from cloud_core.services.manifests.service import ManifestService, WorkingCopy
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.operations.no_ops import Reasons
from cloud_core.services.operations.service import OperationService
from cloud_core.services.records.graphs import OperationPlan
from cloud_core.services.records.statuses import require_deployment
from cloud_core.services.validation.service import ValidationService


@dataclass(frozen=True)
class Preparation:
    """Ready to start when `plan` is there. `deployment` is the record as the operation will find it.

    `reasons` tell why each stack would not be skipped; {} where that is not foreseen. `changes` tells what the edited
    file changes in the record, one line each; `validation` is None when skipped.
    """

    request: StartOperation
    deployment: Deployment
    copy_state: CopyState
    changes: tuple[str, ...]
    validation: ValidationResult | None
    plan: OperationPlan | None
    reasons: Reasons = field(default_factory=dict)

    @property
    def is_no_op(self) -> bool:
        """Whether it is foreseen that nothing would be deployed."""
        return bool(self.reasons) and not any(self.reasons.values())

    def to_data(self) -> dict[str, Any]:
        """The plan: layers of stacks with what each waits for, and what the edited file changes."""
        assert self.plan is not None
        graph = self.plan.graph
        return {
            "deployment_id": self.request.deployment_id,
            "environment": self.request.environment.value,
            "total_stacks": len(graph.names),
            "parallel": self.request.parallel,
            "manifest_version": self.deployment.manifest_version,
            "manifest_changes": list(self.changes),
            "warnings": [one.to_data() for one in self.validation.warnings] if self.validation else [],
            "layers": [
                {
                    "layer": number,
                    "stacks": [
                        {"name": name, "dependencies": sorted(graph.dependencies(name)), **self._foreseen(name)}
                        for name in layer
                    ],
                }
                for number, layer in enumerate(graph.layers, 1)
            ],
        }

    def _foreseen(self, stack: str) -> dict[str, Any]:
        """What is known of the stack from the records alone."""
        reasons = self.reasons.get(stack)
        if reasons is None:
            return {}
        return {"action": "deploy" if reasons else "skip", "reasons": reasons or ["unchanged"]}


class PreparationService:
    """Validates and plans first; only what was shown, and agreed to, becomes the record."""

    def __init__(
        self,
        manifests: ManifestService,
        validation: ValidationService,
        operations: OperationService,
        deployments: DeploymentRepository,
    ) -> None:
        self._deployments = deployments
        self._manifests = manifests
        self._validation = validation
        self._operations = operations

    def prepare(
        self,
        request: StartOperation,
        level: Level | None = Level.FULL,
        strict: bool = False,
        rehearse: bool = False,
    ) -> Preparation:
        """Validate to `level` (None skips it) and plan; nothing is written.

        An invalid manifest is a result without a plan. Raises Conflict for a deploy by a plan when the file was edited
        since, DeploymentNotFound, InvalidManifest for an unreadable
        file, ManifestConflict when file and record moved apart, OperationRunning unless it is a rehearsal, and
        whatever the plan raises.
        """
        copy = self._compare(request.deployment_id)
        if request.plan_id is not None:
            _require_as_planned(copy)
        expected = self._manifests.expected(request.deployment_id, request.started_by)
        prepared = Preparation(
            request=request,
            deployment=expected,
            copy_state=copy.state if copy else CopyState.IN_STEP,
            changes=tuple(copy.lines) if copy and copy.state is CopyState.EDITED else (),
            validation=self._validate(request, copy, expected, level, strict) if level else None,
            plan=None,
        )
        if prepared.validation is not None and not prepared.validation.valid:
            return prepared
        return self._planned(prepared, rehearse)

    def of_record(
        self, request: StartOperation, level: Level | None = None, strict: bool = False, rehearse: bool = False
    ) -> Preparation:
        """As `prepare`, of the record as it is, whatever the workspace's file says."""
        record = require_deployment(self._deployments, request.deployment_id)
        validation = self._validate(request, None, record, level, strict) if level else None
        prepared = Preparation(request, record, CopyState.IN_STEP, (), validation, None)
        return prepared if validation and not validation.valid else self._planned(prepared, rehearse)

    def require_valid_record(self, request: StartOperation, level: Level, strict: bool) -> Deployment:
        """The record that was looked at; InvalidManifest, with every finding, when its manifest is not valid to that
        level."""
        record = require_deployment(self._deployments, request.deployment_id)
        self._validate(request, None, record, level, strict).raise_if_invalid()
        return record

    def validate_record(
        self, deployment_id: str, level: Level, environment: EnvironmentName | None, strict: bool
    ) -> ValidationResult:
        """Every finding in the manifest that runs; DeploymentNotFound, InvalidInput (unknown environment)."""
        record = require_deployment(self._deployments, deployment_id)
        name = environment.value if environment else None
        return self._validation.check(deployment_id, _file_of(record), level, name, strict)

    def push(self, prepared: Preparation) -> Preparation:
        """Make an edited file the record, as it was planned.

        Raises OperationRunning, VersionConflict when the manifest is not the planned one any more.
        """
        request = prepared.request
        if prepared.changes:
            # A new version would make an operation that has not begun fail.
            self._operations.turns.require_idle(replace(request, action=request.goal))
        expected = self._manifests.expected(request.deployment_id, request.started_by)
        require_unchanged(prepared, expected)
        return replace(prepared, deployment=self._manifests.sync(request.deployment_id, request.started_by))

    def _planned(self, prepared: Preparation, rehearse: bool) -> Preparation:
        request, record = prepared.request, prepared.deployment
        plan = self._operations.plan(request, record)
        if not rehearse:
            self._operations.turns.require_idle(request)
        return replace(prepared, plan=plan, reasons=self._operations.reasons(request, record, plan))

    def _compare(self, deployment_id: str) -> WorkingCopy | None:
        """None without a folder in this workspace: the record alone counts then."""
        try:
            return self._manifests.compare(deployment_id)
        except DeploymentNotFound:
            return None

    def _validate(
        self, request: StartOperation, copy: WorkingCopy | None, expected: Deployment, level: Level, strict: bool
    ) -> ValidationResult:
        """Of what will run: the file, or the record when the file is behind it or not here."""
        environment = request.environment.value
        if copy is not None and copy.state is not CopyState.BEHIND:
            return self._validation.validate(request.deployment_id, level, environment, strict)
        return self._validation.check(request.deployment_id, _file_of(expected), level, environment, strict)


def _file_of(record: Deployment) -> ManifestFile:
    """The record's manifest, as findings name it."""
    return ManifestFile(Path(f"record version {record.manifest_version}"), record.manifest)


def require_unchanged(prepared: Preparation, expected: Deployment) -> None:
    """VersionConflict when another manifest would run than the one that was planned."""
    if expected.digest == prepared.deployment.digest:
        return
    deployment_id = prepared.request.deployment_id
    raise VersionConflict(
        f"the manifest of {deployment_id} changed since the plan was made",
        deployment_id=deployment_id,
        suggestion="run the command again to see the new plan",
    )


def _require_as_planned(copy: WorkingCopy | None) -> None:
    """Conflict when the file has something that the plan does not: a plan pushes every edit that it shows."""
    if copy is None or copy.state is not CopyState.EDITED:
        return
    raise Conflict(
        f"the plan can't be deployed: the manifest was edited since it was made: {'; '.join(copy.lines)}",
        suggestion="make a new plan, and look at it",
    )
