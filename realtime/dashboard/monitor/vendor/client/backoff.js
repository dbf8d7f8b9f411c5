/** How long to wait before the next try. */
const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
const STABLE_MS = 60_000;
/**
 * Doubles from `first` to `longest` milliseconds, each by chance up to a half shorter, so that the clients of a server
 * that comes back do not come all at once. A connection that held for a minute begins anew.
 */
export class Backoff {
    first;
    longest;
    chance;
    #next;
    constructor(first = FIRST_MS, longest = LONGEST_MS, chance = Math.random) {
        this.first = first;
        this.longest = longest;
        this.chance = chance;
        this.#next = first;
    }
    /** The last connection held so long. */
    held(milliseconds) {
        if (milliseconds >= STABLE_MS)
            this.#next = this.first;
    }
    /** Milliseconds until the next try. */
    wait() {
        const wait = this.#next * (1 - 0.5 * this.chance());
        this.#next = Math.min(this.longest, this.#next * 2);
        return wait;
    }
}
