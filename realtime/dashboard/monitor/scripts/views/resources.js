/** The resource tree: each stack, and what it consists of; while an operation runs, what becomes of it. */

import { Keyed, h, mark, say } from "../dom.js";
import { counted, resourceType, seconds, stateOf } from "../words.js";
import { panel } from "./panel.js";

const SIGNS = { creating: "◐", updating: "◐", deleting: "◐", created: "+", updated: "~", deleted: "−", failed: "✕" };
const TONES = { creating: "busy", updating: "busy", deleting: "busy", created: "good", updated: "good", deleted: "idle", failed: "bad" };

export class Resources {
  #read = new Map();

  constructor(session, deploymentId) {
    this.session = session;
    this.deploymentId = deploymentId;
    this.total = h("span", { class: "quiet" });
    const { element, body } = panel("Resources", "resources", this.total);
    this.element = element;
    this.list = h("ul", { class: "tree" });
    this.none = h("p", { class: "quiet hint" }, "Nothing is deployed here.");
    body.append(this.none, this.list);
    this.keyed = new Keyed(this.list, (one) => this.#branch(one));
  }

  update(view) {
    const { stacks, deployment, run } = view;
    const place = `${deployment.environment}/${run?.id ?? ""}/${run?.isOver ?? true}`;
    if (place !== this.place) this.#read.clear();
    this.place = place;
    this.environment = deployment.environment;
    this.view = view;
    const items = stacks.map((one) => this.#item(one, run?.operation.type === "destroy")).filter((item) => item.isPart || item.count || item.resources.length);
    this.keyed.update(items, (item) => item.name);
    this.none.hidden = items.length > 0;
    say(this.total, items.length ? counted(items.reduce((sum, item) => sum + item.count, 0), "resource") : "");
  }

  /** What the operation tells wins over what the record lists. */
  #item(one, isDestroy) {
    const kept = this.#read.get(one.name);
    const known = new Map(Array.isArray(kept) ? kept.map((resource) => [resource.urn, resource]) : []);
    for (const [urn, resource] of one.stack?.resources ?? []) known.set(urn, resource);
    const told = one.stack && !isDestroy ? one.stack.done : 0;
    const count = Math.max(one.record?.resource_count ?? 0, told);
    return { name: one.name, isPart: one.isPart, status: one.status, count, resources: [...known.values()], kept };
  }

  #branch(first) {
    const sign = h("span", { class: "sign", "aria-hidden": "true" });
    const name = h("span", { class: "branch-name" });
    const count = h("span", { class: "quiet" });
    const leaves = h("ul", { class: "leaves" });
    const note = h("p", { class: "quiet hint" });
    const keyed = new Keyed(leaves, leaf);
    const details = h("details", {}, h("summary", {}, sign, name, count), note, leaves);
    details.addEventListener("toggle", () => details.open && this.#open(first.name));
    const update = (item) => {
      const told = stateOf(item.status);
      details.dataset.tone = told.tone;
      say(sign, told.sign);
      say(name, item.name);
      say(count, item.count);
      mark(count, "aria-label", counted(item.count, "resource"));
      if (!details.open) return;
      const sorted = item.resources.sort((one, other) => `${one.type}${one.name}`.localeCompare(`${other.type}${other.name}`));
      keyed.update(sorted, (resource) => resource.urn ?? `${resource.type}::${resource.name}`);
      say(note, noteOf(item));
      note.hidden = !note.textContent;
    };
    return { element: h("li", {}, details), update };
  }

  async #open(name) {
    if (!this.#read.has(name)) {
      this.#read.set(name, "reading");
      const asked = { deployment_id: this.deploymentId, environment: this.environment };
      try {
        const { resources } = await this.session.rest.get(`stacks/${encodeURIComponent(name)}/resources`, asked);
        this.#read.set(name, resources);
      } catch (problem) {
        this.#read.set(name, problem);
      }
    }
    if (this.view) this.update(this.view);
  }
}

function noteOf({ kept, resources, count }) {
  if (kept instanceof Error) return kept.message;
  if (!resources.length) return kept === "reading" ? "Loading…" : "No resources yet.";
  return count > resources.length ? `${resources.length} of ${count} are listed.` : "";
}

function leaf() {
  const sign = h("span", { class: "sign", "aria-hidden": "true" });
  const kind = h("span", { class: "kind" });
  const name = h("span", { class: "leaf-name" });
  const state = h("span", { class: "quiet leaf-state" });
  const element = h("li", { class: "leaf" }, sign, kind, name, state);
  return {
    element,
    update(resource) {
      const { module, name: type } = resourceType(resource.type);
      element.dataset.tone = TONES[resource.status] ?? "idle";
      say(sign, SIGNS[resource.status] ?? "·");
      say(kind, `${module} ${type}`);
      mark(kind, "title", resource.type);
      say(name, resource.name);
      mark(name, "title", resource.name);
      const told = resource.status ?? "";
      say(state, resource.seconds ? `${told} ${seconds(resource.seconds)}` : told);
    },
  };
}
