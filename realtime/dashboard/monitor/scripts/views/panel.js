/** A part of a page with a heading of its own. */

import { h } from "../dom.js";

let count = 0;

/** `{element, head, body}`; `aside` stands beside the heading. */
export function panel(title, className, ...aside) {
  const id = `panel-${(count += 1)}`;
  const body = h("div", { class: "panel-body" });
  const head = h("header", { class: "panel-head" }, h("h2", { id }, title), aside);
  const element = h("section", { class: `panel ${className}`, "aria-labelledby": id }, head, body);
  return { element, head, body };
}
