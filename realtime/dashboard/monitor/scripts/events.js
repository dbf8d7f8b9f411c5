/**
 * One shape for what happens, whether it was read over REST or told over the socket:
 * `{seq, name, operationId, environment, stack, at, data, figures}`. `at` is in milliseconds, `data.status` is that of
 * the stack when there is one. `figures` are those of the operation by then; null where nobody told them.
 */

import { causeOf } from "./words.js";

export function ofRecord(record) {
  return {
    seq: record.seq,
    name: record.event,
    operationId: record.operation_id,
    environment: record.environment,
    stack: record.stack_name,
    at: Date.parse(record.timestamp),
    data: record.data,
    figures: null,
  };
}

/** Null for a message that tells nothing of an operation. */
export function ofMessage(message) {
  const data = message.data ?? {};
  if (!data.event || data.event === "snapshot" || !message.operation_id) return null;
  const stack = data.stack_name ?? null;
  return {
    seq: message.seq ?? null,
    name: data.event,
    operationId: message.operation_id,
    environment: message.environment ?? data.environment,
    stack,
    at: Date.parse(message.timestamp),
    data: stack && message.type === "deployment.status" ? { ...data, status: data.stack_status } : data,
    figures: figuresOf(data),
  };
}

/** What a message says of the whole operation; null when it says nothing. */
export function figuresOf(data) {
  if (typeof data.progress_percent !== "number" || data.total_stacks === undefined) return null;
  return {
    percent: data.progress_percent,
    left: data.estimated_time_remaining ?? null,
    seconds: data.duration_seconds ?? null,
    layer: data.current_layer,
    layers: data.total_layers,
  };
}

const ENDS = new Set(["deployment_complete", "deployment_failed", "deployment_cancelled", "rollback_complete"]);
export const QUIET = new Set(["stack_progress", "deployment_progress", "layer_started", "layer_complete"]);
const BAD = new Set(["stack_failed", "resource_failed", "deployment_failed"]);

/** Whether the event ends its operation. */
export function isEnd(event) {
  return ENDS.has(event.name) && Boolean(event.data.operation_status);
}

/** The line that tells the event in the log: `{at, level, stack, text}`. */
export function lineOf(event) {
  return {
    at: event.at,
    level: levelOf(event),
    stack: event.stack,
    text: textOf(event),
  };
}

/** Of a line of the log its own; other events have data of that name that mean something else. */
function levelOf({ name, data }) {
  const told = name === "log" && typeof data.level === "string" ? data.level.toUpperCase() : null;
  if (told) return told === "WARNING" ? "WARN" : told;
  return BAD.has(name) ? "ERROR" : "INFO";
}

/** The words of the log that is kept; a test tells a recorded run to both. */
function textOf({ name, stack, data }) {
  if (name === "log") return String(data.message ?? "");
  const resource = data.resource;
  const subject = stack ?? "deployment";
  const what = resource ? `${subject}: ${resource.type} ${resource.name}` : subject;
  const did = happened(name, data);
  const reason = String(data.error_message || causeOf(data.cause) || data.message || "");
  const told = reason.startsWith(`${did}: `) ? reason.slice(did.length + 2) : reason;
  return told ? `${what} ${did}: ${told}` : `${what} ${did}`;
}

function happened(name, data) {
  if (name.startsWith("stack_") && data.status) return data.status;
  return name.slice(name.indexOf("_") + 1).replaceAll("_", " ");
}
