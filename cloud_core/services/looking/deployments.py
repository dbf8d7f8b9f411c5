"""Which deployments there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pydantic import ValidationError

from cloud_core.domain.manifest import Manifest
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment
from cloud_core.domain.statuses import DeploymentStatus
from cloud_core.ports.records import DeploymentRepository, Page
from cloud_core.ports.workspace import ManifestFiles
from cloud_core.services.looking.status import environment_status
from cloud_core.services.looking.visibility import require_visible
from cloud_core.services.records.statuses import require_deployment

_PAGE: Final = 50
_D = DeploymentStatus

STATUS_WORDS: Final = {
    "active": frozenset({_D.DEPLOYING, _D.DEPLOYED, _D.PARTIAL, _D.ROLLING_BACK, _D.DESTROYING}),
    "inactive": frozenset({_D.INITIALIZED, _D.DESTROYED, _D.ROLLED_BACK}),
    **{status.value: frozenset({status}) for status in DeploymentStatus},
}
"""What a filter by status may say: a status, or one of two words over several."""


class SortKey(StrEnum):
    ID = "id"
    CREATED = "created"
    UPDATED = "updated"


@dataclass(frozen=True)
class DeploymentFilter:
    """None matches everything; destroyed ones are left out unless `include_destroyed` or their status is asked for.

    `visible` are the organisations of whoever asks.
    """

    organization: str | None = None
    project: str | None = None
    environment: EnvironmentName | None = None
    statuses: frozenset[DeploymentStatus] | None = None
    include_destroyed: bool = False
    template: str | None = None
    visible: frozenset[str] | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing is left out but destroyed ones."""
        return {self.organization, self.project, self.environment, self.statuses, self.template, self.visible} == {None}

    def matches(self, deployment: Deployment) -> bool:
        if self.statuses is not None:
            shown = deployment.status in self.statuses
        else:
            shown = self.include_destroyed or deployment.status is not DeploymentStatus.DESTROYED
        return (
            shown
            and self.organization in (None, deployment.organization)
            and self.project in (None, deployment.project)
            and self.template in (None, deployment.template)
            and (self.visible is None or deployment.organization in self.visible)
            and (self.environment is None or self.environment.value in _enabled(deployment))
        )


@dataclass(frozen=True)
class DeploymentSummary:
    """One row: the record, and each environment's status (`disabled` and `ready` before its first deploy)."""

    deployment: Deployment
    environments: dict[str, str]

    def to_data(self) -> dict[str, Any]:
        one = self.deployment
        enabled = _enabled(one)
        return {
            "deployment_id": one.deployment_id,
            "organization": one.organization,
            "project": one.project,
            "domain": one.domain,
            "template": one.template,
            "status": one.status.value,
            "environments": {
                name: {"enabled": name in enabled, "status": status} for name, status in self.environments.items()
            },
            "created_at": one.created_at,
            "updated_at": one.updated_at,
            "last_deployed_at": one.last_deployed_at,
        }


@dataclass(frozen=True)
class DeploymentList:
    """`unrecorded` are ids of the workspace's folders that have no record yet."""

    items: tuple[DeploymentSummary, ...]
    unrecorded: tuple[str, ...]

    def to_data(self) -> dict[str, Any]:
        return {
            "deployments": [item.to_data() for item in self.items],
            "total": len(self.items),
            "unrecorded": list(self.unrecorded),
        }


class DeploymentService:
    """Reads records, and the folders' names of the workspace."""

    def __init__(self, deployments: DeploymentRepository, files: ManifestFiles) -> None:
        self._deployments = deployments
        self._files = files

    def list(
        self, wanted: DeploymentFilter, sort: SortKey = SortKey.CREATED, descending: bool | None = None
    ) -> DeploymentList:
        """Newest first, or by id, unless the direction is given; the workspace's unrecorded folders only when no filter
        could exclude them."""
        found = {one.deployment_id: one for one in self._all(wanted)}
        items = [_summary(one) for one in found.values() if wanted.matches(one)]
        falls = sort is not SortKey.ID if descending is None else descending
        items.sort(key=lambda item: _SORT_VALUES[sort](item.deployment), reverse=falls)
        return DeploymentList(tuple(items), self._unrecorded() if wanted.is_open else ())

    def _all(self, wanted: DeploymentFilter) -> Iterator[Deployment]:
        """Every deployment that may match, by whichever index tells most."""
        chosen = wanted.visible if wanted.organization is None else {wanted.organization}
        if chosen is not None:
            for organization in sorted(chosen):
                yield from self._of_organization(organization)
            return
        for status in wanted.statuses or DeploymentStatus:
            yield from self._with_status(status)

    def require_visible(self, deployment_id: str, visible: frozenset[str] | None) -> None:
        """Raises DeploymentNotFound; OrganizationMismatch when it belongs to none of these organisations."""
        require_visible(require_deployment(self._deployments, deployment_id), visible)

    def _of_organization(self, organization: str) -> Iterator[Deployment]:
        yield from _pages(lambda token: self._deployments.list_by_organization(organization, _PAGE, token))

    def _with_status(self, status: DeploymentStatus) -> Iterator[Deployment]:
        yield from _pages(lambda token: self._deployments.list_by_status(status, _PAGE, token))

    def _unrecorded(self) -> tuple[str, ...]:
        ids = self._files.deployment_ids()
        return tuple(one for one in ids if self._deployments.get_by_id(one) is None)


def _pages(read: Callable[[str | None], Page[Deployment]]) -> Iterator[Deployment]:
    token = None
    while True:
        page = read(token)
        yield from page.items
        token = page.next_token
        if token is None:
            return


def _summary(deployment: Deployment) -> DeploymentSummary:
    manifest = _manifest(deployment)
    if manifest is None:
        return DeploymentSummary(deployment, {name: one.value for name, one in deployment.environment_status.items()})
    return DeploymentSummary(
        deployment,
        {
            name: environment_status(deployment, name, manifest.environments[name].enabled)
            for name in manifest.environment_names
        },
    )


def _enabled(deployment: Deployment) -> list[str]:
    manifest = _manifest(deployment)
    return manifest.enabled_environments if manifest else []


def _manifest(deployment: Deployment) -> Manifest | None:
    """None when it can't be read: AppSync records manifests that are validated later only, and one that is wrong must
    not take the list from those who look for others."""
    try:
        return Manifest.model_validate(deployment.manifest)
    except ValidationError:
        return None


_SORT_VALUES: Final[dict[SortKey, Callable[[Deployment], tuple[str, str]]]] = {
    SortKey.ID: lambda one: (one.deployment_id, ""),
    SortKey.CREATED: lambda one: (one.created_at, one.deployment_id),
    SortKey.UPDATED: lambda one: (one.updated_at, one.deployment_id),
}
