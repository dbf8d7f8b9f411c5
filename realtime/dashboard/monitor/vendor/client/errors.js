/** What ends a client, or its first try. */
/** The server lets nobody in with this token; `status` is that of its answer, or the code it closed the socket with. */
export class Refused extends Error {
    status;
    name = "Refused";
    constructor(status) {
        super(`the connection was refused: ${status}`);
        this.status = status;
    }
}
/** There is no way to the server, and no other try is wanted; `code` is that of the socket's close. */
export class Unreachable extends Error {
    code;
    name = "Unreachable";
    constructor(code) {
        super(`the socket closed: ${code}`);
        this.code = code;
    }
}
/** `disconnect` was called before the socket was open. */
export class Disconnected extends Error {
    name = "Disconnected";
    constructor() {
        super("the client was disconnected before its socket was open");
    }
}
