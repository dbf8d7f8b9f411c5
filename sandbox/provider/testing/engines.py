"""The real engine on inline programs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from pulumi import automation
from semver import VersionInfo

from cloud_core.domain.errors import EngineMissing
from sandbox.provider.instances import Instance
from sandbox.provider.testing.counting_stack import CountingStack

PASSPHRASE: Final = "sandbox"
_EMPTY: Final[dict[tuple[str, str], Mapping[Path, bytes]]] = {}
"""The files of stacks without resources, by project and name."""


def engine_binary() -> Path:
    """The engine that tests use: the setting, PATH, else the newest one that was built here."""
    chosen = os.environ.get("CLOUD_ENGINE__BINARY") or shutil.which("pulumi")
    built = Path.home().glob(".cache/cloud-platform/engine/*/pulumi")
    newest = sorted(built, key=lambda path: path.stat().st_mtime)
    if chosen is None and not newest:
        raise EngineMissing("no Pulumi engine found; run `make setup` or set CLOUD_ENGINE__BINARY")
    return Path(chosen) if chosen else newest[-1]


class Engine:
    """The real engine on inline programs, with its state under one folder and one provider instance."""

    def __init__(self, folder: Path, instance: Instance, project: str = "sandbox") -> None:
        self.folder = folder
        self.instance = instance
        self._project = project
        (folder / "state").mkdir(parents=True, exist_ok=True)
        (folder / "home").mkdir(exist_ok=True)
        self._environment = {
            "PULUMI_BACKEND_URL": f"file://{folder}/state",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_DEBUG_PROVIDERS": f"aws:{instance.port}",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            # Ours is attached; a state with resources of it makes the engine look for a download, for seconds.
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def stack(
        self, program: Callable[[], Any], name: str = "test", config: Mapping[str, str] | None = None
    ) -> automation.Stack:
        """The stack `name` with this program; `config` in the engine's own keys (`aws:region`)."""
        settings = dict(config or {"aws:region": "us-east-1"})
        workspace = self._workspace(name, program)
        if not (Path(workspace.work_dir) / f"Pulumi.{name}.yaml").exists():
            self._create(name)
        stored = workspace.stack_settings(name)
        if stored.config != settings:
            stored.config = settings
            workspace.save_stack_settings(name, stored)
        return CountingStack(name, workspace)

    def _create(self, name: str) -> None:
        """The engine makes a stack of a name once in a process; others begin as copies of it, which is quicker."""
        key = (self._project, name)
        if key not in _EMPTY:
            _EMPTY[key] = self._empty(name)
        for path, content in _EMPTY[key].items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_bytes(content)

    def _empty(self, name: str) -> Mapping[Path, bytes]:
        """The files of a new stack's state and work folder."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            Engine(root, self.instance, self._project)._workspace(name, list).create_stack(name)
            found = [path for place in ("state", "work") for path in (root / place).rglob("*") if path.is_file()]
            return {path.relative_to(root): path.read_bytes() for path in found}

    def _workspace(self, name: str, program: Callable[[], Any]) -> automation.LocalWorkspace:
        """Each stack has a folder for all of its programs, which keeps its configuration and the key of its secrets."""
        folder = self.folder / "work" / name
        folder.mkdir(parents=True, exist_ok=True)
        return automation.LocalWorkspace(
            work_dir=str(folder),
            program=program,
            project_settings=automation.ProjectSettings(name=self._project, runtime="python", main=os.getcwd()),
            env_vars=self._environment,
            pulumi_home=str(self.folder / "home"),
            pulumi_command=_Command(),
        )

    def state_text(self) -> str:
        """Everything that the engine wrote, as one text."""
        files = (path for path in (self.folder / "state").rglob("*") if path.is_file())
        return "\n".join(path.read_text(errors="replace") for path in files)


def changes(result: Any) -> dict[str, int]:
    """What an engine run changed, by action; without what stayed the same."""
    found = {str(action): count for action, count in (result.summary.resource_changes or {}).items()}
    return {action: count for action, count in found.items() if action != "same"}


class _Command(automation.PulumiCommand):
    """Any binary; the base class would start a process only to ask for the version."""

    def __init__(self) -> None:
        self.command = str(engine_binary())
        # It is built from the module that the SDK belongs to.
        self.version = VersionInfo.parse(version("pulumi"))
