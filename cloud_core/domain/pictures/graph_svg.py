"""A graph of stacks as SVG: a box a stack, a column a layer, arrows to dependents, dashed ones for soft edges."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from cloud_core.domain.graph import StackGraph
from cloud_core.domain.pictures.layout import Layout, lay_out
from cloud_core.domain.pictures.nodes import Node
from cloud_core.domain.pictures.svg import LINE, PAD, STYLE, box, box_height, curve, document

_WIDTH: Final = 170
_GAP_X: Final = 76
_GAP_Y: Final = 18
_MARGIN: Final = 22
_HEAD: Final = 34
_STYLE: Final = f"""{STYLE}  path.soft {{ stroke-dasharray: 5 4; }} .head {{ fill: #9aa5b1; stroke: none; }}
  rect.done {{ stroke: #2f9e44; fill: #ebfbee; }} rect.running {{ stroke: #1971c2; fill: #e7f5ff; rx: 22; }}
  rect.failed {{ stroke: #c92a2a; fill: #fff5f5; stroke-width: 3; rx: 0; }}
  rect.waiting {{ stroke-dasharray: 4 3; }} rect.off {{ stroke: #e67700; fill: #fff9db; stroke-dasharray: 1 2; }}
  @media (prefers-color-scheme: dark) {{
    .head {{ fill: #52606d; }} rect.done {{ fill: #12281a; }} rect.running {{ fill: #10263a; }}
    rect.failed {{ fill: #331719; }} rect.off {{ fill: #33280d; }}
  }}
"""
_MARKER: Final = (
    '<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path class="head" d="M0,0 L8,4 L0,8 z"/></marker></defs>'
)


def graph_svg(graph: StackGraph, title: str, nodes: Mapping[str, Node] | None = None) -> str:
    """`nodes` has the stacks' states; without it boxes have names only."""
    known = nodes or {}
    height = box_height(1 if known else 0)
    layout = lay_out(graph, height, _GAP_Y)
    top = _MARGIN + _HEAD
    arrows = [_arrow(graph, layout, pair, top, height) for pair in layout.routes]
    boxes = [
        _box(name, column, round(top + layout.middles[name] - height / 2), known.get(name))
        for column, layer in enumerate(graph.layers)
        for name in layer
    ]
    width = max(2 * _MARGIN + len(graph.layers) * (_WIDTH + _GAP_X) - _GAP_X, 3 * _WIDTH)
    bottom = round(top + layout.height + _MARGIN + LINE)
    heading = f'<text class="title" x="{_MARGIN}" y="{_MARGIN + LINE - 3}">{escape(title)}</text>'
    parts = [_MARKER, heading, *arrows, *boxes, *_legend(graph, bottom)]
    return document(width, bottom + PAD, title, _STYLE, parts)


def _box(name: str, column: int, y: int, node: Node | None) -> str:
    return box(_x(column), y, _WIDTH, name, [node.words] if node else [], node.look.value if node else "")


def _arrow(graph: StackGraph, layout: Layout, pair: tuple[str, str], top: int, height: int) -> str:
    """From the middle of a side, along the lanes, to the reader's side, where each arrow has a place of its own."""
    source, reader = pair
    x, y = _x(graph.layer_of(source) - 1) + _WIDTH, round(top + layout.middles[source])
    drawn = f"M{x},{y}"
    for lane in layout.routes[pair]:
        to_x, to_y = _x(lane.layer - 1), round(top + layout.middles[lane])
        drawn += f"{curve(x, y, to_x, to_y)} L{to_x + _WIDTH},{to_y}"
        x, y = to_x + _WIDTH, to_y
    drawn += curve(x, y, _x(graph.layer_of(reader) - 1), round(top + _arrival(graph, layout, pair, height)))
    kind = ' class="soft"' if source in graph.soft[reader] else ""
    return f'<path{kind} d="{drawn}" marker-end="url(#to)"/>'


def _arrival(graph: StackGraph, layout: Layout, pair: tuple[str, str], height: int) -> float:
    """The arrows that reach a box are spread over its side in the order in which they come."""
    _, reader = pair
    coming = sorted(
        graph.dependencies(reader),
        key=lambda source: (layout.middles[(layout.routes[source, reader] or (source,))[-1]], source),
    )
    room = height - 2 * PAD
    return layout.middles[reader] - room / 2 + room * (coming.index(pair[0]) + 1) / (len(coming) + 1)


def _x(column: int) -> int:
    return _MARGIN + column * (_WIDTH + _GAP_X)


def _legend(graph: StackGraph, y: int) -> list[str]:
    """Only of what is in the picture."""
    words = ["arrows lead to the stacks that wait"] if any(graph.hard.values()) else []
    words += ["dashed ones only order: the stack goes on without it"] if any(graph.soft.values()) else []
    return [f'<text class="count" x="{_MARGIN}" y="{y}">{escape("; ".join(words))}</text>'] if words else []
