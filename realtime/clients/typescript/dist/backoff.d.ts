/** How long to wait before the next try. */
/**
 * Doubles from `first` to `longest` milliseconds, each by chance up to a half shorter, so that the clients of a server
 * that comes back do not come all at once. A connection that held for a minute begins anew.
 */
export declare class Backoff {
    #private;
    private readonly first;
    private readonly longest;
    private readonly chance;
    constructor(first?: number, longest?: number, chance?: () => number);
    /** The last connection held so long. */
    held(milliseconds: number): void;
    /** Milliseconds until the next try. */
    wait(): number;
}
