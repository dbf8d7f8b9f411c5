/** The run as bars over time: when each stack waited, when it was at work, and how that ended. */

import { Keyed, h, mark, say } from "../dom.js";
import { seconds, stateOf } from "../words.js";
import { panel } from "./panel.js";

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
/** `LAST_…`: percent of the axis behind which there is no room for a label. */
const TICK_PIXELS = 90;
const LAST_TICK = 95;
const LAST_LABEL = 88;

export class Timeline {
  constructor(select) {
    this.select = select;
    this.span = h("span", { class: "quiet" });
    const { element, body } = panel("Timeline", "timeline", this.span);
    this.element = element;
    this.axis = h("div", { class: "axis", "aria-hidden": "true" });
    this.rows = h("ol", { class: "bars" });
    this.keyed = new Keyed(this.rows, (one) => this.#row(one));
    this.ticks = new Keyed(this.axis, tick);
    this.none = h("p", { class: "quiet hint" }, "It begins with the first operation.");
    body.append(this.none, this.axis, this.rows);
  }

  update({ run, stacks, now, selected }) {
    this.none.hidden = Boolean(run);
    this.axis.hidden = this.rows.hidden = !run;
    say(this.span, run ? seconds(run.elapsed(now)) : "");
    if (!run) return;
    const end = run.endedAt ?? Math.max(now, run.acceptedAt);
    const left = run.secondsLeft(now) ?? 0;
    const total = Math.max(1, (end - run.acceptedAt) / 1000 + left);
    const parts = stacks.filter((one) => one.isPart);
    this.ticks.update(ticksOf(total, this.axis.clientWidth), (value) => value);
    for (const mark of this.axis.children) mark.style.setProperty("inset-inline-start", `${(100 * Number(mark.dataset.at)) / total}%`);
    const items = parts.map((one) => ({ ...one, ...place(one.stack, run, now, total), isSelected: one.name === selected }));
    this.keyed.update(items, (one) => one.name);
  }

  #row({ name }) {
    const sign = h("span", { class: "sign", "aria-hidden": "true" });
    const label = h("span", { class: "bar-name" });
    const waited = h("span", { class: "waited" });
    const worked = h("span", { class: "worked" });
    const took = h("span", { class: "took" });
    const told = h("span", { class: "unseen" });
    const track = h("span", { class: "track" }, waited, worked, took);
    const button = h("button", { type: "button", class: "bar-row" }, sign, label, track, told);
    button.addEventListener("click", () => this.select(name));
    return {
      element: h("li", {}, button),
      update(one) {
        const { label: word, sign: shape, tone } = stateOf(one.status);
        button.dataset.tone = tone;
        mark(button, "data-critical", one.isCritical ? "true" : null);
        mark(button, "aria-pressed", one.isSelected);
        say(sign, shape);
        say(label, one.name);
        say(told, `: ${word} ${one.detail}${one.isCritical ? ", on the critical path" : ""}`);
        span(waited, 0, one.begin ?? one.end);
        worked.hidden = one.begin === null;
        span(worked, one.begin ?? one.end, one.end);
        const isBefore = one.end > LAST_LABEL;
        took.style.setProperty("inset-inline-start", isBefore ? "auto" : `${one.end}%`);
        took.style.setProperty("inset-inline-end", isBefore ? `${100 - (one.begin ?? one.end)}%` : "auto");
        say(took, one.begin === null ? (one.status === "pending" ? "" : word.toLowerCase()) : seconds(one.seconds));
      },
    };
  }
}

/** Where the bar begins and ends, in percent; `begin` is null for a stack that never began. */
function place(stack, run, now, total) {
  const at = (moment) => Math.min(100, Math.max(0, ((moment - run.acceptedAt) / 10) / total));
  const end = at(stack.endedAt ?? (run.isOver ? run.endedAt : now));
  return { begin: stack.startedAt === null ? null : at(stack.startedAt), end };
}

function span(element, from, to) {
  element.style.setProperty("inset-inline-start", `${from}%`);
  element.style.setProperty("inline-size", `${Math.max(0, to - from)}%`);
}

function ticksOf(total, width) {
  const most = Math.max(2, width / TICK_PIXELS);
  const step = STEPS.find((one) => total / one <= most) ?? 14_400;
  const values = Array.from({ length: Math.floor(total / step) + 1 }, (_, number) => number * step);
  return values.filter((value) => (100 * value) / total <= LAST_TICK);
}

function tick(value) {
  return { element: h("span", { class: "tick", data: { at: value } }, value ? seconds(value) : "0"), update() {} };
}
