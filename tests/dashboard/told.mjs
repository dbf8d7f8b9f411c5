/** What the page makes of operations and their events, given as JSON on stdin: `{id: {status, stacks, lines}}`. */

import { ofRecord } from "../../realtime/dashboard/monitor/scripts/events.js";
import { Run } from "../../realtime/dashboard/monitor/scripts/run.js";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { operations, events } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
const told = {};
for (const operation of operations) {
  const run = new Run(operation);
  for (const event of events.map(ofRecord)) if (event.operationId === run.id) run.take(event);
  const stacks = [...run.stacks.values()].map((one) => [one.name, [one.status, one.done, one.error, one.cause]]);
  const lines = run.lines.map((one) => one.text);
  told[run.id] = { status: run.status, stacks: Object.fromEntries(stacks), lines };
}
console.log(JSON.stringify(told));
