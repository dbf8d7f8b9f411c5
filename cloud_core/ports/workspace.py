"""Ports to the user's workspace: the deployments' folders with their manifests, and the templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from cloud_core.domain.deployment_template import DeploymentTemplate
from cloud_core.domain.manifest import Edit
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogEntry
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.statuses import Action

# The content of `config/<stack>.<env>.yaml` by (stack, environment).
ConfigFiles = Mapping[tuple[str, str], Mapping[str, str]]


@dataclass(frozen=True)
class ManifestFile:
    """A manifest as it stands on disk: `data` is plain, in whichever dialect it was written."""

    path: Path
    data: Any


@dataclass(frozen=True)
class Origin:
    """Which version of the record the working copy came from, and the digest that it had then."""

    manifest_version: int
    digest: str


@dataclass(frozen=True)
class NewDeployment:
    """What a deployment's folder starts with. `header` becomes comment lines above the manifest."""

    deployment_id: str
    folder: str
    manifest: Mapping[str, Any]
    header: str
    configs: ConfigFiles
    log_lines: Sequence[str]
    origin: Origin | None


class ManifestFiles(Protocol):
    """Working copies below `deploy/`, found by the id at the beginning of the folder's name.

    Every method that takes an id of no folder raises DeploymentNotFound; several folders of one id are a Conflict.
    """

    def deployment_ids(self) -> list[str]:
        """Ids of all folders, sorted."""

    def folder(self, deployment_id: str) -> Path: ...

    def read(self, deployment_id: str) -> ManifestFile:
        """InvalidManifest, with its findings, for unreadable text, several manifest files, or none."""

    def create(self, new: NewDeployment) -> Path:
        """Write the whole folder or nothing, and return it; AlreadyExists when the id has one."""

    def edit(self, deployment_id: str, edits: Sequence[Edit]) -> ManifestFile:
        """Change the manifest in place; comments survive. Edits name paths as the file spells them."""

    def read_origin(self, deployment_id: str) -> Origin | None: ...

    def write_origin(self, deployment_id: str, origin: Origin) -> None: ...

    def write_configs(self, deployment_id: str, configs: ConfigFiles) -> None:
        """Replace the generated files by these."""


class LogFiles(Protocol):
    """The log files in the folders of deployments. Each method raises DeploymentNotFound without such a folder, and
    NotPermitted."""

    def of_init(self, deployment_id: str) -> list[LogEntry]:
        """What `init` wrote, oldest first; [] without a log."""

    def runs(self, deployment_id: str, environment: EnvironmentName) -> Iterator[tuple[Action, list[LogEntry]]]:
        """What each run did, and its lines, oldest first; the newest run comes first."""


class StateBackups(Protocol):
    """Where the states of stacks are kept that an import replaced."""

    def keep(self, deployment_id: str, name: str, state: Mapping[str, Any]) -> Path:
        """Written whole, for its owner alone, before it returns. AlreadyExists for a name that is taken;
        NotPermitted."""


class TemplateOrigin(StrEnum):
    PRODUCT = "product"
    WORKSPACE = "workspace"

    @property
    def kind(self) -> str:
        """What people call templates from there."""
        return "custom" if self is TemplateOrigin.WORKSPACE else "built-in"


@dataclass(frozen=True)
class TemplateFile:
    """Where a template lies. `text` is the file as written."""

    name: str
    origin: TemplateOrigin
    path: Path
    text: str

    @property
    def place(self) -> str:
        """`templates/config/network.yaml`: how findings and messages name the file."""
        return "/".join(self.path.parts[-3:])


class TemplateCatalog(Protocol):
    """Templates of the product and of the workspace; of two with the same name the workspace's wins."""

    def deployment_template_files(self) -> list[TemplateFile]:
        """By name."""

    def deployment_template_file(self, name: str) -> TemplateFile:
        """TemplateNotFound when there is none."""

    def render(self, name: str, variables: Mapping[str, Any]) -> DeploymentTemplate:
        """The template with its variables filled in.

        TemplateNotFound; InvalidInput for unreadable text, an unknown variable or a broken field.
        """

    def stack_template_files(self) -> list[TemplateFile]:
        """By name."""

    def stack_template(self, name: str) -> StackTemplate:
        """TemplateNotFound when there is none; InvalidInput for unreadable text or a broken field."""

    def stack_templates(self) -> dict[str, StackTemplate]:
        """Every stack template by name; InvalidInput names a file that is not valid."""

    def stack_template_origin(self, name: str) -> TemplateOrigin:
        """TemplateNotFound when there is none."""
