"""Deployment records that are looked for at the first use: what can do without them must not need a store to begin."""

from __future__ import annotations

from collections.abc import Callable

from cloud_core.domain.records import Deployment, ManifestVersion
from cloud_core.domain.statuses import DeploymentStatus
from cloud_core.ports.records import DeploymentRepository, Page


class DeferredDeployments:
    """`ports.records.DeploymentRepository` over one that `find` gives; whatever `find` raises, each method raises."""

    def __init__(self, find: Callable[[], DeploymentRepository]) -> None:
        self._find = find

    def create(self, deployment: Deployment) -> Deployment:
        return self._find().create(deployment)

    def get_by_id(self, deployment_id: str) -> Deployment | None:
        return self._find().get_by_id(deployment_id)

    def update(self, deployment: Deployment) -> Deployment:
        return self._find().update(deployment)

    def delete(self, deployment_id: str, version: int | None = None) -> bool:
        return self._find().delete(deployment_id, version)

    def keep_manifest(self, version: ManifestVersion) -> None:
        self._find().keep_manifest(version)

    def kept_manifest(self, deployment_id: str, manifest_version: int) -> ManifestVersion | None:
        return self._find().kept_manifest(deployment_id, manifest_version)

    def list_by_organization(
        self, organization: str, limit: int = 50, next_token: str | None = None
    ) -> Page[Deployment]:
        return self._find().list_by_organization(organization, limit, next_token)

    def list_by_status(
        self, status: DeploymentStatus, limit: int = 50, next_token: str | None = None
    ) -> Page[Deployment]:
        return self._find().list_by_status(status, limit, next_token)
