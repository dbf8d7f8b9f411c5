"""Deployments: `PK=DEPLOYMENT#<id>`, `SK=METADATA`; manifests that were replaced: `SK=MANIFEST#<8-digit version>`."""

from __future__ import annotations

from contextlib import suppress

from boto3.dynamodb.conditions import Attr
from boto3.dynamodb.conditions import Key as KeyCondition

from cloud_core.adapters.dynamodb import keys
from cloud_core.adapters.dynamodb.errors import ConditionFailed
from cloud_core.adapters.dynamodb.models import (
    deployment_from_item,
    deployment_to_item,
    manifest_version_from_item,
    to_item,
    to_json,
)
from cloud_core.adapters.dynamodb.paging import Listing, read_page
from cloud_core.adapters.dynamodb.serializer import Item, require_filled
from cloud_core.adapters.dynamodb.table import Query, Table
from cloud_core.domain.clock import timestamp_after
from cloud_core.domain.conflicts import already_exists, version_conflict
from cloud_core.domain.errors import DeploymentNotFound, VersionConflict
from cloud_core.domain.records import Deployment, ManifestVersion
from cloud_core.domain.statuses import DeploymentStatus
from cloud_core.domain.tables import DEPLOYMENTS, ORGANIZATION_INDEX, STATUS_INDEX, IndexDefinition
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Page


class DynamoDeployments:
    """`ports.records.DeploymentRepository` over the Deployments table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def create(self, deployment: Deployment) -> Deployment:
        created = deployment.model_copy(update={"version": 1})
        try:
            self._table.put(_item(created), Attr("PK").not_exists())
        except ConditionFailed as failure:
            raise already_exists(f"deployment {deployment.deployment_id}") from failure
        return created

    def get_by_id(self, deployment_id: str) -> Deployment | None:
        item = self._table.get(keys.key(deployment_id, keys.METADATA))
        return deployment_from_item(item) if item else None

    def update(self, deployment: Deployment) -> Deployment:
        later = timestamp_after(deployment.updated_at, self._clock.now())
        updated = deployment.model_copy(update={"version": deployment.version + 1, "updated_at": later})
        try:
            self._table.put(_item(updated), Attr("version").eq(deployment.version))
        except ConditionFailed as failure:
            raise _conflict(deployment, failure) from failure
        return updated

    def delete(self, deployment_id: str, version: int | None = None) -> bool:
        return self._table.delete_version(
            keys.key(deployment_id, keys.METADATA), f"deployment {deployment_id}", version
        )

    def keep_manifest(self, version: ManifestVersion) -> None:
        place = keys.key(version.deployment_id, keys.manifest(version.manifest_version))
        item = {**place, **to_item(version), "manifest": to_json("manifest", version.manifest)}
        with suppress(ConditionFailed):
            self._table.put(item, Attr("PK").not_exists())

    def kept_manifest(self, deployment_id: str, manifest_version: int) -> ManifestVersion | None:
        item = self._table.get(keys.key(deployment_id, keys.manifest(manifest_version)))
        return manifest_version_from_item(item) if item else None

    def list_by_organization(
        self, organization: str, limit: int = 50, next_token: str | None = None
    ) -> Page[Deployment]:
        return self._list(ORGANIZATION_INDEX, organization, limit, next_token)

    def list_by_status(
        self, status: DeploymentStatus, limit: int = 50, next_token: str | None = None
    ) -> Page[Deployment]:
        return self._list(STATUS_INDEX, status.value, limit, next_token)

    def _list(self, index: IndexDefinition, value: str, limit: int, token: str | None) -> Page[Deployment]:
        query = Query(KeyCondition(index.hash_key).eq(value), index.name)
        listing = Listing(f"deployments by {index.hash_key} {value}", query, index.keys)
        items, following = read_page(self._table, listing, limit, token)
        return Page([deployment_from_item(item) for item in items], following)


def _item(deployment: Deployment) -> Item:
    item = {**keys.key(deployment.deployment_id, keys.METADATA), **deployment_to_item(deployment)}
    require_filled(item, DEPLOYMENTS.index_keys)
    return item


def _conflict(deployment: Deployment, failure: ConditionFailed) -> DeploymentNotFound | VersionConflict:
    name = deployment.deployment_id
    if failure.stored is None:
        return DeploymentNotFound(f"deployment {name} does not exist", deployment_id=name)
    return version_conflict(f"deployment {name}", deployment.version, failure.stored["version"])
