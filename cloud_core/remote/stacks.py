"""Single stacks, their graph and their states, as the API tells them."""

from __future__ import annotations

from typing import Any

from cloud_core.adapters.rest.client import RestClient, place
from cloud_core.adapters.rest.reading import Data
from cloud_core.domain.engine_state import state_resources
from cloud_core.domain.errors import NotRemote
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import StackStatus
from cloud_core.remote.named import stack_place
from cloud_core.services.looking.report import StackReport
from cloud_core.services.looking.stack_exports import StackExport
from cloud_core.services.looking.stack_graphs import StackPicture


class RemoteGraphs:
    """As `services.looking.stack_graphs`."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def of(self, deployment_id: str, environment: EnvironmentName, with_status: bool = True) -> StackPicture:
        """Raises as the service does."""
        where = place("deployments", deployment_id, "graph")
        told = self._client.get(where, environment=environment.value, status=with_status)
        stacks = {one["name"]: one for one in told["stacks"]}
        order = [name for layer in told["layers"] for name in layer]
        graph = StackGraph.build(
            stacks,
            {name: one["dependencies"] for name, one in stacks.items()},
            {name: one["soft_dependencies"] for name, one in stacks.items()},
            {name: -float(number) for number, name in enumerate(order)},
        )
        reports = {name: _report(one) for name, one in stacks.items()}
        return StackPicture(deployment_id, environment, graph, reports if with_status else None)


class RemoteExports:
    """As `services.looking.stack_exports`; secrets stay encrypted."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def state(
        self, deployment_id: str, stack: str, environment: EnvironmentName, show_secrets: bool = False
    ) -> StackExport:
        """StackNotFound when it has none."""
        if show_secrets:
            raise _refusal("secrets in clear are not given away by the API", "--show-secrets")
        where = stack_place(self._client, deployment_id, stack, "export")
        told = self._client.get(where, deployment_id=deployment_id, environment=environment.value)
        state: dict[str, Any] = told["state"]
        exported_at = told["exported_at"]
        return StackExport(deployment_id, environment, stack, exported_at, state, len(state_resources(state)))

    def description(self, deployment_id: str, stack: str, environment: EnvironmentName) -> StackExport:
        raise _refusal("the API gives the state of a stack only", "--config-only")


def _report(told: Data) -> StackReport:
    return StackReport(
        name=told["name"],
        status=StackStatus(told["status"] or StackStatus.PENDING),
        is_enabled=bool(told["enabled"]),
        layer=told["layer"],
        resource_count=told["resource_count"] or 0,
    )


def _refusal(why: str, what: str) -> NotRemote:
    return NotRemote(why, what=what, suggestion="run the command where the API runs, without --remote")
