"""Deployment records that are written by hand: made from a whole manifest, changed, deleted.

The manifest is the truth. Its outline (environments and stacks) can be sent beside it, and must say the same; the
status follows from the environments' own statuses, and can only be set to that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from cloud_core.domain.conflicts import version_conflict
from cloud_core.domain.errors import IllegalTransition, InvalidInput
from cloud_core.domain.manifest import normalise
from cloud_core.domain.manifest.outline import ENVIRONMENT_FIELDS, STACK_FIELDS
from cloud_core.domain.names import EnvironmentName, generate_deployment_id, parse_deployment_id
from cloud_core.domain.records import Deployment
from cloud_core.domain.states import deployment_status_over
from cloud_core.domain.statuses import DeploymentStatus
from cloud_core.domain.validation import Level, Scope, validate_manifest
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import ProgramNames
from cloud_core.ports.records import Records
from cloud_core.services.manifests.records import ManifestRecords
from cloud_core.services.operations.record_guards import RecordGuards, require_nothing_left
from cloud_core.services.operations.recorded_manifests import RecordedManifests
from cloud_core.services.records.statuses import require_deployment
from cloud_core.services.templates.service import TemplateService

# The manifest's names of what an outline says, by part.
_NAMES: Final = {
    "environments": {told: name for name, told in ENVIRONMENT_FIELDS.items()},
    "stacks": {told: name for name, told in STACK_FIELDS.items()},
}


@dataclass(frozen=True)
class Outline:
    """Environments and stacks by name, each with some of its fields; None says nothing."""

    environments: Mapping[str, Any] | None = None
    stacks: Mapping[str, Any] | None = None

    def parts(self) -> dict[str, Mapping[str, Any]]:
        given = {"environments": self.environments, "stacks": self.stacks}
        return {name: part for name, part in given.items() if part}


@dataclass(frozen=True)
class NewDeploymentRecord:
    """Without an id: the manifest's own, or a new one. `names` are organization, project, domain and template."""

    deployment_id: str | None
    names: Mapping[str, str]
    manifest: Mapping[str, Any]
    outline: Outline
    user: str


@dataclass(frozen=True)
class DeploymentEdit:
    """`version` is the record's, which the change was made from."""

    deployment_id: str
    version: int
    status: DeploymentStatus | None = None
    manifest: Mapping[str, Any] | None = None
    outline: Outline = field(default_factory=Outline)


@dataclass(frozen=True)
class EditParts:
    """What edits stand on."""

    records: Callable[[], Records]
    manifests: Callable[[], RecordedManifests]
    templates: TemplateService
    programs: ProgramNames
    guards: RecordGuards
    clock: Clock


class DeploymentEdits:
    def __init__(self, parts: EditParts) -> None:
        self._parts = parts

    def create(self, new: NewDeploymentRecord) -> Deployment:
        """Version 1. Raises InvalidManifest with every finding, InvalidInput for what the manifest says otherwise,
        AlreadyExists."""
        document = self._with_id(new)
        deployment_id = document["deployment"]["id"]
        catalogue = self._parts.templates.catalogue(frozenset(self._parts.programs.names()))
        scope = Scope(Level.CONFIG, expected_id=deployment_id, file="manifest")
        validate_manifest(document, catalogue, scope).raise_if_invalid()
        data = normalise(document)
        manifests = ManifestRecords(self._parts.records().deployments, self._parts.clock)
        first = manifests.first(data, new.user)
        for name, value in new.names.items():
            if getattr(first, name) != value:
                raise _otherwise(name, value, getattr(first, name))
        _require_same(new.outline, data)
        return manifests.create(data, new.user)

    def update(self, edit: DeploymentEdit) -> Deployment:
        """The manifest as in `RecordedManifests.replace`, then the status. Raises besides: VersionConflict;
        IllegalTransition for a status that does not follow from the environments'."""
        record = self._of_version(edit)
        if edit.status is not None:
            _require_following(record, edit.status)
        document = _document(edit, record)
        if document is not None:
            record = self._parts.manifests().replace(record.deployment_id, document, record.manifest_version).deployment
        if edit.status is not None:
            self._parts.guards.require_idle(record.deployment_id)
            record = self._parts.records().deployments.update(record.model_copy(update={"status": edit.status}))
        return record

    def delete(self, deployment_id: str) -> bool:
        """Whether there was one; its operations and log lines remain. Conflict while anything of it may be in AWS."""
        records = self._parts.records()
        if records.deployments.get_by_id(deployment_id) is None:
            return False
        with self._parts.guards.holding(deployment_id, EnvironmentName):
            stacks = records.stacks.list_by_deployment(deployment_id)
            require_nothing_left(f"deployment {deployment_id}", stacks)
            for one in stacks:
                records.stacks.delete(deployment_id, one.stack_name, one.environment)
            return records.deployments.delete(deployment_id)

    def _with_id(self, new: NewDeploymentRecord) -> dict[str, Any]:
        document = deepcopy(dict(new.manifest))
        section = document.setdefault("deployment", {})
        if not isinstance(section, dict):
            raise InvalidInput("the manifest's deployment must be a mapping", field="manifest", value="deployment")
        known = self._parts.records().deployments.get_by_id
        wanted = new.deployment_id or section.get("id")
        section["id"] = (
            parse_deployment_id(str(wanted))
            if wanted
            else generate_deployment_id(self._parts.clock.now(), lambda one: known(one) is not None)
        )
        return document

    def _of_version(self, edit: DeploymentEdit) -> Deployment:
        record = require_deployment(self._parts.records().deployments, edit.deployment_id)
        if record.version != edit.version:
            raise version_conflict(f"deployment {edit.deployment_id}", edit.version, record.version)
        return record


def _document(edit: DeploymentEdit, record: Deployment) -> Mapping[str, Any] | None:
    """The manifest that the record is to have; None when it stays as it is."""
    if edit.manifest is not None:
        _require_same(edit.outline, normalise(edit.manifest))
        return edit.manifest
    if not edit.outline.parts():
        return None
    document = deepcopy(dict(record.manifest))
    for part, name, key, value in _said(edit.outline):
        section = document.get(part, {}).get(name)
        if section is None:
            raise InvalidInput(f"{part} {name!r} is not in the manifest", field=part, value=name)
        section[key] = value
    return document


def _require_same(outline: Outline, data: Mapping[str, Any]) -> None:
    for part, name, key, value in _said(outline):
        section = data.get(part, {}).get(name)
        if section is None or section.get(key) != value:
            raise _otherwise(f"{part}.{name}.{key}", value, None if section is None else section.get(key))


def _said(outline: Outline) -> list[tuple[str, str, str, Any]]:
    """(part, name, key in the manifest, value) of all that an outline says."""
    found = []
    for part, sections in outline.parts().items():
        for name, section in sections.items():
            if not isinstance(section, Mapping) or (unknown := set(section) - set(_NAMES[part])):
                what = ", ".join(sorted(unknown)) if isinstance(section, Mapping) else repr(section)
                allowed = ", ".join(sorted(_NAMES[part]))
                raise InvalidInput(f"{part}.{name} says {what}: it may say {allowed}", field=part, value=name)
            found += [(part, name, _NAMES[part][key], value) for key, value in section.items()]
    return found


def _require_following(record: Deployment, status: DeploymentStatus) -> None:
    follows = deployment_status_over(record.environment_status)
    if status is not follows:
        raise IllegalTransition(
            f"the status of {record.deployment_id} follows from its environments: it is {follows.value}, and can't be "
            f"set to {status.value}",
            current=record.status.value,
            target=status.value,
            allowed=[follows.value],
        )


def _otherwise(name: str, value: Any, said: Any) -> InvalidInput:
    return InvalidInput(
        f"{name} is {value!r}, but the manifest says {said!r}", field=name, value=value, suggestion="make them agree"
    )
