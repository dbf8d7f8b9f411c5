// A whole deployment by the REST API alone, with Node's fetch: log in, init, plan, deploy, outputs, destroy.
//
//   API=http://127.0.0.1:8080/api/v1 node docs/examples/rest.mjs
//
// TEMPLATE (demo) and ORGANIZATION (CompanyA) may be given too. It needs `cloud` on the PATH, to log in, and Node 18.

import { execFileSync } from "node:child_process";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";

const { API, TEMPLATE = "demo", ORGANIZATION = "CompanyA" } = process.env;
const OVER = new Set(["success", "failed", "cancelled", "awaiting_approval"]);

const logIn = () => execFileSync("cloud", ["login", "--print"], { encoding: "utf8" }).trim();
let token = logIn();

/** The answer. A token that has expired is renewed once; a refusal is shown as the API tells it. */
async function call(method, path, body, headers = {}) {
  const address = new URL(path, API);
  const request = () =>
    fetch(address, {
      method,
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", ...headers },
      body: body && JSON.stringify(body),
    });
  let answer = await request();
  if (answer.status === 401) {
    token = logIn();
    answer = await request();
  }
  if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
  return answer.json();
}

/** The operation, once it is over; whatever is no success is an error. */
async function ended(operation) {
  while (!OVER.has(operation.status)) {
    await wait(1000);
    operation = await call("GET", operation.status_url);
  }
  if (operation.status !== "success") throw new Error(`${operation.type} ${operation.operation_id}: ${operation.status}`);
  return operation;
}

const made = await call("POST", "/api/v1/deployments/init", {
  organization: ORGANIZATION,
  template: TEMPLATE,
  project: "by-node",
  domain: "shop.example",
  environments: { dev: { region: "us-east-1", account_id: "410000000017" } },
});
const place = `/api/v1/deployments/${made.deployment_id}`;
console.log(`deployment ${made.deployment_id}`);

const planned = await ended(await call("POST", `${place}/plan`, { environment: "dev" }));
const plan = await call("GET", `${planned.status_url}/plan`);
for (const { name } of plan.stacks) console.log(`planned    ${name}`);

const key = { "Idempotency-Key": `first-${made.deployment_id}` };
await ended(await call("POST", `${place}/deploy`, { environment: "dev" }, key));
const { outputs } = await call("GET", `${place}/outputs?environment=dev`);
for (const stack of Object.keys(outputs)) console.log(`deployed   ${stack}`);

await ended(await call("DELETE", `${place}?environment=dev`));
console.log(`destroyed  ${made.deployment_id}`);
