/** Which deployment this is, how its environment stands, and the way to the others. */

import { Keyed, h, mark, say } from "../dom.js";
import { stateOf } from "../words.js";
import { Badge } from "./badge.js";

export class Heading {
  constructor() {
    this.project = h("h1", { id: "title" });
    this.facts = h("p", { class: "quiet facts" });
    this.badge = new Badge();
    this.tabs = h("ul", { class: "tabs" });
    this.keyed = new Keyed(this.tabs, tab);
    this.element = h(
      "div",
      { class: "heading" },
      h("div", { class: "heading-line" }, this.project, this.badge.element),
      this.facts,
      h("nav", { "aria-label": "Environments" }, this.tabs),
    );
  }

  update({ deployment }) {
    const { status, stand, environment } = deployment;
    say(this.project, status.project);
    this.badge.update(deployment.statusOf(environment));
    const account = stand ? ` · ${stand.account} · ${stand.region}` : "";
    say(this.facts, `${status.organization} · ${deployment.id} · version ${status.manifest_version}${account}`);
    const items = Object.keys(status.environments).map((name) => ({
      name,
      status: deployment.statusOf(name),
      address: `#/${deployment.id}/${name}`,
      isHere: name === environment,
    }));
    this.keyed.update(items, (item) => item.name);
  }
}

function tab() {
  const sign = h("span", { class: "sign", "aria-hidden": "true" });
  const name = h("span");
  const state = h("span", { class: "unseen" });
  const link = h("a", { class: "tab" }, sign, name, state);
  return {
    element: h("li", {}, link),
    update(item) {
      const told = stateOf(item.status);
      link.dataset.tone = told.tone;
      mark(link, "href", item.address);
      mark(link, "aria-current", item.isHere ? "page" : null);
      say(sign, told.sign);
      say(name, item.name);
      say(state, `, ${told.label}`);
    },
  };
}
