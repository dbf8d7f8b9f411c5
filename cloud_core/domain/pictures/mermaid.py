"""A graph of stacks as text that Markdown viewers draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cloud_core.domain.graph import StackGraph
from cloud_core.domain.pictures.nodes import Look, Node

_SHAPES: Final = {
    Look.DONE: ("[", "]"),
    Look.RUNNING: ("([", "])"),
    Look.FAILED: ("{{", "}}"),
    Look.WAITING: ("[", "]"),
    Look.OFF: ("[/", "/]"),
}
_STYLES: Final = {
    Look.DONE: "stroke:#2f9e44,fill:#ebfbee,color:#1f2933",
    Look.RUNNING: "stroke:#1971c2,fill:#e7f5ff,color:#1f2933",
    Look.FAILED: "stroke:#c92a2a,fill:#fff5f5,color:#1f2933,stroke-width:3px",
    Look.WAITING: "stroke:#7b8794,fill:#f5f7fa,color:#1f2933,stroke-dasharray:4 3",
    Look.OFF: "stroke:#e67700,fill:#fff9db,color:#1f2933",
}


def mermaid(graph: StackGraph, nodes: Mapping[str, Node] | None = None) -> str:
    """Solid arrows for hard edges, dotted ones for soft; arrows point to dependents. `nodes` has the stacks' states."""
    known = nodes or {}
    lines = ["graph LR"]
    lines += [_declared(name, known.get(name)) for layer in graph.layers for name in layer]
    for name in graph.names:
        lines += [f"    {_id(other)} --> {_id(name)}" for other in sorted(graph.hard[name])]
        lines += [f"    {_id(other)} -.-> {_id(name)}" for other in sorted(graph.soft[name])]
    looks = {node.look for name, node in known.items() if name in graph.hard}
    lines += [f"    classDef {look.value} {_STYLES[look]}" for look in Look if look in looks]
    return "\n".join(lines)


def _declared(name: str, node: Node | None) -> str:
    if node is None:
        return f'    {_id(name)}["{name}"]'
    begin, end = _SHAPES[node.look]
    return f'    {_id(name)}{begin}"{name}<br/>{node.words}"{end}:::{node.look.value}'


def _id(name: str) -> str:
    # A bare `end` or a dash would be read as mermaid's own syntax.
    return "s_" + name.replace("-", "_")
