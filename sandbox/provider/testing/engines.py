"""The real engine on inline programs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from pulumi import automation
from semver import VersionInfo

from cloud_core.domain.errors import EngineMissing
from sandbox.provider.instances import Instance

PASSPHRASE: Final = "sandbox"


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
        }

    def stack(
        self, program: Callable[[], Any], name: str = "test", config: Mapping[str, str] | None = None
    ) -> automation.Stack:
        """The stack `name` with this program; `config` in the engine's own keys (`aws:region`)."""
        command = _command(self.folder)
        stack = automation.create_or_select_stack(
            name,
            project_name=self._project,
            program=program,
            opts=automation.LocalWorkspaceOptions(
                env_vars=self._environment, pulumi_home=str(self.folder / "home"), pulumi_command=command
            ),
        )
        settings = config or {"aws:region": "us-east-1"}
        stack.set_all_config({key: automation.ConfigValue(value) for key, value in settings.items()})
        return stack

    def state_text(self) -> str:
        """Everything that the engine wrote, as one text."""
        files = (path for path in (self.folder / "state").rglob("*") if path.is_file())
        return "\n".join(path.read_text(errors="replace") for path in files)


def changes(result: Any) -> dict[str, int]:
    """What an engine run changed, by action; without what stayed the same."""
    found = {str(action): count for action, count in (result.summary.resource_changes or {}).items()}
    return {action: count for action, count in found.items() if action != "same"}


def _command(folder: Path) -> automation.PulumiCommand:
    """The automation API wants a `bin/pulumi` under a root: a link makes one of any binary."""
    link = folder / "engine" / "bin" / "pulumi"
    if not link.exists():
        link.parent.mkdir(parents=True)
        link.symlink_to(engine_binary())
    command = automation.PulumiCommand(root=str(folder / "engine"), skip_version_check=True)
    # An engine built without a version stamp tells none; it is built from the module that the SDK belongs to.
    command.version = command.version or VersionInfo.parse(version("pulumi"))
    return command
