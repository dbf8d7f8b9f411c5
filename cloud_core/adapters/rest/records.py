"""What the platform keeps, read through the API: the ports of the records, as far as somebody elsewhere may know.

Services that only read work over these as they do over the store. What is written goes through the API's own
services, but for the manifest, which is the one thing that people write themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from cloud_core.adapters.rest.client import Call, RestClient, place
from cloud_core.adapters.rest.reading import deployment_of, event_of, lease_of
from cloud_core.adapters.rest.runs import RestRuns
from cloud_core.domain.errors import DeploymentNotFound, NotRemote, OperationNotFound
from cloud_core.domain.events import Event, EventDraft
from cloud_core.domain.names import OPERATION_ID, EnvironmentName
from cloud_core.domain.records import Deployment, LeaseRecord, ManifestVersion, Operation
from cloud_core.ports.records import Page

_LARGEST_PAGE: Final = 100


@dataclass(frozen=True)
class RestDeployments:
    """`ports.records.DeploymentRepository`, of one deployment at a time."""

    client: RestClient

    def get_by_id(self, deployment_id: str) -> Deployment | None:
        try:
            return deployment_of(self.client.get(place("deployments", deployment_id, "manifest")))
        except DeploymentNotFound:
            return None

    def update(self, deployment: Deployment) -> Deployment:
        """Make its manifest the next version of the one before; VersionConflict when that moved on."""
        where = place("deployments", deployment.deployment_id, "manifest")
        made_from = f'"{deployment.manifest_version - 1}"'
        told = self.client.ask(Call("PUT", where, body={"manifest": deployment.manifest}, if_match=made_from)).data
        written = {"manifest_version": told["version"], "digest": told["digest"], "updated_at": told["updated_at"]}
        return deployment.model_copy(update=written)

    def keep_manifest(self, version: ManifestVersion) -> None:
        """The API keeps what it replaces."""

    def create(self, deployment: Deployment) -> Deployment:
        raise NotRemote(
            f"deployment {deployment.deployment_id} has no record there, and one is made from a template only",
            what="a record of a manifest file",
            suggestion="make it with 'cloud init --remote URL', then bring your manifest with 'cloud manifest push'",
        )

    def __getattr__(self, name: str) -> Any:
        raise _not_read(f"deployments.{name}")


@dataclass(frozen=True)
class RestOperations:
    """`ports.records.OperationRepository`, for reading."""

    client: RestClient
    runs: RestRuns

    def get(self, deployment_id: str, operation_id: str) -> Operation | None:
        if not OPERATION_ID.fullmatch(operation_id):
            return None
        try:
            return self.runs.operation(self.client.get(place("deployments", deployment_id, "operations", operation_id)))
        except OperationNotFound:
            return None

    def get_by_key(self, deployment_id: str, idempotency_key: str) -> Operation | None:
        where = place("deployments", deployment_id, "operations")
        found = self.client.get(where, idempotency_key=idempotency_key)["operations"]
        return self.runs.operation(found[0]) if found else None

    def list_by_deployment(self, deployment_id: str, limit: int = 20, next_token: str | None = None) -> Page[Operation]:
        where = place("deployments", deployment_id, "operations")
        told = self.client.get(where, limit=min(limit, _LARGEST_PAGE), page_token=next_token)
        return Page([self.runs.operation(one) for one in told["operations"]], told.get("next_page_token"))

    def __getattr__(self, name: str) -> Any:
        raise _not_read(f"operations.{name}")


@dataclass(frozen=True)
class RestEvents:
    """`ports.records.EventLog`, for reading."""

    client: RestClient

    def read(self, deployment_id: str, after: int = 0, limit: int = 500) -> list[Event]:
        told = self.client.get(place("deployments", deployment_id, "events"), after=after, limit=limit)
        return [event_of(one, deployment_id) for one in told["events"]]

    def last_seq(self, deployment_id: str) -> int:
        return int(self.client.get(place("deployments", deployment_id, "events"), limit=0)["last_seq"])

    def append(self, draft: EventDraft) -> Event:
        raise _not_read("events.append")


@dataclass(frozen=True)
class RestLeases:
    """`ports.records.LeaseStore`, for reading."""

    client: RestClient

    def get(self, deployment_id: str, environment: EnvironmentName) -> LeaseRecord | None:
        where = place("deployments", deployment_id, "status")
        return lease_of(self.client.get(where, environment=environment.value))

    def __getattr__(self, name: str) -> Any:
        raise _not_read(f"leases.{name}")


class RestRecords:
    """`ports.records.Records`, for reading."""

    def __init__(self, client: RestClient, runs: RestRuns) -> None:
        self._client = client
        self._runs = runs

    @cached_property
    def deployments(self) -> RestDeployments:
        return RestDeployments(self._client)

    @cached_property
    def operations(self) -> RestOperations:
        return RestOperations(self._client, self._runs)

    @cached_property
    def events(self) -> RestEvents:
        return RestEvents(self._client)

    @cached_property
    def leases(self) -> RestLeases:
        return RestLeases(self._client)

    @property
    def stacks(self) -> Any:
        raise _not_read("stacks")

    @property
    def logs(self) -> Any:
        raise _not_read("logs")


def _not_read(what: str) -> NotRemote:
    return NotRemote(f"the API does not give {what} away", what=what)
