/** The TypeScript client: `CloudWebSocketClient`, in browsers and in Node, with no dependencies. */

export { Backoff } from "./backoff.js";
export { CloudWebSocketClient } from "./client.js";
export type { ClientOptions, Connection, SubscribeOptions, WebSocketConstructor } from "./client.js";
export { Disconnected, Refused, Unreachable } from "./errors.js";
export { ended } from "./followed.js";
export type {
  DataOf,
  DeploymentStatus,
  Environment,
  EventType,
  Failure,
  Filters,
  Gap,
  Level,
  LogCreated,
  Message,
  MessageOf,
  MessageType,
  Snapshot,
  StackDeployed,
  StackFailed,
  StackStand,
} from "./messages.js";
