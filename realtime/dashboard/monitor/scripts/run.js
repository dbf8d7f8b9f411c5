/**
 * One operation as its events tell it: how each stack stands, how far the whole is, and every line of the log. Nothing
 * here knows a page. Events come in order; one that comes twice changes nothing.
 */

import { QUIET, isEnd, lineOf } from "./events.js";

const BUSY = new Set(["deploying", "destroying", "refreshing", "previewing", "comparing"]);
const OVER = new Set(["success", "failed", "cancelled"]);
const RESOURCE = /^resource_(creat|updat|delet|fail)(ing|ed)$/;

export const isBusy = (status) => BUSY.has(status);
export const isOver = (status) => OVER.has(status);

/** A stack before anything happened to it. Times are in milliseconds, durations in seconds. */
function newStack(name, layer = null) {
  return {
    name,
    layer,
    status: "pending",
    startedAt: null,
    endedAt: null,
    seconds: null,
    done: 0,
    total: null,
    current: null,
    error: null,
    suggestion: null,
    cause: null,
    dependencies: null,
    resources: new Map(),
  };
}

export class Run {
  /** `operation` is that of the REST API; results that it has hold until events tell more. */
  constructor(operation) {
    this.operation = operation;
    this.status = operation.status;
    this.message = operation.message;
    this.acceptedAt = Date.parse(operation.created_at);
    this.startedAt = operation.started_at ? Date.parse(operation.started_at) : null;
    this.endedAt = operation.completed_at ? Date.parse(operation.completed_at) : null;
    this.percent = isOver(operation.status) ? 100 : 0;
    this.estimate = null;
    this.layer = null;
    this.lastSeq = 0;
    this.lines = [];
    this.stacks = new Map();
    this.flowState = null;
    for (const { layer, stacks } of operation.layers) for (const name of stacks) this.#stack(name, layer);
    this.settle(operation);
  }

  get id() {
    return this.operation.operation_id;
  }

  get isOver() {
    return isOver(this.status);
  }

  /** What the operation's record says, which is the truth once it has ended. */
  settle(operation) {
    this.operation = operation;
    if (isOver(operation.status)) {
      this.status = operation.status;
      this.message = operation.message ?? this.message;
      this.percent = 100;
      this.endedAt = operation.completed_at ? Date.parse(operation.completed_at) : this.endedAt;
    }
    for (const result of operation.results) {
      const stack = this.#stack(result.stack);
      const wasThere = stack.status !== "pending";
      const unchanged = result.status === "skipped" && !/^(dependency_failed|cancelled)/.test(result.cause ?? "");
      stack.status = unchanged ? "unchanged" : result.status;
      stack.cause = result.cause;
      stack.error = result.error;
      if (!wasThere || stack.seconds === null) stack.seconds = result.duration_seconds || null;
    }
  }

  /** Take in an event of this operation; whether it was new. */
  take(event) {
    if (event.seq !== null) {
      if (event.seq <= this.lastSeq) return false;
      this.lastSeq = event.seq;
    }
    if (event.figures) this.measure(event.figures, event.at);
    if (event.stack) this.#stackEvent(this.#stack(event.stack), event);
    else this.#operationEvent(event);
    if (event.seq !== null && !QUIET.has(event.name)) this.lines.push(lineOf(event));
    return true;
  }

  /** How far it was then; the percentage never falls. */
  measure(figures, at) {
    this.percent = this.isOver ? 100 : Math.max(this.percent, figures.percent);
    this.estimate = figures.left === null ? null : { seconds: figures.left, at };
    if (figures.layer) this.layer = figures.layer;
  }

  /** Seconds that are left by then; null while nobody knows. */
  secondsLeft(now) {
    if (this.isOver || !this.estimate) return null;
    return Math.max(0, this.estimate.seconds - (now - this.estimate.at) / 1000);
  }

  /** Seconds since it was accepted, or that it took. */
  elapsed(now) {
    return Math.max(0, ((this.endedAt ?? now) - this.acceptedAt) / 1000);
  }

  /** Stacks by how they stand. */
  get counts() {
    const counts = { total: 0, done: 0, busy: 0, failed: 0, skipped: 0, waiting: 0 };
    for (const { status } of this.stacks.values()) {
      counts.total += 1;
      if (status === "failed") counts.failed += 1;
      else if (status === "skipped" || status === "cancelled") counts.skipped += 1;
      else if (status === "pending") counts.waiting += 1;
      else if (isBusy(status)) counts.busy += 1;
      else counts.done += 1;
    }
    return counts;
  }

  #stack(name, layer = null) {
    if (!this.stacks.has(name)) this.stacks.set(name, newStack(name, layer));
    return this.stacks.get(name);
  }

  #operationEvent({ name, at, data }) {
    if (name === "deployment_started" || name === "rollback_started") {
      this.status = "in_progress";
      this.startedAt = at;
    } else if (name === "deployment_awaiting_approval") this.status = "awaiting_approval";
    else if (name === "deployment_approved") {
      this.status = "pending";
      this.acceptedAt = at;
    } else if (name === "deployment_cancelling") this.status = "cancelling";
    else if (name === "flow_state") this.flowState = data.flow_run?.state ?? null;
    else if (isEnd({ name, data })) this.#end(at, data);
  }

  #end(at, data) {
    this.status = data.operation_status;
    this.message = data.message ?? null;
    this.endedAt = at;
    this.percent = 100;
    this.flowState = null;
  }

  #stackEvent(stack, event) {
    const { name, at, data } = event;
    if (name === "stack_deploying" || name === "stack_checking") {
      stack.status = data.status ?? "deploying";
      stack.startedAt = at;
      stack.endedAt = null;
      stack.layer = data.layer ?? stack.layer;
      stack.dependencies = data.dependencies ?? null;
      stack.error = stack.cause = stack.seconds = null;
    } else if (name === "stack_progress") {
      stack.done = Math.max(stack.done, data.resources_processed ?? 0);
      if ((data.resources_total ?? 0) > stack.done) stack.total = data.resources_total;
      stack.current = data.current_resource ?? null;
    } else if (name === "stack_skipped") {
      stack.status = data.status ?? "skipped";
      stack.cause = data.cause ?? null;
      stack.endedAt = at;
    } else if (["stack_deployed", "stack_failed", "stack_checked"].includes(name)) this.#stackEnded(stack, event);
    else if (RESOURCE.test(name) && data.resource) this.#resourceEvent(stack, event);
  }

  #stackEnded(stack, { name, at, data }) {
    const status = data.status ?? (name === "stack_failed" ? "failed" : "deployed");
    stack.status = status === "skipped" ? "unchanged" : status;
    stack.seconds = data.duration_seconds ?? (stack.startedAt === null ? null : (at - stack.startedAt) / 1000);
    stack.endedAt = at;
    stack.current = stack.total = null;
    stack.done = Math.max(stack.done, data.resource_count ?? 0);
    stack.error = data.error_message ?? null;
    stack.suggestion = data.suggestion ?? null;
    stack.cause = data.cause ?? null;
  }

  #resourceEvent(stack, { name, at, data }) {
    const { urn, type, name: called } = data.resource;
    const status = name.slice("resource_".length);
    stack.resources.set(urn ?? `${type}::${called}`, {
      type,
      name: called,
      status,
      seconds: data.duration_seconds ?? null,
    });
    if (status.endsWith("ing")) stack.current = { type, name: called, action: status };
    else {
      stack.done += status === "failed" ? 0 : 1;
      if (stack.current?.name === called) stack.current = null;
    }
  }
}

/** Seconds that the stack has taken so far, null before it began. */
export function stackSeconds(stack, now) {
  if (stack.seconds !== null) return stack.seconds;
  if (stack.startedAt === null) return null;
  return Math.max(0, ((stack.endedAt ?? now) - stack.startedAt) / 1000);
}

/** Percent of a stack that is at work; null while nobody knows of how many resources. */
export function stackPercent(stack) {
  if (!isBusy(stack.status)) return null;
  return stack.total ? Math.min(99, Math.floor((100 * stack.done) / stack.total)) : null;
}
