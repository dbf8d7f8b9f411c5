/** All deployments that the caller may see, with how each environment stands. */

import { h, say } from "../dom.js";
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
    if (!deployments.length) this.body.replaceChildren(none());
    else this.body.replaceChildren(table(wanted), this.#pages(pagination));
  }

  #pages({ page, total_pages, has_next, has_prev }) {
    const to = (number, text, there) =>
      h("button", { type: "button", class: "button", disabled: !there, on: { click: () => this.#goTo(number) } }, text);
    return h(
      "nav",
      { class: "pages", "aria-label": "Pages", hidden: total_pages < 2 },
      to(page - 1, "Newer", has_prev),
      h("span", { class: "quiet" }, `Page ${page} of ${total_pages}`),
      to(page + 1, "Older", has_next),
    );
  }

  #goTo(page) {
    this.#page = page;
    this.#load();
  }
}

function table(deployments) {
  const head = ["Project", "Organisation", ...ENVIRONMENTS, "Changed"];
  return h(
    "table",
    { class: "rows" },
    h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, deployments.map(row)),
  );
}

function row(one) {
  const leading = ENVIRONMENTS.find((name) => one.environments[name]?.enabled) ?? "dev";
  return h(
    "tr",
    {},
    h(
      "th",
      { scope: "row" },
      h("a", { class: "project", href: `#/${one.deployment_id}/${leading}` }, one.project),
      h("span", { class: "quiet id" }, one.deployment_id),
    ),
    h("td", { data: { label: "Organisation" } }, one.organization),
    ENVIRONMENTS.map((name) => h("td", { data: { label: name } }, environment(one, name))),
    h("td", { class: "quiet", data: { label: "Changed" } }, ago(one.updated_at)),
  );
}

function environment(one, name) {
  const known = one.environments[name];
  if (!known?.enabled) return h("span", { class: "quiet off", title: `${name} is off` }, "off");
  const text = `${name} of ${one.project}: ${stateOf(known.status).label}`;
  return h("a", { class: "quiet-link", href: `#/${one.deployment_id}/${name}`, "aria-label": text }, new Badge(known.status).element);
}

function waiting() {
  return h("div", { class: "waiting", role: "status" }, h("span", { class: "unseen" }, "Loading deployments"));
}

function none() {
  return h(
    "div",
    { class: "notice" },
    h("p", { class: "notice-text" }, "There is no deployment yet that you may see."),
    h("p", { class: "quiet" }, "Make one with ", h("code", {}, "cloud init"), ", then ", h("code", {}, "cloud deploy"), "."),
  );
}
