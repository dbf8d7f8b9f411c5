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

/** What a page may give as a code when it closes a socket of which it hears no more. */
const NO_ANSWER = 4000;
const NORMAL = 1000;
const LOST = 1006;
const OPEN = 1;
const MISSED_PONGS = 2;
const OPENING_MS = 20_000;

export class Link {
  /** Whether it opened. */
  readonly opened: Promise<boolean>;
  /** The code that it closed with, at once when the server is silent. */
  readonly closed: Promise<number>;
  readonly #socket: Socket;
  #end!: (code: number) => void;
  #missed = 0;

  constructor(make: WebSocketConstructor, url: string, pingInterval: number, hear: (message: Message) => void) {
    const socket = new make(url);
    this.#socket = socket;
    this.closed = new Promise((resolve) => (this.#end = resolve));
    const late = setTimeout(() => this.close(NO_ANSWER, "no answer"), OPENING_MS);
    const opened = new Promise<boolean>((resolve) => (socket.onopen = () => resolve(true)));
    this.opened = Promise.race([opened, this.closed.then(() => false)]);
    void this.opened.then((isOpen) => {
      clearTimeout(late);
      if (!isOpen) return;
      const heartbeat = setInterval(() => this.#beat(), pingInterval);
      void this.closed.then(() => clearInterval(heartbeat));
    });
    socket.onmessage = (event: { data: unknown }) => this.#read(event.data, hear);
    socket.onclose = (event: { code: number }) => this.#end(event.code);
    // Its end follows, but not in Node 20 when the upgrade was refused.
    socket.onerror = () => this.#end(LOST);
  }

  /** Nothing is sent while it is not open. */
  send(request: Readonly<Record<string, unknown>>): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(JSON.stringify(request));
  }

  /** Ends at once for whoever waits, however long the server takes to agree. */
  close(code = NORMAL, reason = ""): void {
    this.#socket.onmessage = null;
    this.#socket.close(code, reason);
    this.#end(code === NO_ANSWER ? LOST : code);
  }

  #read(text: unknown, hear: (message: Message) => void): void {
    const message = parsed(text);
    if (message === undefined) return;
    if (message.type === "pong") this.#missed = 0;
    hear(message);
  }

  /** A server that misses two answers is left. */
  #beat(): void {
    if (this.#missed >= MISSED_PONGS) {
      this.close(NO_ANSWER, "no pong");
      return;
    }
    this.#missed += 1;
    this.send({ action: "ping" });
  }
}

/** Undefined for what is no message. */
function parsed(text: unknown): Message | undefined {
  try {
    const message: unknown = JSON.parse(String(text));
    const isMessage = typeof message === "object" && message !== null && "type" in message;
    return isMessage && typeof message.type === "string" ? (message as Message) : undefined;
  } catch {
    return undefined;
  }
}
