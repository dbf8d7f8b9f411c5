// Follows one deployment for a test: what to do comes as JSON in the argument, what is heard goes out as JSON, line by
// line. The last line is {"end": ...}: that an operation ended, that the client was refused, or that it was told to go.

import { Backoff, CloudWebSocketClient, Refused, ended } from "../../realtime/clients/typescript/dist/index.js";

const asked = JSON.parse(process.argv[2]);
const tokens = [...asked.tokens];
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const nextToken = () => (tokens.length > 1 ? tokens.shift() : tokens[0]);

const client = new CloudWebSocketClient({
  endpoint: asked.endpoint,
  token: asked.fresh ? nextToken : tokens[0],
  autoReconnect: asked.auto_reconnect ?? true,
  pingInterval: asked.ping_interval ?? 30_000,
  backoff: new Backoff(asked.first ?? 10, asked.longest ?? 20),
});

function finish(end) {
  tell({ end });
  client.disconnect();
}

client.on("deployment.status", () => {
  if (asked.failing) throw new Error("a handler's mistake");
});
client.on("*", (message) => {
  tell({ message, last_seq: client.lastSeq(asked.deployment_id) ?? null });
  if (asked.leave) finish("left");
  else if (message.data?.event !== "snapshot" && ended(message)) finish("ended");
});
client.onConnection((connection) => {
  const { error, ...known } = connection;
  tell({ connection: known });
  if (error instanceof Refused) tell({ end: "refused", status: error.status });
  else if (error) tell({ end: "failed", told: error.message });
});
client.subscribe(asked.deployment_id, { lastSeq: asked.last_seq, filters: asked.filters });
await client.connect().catch(() => undefined);
