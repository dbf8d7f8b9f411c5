/** What a client has of one deployment: which message is the next one, which comes twice, and when one is missing. */
import type { Filters, Message } from "./messages.js";
/** Whether a message is given on, is not, or shows that others are missing. */
export type Verdict = "take" | "drop" | "ask again";
export declare class Followed {
    #private;
    lastSeq: number | undefined;
    readonly filters: Filters;
    /** `lastSeq` is the number of the last event that was given on; undefined before the first. */
    constructor(lastSeq: number | undefined, filters: Filters);
    /** It is asked for once more: what is on its way already shows nothing new. */
    asked(): void;
    /** What to do with the message; `lastSeq` is that after it. */
    judge(message: Message): Verdict;
}
/** Whether the message tells the end of an operation; a snapshot tells of one that has ended before. */
export declare function ended(message: Message): boolean;
