/** What lies between `connect` and `disconnect`: one socket after another. */
import { Backoff } from "./backoff.js";
import { type WebSocketConstructor } from "./link.js";
import type { Message } from "./messages.js";
export type Token = string | (() => string | Promise<string>);
/** How it stands with the connection; `retry_in` are milliseconds, `error` is why there are no more tries. */
export type Connection = {
    readonly state: "connecting";
} | {
    readonly state: "open";
} | {
    readonly state: "waiting";
    readonly code: number;
    readonly retry_in: number;
} | {
    readonly state: "closed";
    readonly error?: Error;
};
export interface SessionOptions {
    readonly endpoint: string;
    readonly token: Token;
    readonly autoReconnect: boolean;
    readonly pingInterval: number;
    readonly backoff: Backoff;
    readonly webSocket: WebSocketConstructor;
}
export interface Listener {
    /** A socket is open, to which nothing has been sent. */
    opened(): void;
    heard(message: Message): void;
    changed(connection: Connection): void;
}
export declare class Session {
    #private;
    private readonly options;
    private readonly listener;
    /** The first socket is open. */
    readonly opened: Promise<void>;
    isOver: boolean;
    constructor(options: SessionOptions, listener: Listener);
    send(request: Readonly<Record<string, unknown>>): void;
    /** For good. */
    end(): void;
}
