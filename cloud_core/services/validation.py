"""Validation of a deployment's manifest, from its syntax to what AWS and the engine say; and its automatic mending."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import AwsAccessFailed, CloudError, EngineMissing, InvalidInput, InvalidManifest
from cloud_core.domain.manifest import SetValue, normalise, written_path
from cloud_core.domain.names import ACCOUNT, REGION
from cloud_core.domain.validation import (
    Finding,
    Fix,
    Level,
    Scope,
    ValidationResult,
    find_fixes,
    finding,
    findings_of,
    salvage,
    validate_manifest,
)
from cloud_core.ports.aws import AwsQueries, AwsScope
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import EngineInfo, ProgramNames
from cloud_core.ports.workspace import ManifestFile, ManifestFiles
from cloud_core.services.templates import TemplateService


class EngineProbe(Protocol):
    """The part of the engine's port that is needed here."""

    def probe(self) -> EngineInfo: ...


@dataclass(frozen=True)
class _Target:
    """An environment whose account is asked for at AWS."""

    environment: str
    scope: AwsScope


class ValidationService:
    """`aws` and `engine` are asked for at level full only, so that the other levels need neither."""

    def __init__(
        self,
        files: ManifestFiles,
        templates: TemplateService,
        programs: ProgramNames,
        aws: Callable[[], AwsQueries],
        engine: Callable[[], EngineProbe],
        clock: Clock,
    ) -> None:
        self._files = files
        self._templates = templates
        self._programs = programs
        self._aws = aws
        self._engine = engine
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
        deployment_id: str,
        file: ManifestFile,
        level: Level = Level.FULL,
        environment: str | None = None,
        strict: bool = False,
    ) -> ValidationResult:
        """As `validate`, of a manifest at hand; its path only names the places of findings."""
        _require_environment(file.data, environment)
        scope = Scope(level, environment, strict, deployment_id, file.path.name)
        catalogue = self._templates.catalogue(frozenset(self._programs.names()))
        result = validate_manifest(file.data, catalogue, scope)
        if level is not Level.FULL:
            return result
        return result.with_findings(self._ask(file, result), strict)

    def fix(self, deployment_id: str) -> list[Fix]:
        """Mend what needs no judgement, in the file and with its comments kept; returns the changes, none for none.

        DeploymentNotFound; InvalidManifest for a file that can't be read.
        """
        file = self._files.read(deployment_id)
        if not isinstance(file.data, Mapping):
            return []
        now = timestamp(self._clock.now())
        fixes = find_fixes(file.data, self._templates.stack_templates(), now)
        if fixes:
            edits = [fix.edit for fix in fixes]
            if isinstance(normalise(file.data).get("deployment"), Mapping):
                path = written_path(("deployment", "updatedAt"), file.data)
                edits.append(SetValue(tuple(map(str, path)), now))
            self._files.edit(deployment_id, edits)
        return fixes

    def _ask(self, file: ManifestFile, result: ValidationResult) -> Iterator[Finding]:
        """V25: the credentials of each environment lead to its account, and there is an engine."""
        chosen = {verdict.name for verdict in result.environments if verdict.status in ("valid", "invalid")}
        for target in _targets(file.data, chosen):
            yield from self._ask_aws(target, f"{file.path.name}:environments.{target.environment}.account")
        try:
            self._engine().probe()
        except EngineMissing as error:
            yield finding("PULUMI_MISSING", file.path.name, error.message)
        except CloudError as error:
            yield finding("PULUMI_UNREACHABLE", file.path.name, error.message)

    def _ask_aws(self, target: _Target, location: str) -> Iterator[Finding]:
        environments = [target.environment]
        try:
            identity = self._aws().caller_identity(target.scope)
        except AwsAccessFailed as error:
            yield finding("AWS_CREDENTIALS", location, error.message, environments=environments)
        except CloudError as error:
            yield finding("AWS_UNREACHABLE", location, error.message, environments=environments)
        else:
            expected = target.scope.account
            if identity.account != expected:
                message = f"the credentials for {target.environment!r} lead to the account {identity.account}"
                details = {"expected": expected, "environments": environments}
                yield finding("AWS_ACCOUNT_MISMATCH", location, message, **details)


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


def _targets(data: Any, chosen: set[str]) -> Iterator[_Target]:
    """Environments whose account and region are well-formed; the others have findings of their own."""
    if not chosen:
        return
    for name, section in salvage(normalise(data)).environments.items():
        if name in chosen and ACCOUNT.fullmatch(section.account) and REGION.fullmatch(section.region):
            yield _Target(name, AwsScope(section.account, section.region))
