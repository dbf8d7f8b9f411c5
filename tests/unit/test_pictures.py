"""Graphs of stacks as mermaid diagrams and as SVG."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.graph import StackGraph
from cloud_core.domain.pictures import Look, Node, graph_svg, mermaid
from cloud_core.domain.pictures.layout import Lane, lay_out

SVG = "{http://www.w3.org/2000/svg}"
GRAPH = StackGraph.build(
    ["network", "security", "end", "watch"],
    {"security": ["network"], "end": ["security", "network"]},
    {"watch": ["network", "end"]},
)
NODES = {
    "network": Node(Look.DONE, "deployed, 12 resources"),
    "security": Node(Look.RUNNING, "deploying"),
    "end": Node(Look.FAILED, "failed"),
    "watch": Node(Look.WAITING, "not deployed"),
}


@st.composite
def graphs(draw: st.DrawFn) -> StackGraph:
    names = [f"s{number}" for number in range(draw(st.integers(0, 12)))]
    hard, soft = (
        {name: draw(st.sets(st.sampled_from(names[:place]))) if place else set() for place, name in enumerate(names)}
        for _ in range(2)
    )
    return StackGraph.build(names, hard, soft)


def drawn(text: str, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(text).iter(f"{SVG}{tag}"))


class TestMermaid:
    def test_has_every_stack_and_edge(self) -> None:
        assert mermaid(GRAPH).splitlines() == [
            "graph LR",
            '    s_network["network"]',
            '    s_security["security"]',
            '    s_end["end"]',
            '    s_watch["watch"]',
            "    s_network --> s_end",
            "    s_security --> s_end",
            "    s_network --> s_security",
            "    s_end -.-> s_watch",
            "    s_network -.-> s_watch",
        ]

    def test_tells_states_by_words_shape_and_colour(self) -> None:
        lines = mermaid(GRAPH, NODES).splitlines()
        assert '    s_network["network<br/>deployed, 12 resources"]:::done' in lines
        assert '    s_security(["security<br/>deploying"]):::running' in lines
        assert '    s_end{{"end<br/>failed"}}:::failed' in lines
        assert '    s_watch["watch<br/>not deployed"]:::waiting' in lines
        assert [line.split()[1] for line in lines if "classDef" in line] == ["done", "running", "failed", "waiting"]

    def test_of_nothing_is_a_diagram_too(self) -> None:
        assert mermaid(StackGraph.build([], {})) == "graph LR"


class TestSvg:
    def test_has_a_box_and_words_for_every_stack(self) -> None:
        picture = graph_svg(GRAPH, "D1BRV40 dev: 4 stacks", NODES)
        texts = [one.text for one in drawn(picture, "text")]
        assert {"network", "deployed, 12 resources", "security", "deploying", "end", "failed"} <= set(texts)
        assert [one.get("class") for one in drawn(picture, "rect")] == ["done", "running", "failed", "waiting"]
        assert next(one.text for one in drawn(picture, "title")) == "D1BRV40 dev: 4 stacks"

    def test_has_an_arrow_for_every_edge(self) -> None:
        arrows = [one for one in drawn(graph_svg(GRAPH, "t"), "path") if one.get("marker-end")]
        assert [one.get("class") for one in arrows].count("soft") == 2
        assert len(arrows) == 5

    def test_without_states_has_names_only(self) -> None:
        picture = graph_svg(GRAPH, "t")
        assert "deployed" not in picture
        assert {one.get("height") for one in drawn(picture, "rect")} == {"34"}

    def test_explains_the_arrows_that_it_has(self) -> None:
        lonely = graph_svg(StackGraph.build(["a"], {}), "t")
        assert "arrows lead" not in lonely
        assert "dashed" not in graph_svg(StackGraph.build(["a", "b"], {"b": ["a"]}), "t")
        assert "dashed" in graph_svg(GRAPH, "t")

    def test_takes_words_as_they_are(self) -> None:
        picture = graph_svg(StackGraph.build(["a"], {}), "<&>", {"a": Node(Look.OFF, '<b> & "c"')})
        assert '<b> & "c"' in [one.text for one in drawn(picture, "text")]

    @given(graphs())
    def test_stays_inside_its_frame(self, graph: StackGraph) -> None:
        picture = graph_svg(graph, "t", {name: Node(Look.DONE, "deployed") for name in graph.names})
        _, _, width, height = map(int, str(ElementTree.fromstring(picture).get("viewBox")).split())
        for box in drawn(picture, "rect"):
            x, y, wide, high = (int(str(box.get(name))) for name in ("x", "y", "width", "height"))
            assert 0 <= x <= x + wide <= width
            assert 0 <= y <= y + high <= height
        for path in drawn(picture, "path"):
            points = [tuple(map(int, point)) for point in re.findall(r"(-?\d+),(-?\d+)", str(path.get("d")))]
            assert all(0 <= x <= width and 0 <= y <= height for x, y in points)


@given(graphs())
def test_nothing_overlaps_in_a_column_and_lanes_lead_from_layer_to_layer(graph: StackGraph) -> None:
    layout = lay_out(graph, box_height=48, gap=18)
    for number, layer in enumerate(graph.layers, 1):
        lanes = [one for one in layout.middles if isinstance(one, Lane) and one.layer == number]
        sizes = {**dict.fromkeys(layer, 48.0), **dict.fromkeys(lanes, 4.0)}
        column = sorted(sizes, key=layout.middles.__getitem__)
        for upper, lower in pairwise(column):
            between = layout.middles[lower] - layout.middles[upper] - (sizes[lower] + sizes[upper]) / 2
            assert between > 17.9
    for (source, reader), lanes in layout.routes.items():
        assert source in graph.dependencies(reader)
        assert [lane.layer for lane in lanes] == list(range(graph.layer_of(source) + 1, graph.layer_of(reader)))


def test_the_same_graph_is_drawn_the_same_way() -> None:
    assert graph_svg(GRAPH, "t", NODES) == graph_svg(GRAPH, "t", NODES)
