"""Port to a workspace as an older version left it: read as it lies, changed with a backup."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Protocol

from cloud_core.domain.manifest import Edit


@dataclass(frozen=True)
class Change:
    """One file or folder that gets another place, another content, or both. `text` is None for a folder; `reasons`
    say what changes in it."""

    path: PurePosixPath
    target: PurePosixPath
    reasons: tuple[str, ...]
    before: str | None = None
    text: str | None = None

    def diff(self) -> list[str]:
        """The content's differences as a unified diff; nothing for a folder, or the same content."""
        old, new = (self.before or "").splitlines(), (self.text or "").splitlines()
        return list(difflib.unified_diff(old, new, str(self.path), str(self.target), lineterm=""))


class LegacyWorkspace(Protocol):
    """Every method raises NotPermitted for what the file system refuses."""

    def deployments(self) -> list[PurePosixPath]:
        """Folders below `deploy/` whose names begin with a deployment's id."""

    def manifests(self, deployment: PurePosixPath) -> list[PurePosixPath]:
        """Its manifest files, also below `src/`."""

    def own_stacks(self) -> list[PurePosixPath]:
        """Folders below `stacks/`."""

    def own_templates(self) -> list[PurePosixPath]:
        """Stack templates below `templates/config/`."""

    def exists(self, path: PurePosixPath) -> bool: ...

    def read(self, path: PurePosixPath) -> Any:
        """InvalidInput for unreadable text."""

    def edited(self, path: PurePosixPath, edits: Sequence[Edit], target: PurePosixPath) -> Change:
        """What editing the file and moving it there would do; comments survive in YAML."""

    def apply(self, changes: Sequence[Change]) -> PurePosixPath:
        """Carry them out in this order, and return the folder of the backup, which is written before."""
