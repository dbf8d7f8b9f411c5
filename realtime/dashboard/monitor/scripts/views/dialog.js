/** A question before something is done. */

import { h, say } from "../dom.js";

export class Dialog {
  constructor(title, content, action, tone) {
    this.problem = h("p", { class: "form-problem", role: "alert" });
    this.yes = h("button", { type: "submit", class: `button ${tone}` }, action);
    this.no = h("button", { type: "button", class: "button", on: { click: () => this.element.close() } }, "Not now");
    this.form = h("form", { class: "form" }, content, this.problem, h("div", { class: "dialog-buttons" }, this.no, this.yes));
    this.element = h("dialog", { "aria-labelledby": "dialog-title" }, h("h2", { id: "dialog-title" }, title), this.form);
  }

  /** Shown until `carryOut` succeeds or nobody wants it; the focus goes back to `opener`. */
  ask(opener, carryOut) {
    document.body.append(this.element);
    this.element.addEventListener("close", () => {
      this.element.remove();
      if (opener.isConnected) opener.focus();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#carryOut(carryOut);
    });
    this.element.showModal();
  }

  /** It can't be done: say why, and offer it no more. */
  fail(problem) {
    say(this.problem, [problem.message, problem.suggestion].filter(Boolean).join(" — "));
    this.yes.disabled = true;
  }

  async #carryOut(carryOut) {
    this.yes.disabled = true;
    say(this.problem, "");
    try {
      await carryOut(new FormData(this.form));
      this.element.close();
    } catch (problem) {
      say(this.problem, [problem.message, problem.suggestion].filter(Boolean).join(" — "));
      this.yes.disabled = false;
    }
  }
}
