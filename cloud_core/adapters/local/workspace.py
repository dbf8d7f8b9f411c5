"""The user's workspace folder: where it is, and what lies where in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cloud_core.adapters.local.text_files import file_errors

WORKSPACE_VARIABLE: Final = "CLOUD_WORKSPACE"
ALIAS_VARIABLE: Final = "WORKSPACE_ROOT"
_DEPLOYMENTS: Final = "deploy"


@dataclass(frozen=True)
class Workspace:
    """Paths of a workspace; none of them has to exist."""

    root: Path

    @property
    def deployments(self) -> Path:
        return self.root / _DEPLOYMENTS

    @property
    def stacks(self) -> Path:
        return self.root / "stacks"

    @property
    def templates(self) -> Path:
        return self.root / "templates"

    @property
    def state(self) -> Path:
        """The platform's own files, the sandbox's among them."""
        return self.root / ".cloud"


def locate_workspace(configured: Path | None, environment: Mapping[str, str], start: Path) -> Workspace:
    """The configured folder, else the alias variable's, else the nearest parent with `deploy/`, else `start`.

    It need not exist yet. NotPermitted for one that is no folder, or can't be read.
    """
    named = configured or environment.get(WORKSPACE_VARIABLE) or environment.get(ALIAS_VARIABLE)
    root = Path(named).expanduser().resolve() if named else _nearest(start.resolve())
    with file_errors("used as the workspace", root), suppress(FileNotFoundError), os.scandir(root) as entries:
        next(entries, None)
    return Workspace(root)


def _nearest(start: Path) -> Path:
    for folder in (start, *start.parents):
        with file_errors("searched for the workspace", folder):
            if (folder / _DEPLOYMENTS).is_dir():
                return folder
    return start
