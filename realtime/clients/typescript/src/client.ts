/** A client that follows deployments over a socket, through whatever happens to the connection. */

import { addressOf } from "./address.js";
import { Backoff } from "./backoff.js";
import { Followed } from "./followed.js";
import type { WebSocketConstructor } from "./link.js";
import type { DataOf, Filters, Message, MessageOf } from "./messages.js";
import { type Connection, Session, type SessionOptions, type Token } from "./session.js";

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

type Handler = (message: never) => unknown;

const ASK_AGAIN_MS = 2_000;

/**
 * Of events with a number each is handed on once, in order: what is missing is asked for. Handlers may be async: the
 * next message waits for them. One that fails is told to the console, and keeps the message from nobody else.
 */
export class CloudWebSocketClient {
  readonly #options: SessionOptions;
  readonly #handlers = new Map<string, Set<Handler>>();
  readonly #watchers = new Set<(connection: Connection) => void>();
  readonly #followed = new Map<string, Followed>();
  #session: Session | undefined;
  #connection: Connection = { state: "closed" };
  #turn: Promise<void> = Promise.resolve();

  /** Throws a TypeError for an endpoint that is none, or when there is no `WebSocket`. */
  constructor(options: ClientOptions) {
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
  get connection(): Connection {
    return this.#connection;
  }

  /**
   * Open a socket, and keep one open until `disconnect`. Resolves when the first is open. Rejects with Refused when
   * nobody gets in with this token, with Disconnected, and without `autoReconnect` with Unreachable.
   */
  connect(): Promise<void> {
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
  disconnect(): void {
    this.#session?.end();
  }

  /** Follow the deployment from now on; with `lastSeq` from the event after that number on. */
  subscribe(deploymentId: string, options: SubscribeOptions = {}): void {
    this.#followed.set(deploymentId, new Followed(options.lastSeq, options.filters ?? {}));
    this.#ask(deploymentId);
  }

  unsubscribe(deploymentId: string): void {
    this.#followed.delete(deploymentId);
    this.#session?.send({ action: "unsubscribe", deployment_id: deploymentId });
  }

  /** The number of the last event that was handed on. */
  lastSeq(deploymentId: string): number | undefined {
    return this.#followed.get(deploymentId)?.lastSeq;
  }

  /** Call the handler for each message of this type, `"*"` for each of all. The answer takes it away again. */
  on<Type extends keyof DataOf>(type: Type, handler: (message: MessageOf<Type, DataOf[Type]>) => unknown): () => void;
  on(type: string, handler: (message: Message) => unknown): () => void;
  on(type: string, handler: Handler): () => void {
    const handlers = this.#handlers.get(type) ?? new Set();
    this.#handlers.set(type, handlers.add(handler));
    return () => void handlers.delete(handler);
  }

  /** Call the watcher now, and whenever the connection changes. The answer takes it away again. */
  onConnection(watcher: (connection: Connection) => void): () => void {
    this.#watchers.add(watcher);
    watcher(this.#connection);
    return () => void this.#watchers.delete(watcher);
  }

  #askForAll(): void {
    for (const deploymentId of this.#followed.keys()) this.#ask(deploymentId);
  }

  /** While there is no socket nothing is sent: opening one asks for all that is followed. */
  #ask(deploymentId: string): void {
    const followed = this.#followed.get(deploymentId);
    if (followed === undefined) return;
    const after = followed.lastSeq === undefined ? {} : { last_seq: followed.lastSeq };
    followed.asked();
    this.#session?.send({ ...followed.filters, action: "subscribe", deployment_id: deploymentId, ...after });
  }

  #hear(message: Message): void {
    const followed = this.#followed.get(message.deployment_id ?? "");
    const verdict = followed?.judge(message) ?? "take";
    if (verdict === "ask again") this.#ask(message.deployment_id ?? "");
    if (verdict !== "take") return;
    this.#turn = this.#turn.then(() => this.#handOn(message));
    if (followed !== undefined && message.type === "error" && message.data?.["retryable"] === true) {
      setTimeout(() => this.#askAgain(followed, message.deployment_id ?? ""), ASK_AGAIN_MS);
    }
  }

  /** Unless somebody subscribed anew since, or not any more. */
  #askAgain(followed: Followed, deploymentId: string): void {
    if (this.#followed.get(deploymentId) === followed) this.#ask(deploymentId);
  }

  async #handOn(message: Message): Promise<void> {
    const handlers = [...(this.#handlers.get(message.type) ?? []), ...(this.#handlers.get("*") ?? [])];
    for (const handler of handlers) {
      try {
        await handler(message as never);
      } catch (error) {
        console.error(`a handler of ${message.type} failed`, error);
      }
    }
  }

  #change(connection: Connection): void {
    this.#connection = connection;
    for (const watcher of this.#watchers) watcher(connection);
  }
}

function globalWebSocket(): WebSocketConstructor {
  const found = (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (found === undefined) {
    throw new TypeError(
      "there is no WebSocket here: give options.webSocket, such as the class of the package ws, " +
        "or start Node 20 with --experimental-websocket",
    );
  }
  return found;
}
