/** How far the shown operation is, how long it took, and how long it still takes. */

import { h, mark, say } from "../dom.js";
import { counted, left, seconds, typeOf } from "../words.js";
import { Badge } from "./badge.js";

export class Progress {
  constructor() {
    this.what = h("span", { class: "what" });
    this.badge = new Badge();
    this.percent = h("output", { class: "percent" });
    this.fill = h("div", { class: "bar-fill" });
    this.bar = h(
      "div",
      { class: "bar", role: "progressbar", "aria-label": "Progress of the operation", "aria-valuemin": 0, "aria-valuemax": 100 },
      this.fill,
    );
    this.counts = h("p", { class: "counts" });
    this.times = h("p", { class: "times" });
    this.message = h("p", { class: "message quiet" });
    this.flow = h("a", { class: "flow", target: "_blank", rel: "noreferrer" }, "Run in Prefect");
    this.element = h(
      "section",
      { class: "progress", "aria-label": "Operation" },
      h("div", { class: "progress-line" }, this.badge.element, this.what, this.percent),
      this.bar,
      h("div", { class: "progress-line figures" }, this.counts, this.times),
      h("div", { class: "progress-line" }, this.message, this.flow),
    );
  }

  update({ run, now, deployment }) {
    this.element.dataset.empty = String(!run);
    this.flow.hidden = !run?.operation.flow_run_url;
    if (!run) {
      this.badge.update(deployment.stand?.status ?? "ready");
      say(this.what, "No operation yet");
      say(this.message, firstStep(deployment));
      return;
    }
    this.badge.update(run.status);
    say(this.what, `${typeOf(run.operation.type)} by ${run.operation.started_by}`);
    mark(this.flow, "href", run.operation.flow_run_url);
    // All of it is over, which is not what a hundred percent would be read as.
    say(this.percent, run.isOver && run.status !== "success" ? "" : `${run.percent} %`);
    this.fill.style.setProperty("inline-size", `${run.percent}%`);
    this.bar.dataset.tone = run.status === "failed" ? "bad" : run.status === "success" ? "good" : "busy";
    mark(this.bar, "aria-valuenow", run.percent);
    say(this.counts, countsOf(run));
    say(this.times, timesOf(run, now));
    say(this.message, run.message ?? (run.flowState ? `Prefect: ${run.flowState.toLowerCase()}` : ""));
  }
}

function firstStep({ id, environment, stand }) {
  if (stand?.status === "disabled") return `It is off; 'cloud environment enable ${id} ${environment}' switches it on.`;
  return `Begin with 'cloud deploy ${id} --environment ${environment}'.`;
}

function countsOf({ counts, layer, isOver, stacks }) {
  const layers = Math.max(0, ...[...stacks.values()].map((stack) => stack.layer ?? 0));
  const parts = [
    `${counts.done} of ${counted(counts.total, "stack")}`,
    counts.busy && `${counts.busy} at work`,
    counts.failed && `${counts.failed} failed`,
    counts.skipped && `${counts.skipped} skipped`,
    !isOver && layer && `layer ${layer} of ${layers}`,
  ];
  return parts.filter(Boolean).join(" · ");
}

function timesOf(run, now) {
  const took = seconds(run.elapsed(now));
  if (run.isOver) return `took ${took}`;
  const rest = run.secondsLeft(now);
  if (rest !== null) return `${took} so far · ${left(rest)}`;
  return `${took} so far · time left unknown`;
}
