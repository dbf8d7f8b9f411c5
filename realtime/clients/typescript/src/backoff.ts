/** How long to wait before the next try. */

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
const STABLE_MS = 60_000;

/**
 * Doubles from `first` to `longest` milliseconds, each by chance up to a half shorter, so that the clients of a server
 * that comes back do not come all at once. A connection that held for a minute begins anew.
 */
export class Backoff {
  #next: number;

  constructor(
    private readonly first: number = FIRST_MS,
    private readonly longest: number = LONGEST_MS,
    private readonly chance: () => number = Math.random,
  ) {
    this.#next = first;
  }

  /** The last connection held so long. */
  held(milliseconds: number): void {
    if (milliseconds >= STABLE_MS) this.#next = this.first;
  }

  /** Milliseconds until the next try. */
  wait(): number {
    const wait = this.#next * (1 - 0.5 * this.chance());
    this.#next = Math.min(this.longest, this.#next * 2);
    return wait;
  }
}
