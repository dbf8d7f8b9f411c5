"""The user's workspace folder: where it is, and what lies where in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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
    """The configured folder, else the alias variable's, else the nearest parent with `deploy/`, else `start`."""
    named = configured or environment.get(WORKSPACE_VARIABLE) or environment.get(ALIAS_VARIABLE)
    if named:
        return Workspace(Path(named).expanduser().resolve())
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / _DEPLOYMENTS).is_dir():
            return Workspace(folder)
    return Workspace(here)
