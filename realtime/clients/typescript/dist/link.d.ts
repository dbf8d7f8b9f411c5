/** One socket, from its opening to its end, with its heartbeat. */
import type { Message } from "./messages.js";
/** What is needed of a browser's `WebSocket`; the class of the package `ws` has it, too. */
export interface Socket {
    readonly readyState: number;
    onopen: ((event: never) => unknown) | null;
    onmessage: ((event: never) => unknown) | null;
    onclose: ((event: never) => unknown) | null;
    onerror: ((event: never) => unknown) | null;
    send(text: string): void;
    close(code?: number, reason?: string): void;
}
export type WebSocketConstructor = new (url: string) => Socket;
export declare class Link {
    #private;
    /** Whether it opened. */
    readonly opened: Promise<boolean>;
    /** The code that it closed with, at once when the server is silent. */
    readonly closed: Promise<number>;
    constructor(make: WebSocketConstructor, url: string, pingInterval: number, hear: (message: Message) => void);
    /** Nothing is sent while it is not open. */
    send(request: Readonly<Record<string, unknown>>): void;
    /** Ends at once for whoever waits, however long the server takes to agree. */
    close(code?: number, reason?: string): void;
}
