/** What lies between `connect` and `disconnect`: one socket after another. */
import { addressOf, refusalOf, withToken } from "./address.js";
import { Backoff } from "./backoff.js";
import { Disconnected, Refused, Unreachable } from "./errors.js";
import { Link } from "./link.js";
const TOKEN_EXPIRED = 4401;
const LOST = 1006;
export class Session {
    options;
    listener;
    /** The first socket is open. */
    opened;
    isOver = false;
    #link;
    #refusedBefore = false;
    #wake = () => undefined;
    #hasOpened;
    #hasFailed;
    constructor(options, listener) {
        this.options = options;
        this.listener = listener;
        this.opened = new Promise((resolve, reject) => {
            this.#hasOpened = resolve;
            this.#hasFailed = reject;
        });
        // Whoever waits hears of it; nobody has to.
        this.opened.catch(() => undefined);
        void this.#run();
    }
    send(request) {
        this.#link?.send(request);
    }
    /** For good. */
    end() {
        if (this.isOver)
            return;
        this.#over();
        this.#link?.close();
        this.#wake();
        this.#hasFailed(new Disconnected());
    }
    async #run() {
        while (!this.isOver) {
            const begun = Date.now();
            const failed = await this.#follow();
            if (this.isOver)
                return;
            const reason = this.#weigh(failed);
            if (reason !== undefined) {
                this.#over(reason);
                this.#hasFailed(reason);
                return;
            }
            this.options.backoff.held(Date.now() - begun);
            await this.#pause(failed instanceof Unreachable ? failed.code : LOST);
        }
    }
    /** One socket, to its end, and why it ended. */
    async #follow() {
        this.listener.changed({ state: "connecting" });
        try {
            const address = addressOf(this.options.endpoint);
            const { token } = this.options;
            const shown = typeof token === "string" ? token : await token();
            return this.isOver ? new Disconnected() : await this.#held(address, shown);
        }
        catch (error) {
            return error instanceof Error ? error : new Error(String(error));
        }
    }
    async #held(address, token) {
        const { webSocket, pingInterval } = this.options;
        const hear = (message) => this.listener.heard(message);
        const link = (this.#link = new Link(webSocket, withToken(address, token), pingInterval, hear));
        if (!(await link.opened)) {
            if (this.isOver)
                return new Disconnected();
            const status = await refusalOf(address, token);
            return status === undefined ? new Unreachable(await link.closed) : new Refused(status);
        }
        this.#refusedBefore = false;
        this.listener.changed({ state: "open" });
        this.listener.opened();
        this.#hasOpened();
        const code = await link.closed;
        return code === TOKEN_EXPIRED ? new Refused(code) : new Unreachable(code);
    }
    /** The error when another try would not mend it. */
    #weigh(error) {
        if (!this.options.autoReconnect || error instanceof TypeError)
            return error;
        if (!(error instanceof Refused))
            return undefined;
        if (typeof this.options.token === "string" || this.#refusedBefore)
            return error;
        this.#refusedBefore = error.status !== TOKEN_EXPIRED;
        return undefined;
    }
    async #pause(code) {
        const wait = this.options.backoff.wait();
        this.listener.changed({ state: "waiting", code, retry_in: Math.round(wait) });
        await new Promise((resolve) => {
            const timer = setTimeout(resolve, wait);
            this.#wake = () => {
                clearTimeout(timer);
                resolve();
            };
        });
    }
    #over(error) {
        this.isOver = true;
        this.listener.changed(error === undefined ? { state: "closed" } : { state: "closed", error });
    }
}
