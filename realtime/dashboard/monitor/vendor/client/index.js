/** The TypeScript client: `CloudWebSocketClient`, in browsers and in Node, with no dependencies. */
export { Backoff } from "./backoff.js";
export { CloudWebSocketClient } from "./client.js";
export { Disconnected, Refused, Unreachable } from "./errors.js";
export { ended } from "./followed.js";
