/**
 * One deployment as it is known here: its records by REST, what happens by the socket. Every event is kept, so that any
 * operation of the history can be told anew. Listeners hear `change`; nothing here knows a page.
 */

import { CloudWebSocketClient } from "../client/index.js";
import { figuresOf, isEnd, ofMessage, ofRecord } from "./events.js";
import { Run, isOver } from "./run.js";

const PAGE = 500;
const MOST_PAGES = 10;
const HISTORY = 20;
const CLOCKS_DIFFER = 5_000;
const LATER_MILLISECONDS = 400;
const RUNNING = { deploy: "deploying", destroy: "destroying", refresh: "refreshing", rollback: "rolling_back" };

export class Deployment extends EventTarget {
  #session;
  #client;
  #events = [];
  #firstSeq = 0;
  #timer = null;
  #wanted = null;
  #choices = 0;
  #isClosed = false;
  #aheadBy;

  constructor(session, id) {
    super();
    this.#session = session;
    this.id = id;
    this.environment = null;
    this.status = null;
    this.graph = null;
    this.history = [];
    this.run = null;
    this.isPinned = false;
    this.newer = null;
    this.problem = null;
    this.missing = null;
    this.connection = { state: "connecting" };
    this.#aheadBy = 0;
  }

  /** The server's time, in milliseconds: what happens is measured with its clock, whatever this one says. */
  get now() {
    return Date.now() + this.#aheadBy;
  }

  /** How the environment stands, as its record says. */
  get stand() {
    return this.status?.environments[this.environment] ?? null;
  }

  /** What each environment is called: the record's word, or what the shown operation makes of it now. */
  statusOf(name) {
    const { run } = this;
    const isHere = run && name === this.environment && run.status === "in_progress";
    return isHere ? (RUNNING[run.operation.type] ?? "in_progress") : this.status.environments[name]?.status;
  }

  /** Read everything, then follow. Raises Problem. */
  async open(environment, operationId) {
    await this.#readStatus();
    const { last_seq: last } = await this.#rest.get(`deployments/${this.id}/events`, { limit: 0 });
    this.#firstSeq = last + 1;
    await this.#readEvents();
    await this.choose(environment, operationId);
    if (!this.#isClosed) this.#follow(last);
  }

  /** Show this environment, and this operation of it or the newest one. Raises Problem. */
  async choose(environment, operationId) {
    const names = Object.keys(this.status.environments);
    this.environment = names.includes(environment) ? environment : (this.#busiest() ?? names[0]);
    this.isPinned = Boolean(operationId);
    this.newer = null;
    this.#choices += 1;
    try {
      await Promise.all([this.#readGraph(), this.#readHistory()]);
      await this.#show(operationId ?? this.#newest());
    } finally {
      this.#choices -= 1;
    }
    this.#changed();
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#client?.disconnect();
  }

  /** Read the records again, soon: something happened that they say more about. */
  refresh() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#readAgain();
    }, LATER_MILLISECONDS);
  }

  get #rest() {
    return this.#session.rest;
  }

  /** Half of one environment and half of another is nothing to show. */
  #changed() {
    if (!this.#isClosed && this.#choices === 0) this.dispatchEvent(new Event("change"));
  }

  async #readStatus() {
    this.status = await this.#rest.get(`deployments/${this.id}/status`, { all_environments: true });
  }

  async #readGraph() {
    const { environment } = this;
    const graph = await this.#rest.get(`deployments/${this.id}/graph`, { environment });
    if (environment === this.environment) this.graph = graph;
  }

  async #readHistory() {
    const { environment } = this;
    const { operations } = await this.#rest.get(`deployments/${this.id}/operations`, { environment, limit: HISTORY });
    if (environment === this.environment) this.history = operations;
  }

  async #readAgain() {
    try {
      await Promise.all([this.#readStatus(), this.#readHistory()]);
      this.problem = null;
      const known = this.history.find((one) => one.operation_id === this.run?.id);
      if (known) this.run.settle(known);
      const newest = this.#newest();
      if (newest !== this.run?.id && !this.isPinned) await this.#show(newest);
      else this.newer = this.isPinned && newest !== this.run?.id && !isOver(this.history[0].status) ? newest : null;
    } catch (problem) {
      this.problem = problem;
    }
    this.#changed();
  }

  /** The environment with an operation at work. */
  #busiest() {
    const all = Object.entries(this.status.environments);
    return all.find(([, one]) => one.operation && !isOver(one.operation.status))?.[0];
  }

  /** The operation at work, else the one that made the environment what it is. */
  #newest() {
    const open = this.history.find((one) => !isOver(one.status));
    return (open ?? this.history[0])?.operation_id ?? this.stand?.operation_id ?? null;
  }

  /** Whoever asks last is shown, however long the others' answers take. */
  async #show(operationId) {
    this.#wanted = operationId;
    if (operationId === null) {
      this.run = null;
      return;
    }
    const known = this.history.find((one) => one.operation_id === operationId);
    const operation = known ?? (await this.#rest.get(`deployments/${this.id}/operations/${operationId}`));
    await this.#readBackTo(Date.parse(operation.created_at) - CLOCKS_DIFFER);
    const run = new Run(operation);
    for (const event of this.#events) if (event.operationId === operationId) run.take(event);
    run.settle(operation);
    if (this.#wanted === operationId) this.run = run;
  }

  async #readBackTo(moment) {
    const isEnough = () => this.#firstSeq <= 1 || (this.#events[0]?.at ?? Infinity) < moment;
    for (let page = 0; page < MOST_PAGES && !isEnough(); page += 1) await this.#readEvents();
  }

  /** The page of events before those that are here. */
  async #readEvents() {
    const after = Math.max(0, this.#firstSeq - 1 - PAGE);
    const limit = this.#firstSeq - 1 - after;
    if (limit < 1) return;
    const { events } = await this.#rest.get(`deployments/${this.id}/events`, { after, limit });
    this.#events.unshift(...events.map(ofRecord));
    this.#firstSeq = after + 1;
  }

  #follow(lastSeq) {
    const endpoint = new URL("ws", document.baseURI).href;
    this.#client = new CloudWebSocketClient({ endpoint, token: () => this.#session.token() });
    this.#client.on("*", (message) => this.#hear(message));
    this.#client.onConnection((connection) => {
      this.connection = connection;
      if (connection.state === "waiting") this.#session.doubt();
      if (connection.error?.name === "Refused") this.#session.expired();
      this.#changed();
    });
    this.#client.subscribe(this.id, { lastSeq });
    this.#client.connect().catch(() => undefined); // the connection's state tells it
  }

  #hear(message) {
    if (message.type === "error") this.problem = new Error(message.data.message);
    if (message.type === "gap") this.missing = message.data;
    if (message.data?.event === "snapshot") this.#measure(message);
    const event = ofMessage(message);
    if (event) this.#take(event);
    this.#changed();
  }

  #measure(message) {
    this.#aheadBy = Date.parse(message.timestamp) - Date.now();
    const stand = message.data.environments?.[this.environment];
    const figures = stand && stand.operation_id === this.run?.id ? figuresOf(stand) : null;
    if (figures) this.run.measure(figures, Date.parse(message.timestamp));
  }

  #take(event) {
    if (event.seq !== null) this.#events.push(event);
    if (event.operationId === this.run?.id) {
      this.run.take(event);
      if (isEnd(event) || event.name === "deployment_started") this.refresh();
      return;
    }
    const isHere = event.environment === this.environment;
    const isNew = isHere && !this.history.some((one) => one.operation_id === event.operationId);
    if (isNew || isEnd(event) || event.name === "deployment_started") this.refresh();
  }
}
