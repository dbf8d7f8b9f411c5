/** The log of the shown operation, with filters by level, stack and text. */

import { h, say } from "../dom.js";
import { counted, timeOfDay } from "../words.js";
import { panel } from "./panel.js";

const LEVELS = ["DEBUG", "INFO", "WARN", "ERROR"];
const MOST_LINES = 2_000;
const AT_THE_END = 24;

export class Log {
  #run = null;
  #taken = 0;
  #shown = 0;

  constructor() {
    this.level = select("log-level", "Level", LEVELS.map((level) => [level, level === "DEBUG" ? "All levels" : `${level} and worse`]));
    this.stack = select("log-stack", "Stack", [["", "All stacks"]]);
    this.text = h("input", { id: "log-text", type: "search", placeholder: "Text" });
    this.count = h("span", { class: "quiet count" });
    const { element, body, head } = panel("Log", "log", this.count);
    this.element = element;
    head.append(filters(this.level, this.stack, this.text));
    this.lines = h("div", { class: "lines", tabindex: 0, role: "log", "aria-live": "off", "aria-label": "Lines of the log" });
    this.none = h("p", { class: "quiet hint" });
    this.latest = h("button", { type: "button", class: "button latest", hidden: true }, "Newest lines");
    body.append(this.none, this.lines, this.latest);
    for (const control of [this.level, this.stack, this.text]) control.addEventListener("input", () => this.#again());
    this.latest.addEventListener("click", () => this.#toTheEnd());
    this.lines.addEventListener("scroll", () => (this.latest.hidden = this.#isAtTheEnd()), { passive: true });
  }

  /** Only the lines of this stack. */
  only(name) {
    this.stack.value = name;
    this.#again();
    this.element.scrollIntoView({ block: "nearest" });
    this.lines.focus({ preventScroll: true });
  }

  update({ run, stacks }) {
    this.#offer(stacks.filter((one) => one.isPart).map((one) => one.name));
    if (run !== this.#run) {
      this.#run = run;
      this.#clear();
    }
    this.#append();
  }

  #offer(names) {
    const key = names.join();
    if (key === this.offered) return;
    this.offered = key;
    const chosen = this.stack.value;
    this.stack.replaceChildren(...[["", "All stacks"], ...names.map((name) => [name, name])].map(option));
    this.stack.value = names.includes(chosen) ? chosen : "";
  }

  #again() {
    this.#clear();
    this.#append();
  }

  #clear() {
    this.lines.replaceChildren();
    this.#taken = this.#shown = 0;
  }

  /** Lines that are new; where somebody reads further up, nothing moves. */
  #append() {
    const all = this.#run?.lines ?? [];
    const fresh = all.slice(this.#taken).filter((one) => this.#fits(one));
    const follows = this.#isAtTheEnd() || this.#taken === 0;
    this.#taken = all.length;
    this.#shown += fresh.length;
    this.lines.append(...fresh.slice(-MOST_LINES).map(line));
    while (this.lines.childElementCount > MOST_LINES) this.lines.firstElementChild.remove();
    if (fresh.length && follows) this.#toTheEnd();
    if (fresh.length) this.latest.hidden = this.#isAtTheEnd();
    say(this.count, this.#shown === all.length ? counted(all.length, "line") : `${this.#shown} of ${counted(all.length, "line")}`);
    say(this.none, this.#shown ? "" : all.length ? "No line fits these filters." : "No lines yet.");
    this.none.hidden = this.#shown > 0;
  }

  #fits({ level, stack, text }) {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.level.value)) return false;
    if (this.stack.value && stack !== this.stack.value) return false;
    const asked = this.text.value.trim().toLowerCase();
    return !asked || text.toLowerCase().includes(asked);
  }

  #isAtTheEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.lines;
    return scrollHeight - scrollTop - clientHeight < AT_THE_END;
  }

  #toTheEnd() {
    this.lines.scrollTop = this.lines.scrollHeight;
    this.latest.hidden = true;
  }
}

function filters(level, stack, text) {
  return h(
    "div",
    { class: "filters", role: "group", "aria-label": "Filters of the log" },
    h("label", { for: "log-level", class: "unseen" }, "Least level"),
    level,
    h("label", { for: "log-stack", class: "unseen" }, "Stack"),
    stack,
    h("label", { for: "log-text", class: "unseen" }, "Text in the line"),
    text,
  );
}

function select(id, label, options) {
  return h("select", { id, "aria-label": label }, options.map(option));
}

function option([value, text]) {
  return h("option", { value }, text);
}

/** The stack has a column of its own: a line does not begin with it again. */
function line({ at, level, stack, text }) {
  const told = stack && text.startsWith(`${stack}: `) ? text.slice(stack.length + 2) : text;
  return h(
    "div",
    { class: "line", data: { level } },
    h("time", { datetime: new Date(at).toISOString() }, timeOfDay(at)),
    h("span", { class: "line-level" }, level),
    h("span", { class: "line-stack" }, stack ?? ""),
    h("span", { class: "line-text" }, told),
  );
}
