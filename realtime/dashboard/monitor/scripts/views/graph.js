/**
 * The graph of the stacks. Where each node lies is computed by dagre once for a graph, so that nothing moves while
 * events come in; what a node says changes in place.
 */

import dagre from "../../vendor/dagre.esm.js";
import { Keyed, h, mark, s, say } from "../dom.js";
import { seconds, stateOf } from "../words.js";
import { panel } from "./panel.js";

const NODE = { width: 172, height: 50 };
const SPACE = { nodesep: 12, ranksep: 46, edgesep: 8, marginx: 6, marginy: 6 };
const SMALLEST = 0.72;
const KEYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

export class Graph {
  constructor(select) {
    this.select = select;
    this.path = h("p", { class: "quiet path" });
    const { element, body } = panel("Graph", "graph", this.path);
    this.element = element;
    this.edges = s("svg", { class: "edges", "aria-hidden": "true" });
    this.nodes = h("ol", { class: "nodes" });
    this.plane = h("div", { class: "plane" }, this.edges, this.nodes);
    this.scroll = h("div", { class: "graph-scroll" }, this.plane);
    const sign = h("span", { class: "sign", "aria-hidden": "true", data: { tone: "warn" } }, "≠");
    this.drift = h("li", { class: "legend-entry", hidden: true }, sign, "differs from AWS");
    body.append(this.scroll, legend(this.drift));
    this.keyed = new Keyed(this.nodes, (one) => this.#node(one));
    this.nodes.addEventListener("keydown", (event) => this.#move(event));
    new ResizeObserver(() => this.#fit()).observe(this.scroll);
  }

  update({ stacks, drawn: edges, path, selected, deployment, isTurned, run }) {
    const key = JSON.stringify([deployment.environment, [...edges].map(([name, needs]) => [name, [...needs]])]);
    if (key !== this.drawn) this.#layOut(stacks, edges);
    this.drawn = key;
    const active = stacks.some((one) => one.name === selected) ? selected : stacks[0]?.name;
    const items = stacks.map((one) => ({ ...one, isSelected: one.name === selected, isActive: one.name === active, place: this.places.get(one.name) }));
    this.keyed.update(items, (one) => one.name);
    if (selected !== this.shown) this.#bringIntoView(selected);
    this.shown = selected;
    this.#colour(stacks, isTurned, path.path, selected);
    this.drift.hidden = !stacks.some((one) => one.record?.drift);
    const chain = path.path.length > 1 && path.seconds > 0 && run;
    say(this.path, chain ? `Critical path ${seconds(path.seconds)}: ${path.path.join(" → ")}` : "");
    mark(this.path, "title", chain ? path.path.join(" → ") : null);
  }

  #layOut(stacks, edges) {
    const graph = new dagre.graphlib.Graph();
    graph.setGraph({ ...SPACE, rankdir: "LR", ranker: "network-simplex" });
    graph.setDefaultEdgeLabel(() => ({}));
    for (const { name } of stacks) graph.setNode(name, { ...NODE });
    for (const [name, needs] of edges) for (const need of needs) if (edges.has(need)) graph.setEdge(need, name);
    dagre.layout(graph);
    this.places = new Map(stacks.map(({ name }) => [name, graph.node(name)]));
    this.size = { width: Math.ceil(graph.graph().width || NODE.width), height: Math.ceil(graph.graph().height || NODE.height) };
    this.lines = graph.edges().map(({ v, w }) => ({ from: v, to: w, line: s("path", { d: curve(graph.edge(v, w).points) }) }));
    this.edges.replaceChildren(...this.lines.map(({ line }) => line));
    this.edges.setAttribute("viewBox", `0 0 ${this.size.width} ${this.size.height}`);
    this.#fit();
  }

  /** As large as there is room, but readable; the rest is scrolled. */
  #fit() {
    if (!this.size) return;
    const scale = Math.max(SMALLEST, Math.min(1, this.scroll.clientWidth / this.size.width));
    const { style } = this.plane;
    style.setProperty("inline-size", `${this.size.width}px`);
    style.setProperty("block-size", `${this.size.height}px`);
    style.setProperty("zoom", String(scale));
    this.scale = scale;
  }

  /** In the graph alone: the page stays where it is. */
  #bringIntoView(name) {
    const place = this.places.get(name);
    if (!place) return;
    const { clientWidth, clientHeight } = this.scroll;
    this.scroll.scrollTo(place.x * this.scale - clientWidth / 2, place.y * this.scale - clientHeight / 2);
  }

  #colour(stacks, isTurned, path, selected) {
    const known = new Map(stacks.map((one) => [one.name, one]));
    const critical = new Set(path.slice(1).map((name, number) => `${path[number]}>${name}`));
    for (const { from, to, line } of this.lines) {
      const [first, next] = isTurned ? [known.get(to), known.get(from)] : [known.get(from), known.get(to)];
      const waits = next.waits.includes(first.name);
      mark(line, "data-waits", waits ? "true" : null);
      mark(line, "data-critical", next.isCritical && critical.has(`${first.name}>${next.name}`) ? "true" : null);
      mark(line, "data-chosen", [from, to].includes(selected) ? "true" : null);
      mark(line, "data-soft", known.get(to).soft.has(from) ? "true" : null);
    }
  }

  #node({ name }) {
    const sign = h("span", { class: "sign", "aria-hidden": "true" });
    const title = h("span", { class: "node-name" });
    const word = h("span", { class: "node-state" });
    const critical = h("span", { class: "unseen" });
    const fill = h("span", { class: "node-fill" });
    const button = h("button", { type: "button", class: "node" }, sign, title, word, critical, fill);
    button.addEventListener("click", () => this.select(name));
    const element = h("li", { class: "node-place" }, button);
    return {
      element,
      update(one) {
        const { label, sign: shape, tone } = stateOf(one.status);
        button.dataset.tone = tone;
        button.dataset.name = one.name;
        mark(button, "data-critical", one.isCritical ? "true" : null);
        mark(button, "data-drift", one.record?.drift ? "true" : null);
        mark(button, "aria-pressed", one.isSelected);
        mark(button, "tabindex", one.isActive ? 0 : -1);
        mark(button, "title", `${one.name}: ${label} ${one.detail}`);
        say(sign, shape);
        say(title, one.name);
        say(word, [label, one.detail].filter(Boolean).join(one.stack?.cause ? ": " : " "));
        say(critical, `${one.isCritical ? ", on the critical path" : ""}${one.record?.drift ? ", differs from AWS" : ""}`);
        fill.style.setProperty("inline-size", `${one.percent ?? 0}%`);
        element.style.setProperty("inset-inline-start", `${one.place.x - NODE.width / 2}px`);
        element.style.setProperty("inset-block-start", `${one.place.y - NODE.height / 2}px`);
      },
    };
  }

  /** The arrows go to the nearest node that way. */
  #move(event) {
    const way = KEYS[event.key];
    const here = event.target.dataset?.name;
    if (!way || !here) return;
    event.preventDefault();
    const next = nearest(this.places, here, way);
    const button = [...this.nodes.querySelectorAll(".node")].find((node) => node.dataset.name === next);
    if (!button) return;
    for (const node of this.nodes.querySelectorAll(".node")) mark(node, "tabindex", node === button ? 0 : -1);
    button.focus();
  }
}

function nearest(places, here, [right, down]) {
  const from = places.get(here);
  let best = null;
  for (const [name, place] of places) {
    const ahead = (place.x - from.x) * right + (place.y - from.y) * down;
    const aside = Math.abs((place.x - from.x) * down) + Math.abs((place.y - from.y) * right);
    if (name === here || ahead < 1) continue;
    const distance = ahead + 3 * aside;
    if (!best || distance < best.distance) best = { name, distance };
  }
  return best?.name;
}

function legend(drift) {
  const entry = (kind, text) => h("li", { class: "legend-entry" }, h("span", { class: `stroke ${kind}`, "aria-hidden": "true" }), text);
  return h(
    "ul",
    { class: "legend", "aria-label": "Lines of the graph" },
    entry("needs", "waits for"),
    entry("soft", "after it, if it is there"),
    entry("critical", "critical path"),
    drift,
  );
}

/** Through the points, with rounded corners. */
function curve(points) {
  const [first, ...rest] = points;
  let path = `M${first.x},${first.y}`;
  for (let number = 0; number < rest.length - 1; number += 1) {
    const [point, next] = [rest[number], rest[number + 1]];
    path += `Q${point.x},${point.y} ${(point.x + next.x) / 2},${(point.y + next.y) / 2}`;
  }
  const last = rest.at(-1);
  return `${path}L${last.x},${last.y}`;
}
