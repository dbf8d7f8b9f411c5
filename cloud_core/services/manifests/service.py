"""The manifest's life: a new deployment, its working copy on disk, and the record that is what runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cloud_core.domain.digest import content_digest
from cloud_core.domain.errors import DeploymentNotFound, ManifestConflict
from cloud_core.domain.manifest import Manifest, as_written, differences, generated_configs, normalise
from cloud_core.domain.records import Deployment
from cloud_core.domain.validation import Finding, Level, Scope, invalid_manifest, validate_manifest
from cloud_core.domain.working_copy import CopyState, Version, copy_state, describe_differences, immutable_changes
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import ProgramNames
from cloud_core.ports.records import DeploymentRepository
from cloud_core.ports.workspace import ManifestFiles, Origin
from cloud_core.services.manifests.creation import Draft, InitRequest, InitResult, ManifestInit
from cloud_core.services.manifests.records import ManifestRecords
from cloud_core.services.templates.service import TemplateService

_SHOWN_DIFFERENCES: Final = 20


@dataclass(frozen=True)
class LoadedManifest:
    """A working copy that is valid to level schema. `raw` is plain data as written, `data` its canonical spelling."""

    manifest: Manifest
    path: Path
    raw: Mapping[str, Any]
    data: Mapping[str, Any]

    @property
    def digest(self) -> str:
        return content_digest(self.data)


@dataclass(frozen=True)
class WorkingCopy:
    """How the file stands to the record; `lines` tell what the file would change in the record."""

    state: CopyState
    lines: list[str]
    deployment: Deployment | None


@dataclass(frozen=True)
class _Found:
    """What a push finds: `data`, if there is any, is to become the record's next version, or its first one. `state` is
    None without a file."""

    record: Deployment | None
    state: CopyState | None = None
    data: Mapping[str, Any] | None = None

    @property
    def present(self) -> Deployment:
        """The record that stays as it is."""
        assert self.record is not None
        return self.record


class ManifestService:
    """The record is what runs; the file is a working copy. Nothing wins silently when both moved on."""

    def __init__(
        self,
        files: ManifestFiles,
        deployments: DeploymentRepository,
        templates: TemplateService,
        programs: ProgramNames,
        clock: Clock,
    ) -> None:
        self._files = files
        self._records = ManifestRecords(deployments, clock)
        self._templates = templates
        self._programs = programs
        self._init = ManifestInit(files, self._records, templates, programs, clock)

    def draft(self, request: InitRequest) -> Draft:
        """The manifest of a new deployment, with nothing written; raises as `init`."""
        return self._init.draft(request)

    def init(self, request: InitRequest) -> InitResult:
        """A new deployment: folder, manifest, configuration files, log and record, all or nothing.

        Raises InvalidInput (malformed id, template variable), TemplateNotFound, AlreadyExists, InvalidManifest.
        """
        return self._init.init(request)

    def load(self, deployment_id: str) -> LoadedManifest:
        """The working copy. DeploymentNotFound; InvalidManifest with every finding up to level schema."""
        return self._load(deployment_id, _is_unreadable)

    def compare(self, deployment_id: str) -> WorkingCopy:
        """How file and record stand to each other; nothing is changed. Raises as `load`."""
        loaded = self.load(deployment_id)
        record = self._records.get(deployment_id)
        lines = self._describe(record.manifest, loaded.data) if record else []
        return WorkingCopy(self._state(deployment_id, loaded, record), lines, record)

    def sync(self, deployment_id: str, user: str = "unknown") -> Deployment:
        """Make the record current and return it: an edited file is pushed as a new version.

        A file that was not edited changes nothing, even if the record moved on: the record is what runs. Without a
        file the record alone counts. The generated configuration is written anew. Raises ManifestConflict when both
        moved on, InvalidManifest when the file can't be stored, DeploymentNotFound.
        """
        return self.push(deployment_id, user)

    def expected(self, deployment_id: str, user: str = "unknown", force: bool = False) -> Deployment:
        """The record as `push` would leave it; nothing is written. Raises as `push`."""
        found = self._found(deployment_id, force)
        if found.data is None:
            return found.present
        record = found.record
        return self._records.following(record, found.data) if record else self._records.first(found.data, user)

    def push(self, deployment_id: str, user: str = "unknown", force: bool = False) -> Deployment:
        """As `sync`; with `force` the file wins over a record that moved on."""
        found = self._found(deployment_id, force)
        if found.data is None:
            if found.state is CopyState.BEHIND:
                self._write_configs(found.present)
            elif found.state is CopyState.IN_STEP:
                self._settle(found.present)
            return found.present
        record = found.record
        pushed = self._records.replace(record, found.data) if record else self._records.create(found.data, user)
        self._settle(pushed)
        return pushed

    def pull(self, deployment_id: str, force: bool = False, rehearse: bool = False) -> list[str]:
        """Bring the record's manifest into the file, comments kept; returns what changed, one line each.

        Rehearsed, nothing is written.

        Edits of the file are lost only with `force`, else ManifestConflict. DeploymentNotFound without a record.
        """
        loaded = self.load(deployment_id)
        record = self._records.get(deployment_id)
        if record is None:
            raise DeploymentNotFound(f"deployment {deployment_id} has no record yet", deployment_id=deployment_id)
        state = self._state(deployment_id, loaded, record)
        if state in (CopyState.EDITED, CopyState.DIVERGED) and not force:
            raise self._conflict(record, loaded)
        if not rehearse:
            edits = [as_written(change.edit(), loaded.raw) for change in differences(loaded.data, record.manifest)]
            if edits:
                self._files.edit(deployment_id, edits)
            self._settle(record)
        return self._describe(loaded.data, record.manifest)

    def _found(self, deployment_id: str, force: bool) -> _Found:
        """File and record, and whether the file is to become the record. Raises as `sync`."""
        record = self._records.get(deployment_id)
        try:
            loaded = self._load(deployment_id, _must_not_be_stored)
        except DeploymentNotFound:
            if record is None:
                raise
            return _Found(record)
        state = self._state(deployment_id, loaded, record)
        if record is None:
            return _Found(None, state, loaded.data)
        if state is CopyState.EDITED or (force and state is not CopyState.IN_STEP):
            _refuse_immutable(record, loaded)
            return _Found(record, state, loaded.data)
        if state is CopyState.DIVERGED:
            raise self._conflict(record, loaded)
        return _Found(record, state)

    def _load(self, deployment_id: str, blocks: Callable[[Finding], bool]) -> LoadedManifest:
        file = self._files.read(deployment_id)
        catalogue = self._templates.catalogue(frozenset(self._programs.names()))
        scope = Scope(Level.CONFIG, expected_id=deployment_id, file=file.path.name)
        errors = [error for error in validate_manifest(file.data, catalogue, scope).errors if blocks(error)]
        if errors:
            raise invalid_manifest(errors)
        data = normalise(file.data)
        return LoadedManifest(Manifest.model_validate(data), file.path, file.data, data)

    def _state(self, deployment_id: str, loaded: LoadedManifest, record: Deployment | None) -> CopyState:
        origin = self._files.read_origin(deployment_id)
        return copy_state(
            loaded.digest,
            Version(origin.manifest_version, origin.digest) if origin else None,
            Version(record.manifest_version, record.digest) if record else None,
        )

    def _settle(self, record: Deployment) -> None:
        """The file is now what the record says."""
        self._files.write_origin(record.deployment_id, Origin(record.manifest_version, record.digest))
        self._write_configs(record)

    def _write_configs(self, record: Deployment) -> None:
        manifest = Manifest.model_validate(record.manifest)
        self._files.write_configs(record.deployment_id, generated_configs(manifest, self._templates.stack_templates()))

    def _describe(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
        return describe_differences(before, after, self._templates.stack_templates())

    def _conflict(self, record: Deployment, loaded: LoadedManifest) -> ManifestConflict:
        lines = self._describe(record.manifest, loaded.data)
        shown = "\n".join(f"  {line}" for line in lines[:_SHOWN_DIFFERENCES])
        more = len(lines) - _SHOWN_DIFFERENCES
        deployment_id = record.deployment_id
        return ManifestConflict(
            f"{loaded.path.name} of {deployment_id} was edited, but its record moved on to version "
            f"{record.manifest_version} meanwhile; the file would change it so:\n{shown}"
            + (f"\n  and {more} more" if more > 0 else ""),
            deployment_id=deployment_id,
            differences=lines,
            suggestion=f"see 'cloud manifest diff {deployment_id}'; then 'cloud manifest pull {deployment_id} --force' "
            f"takes the record, 'cloud manifest push {deployment_id} --force' the file",
        )


def _is_unreadable(error: Finding) -> bool:
    """Errors without whose mending there is no manifest to speak of."""
    return error.level in (Level.SYNTAX, Level.SCHEMA)


def _must_not_be_stored(error: Finding) -> bool:
    """What is merely not deployable may be stored (the deploy refuses it); a secret in clear may not."""
    return _is_unreadable(error) or error.code == "SECRET_IN_CLEAR"


def _refuse_immutable(record: Deployment, loaded: LoadedManifest) -> None:
    if findings := immutable_changes(record.manifest, loaded.data, loaded.path.name):
        raise invalid_manifest(findings)
