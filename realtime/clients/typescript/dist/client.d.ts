/** A client that follows deployments over a socket, through whatever happens to the connection. */
import { Backoff } from "./backoff.js";
import type { WebSocketConstructor } from "./link.js";
import type { DataOf, Filters, Message, MessageOf } from "./messages.js";
import { type Connection, type Token } from "./session.js";
export type { Connection, WebSocketConstructor };
export interface ClientOptions {
    /** `wss://host/ws`; in a page also a path of its own server, `/ws`. */
    readonly endpoint: string;
    /** A token of the user pool, or a function asked before each connection, so that none expires under it. */
    readonly token: Token;
    readonly autoReconnect?: boolean;
    /** Milliseconds. A server that misses two answers is left. */
    readonly pingInterval?: number;
    readonly backoff?: Backoff;
    /** Where `WebSocket` is no global, as in Node 20 without `--experimental-websocket`: a class that is like it. */
    readonly webSocket?: WebSocketConstructor;
}
export interface SubscribeOptions {
    /** The number of the last event that you have: what came since is sent first. */
    readonly lastSeq?: number;
    readonly filters?: Filters;
}
/**
 * Of events with a number each is handed on once, in order: what is missing is asked for. Handlers may be async: the
 * next message waits for them. One that fails is told to the console, and keeps the message from nobody else.
 */
export declare class CloudWebSocketClient {
    #private;
    /** Throws a TypeError for an endpoint that is none, or when there is no `WebSocket`. */
    constructor(options: ClientOptions);
    /** How it stands with the connection now. */
    get connection(): Connection;
    /**
     * Open a socket, and keep one open until `disconnect`. Resolves when the first is open. Rejects with Refused when
     * nobody gets in with this token, with Disconnected, and without `autoReconnect` with Unreachable.
     */
    connect(): Promise<void>;
    /** Close the socket, for good: there are no more tries until `connect`. */
    disconnect(): void;
    /** Follow the deployment from now on; with `lastSeq` from the event after that number on. */
    subscribe(deploymentId: string, options?: SubscribeOptions): void;
    unsubscribe(deploymentId: string): void;
    /** The number of the last event that was handed on. */
    lastSeq(deploymentId: string): number | undefined;
    /** Call the handler for each message of this type, `"*"` for each of all. The answer takes it away again. */
    on<Type extends keyof DataOf>(type: Type, handler: (message: MessageOf<Type, DataOf[Type]>) => unknown): () => void;
    on(type: string, handler: (message: Message) => unknown): () => void;
    /** Call the watcher now, and whenever the connection changes. The answer takes it away again. */
    onConnection(watcher: (connection: Connection) => void): () => void;
}
