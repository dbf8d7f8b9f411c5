/** How each stack of the shown environment stands: the shown operation's word, else the record's. */

import { causeOf, seconds } from "./words.js";
import { criticalPath, neededBy, reduced, reversed, waitsFor } from "./paths.js";
import { isBusy, stackPercent, stackSeconds } from "./run.js";

const REMEMBERED = 5;
const UNKNOWN_SECONDS = 1;

/**
 * `{stacks, drawn, isTurned, path}`: stacks in the order of the layers, each with `status`, `detail` (a few words), `percent`,
 * `seconds`, `waits`, `needed` and `isCritical`; `drawn` are the edges that are not
 * implied by others, `isTurned` says that the operation goes against them, `path` is the critical one with its seconds.
 */
export function standings(deployment, now) {
  const { graph, run } = deployment;
  const edges = new Map(graph.stacks.map((one) => [one.name, new Set([...one.dependencies, ...one.soft_dependencies])]));
  const turned = run?.operation.type === "destroy" ? reversed(edges) : edges;
  const usual = usualSeconds(deployment);
  const stackOf = (name) => run?.stacks.get(name) ?? null;
  const weigh = (name) => weight(stackOf(name), usual.get(name), now, run);
  const path = criticalPath(turned, weigh);
  const critical = new Set(path.seconds > 0 && path.path.length > 1 ? path.path : []);
  const hasEnded = (name) => !stackOf(name) || !["pending"].includes(stackOf(name).status) && !isBusy(stackOf(name).status);
  const stacks = graph.stacks.map((one) => {
    const waits = run && !run.isOver && stackOf(one.name)?.status === "pending" ? waitsFor(one.name, turned, hasEnded) : [];
    return standing(one, deployment, { waits, needs: [...turned.get(one.name)], needed: neededBy(one.name, turned), now, isCritical: critical.has(one.name), usual: usual.get(one.name) ?? null });
  });
  return { stacks, drawn: reduced(edges), isTurned: turned !== edges, path };
}

function standing(one, deployment, more) {
  const { run } = deployment;
  const stack = run?.stacks.get(one.name) ?? null;
  const record = deployment.stand?.stacks[one.name] ?? null;
  const status = stack?.status ?? (deployment.isPinned ? "off" : (record?.status ?? one.status ?? "pending"));
  const told = {
    ...more,
    name: one.name,
    layer: one.layer,
    soft: new Set(one.soft_dependencies),
    status,
    stack,
    record,
    isPart: Boolean(stack),
    seconds: stack ? stackSeconds(stack, more.now) : null,
    percent: stack ? stackPercent(stack) : null,
    error: stack ? stack.error : (record?.error ?? null),
  };
  return { ...told, detail: detailOf(told, run) };
}

function detailOf({ status, stack, percent, seconds: took, waits, record }, run) {
  if (!stack) return record?.resource_count ? `${record.resource_count} resources` : "";
  if (status === "pending") {
    if (waits.length) return `for ${waits.join(", ")}`;
    return run.isOver ? "never started" : run.startedAt ? "for its turn" : "for the run to begin";
  }
  if (isBusy(status)) return percent === null ? `${seconds(took)}${stack.done ? `, ${stack.done} done` : ""}` : `${percent} % · ${seconds(took)}`;
  if (status === "skipped" || status === "cancelled") return causeOf(stack.cause);
  if (status === "unchanged") return "nothing to do";
  if (status === "failed") return took === null ? "" : `after ${seconds(took)}`;
  return took === null ? "" : `in ${seconds(took)}`;
}

/** The median of the last successes of the same type. */
function usualSeconds({ history, run }) {
  const found = new Map();
  for (const operation of history) {
    if (!run || operation.type !== run.operation.type) continue;
    for (const { stack, status, duration_seconds: took } of operation.results) {
      if (["failed", "skipped", "cancelled"].includes(status)) continue;
      found.set(stack, [...(found.get(stack) ?? []), took]);
    }
  }
  return new Map([...found].map(([stack, values]) => [stack, median(values.slice(0, REMEMBERED))]));
}

function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function weight(stack, usual, now, run) {
  if (!stack) return 0;
  if (stack.status === "pending") return run.isOver ? 0 : (usual ?? UNKNOWN_SECONDS);
  const took = stackSeconds(stack, now) ?? 0;
  return isBusy(stack.status) ? Math.max(took, usual ?? 0) : took;
}
