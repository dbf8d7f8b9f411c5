"""A workspace that an older version left on this machine, and its backups.

.cloud/migrations/<time>/...              what was changed, as it was, at its path in the workspace
.cloud/migrations/<time>/changes.json     what was done, in order
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from cloud_core.adapters.local.manifest_files import MANIFEST_NAMES
from cloud_core.adapters.local.text_files import file_errors, write_atomically
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.adapters.local.yaml_reading import file_text, read_text
from cloud_core.adapters.local.yaml_text import edit_text, write_text
from cloud_core.domain.manifest import Edit, apply_edits
from cloud_core.domain.names import DEPLOYMENT_ID
from cloud_core.ports.clock import Clock
from cloud_core.ports.migrations import Change

_ID_LENGTH: Final = 7
_OLD_PLACES: Final = (".", "src")


class LocalLegacyWorkspace:
    """Implements the port LegacyWorkspace."""

    def __init__(self, workspace: Workspace, clock: Clock) -> None:
        self._workspace = workspace
        self._root = workspace.root
        self._clock = clock

    def deployments(self) -> list[PurePosixPath]:
        return [path for path in self._entries(self._workspace.deployments) if _has_id(path.name)]

    def manifests(self, deployment: PurePosixPath) -> list[PurePosixPath]:
        places = [deployment / place / name for place in _OLD_PLACES for name in MANIFEST_NAMES]
        return [place for place in places if (self._root / place).is_file()]

    def own_stacks(self) -> list[PurePosixPath]:
        found = self._entries(self._workspace.stacks)
        return [path for path in found if (self._root / path).is_dir() and path.name != "__pycache__"]

    def own_templates(self) -> list[PurePosixPath]:
        return [path for path in self._entries(self._workspace.templates / "config") if path.suffix == ".yaml"]

    def exists(self, path: PurePosixPath) -> bool:
        return (self._root / path).exists()

    def read(self, path: PurePosixPath) -> Any:
        return read_text(file_text(self._root / path), str(path))

    def edited(self, path: PurePosixPath, edits: Sequence[Edit], target: PurePosixPath) -> Change:
        before = file_text(self._root / path)
        if path.suffix == ".json" and target.suffix != ".json":
            data = read_text(before, str(path))
            apply_edits(data, edits)
            return Change(path, target, (), before, write_text(data))
        return Change(path, target, (), before, edit_text(before, str(path), edits))

    def apply(self, changes: Sequence[Change]) -> PurePosixPath:
        backup = self._workspace.state / "migrations" / _stamp(self._clock.now())
        self._keep(backup, changes)
        for change in changes:
            source, target = self._root / change.path, self._root / change.target
            with file_errors("moved", source):
                if change.text is None:
                    source.rename(target)
                    continue
                write_atomically(target, change.text)
                if source != target:
                    source.unlink()
        return PurePosixPath(backup.relative_to(self._root).as_posix())

    def _keep(self, backup: Path, changes: Sequence[Change]) -> None:
        """Files whose content changes, as they are; folders only move."""
        with file_errors("written", backup):
            for change in changes:
                if change.text is not None:
                    kept = backup / change.path
                    kept.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(self._root / change.path, kept)
        done = [{"path": str(one.path), "target": str(one.target), "reasons": list(one.reasons)} for one in changes]
        write_atomically(backup / "changes.json", json.dumps(done, indent=2) + "\n")

    def _entries(self, folder: Path) -> list[PurePosixPath]:
        with file_errors("read"):
            found = sorted(folder.iterdir()) if folder.is_dir() else []
        return list(self._relative(found))

    def _relative(self, paths: Sequence[Path]) -> Iterator[PurePosixPath]:
        for path in paths:
            if not path.name.startswith("."):
                yield PurePosixPath(path.relative_to(self._root).as_posix())


def _has_id(name: str) -> bool:
    return bool(DEPLOYMENT_ID.fullmatch(name[:_ID_LENGTH])) and name[_ID_LENGTH : _ID_LENGTH + 1] in ("", "-", "_")


def _stamp(now: datetime) -> str:
    """Sortable, and unique for everybody who does not migrate twice in a microsecond."""
    return now.strftime("%Y%m%dT%H%M%S.%f")
