"""The manifest that somebody looks at: the workspace's file, or the record."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from cloud_core.domain.errors import DeploymentNotFound
from cloud_core.domain.manifest import Manifest
from cloud_core.ports.records import DeploymentRepository
from cloud_core.services.manifests.service import ManifestService
from cloud_core.services.records.statuses import require_deployment


class Source(StrEnum):
    FILE = "file"
    RECORD = "record"


class Reader(Protocol):
    """Whoever can tell the manifest."""

    def read(self, deployment_id: str) -> tuple[Manifest, Source]: ...


class RecordReader:
    """The record alone, for those who have no workspace."""

    def __init__(self, deployments: DeploymentRepository) -> None:
        self._deployments = deployments

    def read(self, deployment_id: str) -> tuple[Manifest, Source]:
        """Raises DeploymentNotFound."""
        return Manifest.model_validate(require_deployment(self._deployments, deployment_id).manifest), Source.RECORD


class ManifestReader:
    def __init__(self, manifests: ManifestService, deployments: DeploymentRepository) -> None:
        self._manifests = manifests
        self._deployments = deployments

    def read(self, deployment_id: str) -> tuple[Manifest, Source]:
        """DeploymentNotFound for neither; InvalidManifest for an unreadable file."""
        try:
            return self._manifests.load(deployment_id).manifest, Source.FILE
        except DeploymentNotFound:
            record = self._deployments.get_by_id(deployment_id)
            if record is None:
                raise
            return Manifest.model_validate(record.manifest), Source.RECORD
