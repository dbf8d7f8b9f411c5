/** What the caller may do about the shown operation; what they may not do is not there. */

import { h } from "../dom.js";
import { Dialog } from "./dialog.js";

const LEVELS = [
  ["drain", "Begin no more stacks, and let those at work finish"],
  ["interrupt", "Also interrupt the stacks at work, and wait for them"],
  ["kill", "End them at once; what they leave is repaired later"],
];

export class Actions {
  /** `done` is called when something was asked for. */
  constructor(session, done) {
    this.session = session;
    this.done = done;
    this.element = h("div", { class: "actions", role: "group", "aria-label": "Actions" });
  }

  update({ deployment, run }) {
    const wanted = run ? this.#offers(deployment, run) : [];
    const key = JSON.stringify([run?.id, wanted.map(([name]) => name)]);
    if (key === this.shown) return;
    this.shown = key;
    this.element.replaceChildren(
      ...wanted.map(([name, tone, ask]) => {
        const button = h("button", { type: "button", class: `button ${tone}` }, name);
        button.addEventListener("click", () => ask(`deployments/${deployment.id}/operations/${run.id}`, run, button));
        return button;
      }),
    );
  }

  #offers({ environment, history }, run) {
    const may = this.session.mayOperate(run.operation.type, environment);
    const isNewest = history[0]?.operation_id === run.id;
    const offers = [];
    if (run.status === "awaiting_approval" && this.session.mayAdminister(environment)) {
      if (run.operation.started_by !== this.session.me.user) offers.push(["Approve…", "main", this.#approve]);
      offers.push(["Reject…", "", this.#reject]);
    }
    if (may && ["pending", "in_progress", "cancelling"].includes(run.status)) offers.push(["Cancel…", "danger", this.#cancel]);
    const isOpen = ["failed", "cancelled"].includes(run.status) && isNewest;
    if (may && isOpen && !["preview", "drift"].includes(run.operation.type)) offers.push(["Retry…", "main", this.#retry]);
    return offers;
  }

  #cancel = (path, run, button) => {
    const group = LEVELS.map(([level, text]) =>
      h(
        "label",
        { class: "choice" },
        h("input", { type: "radio", name: "level", value: level, checked: level === "interrupt" }),
        text,
      ),
    );
    const dialog = new Dialog("Cancel this operation?", h("fieldset", {}, h("legend", {}, "How"), group), "Cancel the operation", "danger");
    dialog.ask(button, async (form) => {
      await this.session.rest.post(`${path}/cancel`, { level: form.get("level") });
      this.done();
    });
  };

  #retry = (path, run, button) => {
    const list = h("div", { "aria-live": "polite" }, h("p", { class: "quiet" }, "Looking what is left…"));
    const dialog = new Dialog("Retry what is left?", list, "Retry", "main");
    this.session.rest.post(`${path}/retry`, { dry_run: true }).then(
      (outlook) => list.replaceChildren(...outlookOf(outlook)),
      (problem) => dialog.fail(problem),
    );
    dialog.ask(button, async () => {
      await this.session.rest.post(`${path}/retry`, {});
      this.done();
    });
  };

  #approve = (path, run, button) => {
    const dialog = new Dialog("Approve this operation?", [approvalOf(run), comment()], "Approve", "main");
    dialog.ask(button, async (form) => {
      await this.session.rest.post(`${path}/approve`, { comment: form.get("comment") || null });
      this.done();
    });
  };

  #reject = (path, run, button) => {
    const dialog = new Dialog("Reject this operation?", [comment()], "Reject", "danger");
    dialog.ask(button, async (form) => {
      await this.session.rest.post(`${path}/reject`, { comment: form.get("comment") || null });
      this.done();
    });
  };
}

function outlookOf(outlook) {
  const stacks = outlook.stacks.map((one) =>
    h("li", {}, h("strong", {}, one.name), ` ${one.reason}`, one.repairs.map((repair) => h("div", { class: "quiet" }, repair))),
  );
  return [h("p", {}, `${outlook.total_stacks} stacks would run:`), h("ul", { class: "outlook" }, stacks)];
}

function approvalOf(run) {
  const { digests = {}, until } = run.operation.approval_request ?? {};
  const facts = Object.entries(digests).flatMap(([name, digest]) => [h("dt", {}, name), h("dd", {}, h("code", {}, digest.slice(0, 16)))]);
  return h(
    "div",
    {},
    h("p", {}, `Asked for by ${run.operation.started_by}; it lapses ${until ? new Date(until).toLocaleString() : "when something moves"}.`),
    h("dl", { class: "facts-list" }, facts),
  );
}

function comment() {
  return h("div", { class: "field" }, h("label", { for: "comment" }, "Comment"), h("input", { id: "comment", name: "comment", maxlength: 500 }));
}
