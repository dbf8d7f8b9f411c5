/** What went wrong, why, and the way on. */

import { h } from "../dom.js";

export class Failure {
  /** `again` tries once more; without one only the problem is told. */
  constructor(problem, again = null) {
    this.element = h(
      "div",
      { class: "notice bad", role: "alert" },
      h("p", { class: "notice-text" }, problem.message),
      problem.suggestion && h("p", { class: "quiet" }, problem.suggestion),
      again && h("button", { type: "button", class: "button", on: { click: again } }, "Try again"),
    );
  }
}
