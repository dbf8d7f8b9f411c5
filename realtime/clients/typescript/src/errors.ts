/** What ends a client, or its first try. */

/** The server lets nobody in with this token; `status` is that of its answer, or the code it closed the socket with. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(readonly status: number) {
    super(`the connection was refused: ${status}`);
  }
}

/** There is no way to the server, and no other try is wanted; `code` is that of the socket's close. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";

  constructor(readonly code: number) {
    super(`the socket closed: ${code}`);
  }
}

/** `disconnect` was called before the socket was open. */
export class Disconnected extends Error {
  override readonly name = "Disconnected";

  constructor() {
    super("the client was disconnected before its socket was open");
  }
}
