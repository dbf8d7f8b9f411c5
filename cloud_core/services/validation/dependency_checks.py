"""Whether stacks can be brought into an order, from nothing but their dependencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cloud_core.domain.errors import DependencyCycle, InvalidInput
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.records import Deployment


@dataclass(frozen=True)
class DependencyVerdict:
    """`graph` is None when there is no order; `cycle` names its path then, the first stack again at the end."""

    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    graph: StackGraph | None = None
    errors: tuple[str, ...] = ()
    cycle: tuple[str, ...] = field(default_factory=tuple)

    def to_data(self) -> dict[str, Any]:
        """An edge goes from the dependent to what it needs."""
        return {
            "valid": not self.errors,
            "errors": list(self.errors),
            "dependency_graph": {
                "nodes": list(self.nodes),
                "edges": [{"from": name, "to": needed} for name, needed in self.edges],
            },
            "layers": self.graph.layers if self.graph else [],
            "cycle": list(self.cycle),
        }


def check_dependencies(stacks: Mapping[str, Sequence[str]]) -> DependencyVerdict:
    """Stacks that are switched on, each with what it needs."""
    nodes = tuple(sorted(stacks))
    edges = tuple((name, needed) for name in nodes for needed in sorted(set(stacks[name])))
    try:
        graph = StackGraph.build(stacks, {name: frozenset(stacks[name]) for name in nodes})
    except DependencyCycle as error:
        return DependencyVerdict(nodes, edges, None, (error.message,), tuple(error.context["path"]))
    except InvalidInput as error:
        return DependencyVerdict(nodes, edges, None, (error.message,))
    return DependencyVerdict(nodes, edges, graph)


def dependencies_of(deployment: Deployment) -> dict[str, Sequence[str]]:
    """Those that the manifest declares, of the stacks that are switched on."""
    stacks = Manifest.model_validate(deployment.manifest).stacks
    enabled = {name: section for name, section in stacks.items() if section.enabled}
    return {name: [one for one in section.dependencies if one in enabled] for name, section in enabled.items()}
