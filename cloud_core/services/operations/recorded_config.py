"""Single values of the recorded manifest, for those who have no working copy."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloud_core.domain.manifest import Edit, Manifest, apply_edits
from cloud_core.services.manifests.config_changes import ConfigChange, ConfigChanged, ConfigChanges
from cloud_core.services.manifests.edits import EditedManifest, holds
from cloud_core.services.manifests.service import LoadedManifest
from cloud_core.services.operations.recorded_manifests import RecordedManifests
from cloud_core.services.templates.service import TemplateService


@dataclass(frozen=True)
class RecordedValue:
    """What became of a wish, and the record's version now."""

    changed: ConfigChanged
    version: int

    def to_data(self) -> dict[str, Any]:
        return {**self.changed.to_data(), "version": self.version}


class RecordedConfig:
    """Every change makes a version of its own, over exactly the one that was read."""

    def __init__(self, manifests: RecordedManifests, templates: TemplateService) -> None:
        self._manifests = manifests
        self._templates = templates

    def make(self, change: ConfigChange, version: int | None = None, rehearse: bool = False) -> RecordedValue:
        """Set a value, or take it out; `version` is the one that the wish was made from.

        Raises what `ConfigChanges.make` and `RecordedManifests.replace` raise.
        """
        editor = RecordEditor(self._manifests, version)
        changed = ConfigChanges(editor, self._templates).make(change, rehearse)
        return RecordedValue(changed, editor.version)


class RecordEditor:
    """`config_changes.Editor` of one change: the version that it reads is the one that it writes over."""

    def __init__(self, manifests: RecordedManifests, version: int | None) -> None:
        self._manifests = manifests
        self._wanted = version
        self.version = 0

    def load(self, deployment_id: str) -> LoadedManifest:
        record = self._manifests.of_version(deployment_id, self._wanted)
        self.version = record.manifest_version
        document = dict(record.manifest)
        return LoadedManifest(Manifest.model_validate(document), Path("manifest"), document, document)

    def apply(
        self,
        loaded: LoadedManifest,
        edits: Sequence[Edit],
        environment: str | None = None,
        rehearse: bool = False,
    ) -> EditedManifest:
        """The whole manifest is validated, so that no error is left in it; warnings of before are not told again."""
        deployment_id = loaded.manifest.deployment.id
        document = deepcopy(dict(loaded.data))
        apply_edits(document, edits)
        done = self._manifests.replace(deployment_id, document, self.version, rehearse)
        self.version = done.deployment.manifest_version
        before = self._manifests.check(deployment_id, loaded.data).warnings
        new = tuple(one for one in done.warnings if not any(holds(old, one) for old in before))
        return EditedManifest(Manifest.model_validate(document), new, (), None)
