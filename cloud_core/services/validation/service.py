"""Validation of a deployment's manifest, from its syntax to what AWS and the engine say; and its automatic mending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import InvalidInput, InvalidManifest
from cloud_core.domain.manifest import SetValue, normalise, written_path
from cloud_core.domain.validation import (
    Fix,
    Level,
    Scope,
    ValidationResult,
    find_fixes,
    findings_of,
    validate_manifest,
)
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import ProgramNames
from cloud_core.ports.workspace import ManifestFile, ManifestFiles
from cloud_core.services.templates.service import TemplateService
from cloud_core.services.validation.access_checks import AccessChecks


class ValidationService:
    """`access` is asked at level full only, so that the other levels need neither AWS nor an engine."""

    def __init__(
        self,
        files: ManifestFiles,
        templates: TemplateService,
        programs: ProgramNames,
        access: AccessChecks,
        clock: Clock,
    ) -> None:
        self._files = files
        self._templates = templates
        self._programs = programs
        self._access = access
        self._clock = clock

    def validate(
        self, deployment_id: str, level: Level = Level.FULL, environment: str | None = None, strict: bool = False
    ) -> ValidationResult:
        """All findings up to the level, for every enabled environment or just one.

        An unreadable manifest is a result as well. DeploymentNotFound; InvalidInput for an environment that the
        manifest does not have.
        """
        try:
            file = self._files.read(deployment_id)
        except InvalidManifest as error:
            return ValidationResult(level=level, errors=findings_of(error))
        return self.check(deployment_id, file, level, environment, strict)

    def check(
        self,
        deployment_id: str | None,
        file: ManifestFile,
        level: Level = Level.FULL,
        environment: str | None = None,
        strict: bool = False,
    ) -> ValidationResult:
        """As `validate`, of a manifest at hand; its path only names the places of findings.

        Without an id any is right.
        """
        _require_environment(file.data, environment)
        scope = Scope(level, environment, strict, deployment_id, file.path.name)
        catalogue = self._templates.catalogue(frozenset(self._programs.names()))
        result = validate_manifest(file.data, catalogue, scope)
        if level is not Level.FULL:
            return result
        return result.with_findings(self._access.ask(file, result, catalogue.stack_templates), strict)

    def fix(self, deployment_id: str, rehearse: bool = False) -> list[Fix]:
        """Mend what needs no judgement, in the file and with its comments kept; returns the changes, none for none.

        Rehearsed, nothing is written.

        DeploymentNotFound; InvalidManifest for a file that can't be read.
        """
        file = self._files.read(deployment_id)
        if not isinstance(file.data, Mapping):
            return []
        now = timestamp(self._clock.now())
        fixes = find_fixes(file.data, self._templates.stack_templates(), now)
        if fixes and not rehearse:
            edits = [fix.edit for fix in fixes]
            if isinstance(normalise(file.data).get("deployment"), Mapping):
                path = written_path(("deployment", "updatedAt"), file.data)
                edits.append(SetValue(tuple(map(str, path)), now))
            self._files.edit(deployment_id, edits)
        return fixes


def _require_environment(data: Any, environment: str | None) -> None:
    environments = data.get("environments") if isinstance(data, Mapping) else None
    if environment is None or not isinstance(environments, Mapping) or environment in environments:
        return
    raise InvalidInput(
        f"environment {environment!r} is not in the manifest: it has {', '.join(environments) or 'none'}",
        field="environment",
        value=environment,
        suggestion=f"add 'environments.{environment}' to the manifest",
    )
