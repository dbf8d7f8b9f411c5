"""The manifest in the Deployments record: its first version, and the next ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloud_core.domain.clock import timestamp
from cloud_core.domain.digest import content_digest
from cloud_core.domain.errors import ManifestConflict, VersionConflict
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.names import default_pulumi_org
from cloud_core.domain.records import Deployment, ManifestVersion
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import DeploymentRepository

_ATTEMPTS: Final = 10
_NAMELESS_ORG: Final = "organization"


class ManifestRecords:
    """Writes manifests to the records; what they replace is checked by version, never overwritten unseen."""

    def __init__(self, deployments: DeploymentRepository, clock: Clock) -> None:
        self._deployments = deployments
        self._clock = clock

    def get(self, deployment_id: str) -> Deployment | None:
        return self._deployments.get_by_id(deployment_id)

    def withdraw(self, record: Deployment) -> None:
        """Delete a record that was just made; VersionConflict when somebody has changed it since."""
        self._deployments.delete(record.deployment_id, record.version)

    def create(self, data: Mapping[str, Any], user: str) -> Deployment:
        """Version 1 of a canonical manifest; AlreadyExists when the id is taken."""
        return self._deployments.create(self.first(data, user))

    def first(self, data: Mapping[str, Any], user: str) -> Deployment:
        """The record that `create` would store."""
        section = Manifest.model_validate(data).deployment
        now = timestamp(self._clock.now())
        return Deployment(
            deployment_id=section.id,
            organization=section.org,
            project=section.project,
            domain=section.domain or "",
            template=section.template,
            pulumi_org=section.pulumi_org or default_pulumi_org(section.org) or _NAMELESS_ORG,
            created_at=now,
            updated_at=now,
            created_by=user,
            **_content(data),
        )

    @staticmethod
    def following(record: Deployment, data: Mapping[str, Any]) -> Deployment:
        """The record that `replace` would store."""
        return record.model_copy(update={**_content(data), "manifest_version": record.manifest_version + 1})

    def replace(self, record: Deployment, data: Mapping[str, Any]) -> Deployment:
        """The next version of the manifest over exactly the version that `record` holds.

        Other changes of the record (its status) are no obstacle; another manifest is a ManifestConflict. The version
        that is replaced is kept first: the record is the one place where it is certain.
        """
        version = record.manifest_version
        names = ("deployment_id", "manifest_version", "manifest", "digest", "updated_at")
        self._deployments.keep_manifest(ManifestVersion(**{name: getattr(record, name) for name in names}))
        for _ in range(_ATTEMPTS):
            try:
                return self._deployments.update(self.following(record, data))
            except VersionConflict:
                record = self._deployments.get_by_id(record.deployment_id) or record
                if record.manifest_version != version:
                    break
        raise ManifestConflict(
            f"the manifest of {record.deployment_id} was changed by somebody else at this moment",
            deployment_id=record.deployment_id,
            suggestion="run the command again",
        )


def _content(data: Mapping[str, Any]) -> dict[str, Any]:
    section = Manifest.model_validate(data).deployment
    return {
        "manifest": dict(data),
        "digest": content_digest(data),
        "description": section.description,
        "tags": dict(section.tags),
    }
