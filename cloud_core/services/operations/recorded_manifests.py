"""The manifest in the record, for those who have no working copy: read, replaced whole, environments switched."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from cloud_core.domain.clock import timestamp
from cloud_core.domain.digest import content_digest
from cloud_core.domain.errors import VersionConflict
from cloud_core.domain.manifest import Manifest, normalise
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment
from cloud_core.domain.statuses import Action
from cloud_core.domain.validation import Finding, Level, Scope, ValidationResult, invalid_manifest, validate_manifest
from cloud_core.domain.working_copy import describe_differences, immutable_changes
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import ProgramNames
from cloud_core.ports.records import DeploymentRepository
from cloud_core.services.manifests.records import ManifestRecords
from cloud_core.services.operations.environments import EnvironmentService
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.operations.service import OperationService
from cloud_core.services.records.statuses import require_deployment
from cloud_core.services.templates.service import TemplateService

_PLACE: Final = "manifest"


@dataclass(frozen=True)
class ReplacedManifest:
    """The record as it is now. `changes` has a line for each difference, secret inputs masked."""

    deployment: Deployment
    changes: tuple[str, ...]
    warnings: tuple[Finding, ...]

    def to_data(self) -> dict[str, Any]:
        return {
            "deployment_id": self.deployment.deployment_id,
            "version": self.deployment.manifest_version,
            "digest": self.deployment.digest,
            "updated_at": self.deployment.updated_at,
            "changes": list(self.changes),
            "warnings": [one.to_data() for one in self.warnings],
        }


class RecordedManifests:
    """Every change is validated to level config, and made over exactly the version that was read."""

    def __init__(
        self,
        deployments: DeploymentRepository,
        templates: TemplateService,
        programs: ProgramNames,
        operations: OperationService,
        environments: EnvironmentService,
        clock: Clock,
    ) -> None:
        self._deployments = deployments
        self._records = ManifestRecords(deployments, clock)
        self._templates = templates
        self._programs = programs
        self._operations = operations
        self._environments = environments
        self._clock = clock

    def read(self, deployment_id: str) -> Deployment:
        """Raises DeploymentNotFound."""
        return require_deployment(self._deployments, deployment_id)

    def replace(
        self, deployment_id: str, document: Mapping[str, Any], version: int | None = None, rehearse: bool = False
    ) -> ReplacedManifest:
        """Make the document, in either dialect, the next version; nothing is written when it says what the record says.

        `version` is the one that it was made from. Raises VersionConflict when that is not the record's,
        ManifestConflict when somebody else is faster, InvalidManifest with every finding, OperationRunning while an
        operation works with the present version. A rehearsal writes nothing.
        """
        record = self.of_version(deployment_id, version)
        result = self.check(deployment_id, document)
        result.raise_if_invalid()
        data = normalise(document)
        if findings := immutable_changes(record.manifest, data, _PLACE):
            raise invalid_manifest(findings)
        return self._store(record, data, result.warnings, rehearse)

    def check(self, deployment_id: str, document: Mapping[str, Any]) -> ValidationResult:
        """What `replace` would find in it."""
        catalogue = self._templates.catalogue(frozenset(self._programs.names()))
        return validate_manifest(document, catalogue, Scope(Level.CONFIG, expected_id=deployment_id, file=_PLACE))

    def switch(
        self, deployment_id: str, environment: EnvironmentName, enabled: bool, version: int | None = None
    ) -> ReplacedManifest:
        """Switch an environment on or off; raises as `replace`.

        Besides: InvalidInput for one that the manifest does not have, Conflict for one that is deployed and would be
        switched off.
        """
        record = self.of_version(deployment_id, version)
        Manifest.model_validate(record.manifest).environment(environment.value)
        if not enabled:
            self._environments.require_unused(deployment_id, environment)
        document = deepcopy(dict(record.manifest))
        document["environments"][environment.value]["enabled"] = enabled
        return self.replace(deployment_id, document, record.manifest_version)

    def of_version(self, deployment_id: str, version: int | None) -> Deployment:
        """The record, if it is of that version (None: of any). Raises DeploymentNotFound, VersionConflict."""
        record = self.read(deployment_id)
        if version in (None, record.manifest_version):
            return record
        raise VersionConflict(
            f"the manifest of {record.deployment_id} is version {record.manifest_version}, not {version}",
            version=version,
            stored_version=record.manifest_version,
            suggestion="read it again and repeat the change",
        )

    def _store(
        self, record: Deployment, data: dict[str, Any], warnings: tuple[Finding, ...], rehearse: bool
    ) -> ReplacedManifest:
        if content_digest(data) == record.digest:
            return ReplacedManifest(record, (), warnings)
        for environment in EnvironmentName:
            self._operations.turns.require_idle(StartOperation(record.deployment_id, environment, Action.DEPLOY, ""))
        changes = describe_differences(record.manifest, data, self._templates.stack_templates())
        data["deployment"] = {**data["deployment"], "updatedAt": timestamp(self._clock.now())}
        if rehearse:
            return ReplacedManifest(record, tuple(changes), warnings)
        return ReplacedManifest(self._records.replace(record, data), tuple(changes), warnings)
