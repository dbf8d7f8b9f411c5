/** The operations of the environment, newest first; each can be shown. */

import { Keyed, h, mark, say } from "../dom.js";
import { isOver } from "../run.js";
import { ago, seconds, stateOf, typeOf } from "../words.js";
import { panel } from "./panel.js";

export class History {
  constructor() {
    const { element, body } = panel("History", "history");
    this.element = element;
    this.list = h("ol", { class: "operations" });
    this.none = h("p", { class: "quiet hint" }, "Nothing has run here yet.");
    body.append(this.none, this.list);
    this.keyed = new Keyed(this.list, item);
  }

  update({ deployment, run, now }) {
    const place = `#/${deployment.id}/${deployment.environment}`;
    const items = deployment.history.map((operation) => {
      const isHere = operation.operation_id === run?.id;
      const status = isHere ? run.status : operation.status;
      const took = isHere ? run.elapsed(now) : operation.duration_seconds;
      return { operation, status, took, isHere, now, address: `${place}/${operation.operation_id}` };
    });
    this.none.hidden = items.length > 0;
    this.keyed.update(items, (one) => one.operation.operation_id);
  }
}

function item() {
  const sign = h("span", { class: "sign", "aria-hidden": "true" });
  const what = h("span", { class: "what" });
  const when = h("span", { class: "quiet when" });
  const why = h("span", { class: "quiet why" });
  const link = h("a", { class: "operation" }, sign, what, when, why);
  return {
    element: h("li", {}, link),
    update({ operation, status, took, isHere, now, address }) {
      const { sign: shape, label, tone } = stateOf(status);
      link.dataset.tone = tone;
      mark(link, "href", address);
      mark(link, "aria-current", isHere ? "true" : null);
      say(sign, shape);
      say(what, `${typeOf(operation.type)} ${label.toLowerCase()}`);
      say(when, ago(operation.created_at, now));
      say(why, [kindOf(operation), took === null ? "" : `${isOver(status) ? "took " : ""}${seconds(took)}`].filter(Boolean).join(" · "));
    },
  };
}

/** Who asked for it, and how it came to be. */
function kindOf(operation) {
  const parts = [`by ${operation.started_by}`];
  if (operation.retry_of) parts.push("a retry");
  if (operation.promoted_from) parts.push(`promoted from ${operation.promoted_from}`);
  if (operation.back_to_version) parts.push(`back to version ${operation.back_to_version}`);
  if (operation.approval) parts.push(`approved by ${operation.approval.approved_by}`);
  return parts.join(", ");
}
