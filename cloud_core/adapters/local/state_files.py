"""Files that hold the state of a stack: written and read as JSON or YAML, and kept before an import."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cloud_core.adapters.local.manifest_files import LocalManifestFiles
from cloud_core.adapters.local.text_files import PRIVATE_FOLDER, file_errors, write_privately
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.adapters.local.yaml_reading import UnreadableText, read_text
from cloud_core.adapters.local.yaml_text import write_text
from cloud_core.domain.errors import DeploymentNotFound


def state_text(content: Mapping[str, Any], format: str) -> str:
    """`json` or `yaml`, with a line's end at its end."""
    if format == "yaml":
        return write_text(content)
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def read_state(path: Path) -> Any:
    """What the file says, JSON or YAML, whatever its name. UnreadableText with line and column; NotPermitted.

    JSON may be of any size: states of large stacks have many megabytes. YAML is bounded as manifests are.
    """
    with file_errors("read", path):
        content = path.read_bytes()
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        if content.lstrip()[:1] in (b"{", b"["):
            raise UnreadableText(
                f"{path.name} can't be read: {error}", file=path.name, problem=str(error), line=None, column=None
            ) from None
    return read_text(_decoded(content, path), path.with_suffix(".yaml").name)


def _decoded(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"it is not UTF-8 text (byte {error.start})"
        raise UnreadableText(
            f"{path.name} can't be read: {problem}", file=path.name, problem=problem, line=None, column=None
        ) from None


class LocalStateBackups:
    """`ports.workspace.StateBackups` in `backups/` of the deployment's folder; of a deployment that has none in this
    workspace, among the platform's own files."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def keep(self, deployment_id: str, name: str, state: Mapping[str, Any]) -> Path:
        path = self._folder(deployment_id) / "backups" / f"{name}.json"
        with file_errors("written", path):
            path.parent.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
        write_privately(path, state_text(state, "json"))
        return path

    def _folder(self, deployment_id: str) -> Path:
        try:
            return LocalManifestFiles(self._workspace).folder(deployment_id)
        except DeploymentNotFound:
            return self._workspace.state / "deployments" / deployment_id
