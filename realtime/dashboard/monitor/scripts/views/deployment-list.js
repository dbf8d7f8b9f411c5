/** All deployments that the caller may see, with how each environment stands. */

import { Keyed, h, mark, say } from "../dom.js";
import { ago, counted, stateOf } from "../words.js";
import { Badge } from "./badge.js";
import { Failure } from "./failure.js";

const PAGE = 50;
const AGAIN_MILLISECONDS = 20_000;
const ENVIRONMENTS = ["dev", "stage", "prod"];

export class DeploymentList {
  title = "Deployments · cloud";
  #timer = null;
  #page = 1;
  #found = null;

  constructor(session, bar) {
    this.session = session;
    bar.where([["Deployments", "#/"]]);
    this.search = h("input", { id: "search", type: "search", placeholder: "Project, organisation or id" });
    this.search.addEventListener("input", () => this.#show());
    this.table = table();
    this.pages = new Pages((page) => this.#goTo(page));
    this.body = h("div", { class: "list-body", "aria-busy": "true" }, waiting());
    this.count = h("p", { class: "quiet count", role: "status" });
    this.element = h(
      "section",
      { class: "list", "aria-labelledby": "list-title" },
      h(
        "div",
        { class: "list-head" },
        h("h1", { id: "list-title" }, "Deployments"),
        h("div", { class: "field inline" }, h("label", { for: "search", class: "unseen" }, "Find"), this.search),
        this.count,
      ),
      this.body,
    );
  }

  open() {
    this.#load();
    this.#timer = setInterval(() => document.visibilityState === "visible" && this.#load(), AGAIN_MILLISECONDS);
  }

  close() {
    clearInterval(this.#timer);
  }

  async #load() {
    try {
      const parameters = { limit: PAGE, page: this.#page, sort_by: "updated_at", include_destroyed: true };
      this.#found = await this.session.rest.get("deployments", parameters);
      this.#show();
    } catch (problem) {
      this.body.replaceChildren(new Failure(problem, () => this.#load()).element);
    }
    this.body.removeAttribute("aria-busy");
  }

  #show() {
    if (!this.#found) return;
    const { deployments, pagination } = this.#found;
    const asked = this.search.value.trim().toLowerCase();
    const fits = (one) => `${one.deployment_id} ${one.organization} ${one.project}`.toLowerCase().includes(asked);
    const wanted = deployments.filter(fits);
    say(this.count, counted(asked ? wanted.length : pagination.total, "deployment"));
    this.table.update(wanted);
    this.pages.update(pagination);
    this.#hold(...(deployments.length ? [this.table.element, this.pages.element] : [none()]));
  }

  /** Nothing is put where it lies already: whoever is in it stays there. */
  #hold(...elements) {
    if (this.body.firstChild !== elements[0]) this.body.replaceChildren(...elements);
  }

  #goTo(page) {
    this.#page = page;
    this.#load();
  }
}

class Pages {
  constructor(goTo) {
    const button = (text, step) =>
      h("button", { type: "button", class: "button", on: { click: () => goTo(this.page + step) } }, text);
    this.newer = button("Newer", -1);
    this.older = button("Older", 1);
    this.where = h("span", { class: "quiet" });
    this.element = h("nav", { class: "pages", "aria-label": "Pages" }, this.newer, this.where, this.older);
  }

  update({ page, total_pages, has_next, has_prev }) {
    this.page = page;
    this.element.hidden = total_pages < 2;
    this.newer.disabled = !has_prev;
    this.older.disabled = !has_next;
    say(this.where, `Page ${page} of ${total_pages}`);
  }
}

/** The table and its rows, which stay the same elements while what they say changes. */
function table() {
  const head = ["Project", "Organisation", ...ENVIRONMENTS, "Changed"];
  const rows = h("tbody");
  const element = h(
    "table",
    { class: "rows" },
    h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
    rows,
  );
  const keyed = new Keyed(rows, row);
  return { element, update: (deployments) => keyed.update(deployments, (one) => one.deployment_id) };
}

function row(first) {
  const project = h("a", { class: "project" });
  const organization = h("td", { data: { label: "Organisation" } });
  const changed = h("td", { class: "quiet", data: { label: "Changed" } });
  const environments = ENVIRONMENTS.map((name) => [name, environment(name)]);
  const element = h(
    "tr",
    {},
    h("th", { scope: "row" }, project, h("span", { class: "quiet id" }, first.deployment_id)),
    organization,
    environments.map(([name, part]) => h("td", { data: { label: name } }, part.element)),
    changed,
  );
  const update = (one) => {
    const leading = ENVIRONMENTS.find((name) => one.environments[name]?.enabled) ?? "dev";
    mark(project, "href", `#/${one.deployment_id}/${leading}`);
    say(project, one.project);
    say(organization, one.organization);
    say(changed, ago(one.updated_at));
    for (const [, part] of environments) part.update(one);
  };
  return { element, update };
}

function environment(name) {
  const badge = new Badge();
  const link = h("a", { class: "quiet-link" }, badge.element);
  const off = h("span", { class: "quiet off" }, "off");
  const update = (one) => {
    const known = one.environments[name];
    link.hidden = !known?.enabled;
    off.hidden = Boolean(known?.enabled);
    if (!known?.enabled) return;
    badge.update(known.status);
    mark(link, "href", `#/${one.deployment_id}/${name}`);
    mark(link, "aria-label", `${name} of ${one.project}: ${stateOf(known.status).label}`);
  };
  return { element: h("span", {}, link, off), update };
}

function waiting() {
  return h("div", { class: "waiting", role: "status" }, "Loading deployments…");
}

function none() {
  return h(
    "div",
    { class: "notice" },
    h("p", { class: "notice-text" }, "There is no deployment yet that you may see."),
    h("p", { class: "quiet" }, "Make one with ", h("code", {}, "cloud init"), ", then ", h("code", {}, "cloud deploy"), "."),
  );
}
