"""The graph of an environment's stacks, with how each of them stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cloud_core.domain.graph import StackGraph
from cloud_core.domain.manifest import Manifest, environment_graph
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.pictures import Look, Node
from cloud_core.domain.progress import RUNNING
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.statuses import StackStatus
from cloud_core.services.looking.report import StackReport
from cloud_core.services.looking.status import StatusService

_WORDS = {StackStatus.PENDING: "not deployed"}


@dataclass(frozen=True)
class StackPicture:
    """`stacks` tells how those of the graph stand, None when nobody asked."""

    deployment_id: str
    environment: EnvironmentName
    graph: StackGraph
    stacks: Mapping[str, StackReport] | None

    @property
    def title(self) -> str:
        number = len(self.graph.names)
        return f"{self.deployment_id} {self.environment.value}: {number} {'stack' if number == 1 else 'stacks'}"

    @property
    def nodes(self) -> dict[str, Node]:
        """Of every stack, by name; empty when nobody asked how they stand."""
        return {name: _node(report) for name, report in (self.stacks or {}).items()}

    def to_data(self) -> dict[str, Any]:
        graph, stacks = self.graph, self.stacks
        return {
            "deployment_id": self.deployment_id,
            "environment": self.environment.value,
            "layers": graph.layers,
            "stacks": [
                {
                    "name": name,
                    "layer": graph.layer_of(name),
                    "dependencies": sorted(graph.hard[name]),
                    "soft_dependencies": sorted(graph.soft[name]),
                    "status": stacks[name].status.value if stacks else None,
                    "enabled": stacks[name].is_enabled if stacks else None,
                    "resource_count": stacks[name].resource_count if stacks else None,
                }
                for name in graph.order
            ],
        }


class StackGraphs:
    """Reads only."""

    def __init__(self, status: StatusService, templates: Callable[[], Mapping[str, StackTemplate]]) -> None:
        self._status = status
        self._templates = templates

    def of(self, deployment_id: str, environment: EnvironmentName, with_status: bool = True) -> StackPicture:
        """Of the enabled stacks, and of those that are still deployed although they are not.

        DeploymentNotFound; InvalidInput and its subclasses for an unknown environment and for a graph that can't be.
        """
        report = self._status.report(deployment_id, environment)
        manifest = Manifest.model_validate(report.deployment.manifest)
        enabled = environment_graph(manifest, environment.value, self._templates())
        stacks = {stack.name: stack for stack in report.environments[0].stacks}
        graph = _with_leftovers(enabled, stacks)
        return StackPicture(deployment_id, environment, graph, stacks if with_status else None)


def _with_leftovers(enabled: StackGraph, stacks: Mapping[str, StackReport]) -> StackGraph:
    """A stack that is off waits for what it was deployed after, as far as that is there."""
    left = {name: set(one.dependencies) & stacks.keys() for name, one in stacks.items() if name not in enabled.hard}
    if not left:
        return enabled
    return StackGraph.build([*enabled.names, *left], enabled.hard, {**enabled.soft, **left}, enabled.priorities)


def _node(report: StackReport) -> Node:
    resources = f", {report.resource_count} {'resource' if report.resource_count == 1 else 'resources'}"
    words = _WORDS.get(report.status, report.status.value) + (resources if report.resource_count else "")
    if not report.is_enabled:
        return Node(Look.OFF, f"{words}, off")
    return Node(_look(report.status), words)


def _look(status: StackStatus) -> Look:
    if status in RUNNING:
        return Look.RUNNING
    if status is StackStatus.FAILED:
        return Look.FAILED
    return Look.DONE if status is StackStatus.DEPLOYED else Look.WAITING
