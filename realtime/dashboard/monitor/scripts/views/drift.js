/** Where AWS differs from what was deployed, as the last comparison found it. */

import { h, say } from "../dom.js";
import { ago, counted, resourceType } from "../words.js";
import { panel } from "./panel.js";

export class Drift {
  constructor() {
    this.count = h("span", { class: "quiet" });
    const { element, body } = panel("Drift", "drift", this.count);
    this.element = element;
    this.body = body;
  }

  update({ stacks, deployment, now }) {
    const drifted = stacks.filter((one) => one.record?.drift);
    const key = JSON.stringify([deployment.environment, drifted.map((one) => one.record.drift)]);
    if (key === this.shown) return;
    this.shown = key;
    say(this.count, drifted.length ? counted(drifted.length, "stack") : "");
    this.body.replaceChildren(...(drifted.length ? drifted.map((one) => stackDrift(one, now)) : [none()]));
  }
}

function stackDrift({ name, record }, now) {
  const { drift } = record;
  const more = drift.count - drift.resources.length;
  return h(
    "div",
    { class: "drifted" },
    h(
      "p",
      { class: "drifted-stack" },
      h("span", { class: "sign", "aria-hidden": "true", data: { tone: "warn" } }, "≠"),
      h("strong", {}, name),
      h("span", { class: "quiet" }, ` ${counted(drift.count, "resource")}, found ${ago(drift.found_at, now)}`),
    ),
    h(
      "ul",
      { class: "leaves" },
      drift.resources.map((one) => {
        const { module, name: type } = resourceType(one.type);
        return h(
          "li",
          { class: "leaf" },
          h("span", { class: "kind" }, `${module} ${type}`),
          h("span", { class: "leaf-name" }, one.name),
          h("span", { class: "quiet leaf-state" }, one.status),
        );
      }),
      more > 0 && h("li", { class: "leaf quiet" }, `and ${more} more`),
    ),
  );
}

function none() {
  return h("p", { class: "quiet hint" }, "Nothing is known to differ from AWS. 'cloud detect-drift' looks again.");
}
