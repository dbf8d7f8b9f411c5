"""Whether stacks can be brought into an order, from nothing but their dependencies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cloud_core.domain.errors import DependencyCycle, InvalidInput
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.records import Deployment


@dataclass(frozen=True)
class DependencyVerdict:
    """`graph` is None when there is no order; `cycle` names its path then, the first stack again at the end. `warnings`
    tell what was left out of the graph."""

    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    graph: StackGraph | None = None
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    cycle: tuple[str, ...] = field(default_factory=tuple)

    def to_data(self) -> dict[str, Any]:
        """An edge goes from the dependent to what it needs."""
        return {
            "valid": not self.errors,
            "errors": list(self.errors),
            "warnings": list(self.warnings),
            "dependency_graph": {
                "nodes": list(self.nodes),
                "edges": [{"from": name, "to": needed} for name, needed in self.edges],
            },
            "layers": self.graph.layers if self.graph else [],
            "cycle": list(self.cycle),
        }


def check_dependencies(stacks: Mapping[str, Sequence[str]], off: frozenset[str] = frozenset()) -> DependencyVerdict:
    """Stacks that are switched on, each with what it needs; of that is left out what is `off`."""
    needs = {name: [one for one in needed if one not in off] for name, needed in stacks.items()}
    return replace(_ordered(needs), warnings=tuple(_left_out(stacks, off)))


def _left_out(stacks: Mapping[str, Sequence[str]], off: frozenset[str]) -> Iterator[str]:
    for name in sorted(stacks):
        yield from (f"{name} names {one}, which is switched off" for one in sorted(set(stacks[name]) & off))
        yield from (f"{name} names {one} twice" for one in sorted(set(stacks[name])) if stacks[name].count(one) > 1)


def _ordered(stacks: Mapping[str, Sequence[str]]) -> DependencyVerdict:
    nodes = tuple(sorted(stacks))
    edges = tuple((name, needed) for name in nodes for needed in sorted(set(stacks[name])))
    try:
        graph = StackGraph.build(stacks, {name: frozenset(stacks[name]) for name in nodes})
    except DependencyCycle as error:
        return DependencyVerdict(nodes, edges, errors=(error.message,), cycle=tuple(error.context["path"]))
    except InvalidInput as error:
        return DependencyVerdict(nodes, edges, errors=(error.message,))
    return DependencyVerdict(nodes, edges, graph)


def check_recorded(deployment: Deployment) -> DependencyVerdict:
    """Those that the manifest declares, of the stacks that are switched on."""
    stacks = Manifest.model_validate(deployment.manifest).stacks
    off = frozenset(name for name, section in stacks.items() if not section.enabled)
    needs = {name: stacks[name].dependencies for name in stacks.keys() - off}
    return check_dependencies({name: [one for one in needed if one in stacks] for name, needed in needs.items()}, off)
