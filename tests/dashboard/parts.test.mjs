import assert from "node:assert/strict";
import { test } from "node:test";

import { lineOf, ofMessage } from "../../realtime/dashboard/monitor/scripts/events.js";
import { criticalPath, neededBy, reduced, reversed, waitsFor } from "../../realtime/dashboard/monitor/scripts/paths.js";
import { Run } from "../../realtime/dashboard/monitor/scripts/run.js";
import { causeOf, left, seconds } from "../../realtime/dashboard/monitor/scripts/words.js";

const edges = (given) => new Map(Object.entries(given).map(([name, needs]) => [name, new Set(needs)]));
const CHAIN = edges({ network: [], security: ["network"], web: ["network", "security"], dns: [] });

test("an edge that others imply is not drawn", () => {
  assert.deepEqual([...reduced(CHAIN).get("web")], ["security"]);
  assert.deepEqual([...reduced(CHAIN).get("security")], ["network"]);
});

test("the critical path is the chain that takes longest, not the one with most stacks", () => {
  const took = { network: 2, security: 3, web: 1, dns: 30 };
  assert.deepEqual(criticalPath(CHAIN, (name) => took[name]), { seconds: 30, path: ["dns"] });
  assert.deepEqual(criticalPath(CHAIN, (name) => ({ ...took, dns: 1 })[name]).path, ["network", "security", "web"]);
});

test("a destroy goes the other way", () => {
  assert.deepEqual([...reversed(CHAIN).get("network")], ["security", "web"]);
  assert.deepEqual(neededBy("network", CHAIN), ["security", "web"]);
  assert.deepEqual(waitsFor("web", CHAIN, (name) => name === "network"), ["security"]);
});

const OPERATION = {
  operation_id: "op-1",
  type: "deploy",
  status: "pending",
  message: null,
  created_at: "2026-01-02T03:04:05.000Z",
  started_at: null,
  completed_at: null,
  layers: [
    { layer: 1, stacks: ["network"], status: "pending" },
    { layer: 2, stacks: ["web"], status: "pending" },
  ],
  results: [],
};
const at = (second) => Date.parse(OPERATION.created_at) + 1000 * second;
const event = (seq, name, stack, data = {}, figures = null) => ({
  seq,
  name,
  operationId: "op-1",
  environment: "dev",
  stack,
  at: at(seq),
  data,
  figures,
});

test("an event that comes twice changes nothing", () => {
  const run = new Run(OPERATION);
  const created = event(2, "resource_created", "network", { resource: { urn: "u", type: "t", name: "n" } });
  assert.equal(run.take(event(1, "stack_deploying", "network", { status: "deploying", layer: 1 })), true);
  assert.equal(run.take(created), true);
  assert.equal(run.take(created), false);
  assert.deepEqual([run.stacks.get("network").done, run.lines.length], [1, 2]);
});

test("the percentage never falls, and what is left runs down", () => {
  const run = new Run(OPERATION);
  run.measure({ percent: 40, left: 10, layer: 1 }, at(1));
  run.measure({ percent: 30, left: 8, layer: 1 }, at(2));
  assert.equal(run.percent, 40);
  assert.equal(run.secondsLeft(at(5)), 5);
  assert.equal(run.secondsLeft(at(500)), 0);
});

test("an end that the log lacks is taken from elsewhere", () => {
  const run = new Run(OPERATION);
  run.take({ ...event(null, "deployment_failed", null, { operation_status: "failed", message: "died" }), at: at(9) });
  assert.deepEqual([run.status, run.message, run.percent, run.elapsed(at(100))], ["failed", "died", 100, 9]);
});

test("a message has the stack's own status, not the environment's", () => {
  const data = { event: "stack_deploying", stack_name: "web", stack_status: "deploying", status: "partial" };
  const message = { type: "deployment.status", operation_id: "op-1", seq: 4, timestamp: OPERATION.created_at, data };
  assert.equal(ofMessage(message).data.status, "deploying");
  assert.equal(ofMessage({ ...message, data: { event: "snapshot" } }), null);
});

test("a level that is none of the log's is none", () => {
  assert.equal(lineOf(event(1, "deployment_cancelling", null, { level: 2, message: "asked" })).level, "INFO");
  assert.equal(lineOf(event(1, "log", "web", { level: "warning", message: "hm" })).level, "WARN");
  assert.equal(lineOf(event(1, "stack_failed", "web", { status: "failed" })).level, "ERROR");
});

test("times and causes are words", () => {
  assert.deepEqual([seconds(0.42), seconds(59.6), seconds(61), seconds(7320), seconds(null)], ["0.4 s", "1 min", "1 min 1 s", "2 h 2 min", "–"]);
  assert.deepEqual([left(0.2), left(8.1), left(61), left(600)], ["nearly done", "about 9 s left", "about 65 s left", "about 10 min left"]);
  const causes = ["dependency_failed:network", "cancelled", null].map(causeOf);
  assert.deepEqual(causes, ["network failed", "never started", ""]);
});
