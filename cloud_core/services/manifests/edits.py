"""Changes of single places of a working copy: validated before anything is saved, comments kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import DeploymentNotFound, InvalidManifest, Unavailable
from cloud_core.domain.manifest import (
    Edit,
    Manifest,
    SetValue,
    apply_edits,
    as_written,
    generated_configs,
    normalise,
)
from cloud_core.domain.validation import Catalogue, Finding, Level, Scope, invalid_manifest, validate_manifest
from cloud_core.domain.working_copy import CopyState
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import ProgramNames
from cloud_core.ports.workspace import ManifestFiles
from cloud_core.services.manifests.service import LoadedManifest, ManifestService
from cloud_core.services.templates.service import TemplateService

_UPDATED_AT: Final = ("deployment", "updatedAt")
_NOTHING_SAVED: Final = (
    "nothing was saved: mend what the findings name, with 'cloud config-set' for one, and try again",
)


@dataclass(frozen=True)
class EditedManifest:
    """The manifest as it is after the edit. `warnings` came with it; `errors` were there before and still are.

    `state` is how the file stands to its record now; None when the records are out of reach.
    """

    manifest: Manifest
    warnings: tuple[Finding, ...]
    errors: tuple[Finding, ...]
    state: CopyState | None


def edited_data(edited: EditedManifest | None) -> dict[str, Any]:
    """What there is to know about an edit; of none nothing."""
    state = edited.state if edited else None
    return {
        "warnings": [found.to_data() for found in edited.warnings] if edited else [],
        "errors_left": [found.to_data() for found in edited.errors] if edited else [],
        "file_state": state.value if state else None,
    }


@contextmanager
def nothing_saved() -> Iterator[None]:
    """Whoever's edit is refused is told that all is as it was: it is the edit that has to be mended."""
    try:
        yield
    except InvalidManifest as error:
        error.context.setdefault("steps", _NOTHING_SAVED)
        raise


class ManifestEditor:
    """Edits files only: the record follows when the file is pushed or deployed."""

    def __init__(
        self,
        files: ManifestFiles,
        manifests: ManifestService,
        templates: TemplateService,
        programs: ProgramNames,
        clock: Clock,
    ) -> None:
        self._files = files
        self._manifests = manifests
        self._templates = templates
        self._programs = programs
        self._clock = clock

    def load(self, deployment_id: str) -> LoadedManifest:
        """The working copy to edit. InvalidManifest for an unreadable one; DeploymentNotFound without a folder in
        this workspace, even if there is a record."""
        try:
            return self._manifests.load(deployment_id)
        except DeploymentNotFound as error:
            raise DeploymentNotFound(
                f"{error.message}: what is set is changed in its manifest file",
                deployment_id=deployment_id,
                suggestion="run the command in the workspace that has the folder, or name it with CLOUD_WORKSPACE; "
                "'cloud list' shows the deployments",
            ) from None

    def apply(
        self,
        loaded: LoadedManifest,
        edits: Sequence[Edit],
        environment: str | None = None,
        rehearse: bool = False,
    ) -> EditedManifest:
        """Make the edits, at canonical paths, and move `updatedAt`; the generated files are written anew.

        InvalidManifest, nothing saved, for errors up to level config that the edits would bring. The environment is
        looked at even if it is disabled. A rehearsal saves nothing.
        """
        now = timestamp(self._clock.now())
        written = [as_written(edit, loaded.raw) for edit in [*edits, SetValue(_UPDATED_AT, now)]]
        edited = deepcopy(dict(loaded.raw))
        apply_edits(edited, written)
        warnings, errors = self._check(loaded, edited, environment)
        deployment_id = loaded.manifest.deployment.id
        if not rehearse:
            self._files.edit(deployment_id, written)
        manifest = Manifest.model_validate(normalise(edited))
        if not rehearse:
            self._files.write_configs(deployment_id, generated_configs(manifest, self._templates.stack_templates()))
        return EditedManifest(manifest, warnings, errors, self._state(deployment_id))

    def _check(
        self, loaded: LoadedManifest, edited: Mapping[str, Any], environment: str | None
    ) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """New warnings, and the errors of before. InvalidManifest for new errors."""
        catalogue = self._templates.catalogue(frozenset(self._programs.names()))
        before = _findings(loaded.raw, catalogue, environment, loaded.path)
        after = _findings(edited, catalogue, environment, loaded.path)
        new = [found for found in after if not any(holds(old, found) for old in before)]
        if errors := [found for found in new if not found.is_warning]:
            with nothing_saved():
                raise invalid_manifest(errors)
        return tuple(new), tuple(found for found in after if not found.is_warning)

    def _state(self, deployment_id: str) -> CopyState | None:
        try:
            return self._manifests.compare(deployment_id).state
        except Unavailable:
            return None


def _findings(
    data: Mapping[str, Any], catalogue: Catalogue, environment: str | None, path: Path
) -> tuple[Finding, ...]:
    document = deepcopy(dict(data))
    if environment is not None:
        apply_edits(document, [as_written(SetValue(("environments", environment, "enabled"), True), document)])
    result = validate_manifest(document, catalogue, Scope(Level.CONFIG, file=path.name))
    return (*result.errors, *result.warnings)


def holds(old: Finding, new: Finding) -> bool:
    """Whether the older one says all that the newer one does: the same fault, in the same environments or more."""
    same = (old.code, old.location, old.message) == (new.code, new.location, new.message)
    return same and set(new.details.get("environments", ())) <= set(old.details.get("environments", ()))
