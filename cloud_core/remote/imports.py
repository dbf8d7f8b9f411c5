"""Giving stacks another state through the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloud_core.adapters.rest.client import RestClient
from cloud_core.domain.engine_state import StateResource, require_importable, state_resources
from cloud_core.domain.statuses import StackStatus
from cloud_core.remote.named import stack_place
from cloud_core.services.stacks.imports import ImportRequest


@dataclass(frozen=True)
class ToldImport:
    """As `services.stacks.imports.StackImport`; `told` is the answer."""

    request: ImportRequest
    told: Mapping[str, Any]

    @property
    def resources_before(self) -> int:
        return int(self.told["resources_before"])

    @property
    def after(self) -> tuple[StateResource, ...]:
        return state_resources(self.request.document)

    @property
    def forgotten(self) -> tuple[StateResource, ...]:
        return tuple(StateResource(urn, _type_of(urn)) for urn in self.told["forgotten"])

    def to_data(self) -> dict[str, Any]:
        return {name: value for name, value in self.told.items() if name not in ("backup", "imported")}


@dataclass(frozen=True)
class ToldRecord:
    """What is told of the stack's record afterwards."""

    resource_count: int
    status: StackStatus = StackStatus.DEPLOYED


@dataclass(frozen=True)
class ToldImported:
    """`backup` lies in the deployment's folder where the API runs."""

    record: ToldRecord
    backup: Path | None
    is_here: bool = False


class RemoteImports:
    """As `services.stacks.imports`."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def prepare(self, request: ImportRequest) -> ToldImport:
        """Raises as the service does; a file that is no state at all is not sent."""
        require_importable(request.document, "", "", force=True)
        return ToldImport(request, self._ask(request, dry_run=True))

    def carry_out(self, wanted: ToldImport) -> ToldImported:
        """Raises as the service does."""
        told = self._ask(wanted.request, dry_run=False)
        backup = Path(told["backup"]) if told["backup"] else None
        return ToldImported(ToldRecord(told["resource_count"]), backup)

    def _ask(self, request: ImportRequest, dry_run: bool) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._client.post(
            stack_place(self._client, request.deployment_id, request.stack, "import"),
            {"state": request.document, "force": request.force, "dry_run": dry_run},
            deployment_id=request.deployment_id,
            environment=request.environment.value,
        )
        return answer


def _type_of(urn: str) -> str:
    """The third part of a URN names the type behind those of its parents."""
    return urn.split("::")[2].rpartition("$")[2]
