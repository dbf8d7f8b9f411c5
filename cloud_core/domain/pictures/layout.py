"""Where the stacks of a graph stand: a column for each layer, few crossings, and room for edges that pass a column.

An edge over several layers goes through a lane in each column between; all edges of one stack share its lanes. Columns
are ordered by the middle of each entry's neighbours, back and forth, and then drawn towards these neighbours as far as
the order allows. Sizes are pixels; y grows downwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from cloud_core.domain.graph import StackGraph

_SWEEPS: Final = 12
_LANE: Final = 4.0


@dataclass(frozen=True)
class Lane:
    """Where the edges of `source` pass the column of `layer`."""

    source: str
    layer: int


Entry = str | Lane
"""A stack's name, or a lane."""


@dataclass(frozen=True)
class Layout:
    """`middles` holds the y of each entry's middle, the topmost edge of all being 0; `routes` maps (source, reader) to
    the lanes between them."""

    middles: Mapping[Entry, float]
    routes: Mapping[tuple[str, str], tuple[Lane, ...]]
    height: float


def lay_out(graph: StackGraph, box_height: float, gap: float) -> Layout:
    """The same graph gives the same layout."""
    routes = _routes(graph)
    columns = _columns(graph, routes)
    links = _links(routes)
    for sweep in range(_SWEEPS):
        _order(columns, links, backwards=bool(sweep % 2))
    heights: dict[Entry, float] = {
        entry: _LANE if isinstance(entry, Lane) else box_height for column in columns for entry in column
    }
    middles = _stacked(columns, heights, gap)
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 else columns[::-1]:
            _draw_together(column, middles, links, heights, gap)
    tops = [middle - heights[entry] / 2 for entry, middle in middles.items()]
    bottoms = [middle + heights[entry] / 2 for entry, middle in middles.items()]
    begin = min(tops, default=0.0)
    shifted = {entry: middle - begin for entry, middle in middles.items()}
    return Layout(shifted, routes, max(bottoms, default=0.0) - begin)


def _routes(graph: StackGraph) -> dict[tuple[str, str], tuple[Lane, ...]]:
    return {
        (source, name): tuple(Lane(source, layer) for layer in range(graph.layer_of(source) + 1, graph.layer_of(name)))
        for name in graph.names
        for source in sorted(graph.dependencies(name))
    }


def _columns(graph: StackGraph, routes: Mapping[tuple[str, str], tuple[Lane, ...]]) -> list[list[Entry]]:
    columns: list[list[Entry]] = [list(layer) for layer in graph.layers]
    for lane in dict.fromkeys(lane for lanes in routes.values() for lane in lanes):
        columns[lane.layer - 1].append(lane)
    return columns


def _links(routes: Mapping[tuple[str, str], tuple[Lane, ...]]) -> dict[Entry, list[tuple[Entry, bool]]]:
    """The neighbours of each entry, with whether they stand to its left; each once."""
    links: dict[Entry, dict[tuple[Entry, bool], None]] = {}
    for (source, reader), lanes in routes.items():
        way: list[Entry] = [source, *lanes, reader]
        for left, right in pairwise(way):
            links.setdefault(left, {})[right, False] = None
            links.setdefault(right, {})[left, True] = None
    return {entry: list(found) for entry, found in links.items()}


def _order(columns: list[list[Entry]], links: Mapping[Entry, list[tuple[Entry, bool]]], backwards: bool) -> None:
    """One sweep: each column after the one that it is next to, by the places of the neighbours there."""
    places = {entry: place / max(len(column), 1) for column in columns for place, entry in enumerate(column)}
    for column in reversed(columns) if backwards else columns:
        wanted = {
            entry: _mean([places[other] for other, is_left in links.get(entry, []) if is_left is not backwards])
            for entry in column
        }
        column.sort(key=lambda entry: places[entry] if (mean := wanted[entry]) is None else mean)
        places.update({entry: place / len(column) for place, entry in enumerate(column)})


def _stacked(columns: list[list[Entry]], heights: Mapping[Entry, float], gap: float) -> dict[Entry, float]:
    """One under the other, each column's middle at 0."""
    middles: dict[Entry, float] = {}
    for column in columns:
        y = -(sum(heights[entry] for entry in column) + gap * (len(column) - 1)) / 2
        for entry in column:
            middles[entry] = y + heights[entry] / 2
            y += heights[entry] + gap
    return middles


def _draw_together(
    column: list[Entry],
    middles: dict[Entry, float],
    links: Mapping[Entry, list[tuple[Entry, bool]]],
    heights: Mapping[Entry, float],
    gap: float,
) -> None:
    """Move the column's entries towards their neighbours; their order and the gaps between them stay."""
    wanted = [_mean([middles[other] for other, _ in links.get(entry, [])]) for entry in column]
    aims = [middles[entry] if aim is None else aim for entry, aim in zip(column, wanted, strict=True)]
    placed: list[float] = []
    for place, (entry, aim) in enumerate(zip(column, aims, strict=True)):
        least = placed[-1] + (heights[column[place - 1]] + heights[entry]) / 2 + gap if placed else aim
        placed.append(max(aim, least))
    # What had to give way was pushed down only: the column as a whole goes back to the middle of its aims.
    back = sum(at - aim for at, aim in zip(placed, aims, strict=True)) / max(len(placed), 1)
    middles.update({entry: at - back for entry, at in zip(column, placed, strict=True)})


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
