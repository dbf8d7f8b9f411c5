/** A client that follows deployments over a socket, through whatever happens to the connection. */
import { addressOf } from "./address.js";
import { Backoff } from "./backoff.js";
import { Followed } from "./followed.js";
import { Session } from "./session.js";
const ASK_AGAIN_MS = 2_000;
/**
 * Of events with a number each is handed on once, in order: what is missing is asked for. Handlers may be async: the
 * next message waits for them. One that fails is told to the console, and keeps the message from nobody else.
 */
export class CloudWebSocketClient {
    #options;
    #handlers = new Map();
    #watchers = new Set();
    #followed = new Map();
    #session;
    #connection = { state: "closed" };
    #turn = Promise.resolve();
    /** Throws a TypeError for an endpoint that is none, or when there is no `WebSocket`. */
    constructor(options) {
        addressOf(options.endpoint);
        this.#options = {
            endpoint: options.endpoint,
            token: options.token,
            autoReconnect: options.autoReconnect ?? true,
            pingInterval: options.pingInterval ?? 30_000,
            backoff: options.backoff ?? new Backoff(),
            webSocket: options.webSocket ?? globalWebSocket(),
        };
    }
    /** How it stands with the connection now. */
    get connection() {
        return this.#connection;
    }
    /**
     * Open a socket, and keep one open until `disconnect`. Resolves when the first is open. Rejects with Refused when
     * nobody gets in with this token, with Disconnected, and without `autoReconnect` with Unreachable.
     */
    connect() {
        if (this.#session === undefined || this.#session.isOver) {
            this.#session = new Session(this.#options, {
                opened: () => this.#askForAll(),
                heard: (message) => this.#hear(message),
                changed: (connection) => this.#change(connection),
            });
        }
        return this.#session.opened;
    }
    /** Close the socket, for good: there are no more tries until `connect`. */
    disconnect() {
        this.#session?.end();
    }
    /** Follow the deployment from now on; with `lastSeq` from the event after that number on. */
    subscribe(deploymentId, options = {}) {
        this.#followed.set(deploymentId, new Followed(options.lastSeq, options.filters ?? {}));
        this.#ask(deploymentId);
    }
    unsubscribe(deploymentId) {
        this.#followed.delete(deploymentId);
        this.#session?.send({ action: "unsubscribe", deployment_id: deploymentId });
    }
    /** The number of the last event that was handed on. */
    lastSeq(deploymentId) {
        return this.#followed.get(deploymentId)?.lastSeq;
    }
    on(type, handler) {
        const handlers = this.#handlers.get(type) ?? new Set();
        this.#handlers.set(type, handlers.add(handler));
        return () => void handlers.delete(handler);
    }
    /** Call the watcher now, and whenever the connection changes. The answer takes it away again. */
    onConnection(watcher) {
        this.#watchers.add(watcher);
        watcher(this.#connection);
        return () => void this.#watchers.delete(watcher);
    }
    #askForAll() {
        for (const deploymentId of this.#followed.keys())
            this.#ask(deploymentId);
    }
    /** While there is no socket nothing is sent: opening one asks for all that is followed. */
    #ask(deploymentId) {
        const followed = this.#followed.get(deploymentId);
        if (followed === undefined)
            return;
        const after = followed.lastSeq === undefined ? {} : { last_seq: followed.lastSeq };
        followed.asked();
        this.#session?.send({ ...followed.filters, action: "subscribe", deployment_id: deploymentId, ...after });
    }
    #hear(message) {
        const followed = this.#followed.get(message.deployment_id ?? "");
        const verdict = followed?.judge(message) ?? "take";
        if (verdict === "ask again")
            this.#ask(message.deployment_id ?? "");
        if (verdict !== "take")
            return;
        this.#turn = this.#turn.then(() => this.#handOn(message));
        if (followed !== undefined && message.type === "error" && message.data?.["retryable"] === true) {
            setTimeout(() => this.#askAgain(followed, message.deployment_id ?? ""), ASK_AGAIN_MS);
        }
    }
    /** Unless somebody subscribed anew since, or not any more. */
    #askAgain(followed, deploymentId) {
        if (this.#followed.get(deploymentId) === followed)
            this.#ask(deploymentId);
    }
    async #handOn(message) {
        const handlers = [...(this.#handlers.get(message.type) ?? []), ...(this.#handlers.get("*") ?? [])];
        for (const handler of handlers) {
            try {
                await handler(message);
            }
            catch (error) {
                console.error(`a handler of ${message.type} failed`, error);
            }
        }
    }
    #change(connection) {
        this.#connection = connection;
        for (const watcher of this.#watchers)
            watcher(connection);
    }
}
function globalWebSocket() {
    const found = globalThis.WebSocket;
    if (found === undefined) {
        throw new TypeError("there is no WebSocket here: give options.webSocket, such as the class of the package ws, " +
            "or start Node 20 with --experimental-websocket");
    }
    return found;
}
