"""A new deployment: id, manifest from a template, folder and record; all of it or nothing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import AlreadyExists, Unavailable, VersionConflict
from cloud_core.domain.log_lines import log_line
from cloud_core.domain.manifest import Manifest, environment_graph, generated_configs
from cloud_core.domain.manifest_generation import Answers, Choices
from cloud_core.domain.names import EnvironmentName, folder_name, generate_deployment_id, parse_deployment_id
from cloud_core.domain.records import Deployment, LogLevel
from cloud_core.domain.validation import Finding, Level, Scope, validate_manifest
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import ProgramNames
from cloud_core.ports.workspace import ManifestFiles, NewDeployment, Origin
from cloud_core.services.manifests.records import ManifestRecords
from cloud_core.services.templates.service import TemplateService

_ATTEMPTS: Final = 10


@dataclass(frozen=True, kw_only=True)
class InitRequest(Choices):
    """The user's wishes for a new deployment; one without an id gets a new one. `needs_record` is for those who can't
    see its folder: without a record they would have nothing."""

    template: str
    deployment_id: str | None = None
    needs_record: bool = False

    def answers(self, deployment_id: str, created_at: str) -> Answers:
        choices = {one.name: getattr(self, one.name) for one in fields(Choices)}
        return Answers(deployment_id=deployment_id, created_at=created_at, **choices)


@dataclass(frozen=True)
class Draft:
    """A manifest that nothing was written of. `data` is canonical plain data, `layers` those of dev."""

    manifest: Manifest
    data: dict[str, Any]
    folder: str
    layers: list[list[str]]
    warnings: tuple[Finding, ...]

    def to_data(self) -> dict[str, Any]:
        warnings = [one.to_data() for one in self.warnings]
        return {"folder": self.folder, "manifest": self.data, "layers": self.layers, "warnings": warnings}


@dataclass(frozen=True)
class InitResult:
    """A new deployment. Without a record `not_recorded` tells why; the first plan or deploy records it then. `is_here`
    says whether its folder is in this workspace."""

    deployment_id: str
    folder: Path
    manifest_path: Path
    manifest: Manifest
    layers: list[list[str]]
    config_files: int
    warnings: tuple[Finding, ...]
    deployment: Deployment | None
    not_recorded: str | None
    is_here: bool = True

    def to_data(self) -> dict[str, Any]:
        manifest = self.manifest
        layers = {name: number for number, layer in enumerate(self.layers, 1) for name in layer}
        return {
            "deployment_id": self.deployment_id,
            "organization": manifest.deployment.org,
            "project": manifest.deployment.project,
            "domain": manifest.deployment.domain,
            "template": manifest.deployment.template,
            "status": "initialized",
            "manifest_path": str(self.manifest_path),
            "directory": str(self.folder),
            "created_at": manifest.deployment.created_at,
            "created_by": self.deployment.created_by if self.deployment else None,
            "recorded": self.deployment is not None,
            "not_recorded": self.not_recorded,
            "config_files": self.config_files,
            "environments": [
                {
                    "name": name,
                    "enabled": section.enabled,
                    "region": section.region,
                    "account": section.account,
                    "status": "ready" if section.enabled else "disabled",
                }
                for name, section in manifest.environments.items()
            ],
            "stacks": [
                {
                    "name": name,
                    "layer": layers.get(name),
                    "status": "pending",
                    "enabled": section.enabled,
                    "dependencies": list(section.dependencies),
                }
                for name, section in manifest.stacks.items()
            ],
            "warnings": [warning.to_data() for warning in self.warnings],
        }


class ManifestInit:
    """Makes deployments. The record comes first, because it alone can tell for sure that an id is free."""

    def __init__(
        self,
        files: ManifestFiles,
        records: ManifestRecords,
        templates: TemplateService,
        programs: ProgramNames,
        clock: Clock,
    ) -> None:
        self._files = files
        self._records = records
        self._templates = templates
        self._programs = programs
        self._clock = clock

    def draft(self, request: InitRequest) -> Draft:
        """The manifest, validated to level config.

        Raises InvalidInput for a malformed id or template, TemplateNotFound, AlreadyExists for a taken id,
        InvalidManifest with every finding.
        """
        return self._draft(request, self._choose_id(request, frozenset()))

    def init(self, request: InitRequest) -> InitResult:
        """Write it. Raises what `draft` raises, and RecordsUnavailable when it needs a record; after any failure
        neither folder nor record is left behind."""
        refused: set[str] = set()
        while True:
            deployment_id = self._choose_id(request, frozenset(refused))
            try:
                return self._write(self._draft(request, deployment_id), request)
            except AlreadyExists:  # somebody else took the id just now
                if request.deployment_id is not None or len(refused) == _ATTEMPTS:
                    raise
                refused.add(deployment_id)

    def _choose_id(self, request: InitRequest, refused: frozenset[str]) -> str:
        taken = {*self._files.deployment_ids(), *refused}
        if request.deployment_id is None:
            return generate_deployment_id(self._clock.now(), lambda id: id in taken or self._is_recorded(id, request))
        chosen = parse_deployment_id(request.deployment_id)
        if chosen in taken or self._is_recorded(chosen, request):
            raise AlreadyExists(
                f"deployment {chosen} exists already",
                deployment_id=chosen,
                suggestion="choose another id, or leave it out to have one made",
            )
        return chosen

    def _is_recorded(self, deployment_id: str, request: InitRequest) -> bool:
        """Unreachable records can't object; the first sync asks them again."""
        try:
            return self._records.get(deployment_id) is not None
        except Unavailable:
            if request.needs_record:
                raise
            return False

    def _draft(self, request: InitRequest, deployment_id: str) -> Draft:
        answers = request.answers(deployment_id, timestamp(self._clock.now()))
        data = self._templates.generate_manifest(request.template, answers)
        catalogue = self._templates.catalogue(frozenset(self._programs.names()))
        result = validate_manifest(data, catalogue, Scope(Level.CONFIG, expected_id=deployment_id, file=""))
        result.raise_if_invalid()
        manifest = Manifest.model_validate(data)
        graph = environment_graph(manifest, EnvironmentName.DEV, catalogue.stack_templates)
        folder = folder_name(deployment_id, request.org, request.project)
        return Draft(manifest, data, folder, graph.layers, result.warnings)

    def _write(self, draft: Draft, request: InitRequest) -> InitResult:
        record, not_recorded = self._record(draft, request)
        new = self._new_deployment(draft, request, record, not_recorded)
        try:
            folder = self._files.create(new)
        except BaseException:
            if record is not None:
                with suppress(Unavailable, VersionConflict):
                    self._records.withdraw(record)
            raise
        return InitResult(
            deployment_id=draft.manifest.deployment.id,
            folder=folder,
            manifest_path=self._files.read(new.deployment_id).path,
            manifest=draft.manifest,
            layers=draft.layers,
            config_files=len(new.configs),
            warnings=draft.warnings,
            deployment=record,
            not_recorded=not_recorded,
        )

    def _record(self, draft: Draft, request: InitRequest) -> tuple[Deployment | None, str | None]:
        """A deployment can be made while the records can't be reached: then its first sync records it."""
        try:
            return self._records.create(draft.data, request.user), None
        except Unavailable as error:
            if request.needs_record:
                raise
            return None, error.message

    def _new_deployment(
        self, draft: Draft, request: InitRequest, record: Deployment | None, not_recorded: str | None
    ) -> NewDeployment:
        section = draft.manifest.deployment
        configs = generated_configs(draft.manifest, self._templates.stack_templates())
        lines = [
            f"deployment {section.id} from template {section.template} by {request.user}",
            f"dependencies and priorities from the stack templates: {len(draft.manifest.stacks)} stacks, "
            f"{len(draft.layers)} layers in dev",
            f"{len(configs)} configuration files",
            f"not recorded yet: {not_recorded}" if not_recorded else "recorded as version 1",
        ]
        return NewDeployment(
            deployment_id=section.id,
            folder=draft.folder,
            manifest=draft.data,
            header=_HEADER.format(id=section.id, template=section.template),
            configs=configs,
            log_lines=[log_line(self._clock.now(), LogLevel.INFO, "init", line) for line in lines],
            origin=Origin(record.manifest_version, record.digest) if record else None,
        )


_HEADER: Final = """\
Deployment {id}, from the template {template}. Edit it freely: comments survive the tools.
'cloud validate {id}' checks it, 'cloud deploy {id}' pushes and deploys it."""
