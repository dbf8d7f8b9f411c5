"""Drawing a graph of stacks: as a mermaid diagram, and as SVG laid out by layers. Pure."""

from cloud_core.domain.pictures.graph_svg import graph_svg
from cloud_core.domain.pictures.mermaid import mermaid
from cloud_core.domain.pictures.nodes import Look, Node

__all__ = ["Look", "Node", "graph_svg", "mermaid"]
