"""Deployments' folders on this machine: `deploy/<id>-<org>-<project>/`.

Deployment_Manifest.yaml        the working copy
config/<stack>.<env>.yaml       generated
logs/init.log                   and later the logs of runs
.deployment-metadata.yaml       which version of the record the working copy came from
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cloud_core.adapters.local.text_files import draft_name, file_errors, write_atomically
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.adapters.local.yaml_reading import UnreadableText, file_text, read_text
from cloud_core.adapters.local.yaml_text import edit_text, write_text
from cloud_core.domain.errors import AlreadyExists, Conflict, DeploymentNotFound
from cloud_core.domain.manifest import Edit
from cloud_core.domain.names import DEPLOYMENT_ID
from cloud_core.domain.validation import finding, invalid_manifest
from cloud_core.ports.workspace import ConfigFiles, ManifestFile, NewDeployment, Origin

MANIFEST_NAMES: Final = ("Deployment_Manifest.yaml", "deployment-manifest.yaml", "manifest.yaml", "manifest.json")
METADATA_NAME: Final = ".deployment-metadata.yaml"
_GENERATED: Final = "Generated: every deploy writes this file anew. Change the manifest instead."
_BOOKKEEPING: Final = "Kept by the platform: which version of the record the manifest came from."


class LocalManifestFiles:
    """Implements the port ManifestFiles over a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._root = workspace.deployments

    def deployment_ids(self) -> list[str]:
        return sorted({folder.name[:7] for folder in self._folders() if DEPLOYMENT_ID.fullmatch(folder.name[:7])})

    def folder(self, deployment_id: str) -> Path:
        found = [folder for folder in self._folders() if folder.name.startswith(f"{deployment_id}-")]
        if len(found) > 1:
            names = ", ".join(folder.name for folder in found)
            raise Conflict(f"deployment {deployment_id} has several folders in {self._root}: {names}; keep one")
        if not found:
            raise DeploymentNotFound(
                f"deployment {deployment_id} has no folder in {self._root}",
                deployment_id=deployment_id,
                suggestion="run 'cloud list' to see the deployments",
            )
        return found[0]

    def read(self, deployment_id: str) -> ManifestFile:
        path = self._manifest(deployment_id)
        with _readable(path.name):
            return ManifestFile(path, read_text(file_text(path), path.name))

    def create(self, new: NewDeployment) -> Path:
        if any(folder.name.startswith(f"{new.deployment_id}-") for folder in self._folders()):
            raise _taken(new.deployment_id)
        draft = draft_name(self._root / new.folder)
        with file_errors("written", self._root / new.folder):
            draft.mkdir(parents=True)
        try:
            self._fill(draft, new)
            with file_errors("written", self._root / new.folder):
                return _publish(draft, self._root / new.folder, new.deployment_id)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def edit(self, deployment_id: str, edits: Sequence[Edit]) -> ManifestFile:
        path = self._manifest(deployment_id)
        with _readable(path.name):
            write_atomically(path, edit_text(file_text(path), path.name, edits))
        return self.read(deployment_id)

    def read_origin(self, deployment_id: str) -> Origin | None:
        path = self.folder(deployment_id) / METADATA_NAME
        try:
            with file_errors("read"):
                data = read_text(file_text(path), path.name) if path.is_file() else None
        except UnreadableText:
            return None  # then nobody knows where the file came from
        match data:
            case {"manifestVersion": int() as version, "digest": str() as digest}:
                return Origin(version, digest)
        return None

    def write_origin(self, deployment_id: str, origin: Origin) -> None:
        write_atomically(self.folder(deployment_id) / METADATA_NAME, _metadata(origin))

    def write_configs(self, deployment_id: str, configs: ConfigFiles) -> None:
        _write_configs(self.folder(deployment_id) / "config", configs)

    def _folders(self) -> list[Path]:
        with file_errors("read"):
            if not self._root.is_dir():
                return []
            return sorted(path for path in self._root.iterdir() if path.is_dir() and not path.name.startswith("."))

    def _manifest(self, deployment_id: str) -> Path:
        folder = self.folder(deployment_id)
        with file_errors("read"):
            found = [folder / name for name in MANIFEST_NAMES if (folder / name).is_file()]
        if len(found) == 1:
            return found[0]
        if not found:
            message = f"there is no manifest in {folder}: it is called {MANIFEST_NAMES[0]}"
            raise invalid_manifest([finding("MISSING_MANIFEST", folder.name, message)])
        names = ", ".join(path.name for path in found)
        raise invalid_manifest([finding("SEVERAL_MANIFESTS", folder.name, f"there are several manifests: {names}")])

    @staticmethod
    def _fill(folder: Path, new: NewDeployment) -> None:
        write_atomically(folder / MANIFEST_NAMES[0], write_text(new.manifest, new.header))
        _write_configs(folder / "config", new.configs)
        write_atomically(folder / "logs" / "init.log", "".join(f"{line}\n" for line in new.log_lines))
        if new.origin is not None:
            write_atomically(folder / METADATA_NAME, _metadata(new.origin))


def _publish(draft: Path, folder: Path, deployment_id: str) -> Path:
    """Give the finished folder its name, unless somebody else was faster."""
    try:
        return draft.rename(folder)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            raise _taken(deployment_id) from None
        raise


def _write_configs(folder: Path, configs: ConfigFiles) -> None:
    texts = {f"{stack}.{environment}.yaml": content for (stack, environment), content in configs.items()}
    for name, content in texts.items():
        write_atomically(folder / name, write_text({"config": content}, _GENERATED))
    with file_errors("written"):
        for path in folder.glob("*.yaml"):
            if path.name not in texts:
                path.unlink()


def _metadata(origin: Origin) -> str:
    data: Mapping[str, Any] = {"manifestVersion": origin.manifest_version, "digest": origin.digest}
    return write_text(data, _BOOKKEEPING)


@contextmanager
def _readable(file: str) -> Iterator[None]:
    """An unreadable manifest is a finding like any other."""
    try:
        yield
    except UnreadableText as error:
        line, column = error.context["line"], error.context["column"]
        location = f"{file}:{line}:{column}" if line else file
        raise invalid_manifest([finding("SYNTAX_ERROR", location, error.message, line=line, column=column)]) from None


def _taken(deployment_id: str) -> AlreadyExists:
    return AlreadyExists(
        f"deployment {deployment_id} exists already in this workspace",
        deployment_id=deployment_id,
        suggestion="choose another id, or leave it out to have one made",
    )
