/** What somebody should know who looks at the rest: a lost connection, lost events, a newer operation. */

import { Keyed, h, mark, say } from "../dom.js";

export class Notices {
  constructor(deployment) {
    this.deployment = deployment;
    this.element = h("div", { class: "notices" });
    this.keyed = new Keyed(this.element, notice);
  }

  update({ deployment }) {
    this.keyed.update([...found(deployment)], (one) => one.key);
  }
}

function* found(deployment) {
  const { connection, missing, newer, problem, id, environment, isPinned, run } = deployment;
  if (connection.state === "waiting" || (connection.state === "closed" && connection.error)) {
    yield { key: "connection", tone: "warn", text: "The connection is lost. What happens meanwhile is shown once it is back." };
  }
  if (missing) {
    const text = `Events ${missing.after_seq + 1} to ${missing.until_seq} can't be shown any more.`;
    yield { key: "missing", tone: "warn", text };
  }
  if (problem) yield { key: "problem", tone: "bad", text: problem.message };
  const back = `#/${id}/${environment}`;
  if (newer) yield { key: "newer", tone: "busy", text: "Another operation is at work.", link: "Show it", address: back };
  else if (isPinned && run && deployment.history[0]?.operation_id !== run.id) {
    yield { key: "old", tone: "idle", text: "This is an earlier operation.", link: "Back to the newest", address: back };
  }
}

function notice() {
  const text = h("span", { class: "notice-text" });
  const link = h("a", {});
  const element = h("div", { class: "notice slim", role: "status" }, text, link);
  return {
    element,
    update(one) {
      element.dataset.tone = one.tone;
      say(text, one.text);
      say(link, one.link ?? "");
      mark(link, "href", one.address);
      link.hidden = !one.link;
    },
  };
}
