/** What ends a client, or its first try. */
/** The server lets nobody in with this token; `status` is that of its answer, or the code it closed the socket with. */
export declare class Refused extends Error {
    readonly status: number;
    readonly name = "Refused";
    constructor(status: number);
}
/** There is no way to the server, and no other try is wanted; `code` is that of the socket's close. */
export declare class Unreachable extends Error {
    readonly code: number;
    readonly name = "Unreachable";
    constructor(code: number);
}
/** `disconnect` was called before the socket was open. */
export declare class Disconnected extends Error {
    readonly name = "Disconnected";
    constructor();
}
