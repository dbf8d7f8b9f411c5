/** How things are called and shown: each state has a word, a sign and a tone, so that nobody needs the colour. */

const STATES = {
  pending: ["Waiting", "○", "idle"],
  deploying: ["Deploying", "◐", "busy"],
  deployed: ["Deployed", "✓", "good"],
  destroying: ["Destroying", "◐", "busy"],
  destroyed: ["Destroyed", "–", "idle"],
  refreshing: ["Refreshing", "◐", "busy"],
  refreshed: ["Refreshed", "✓", "good"],
  previewing: ["Previewing", "◐", "busy"],
  previewed: ["Previewed", "✓", "good"],
  comparing: ["Comparing", "◐", "busy"],
  compared: ["Compared", "✓", "good"],
  failed: ["Failed", "✕", "bad"],
  skipped: ["Skipped", "»", "idle"],
  cancelled: ["Cancelled", "⊘", "warn"],
  unchanged: ["Unchanged", "✓", "good"],
  off: ["Not part of it", "·", "idle"],
  initialized: ["New", "○", "idle"],
  ready: ["Never deployed", "○", "idle"],
  disabled: ["Off", "·", "idle"],
  partial: ["Partly deployed", "◧", "warn"],
  rolling_back: ["Rolling back", "◐", "busy"],
  rolled_back: ["Rolled back", "↶", "warn"],
  in_progress: ["Running", "◐", "busy"],
  cancelling: ["Cancelling", "◐", "warn"],
  awaiting_approval: ["Waits for approval", "?", "warn"],
  success: ["Succeeded", "✓", "good"],
};

/** `{label, sign, tone}` of a status; an unknown one is told as it is. */
export function stateOf(status) {
  const [label, sign, tone] = STATES[status] ?? [plain(status ?? "unknown"), "·", "idle"];
  return { label, sign, tone };
}

const FAILED = "dependency_failed:";

const TYPES = {
  deploy: "Deploy",
  destroy: "Destroy",
  refresh: "Refresh",
  preview: "Plan",
  drift: "Drift check",
  rollback: "Rollback",
};

/** The name of an operation's type. */
export function typeOf(operation) {
  return TYPES[operation] ?? plain(operation ?? "");
}

/** A name of ours as people write it. */
export function plain(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Why a stack did not run, in the words of the command line. */
export function causeOf(cause) {
  if (!cause) return "";
  if (cause === "cancelled") return "never started";
  return cause.startsWith(FAILED) ? `${cause.slice(FAILED.length)} failed` : cause;
}

/** Seconds in a few characters: `0.4 s`, `24 s`, `3 min 5 s`, `2 h 4 min`. */
export function seconds(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value < 0.95) return `${value.toFixed(1)} s`;
  const whole = Math.round(value);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return two(whole, 60, "min", "s");
  return two(Math.floor(whole / 60), 60, "h", "min");
}

function two(value, size, large, small) {
  const rest = value % size;
  return rest ? `${Math.floor(value / size)} ${large} ${rest} ${small}` : `${value / size} ${large}`;
}

/** What is left, in steps that do not flicker. */
export function left(value) {
  if (value < 1) return "nearly done";
  if (value < 10) return `about ${Math.ceil(value)} s left`;
  if (value < 120) return `about ${Math.ceil(value / 5) * 5} s left`;
  return `about ${Math.round(value / 60)} min left`;
}

/** The time of day. */
export function timeOfDay(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString(undefined, { hour12: false });
}

const AGES = [
  [60, "s"],
  [60, "min"],
  [24, "h"],
  [Infinity, "d"],
];

/** How long ago: `12 s ago`, `3 h ago`. */
export function ago(timestamp, now = Date.now()) {
  if (!timestamp) return "never";
  let value = Math.max(0, (now - Date.parse(timestamp)) / 1000);
  for (const [size, unit] of AGES) {
    if (value < size) return `${Math.floor(value)} ${unit} ago`;
    value /= size;
  }
  return "";
}

/** A count and its noun. */
export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `aws:ec2/vpc:Vpc` in two words: `ec2` and `Vpc`. */
export function resourceType(token) {
  const [, module = "", name = ""] = /^[^:]+:([^/:]*)[^:]*:(.+)$/.exec(token ?? "") ?? [];
  return { module: module || "other", name: name || (token ?? "") };
}
