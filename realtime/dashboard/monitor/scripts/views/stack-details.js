/** The chosen stack: how it stands, whom it waits for, who needs it, and why it failed. */

import { h, say } from "../dom.js";
import { counted, seconds } from "../words.js";
import { Badge } from "./badge.js";
import { panel } from "./panel.js";

export class StackDetails {
  /** `select` chooses another stack, `showLog` shows only the lines of one. */
  constructor(select, showLog) {
    this.select = select;
    this.name = h("h3", { class: "stack-name" });
    this.badge = new Badge();
    this.hint = h("p", { class: "quiet hint" }, "Choose a stack in the graph or in the timeline.");
    this.facts = h("dl", { class: "facts-list" });
    this.error = h("pre", { class: "error-text", tabindex: 0, "aria-label": "Error" });
    this.suggestion = h("p", { class: "quiet" });
    this.button = h("button", { type: "button", class: "button" }, "Only its log lines");
    this.button.addEventListener("click", () => showLog(this.name.textContent));
    const { element, body } = panel("Stack", "stack-details");
    this.element = element;
    this.inside = h(
      "div",
      { hidden: true },
      h("div", { class: "stack-line" }, this.name, this.badge.element),
      this.facts,
      this.error,
      this.suggestion,
      this.button,
    );
    body.append(this.hint, this.inside);
  }

  update({ stacks, selected }) {
    const one = stacks.find((stack) => stack.name === selected);
    this.hint.hidden = Boolean(one);
    this.inside.hidden = !one;
    if (!one) return;
    say(this.name, one.name);
    this.badge.update(one.status);
    this.#showFacts(one);
    say(this.error, one.error);
    this.error.hidden = !one.error;
    say(this.suggestion, one.stack?.suggestion);
    this.suggestion.hidden = !one.stack?.suggestion;
  }

  #showFacts(one) {
    const { stack, record } = one;
    const current = stack?.current;
    const resources = stack && !record?.resource_count ? stack.done : record?.resource_count;
    const facts = [
      ["State", one.seconds === null ? one.detail : null],
      ["Waits for", one.waits],
      ["Needs", one.needs],
      ["Needed by", one.needed],
      ["Layer", one.layer],
      ["Time", one.seconds === null ? null : seconds(one.seconds)],
      ["Usually", one.usual === null ? null : seconds(one.usual)],
      ["At", current && `${current.type} ${current.name}`],
      ["Resources", resources === undefined ? null : counted(resources, "resource")],
      ["Critical path", one.isCritical ? "yes: the whole can't end before it" : null],
    ].filter(([, value]) => (Array.isArray(value) ? value.length : value !== null && value !== undefined && value !== ""));
    const key = JSON.stringify(facts);
    if (key === this.shown) return;
    this.shown = key;
    this.facts.replaceChildren(...facts.flatMap(([term, value]) => [h("dt", {}, term), h("dd", {}, this.#told(value))]));
  }

  #told(value) {
    if (!Array.isArray(value)) return String(value);
    return value.map((name) =>
      h("button", { type: "button", class: "chip", on: { click: () => this.select(name) } }, name),
    );
  }
}
