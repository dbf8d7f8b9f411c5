"""Deployments in memory."""

from __future__ import annotations

import threading

from cloud_core.domain.clock import timestamp_after
from cloud_core.domain.conflicts import already_exists, version_conflict
from cloud_core.domain.errors import DeploymentNotFound
from cloud_core.domain.records import Deployment, ManifestVersion
from cloud_core.domain.statuses import DeploymentStatus
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Page
from cloud_core.testing.in_memory.copies import copy_of
from cloud_core.testing.in_memory.paging import newest_first


class InMemoryDeployments:
    """`ports.records.DeploymentRepository`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._items: dict[str, Deployment] = {}
        self._manifests: dict[tuple[str, int], ManifestVersion] = {}

    def create(self, deployment: Deployment) -> Deployment:
        with self._lock:
            if deployment.deployment_id in self._items:
                raise already_exists(f"deployment {deployment.deployment_id}")
            return self._keep(deployment.model_copy(update={"version": 1}))

    def get_by_id(self, deployment_id: str) -> Deployment | None:
        with self._lock:
            found = self._items.get(deployment_id)
            return copy_of(found) if found else None

    def update(self, deployment: Deployment) -> Deployment:
        name = deployment.deployment_id
        with self._lock:
            stored = self._items.get(name)
            if stored is None:
                raise DeploymentNotFound(f"deployment {name} does not exist", deployment_id=name)
            if stored.version != deployment.version:
                raise version_conflict(f"deployment {name}", deployment.version, stored.version)
            later = timestamp_after(deployment.updated_at, self._clock.now())
            return self._keep(deployment.model_copy(update={"version": deployment.version + 1, "updated_at": later}))

    def delete(self, deployment_id: str, version: int | None = None) -> bool:
        with self._lock:
            stored = self._items.get(deployment_id)
            if stored is not None and version not in (None, stored.version):
                raise version_conflict(f"deployment {deployment_id}", version, stored.version)
            return self._items.pop(deployment_id, None) is not None

    def keep_manifest(self, version: ManifestVersion) -> None:
        with self._lock:
            self._manifests.setdefault((version.deployment_id, version.manifest_version), copy_of(version))

    def kept_manifest(self, deployment_id: str, manifest_version: int) -> ManifestVersion | None:
        found = self._manifests.get((deployment_id, manifest_version))
        return copy_of(found) if found else None

    def list_by_organization(
        self, organization: str, limit: int = 50, next_token: str | None = None
    ) -> Page[Deployment]:
        found = [item for item in self._all() if item.organization == organization]
        name = f"deployments of {organization}"
        return newest_first(name, found, lambda item: (item.created_at, item.deployment_id), limit, next_token)

    def list_by_status(
        self, status: DeploymentStatus, limit: int = 50, next_token: str | None = None
    ) -> Page[Deployment]:
        found = [item for item in self._all() if item.status is status]
        name = f"deployments that are {status.value}"
        return newest_first(name, found, lambda item: (item.updated_at, item.deployment_id), limit, next_token)

    def _all(self) -> list[Deployment]:
        with self._lock:
            return [copy_of(item) for item in self._items.values()]

    def _keep(self, deployment: Deployment) -> Deployment:
        self._items[deployment.deployment_id] = copy_of(deployment)
        return deployment
