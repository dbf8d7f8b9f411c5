// What needs no server: the waits, what the client keeps of a deployment, addresses, and what is wrong to ask for.

import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, withToken } from "../../realtime/clients/typescript/dist/address.js";
import { Followed } from "../../realtime/clients/typescript/dist/followed.js";
import { Backoff, CloudWebSocketClient, ended } from "../../realtime/clients/typescript/dist/index.js";

const numbered = (seq, more = {}) => ({ type: "log.created", timestamp: "-", seq, data: {}, ...more });
const snapshot = (seq) => numbered(seq, { type: "deployment.status", data: { event: "snapshot" } });
const gap = (after_seq, until_seq, recoverable) => ({ type: "gap", data: { after_seq, until_seq, recoverable } });

test("the waits double with jitter and begin anew after a stable minute", () => {
  const backoff = new Backoff(1_000, 30_000, () => 0.5);
  const waits = Array.from({ length: 7 }, () => backoff.wait());
  assert.deepEqual(waits, [750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500]);
  backoff.held(59_000);
  assert.equal(backoff.wait(), 22_500);
  backoff.held(60_000);
  assert.equal(backoff.wait(), 750);
});

test("what comes next is taken and what comes twice is not", () => {
  const followed = new Followed(3, {});
  assert.deepEqual([4, 4, 2, 5].map((seq) => followed.judge(numbered(seq))), ["take", "drop", "drop", "take"]);
  assert.equal(followed.lastSeq, 5);
});

test("what is missing is asked for once, and again when the answer shows that it still is", () => {
  const followed = new Followed(3, {});
  assert.equal(followed.judge(numbered(6)), "ask again");
  followed.asked();
  assert.deepEqual([7, 8].map((seq) => followed.judge(numbered(seq))), ["drop", "drop"]);
  assert.equal(followed.judge({ type: "subscribed", data: {} }), "take");
  assert.equal(followed.judge(numbered(9)), "ask again");
  assert.equal(followed.lastSeq, 3);
});

test("the first number comes with the snapshot, which never goes back", () => {
  const followed = new Followed(undefined, {});
  assert.deepEqual([snapshot(7), numbered(8), snapshot(7)].map((one) => followed.judge(one)), ["take", "take", "take"]);
  assert.equal(followed.lastSeq, 8);
});

test("a gap is asked for or told", () => {
  const followed = new Followed(3, {});
  assert.equal(followed.judge(gap(3, 9, true)), "ask again");
  assert.equal(followed.judge(gap(3, 9, false)), "take");
  assert.equal(followed.lastSeq, 9);
});

test("with filters a number may be left out, and what was passed over is known", () => {
  const followed = new Followed(3, { types: ["log.created"] });
  assert.equal(followed.judge(numbered(9, { after_seq: 3 })), "take");
  assert.equal(followed.judge({ type: "passed", seq: 500, after_seq: 9 }), "drop");
  assert.equal(followed.lastSeq, 500);
  assert.equal(followed.judge(numbered(700, { after_seq: 600 })), "ask again");
});

test("an end is known", () => {
  const status = (operation_status) => ({ type: "deployment.status", data: { operation_status } });
  assert.deepEqual(["success", "cancelled", "pending", undefined].map((one) => ended(status(one))), [true, true, false, false]);
});

test("the token goes into the query, whatever stands there", () => {
  assert.equal(withToken(addressOf("https://h/ws?x=1"), "a&b"), "wss://h/ws?x=1&token=a%26b");
});

test("an endpoint that is none, and a place without sockets, are named", () => {
  assert.throws(() => new CloudWebSocketClient({ endpoint: "ftp://h/ws", token: "t" }), /endpoint/);
  assert.throws(() => new CloudWebSocketClient({ endpoint: "nowhere", token: "t" }), TypeError);
  assert.throws(() => new CloudWebSocketClient({ endpoint: "ws://h/ws", token: "t" }), /--experimental-websocket/);
});

test("whoever disconnects before the socket is open is told, and nothing is tried any more", async () => {
  const made = [];
  class Never {
    readyState = 0;
    constructor(url) {
      made.push(url);
    }
    send() {}
    close() {}
  }
  const client = new CloudWebSocketClient({ endpoint: "ws://h/ws", token: "t", webSocket: Never });
  const opening = client.connect();
  client.disconnect();
  await assert.rejects(opening, { name: "Disconnected" });
  assert.equal(client.connection.state, "closed");
  assert.ok(made.length <= 1);
});
