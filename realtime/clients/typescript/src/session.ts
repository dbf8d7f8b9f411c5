/** What lies between `connect` and `disconnect`: one socket after another. */

import { addressOf, refusalOf, withToken } from "./address.js";
import { Backoff } from "./backoff.js";
import { Disconnected, Refused, Unreachable } from "./errors.js";
import { Link, type WebSocketConstructor } from "./link.js";
import type { Message } from "./messages.js";

export type Token = string | (() => string | Promise<string>);

/** How it stands with the connection; `retry_in` are milliseconds, `error` is why there are no more tries. */
export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "open" }
  | { readonly state: "waiting"; readonly code: number; readonly retry_in: number }
  | { readonly state: "closed"; readonly error?: Error };

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

const TOKEN_EXPIRED = 4401;
const LOST = 1006;

export class Session {
  /** The first socket is open. */
  readonly opened: Promise<void>;
  isOver = false;
  #link: Link | undefined;
  #refusedBefore = false;
  #wake: () => void = () => undefined;
  #hasOpened!: () => void;
  #hasFailed!: (error: Error) => void;

  constructor(
    private readonly options: SessionOptions,
    private readonly listener: Listener,
  ) {
    this.opened = new Promise((resolve, reject) => {
      this.#hasOpened = resolve;
      this.#hasFailed = reject;
    });
    // Whoever waits hears of it; nobody has to.
    this.opened.catch(() => undefined);
    void this.#run();
  }

  send(request: Readonly<Record<string, unknown>>): void {
    this.#link?.send(request);
  }

  /** For good. */
  end(): void {
    if (this.isOver) return;
    this.#over();
    this.#link?.close();
    this.#wake();
    this.#hasFailed(new Disconnected());
  }

  async #run(): Promise<void> {
    while (!this.isOver) {
      const begun = Date.now();
      const failed = await this.#follow();
      if (this.isOver) return;
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
  async #follow(): Promise<Error> {
    this.listener.changed({ state: "connecting" });
    try {
      const address = addressOf(this.options.endpoint);
      const { token } = this.options;
      const shown = typeof token === "string" ? token : await token();
      return this.isOver ? new Disconnected() : await this.#held(address, shown);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async #held(address: URL, token: string): Promise<Error> {
    const { webSocket, pingInterval } = this.options;
    const hear = (message: Message): void => this.listener.heard(message);
    const link = (this.#link = new Link(webSocket, withToken(address, token), pingInterval, hear));
    if (!(await link.opened)) {
      if (this.isOver) return new Disconnected();
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
  #weigh(error: Error): Error | undefined {
    if (!this.options.autoReconnect || error instanceof TypeError) return error;
    if (!(error instanceof Refused)) return undefined;
    if (typeof this.options.token === "string" || this.#refusedBefore) return error;
    this.#refusedBefore = error.status !== TOKEN_EXPIRED;
    return undefined;
  }

  async #pause(code: number): Promise<void> {
    const wait = this.options.backoff.wait();
    this.listener.changed({ state: "waiting", code, retry_in: Math.round(wait) });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #over(error?: Error): void {
    this.isOver = true;
    this.listener.changed(error === undefined ? { state: "closed" } : { state: "closed", error });
  }
}
