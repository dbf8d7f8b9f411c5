/** What a client has of one deployment: which message is the next one, which comes twice, and when one is missing. */
const ENDED = new Set(["success", "failed", "cancelled"]);
const ANSWERED = new Set(["subscribed", "error"]);
export class Followed {
    lastSeq;
    filters;
    /** Whether what comes is still of before the last request. */
    #isWaiting = false;
    /** `lastSeq` is the number of the last event that was given on; undefined before the first. */
    constructor(lastSeq, filters) {
        this.lastSeq = lastSeq;
        this.filters = filters;
    }
    /** It is asked for once more: what is on its way already shows nothing new. */
    asked() {
        this.#isWaiting = true;
    }
    /** What to do with the message; `lastSeq` is that after it. */
    judge(message) {
        const isSnapshot = message.data?.["event"] === "snapshot";
        if (ANSWERED.has(message.type) || isSnapshot)
            this.#isWaiting = false;
        if (message.type === "gap")
            return this.#gap(message);
        const { seq } = message;
        if (seq === undefined)
            return "take";
        if (isSnapshot) {
            this.#reach(seq);
            return "take";
        }
        if (this.lastSeq !== undefined) {
            if (seq <= this.lastSeq)
                return "drop";
            if ((message.after_seq ?? seq - 1) > this.lastSeq)
                return this.#missing();
        }
        this.lastSeq = seq;
        return message.type === "passed" ? "drop" : "take";
    }
    /** Events that can be had are asked for; the others are lost, and whoever listens is told. */
    #gap(message) {
        const isRecoverable = message.data?.["recoverable"] !== false;
        if (isRecoverable && this.lastSeq !== undefined)
            return this.#missing();
        this.#reach(Number(message.data?.["until_seq"] ?? 0));
        return "take";
    }
    #missing() {
        return this.#isWaiting ? "drop" : "ask again";
    }
    #reach(seq) {
        this.lastSeq = Math.max(this.lastSeq ?? 0, seq);
    }
}
/** Whether the message tells the end of an operation; a snapshot tells of one that has ended before. */
export function ended(message) {
    return message.type === "deployment.status" && ENDED.has(message.data?.["operation_status"]);
}
