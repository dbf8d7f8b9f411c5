/** Who waits for whom, and which chain of stacks decides how long the whole takes. Edges map a stack to its needs. */

/** What the stack still waits for, in the order of `edges`. */
export function waitsFor(name, edges, hasEnded) {
  const needs = edges.get(name) ?? new Set();
  return [...edges.keys()].filter((other) => needs.has(other) && !hasEnded(other));
}

/** Stacks that need this one. */
export function neededBy(name, edges) {
  return [...edges].filter(([, needs]) => needs.has(name)).map(([other]) => other);
}

/** The edges the other way round, as a destroy goes. */
export function reversed(edges) {
  return new Map([...edges.keys()].map((name) => [name, new Set(neededBy(name, edges))]));
}

/** The edges without those that others imply: a stack that waits for another one waits for what that one needs. */
export function reduced(edges) {
  const above = new Map();
  const allNeeds = (name, seen) => {
    if (above.has(name) || seen.has(name)) return above.get(name) ?? new Set();
    const found = new Set();
    for (const need of edges.get(name) ?? []) {
      found.add(need);
      for (const other of allNeeds(need, new Set(seen).add(name))) found.add(other);
    }
    above.set(name, found);
    return found;
  };
  const isImplied = (need, needs) => [...needs].some((other) => other !== need && allNeeds(other, new Set()).has(need));
  return new Map([...edges].map(([name, needs]) => [name, new Set([...needs].filter((need) => !isImplied(need, needs)))]));
}

/**
 * The chain whose durations add up to most, first stack first; `weigh` gives seconds. It is the one that the whole
 * can't be faster than, however many stacks run at once.
 */
export function criticalPath(edges, weigh) {
  const best = new Map();
  const visit = (name, above) => {
    if (best.has(name)) return best.get(name);
    let longest = { seconds: 0, path: [] };
    for (const need of edges.get(name) ?? []) {
      if (!edges.has(need) || above.has(need)) continue;
      const found = visit(need, new Set(above).add(name));
      if (found.seconds > longest.seconds) longest = found;
    }
    const found = { seconds: longest.seconds + weigh(name), path: [...longest.path, name] };
    best.set(name, found);
    return found;
  };
  let longest = { seconds: 0, path: [] };
  for (const name of edges.keys()) {
    const found = visit(name, new Set());
    if (found.seconds > longest.seconds) longest = found;
  }
  return longest;
}
