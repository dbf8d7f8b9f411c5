/** One deployment, live. */

import { announce, h } from "../dom.js";
import { Deployment } from "../deployment.js";
import { isOver } from "../run.js";
import { standings } from "../standings.js";
import { stateOf, typeOf } from "../words.js";
import { Actions } from "./actions.js";
import { Failure } from "./failure.js";
import { Graph } from "./graph.js";
import { Heading } from "./heading.js";
import { History } from "./history.js";
import { Drift } from "./drift.js";
import { Log } from "./log.js";
import { Notices } from "./notices.js";
import { Progress } from "./progress.js";
import { Resources } from "./resources.js";
import { StackDetails } from "./stack-details.js";
import { Timeline } from "./timeline.js";

const TICK_MILLISECONDS = 1_000;
const CONNECTION = { connecting: "connecting", open: "live", waiting: "lost", closed: "lost" };

export class DeploymentPage {
  #frame = 0;
  #timer = null;
  #selected = null;
  #hasChosen = false;
  #told = "";

  constructor(session, place, bar) {
    this.session = session;
    this.place = place;
    this.bar = bar;
    this.title = `${place.deployment} · cloud`;
    this.deployment = new Deployment(session, place.deployment);
    this.deployment.addEventListener("change", () => this.#draw());
    const select = (name) => this.#select(name);
    this.heading = new Heading();
    this.actions = new Actions(session, () => this.deployment.refresh());
    this.progress = new Progress();
    this.notices = new Notices(this.deployment);
    this.graph = new Graph(select);
    this.timeline = new Timeline(select);
    this.log = new Log();
    this.details = new StackDetails(select, (name) => this.log.only(name));
    this.resources = new Resources(session, place.deployment);
    this.drift = new Drift();
    this.history = new History();
    this.body = h("div", { class: "deployment-body", hidden: true });
    this.state = h("div", { class: "waiting", role: "status" }, "Loading the deployment…");
    this.element = h("section", { class: "deployment", "aria-labelledby": "title" }, this.state, this.body);
    this.#compose();
    bar.where([["Deployments", "#/"], [place.deployment, ""]]);
  }

  async open() {
    this.bar.connected("connecting");
    try {
      await this.deployment.open(this.place.environment, this.place.operation);
      this.state.remove();
      this.body.hidden = false;
      this.#timer = setInterval(() => this.#tick(), TICK_MILLISECONDS);
      this.#draw();
    } catch (problem) {
      this.bar.connected("off");
      this.state.replaceChildren(new Failure(problem, () => this.#again()).element);
      this.state.className = "";
    }
  }

  close() {
    clearInterval(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.deployment.close();
  }

  /** Another environment or operation of the same deployment; whether it is the same. */
  goTo(place) {
    if (place.deployment !== this.place.deployment || !this.deployment.status) return false;
    this.place = place;
    this.#hasChosen = false;
    this.#selected = null;
    this.deployment.choose(place.environment, place.operation).catch((problem) => {
      this.deployment.problem = problem;
      this.#draw();
    });
    return true;
  }

  #again() {
    dispatchEvent(new HashChangeEvent("hashchange"));
  }

  #compose() {
    const main = h("div", { class: "column" }, this.graph.element, this.timeline.element, this.log.element);
    const parts = [this.details, this.resources, this.drift, this.history].map((part) => part.element);
    this.body.append(
      h("div", { class: "head" }, this.heading.element, this.actions.element),
      this.progress.element,
      this.notices.element,
      h("div", { class: "columns" }, main, h("div", { class: "column side" }, parts)),
    );
  }

  #select(name) {
    this.#hasChosen = true;
    this.#selected = this.#selected === name ? null : name;
    if (this.#selected && matchMedia("(max-width: 1100px)").matches) {
      requestAnimationFrame(() => this.details.element.scrollIntoView({ block: "nearest" }));
    }
    this.#draw();
  }

  #tick() {
    if (this.deployment.run && !this.deployment.run.isOver) this.#draw();
  }

  /** All that is new since the last frame at once, however many events it was. */
  #draw() {
    if (!this.deployment.graph || this.body.hidden) return;
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#drawNow());
  }

  #drawNow() {
    const { deployment } = this;
    const { now } = deployment;
    const told = standings(deployment, now);
    if (!this.#hasChosen) this.#selected = told.stacks.find((one) => one.status === "failed")?.name ?? null;
    const view = { deployment, run: deployment.run, now, selected: this.#selected, ...told };
    for (const part of this.#parts()) part.update(view);
    this.bar.connected(CONNECTION[deployment.connection.state]);
    this.bar.where([["Deployments", "#/"], [`${deployment.status.project} · ${deployment.environment}`, ""]]);
    this.#tell(view);
  }

  #parts() {
    return [
      ...[this.heading, this.actions, this.progress, this.notices, this.graph, this.timeline, this.log],
      ...[this.details, this.resources, this.drift, this.history],
    ];
  }

  /** In the tab's title, and to screen readers when a stack or the whole ends. */
  #tell({ deployment, run, stacks }) {
    const { project } = deployment.status;
    if (!run) {
      document.title = `${project} · cloud`;
      return;
    }
    const { sign, label } = stateOf(run.status);
    document.title = `${run.isOver ? sign : `${run.percent} %`} ${project} ${deployment.environment} · cloud`;
    const ended = stacks.filter((one) => one.isPart && one.stack.endedAt);
    const last = ended.sort((one, other) => other.stack.endedAt - one.stack.endedAt)[0];
    const whole = `${typeOf(run.operation.type)} of ${deployment.environment}: ${label}. ${run.message ?? ""}`;
    const text = isOver(run.status) ? whole : last ? `${last.name}: ${stateOf(last.status).label} ${last.detail}` : whole;
    if (text !== this.#told) announce(text);
    this.#told = text;
  }
}
