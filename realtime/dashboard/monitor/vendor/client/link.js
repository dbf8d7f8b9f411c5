/** One socket, from its opening to its end, with its heartbeat. */
/** What a page may give as a code when it closes a socket of which it hears no more. */
const NO_ANSWER = 4000;
const NORMAL = 1000;
const LOST = 1006;
const OPEN = 1;
const MISSED_PONGS = 2;
const OPENING_MS = 20_000;
export class Link {
    /** Whether it opened. */
    opened;
    /** The code that it closed with, at once when the server is silent. */
    closed;
    #socket;
    #end;
    #missed = 0;
    constructor(make, url, pingInterval, hear) {
        const socket = new make(url);
        this.#socket = socket;
        this.closed = new Promise((resolve) => (this.#end = resolve));
        const late = setTimeout(() => this.close(NO_ANSWER, "no answer"), OPENING_MS);
        const opened = new Promise((resolve) => (socket.onopen = () => resolve(true)));
        this.opened = Promise.race([opened, this.closed.then(() => false)]);
        void this.opened.then((isOpen) => {
            clearTimeout(late);
            if (!isOpen)
                return;
            const heartbeat = setInterval(() => this.#beat(), pingInterval);
            void this.closed.then(() => clearInterval(heartbeat));
        });
        socket.onmessage = (event) => this.#read(event.data, hear);
        socket.onclose = (event) => this.#end(event.code);
        socket.onerror = () => undefined; // its end follows
    }
    /** Nothing is sent while it is not open. */
    send(request) {
        if (this.#socket.readyState === OPEN)
            this.#socket.send(JSON.stringify(request));
    }
    /** Ends at once for whoever waits, however long the server takes to agree. */
    close(code = NORMAL, reason = "") {
        this.#socket.onmessage = null;
        this.#socket.close(code, reason);
        this.#end(code === NO_ANSWER ? LOST : code);
    }
    #read(text, hear) {
        const message = parsed(text);
        if (message === undefined)
            return;
        if (message.type === "pong")
            this.#missed = 0;
        hear(message);
    }
    /** A server that misses two answers is left. */
    #beat() {
        if (this.#missed >= MISSED_PONGS) {
            this.close(NO_ANSWER, "no pong");
            return;
        }
        this.#missed += 1;
        this.send({ action: "ping" });
    }
}
/** Undefined for what is no message. */
function parsed(text) {
    try {
        const message = JSON.parse(String(text));
        const isMessage = typeof message === "object" && message !== null && "type" in message;
        return isMessage && typeof message.type === "string" ? message : undefined;
    }
    catch {
        return undefined;
    }
}
