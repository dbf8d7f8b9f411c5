"""The folder of one engine run: its work dir, its own PULUMI_HOME, what the engine printed.

Runs never share a folder: creating and selecting stacks writes files that concurrent engines would corrupt.
Plugins are shared by a link, so that they are not downloaded for each run.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloud_core.domain.names import PROJECT_FILE, engine_project_name, engine_stack_name
from cloud_core.ports.engine import StackTarget


@dataclass(frozen=True)
class RunFolder:
    root: Path

    @property
    def work_dir(self) -> Path:
        return self.root / "work"

    @property
    def home(self) -> Path:
        return self.root / "home"


@contextmanager
def run_folder(
    base: Path,
    plugins: Path,
    target: StackTarget,
    config: Mapping[str, Any],
    project: Mapping[str, Any] | None = None,
    secrets_provider: str | None = None,
) -> Iterator[RunFolder]:
    """Make the folder with the project's and the stack's files; remove it in every ending that Python sees.

    `project` is the project file's content; that of inline programs without it. Without the `secrets_provider` in the
    stack's file, the engine would take a passphrase for what another provider has encrypted.

    What the engine printed could hold a secret of a failing resource, so it does not outlive the run; only a
    killed flow process leaves it behind. JSON is YAML, which is what the engine reads.
    """
    stack = engine_stack_name(target.deployment_id, target.stack, target.environment)
    base.mkdir(parents=True, exist_ok=True)
    folder = RunFolder(Path(tempfile.mkdtemp(prefix=f"{stack}-", dir=base)))
    folder.work_dir.mkdir()
    folder.home.mkdir()
    plugins.mkdir(parents=True, exist_ok=True)
    (folder.home / "plugins").symlink_to(plugins)
    inline = {"name": engine_project_name(target.project), "runtime": "python"}
    _write(folder.work_dir / PROJECT_FILE, project or inline)
    secrets = {"secretsprovider": secrets_provider} if secrets_provider else {}
    _write(folder.work_dir / f"Pulumi.{stack}.yaml", {**secrets, "config": dict(config)})
    try:
        yield folder
    finally:
        shutil.rmtree(folder.root, ignore_errors=True)


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")
