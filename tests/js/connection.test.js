import assert from "node:assert/strict";
import test from "node:test";

import { connectionWords, roundTrip, screenWords } from "../../studies/static/studies/js/device.js";
import { poster } from "../../studies/static/studies/js/post.js";
import { connect } from "../../studies/static/studies/js/socket.js";
import { FakeTime } from "./fake_dom.js";

function network({ sockets = true, http = true } = {}) {
  const time = new FakeTime();
  const net = { sockets, http, opened: [], asked: [], replies: {} };
  class Socket {
    constructor() {
      this.readyState = 0;
      this.sent = [];
      net.opened.push(this);
      if (net.sockets === "hang") return;
      Promise.resolve().then(() => (net.sockets ? this.accept() : this.onclose({ code: 1006 })));
    }
    accept() {
      this.readyState = 1;
      this.onopen();
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
    close() {
      this.readyState = 3;
    }
  }
  async function fetch(url, options) {
    net.asked.push(options ? JSON.parse(options.body) : url);
    if (!net.http) throw new Error("no network");
    const answer = options ? { frames: [{ type: "saved" }] } : { type: "snapshot", chat: null };
    return { headers: { get: () => "application/json" }, json: async () => answer };
  }
  const onNetwork = (lost, back) => Object.assign(net, { lost, back });
  const env = { WebSocket: Socket, fetch, random: () => 0.5, origin: "http://host", onNetwork, ...time };
  const connection = connect({ token: "tok", trial: "t", csrf: "x" }, env);
  const states = [];
  connection.on("state", (state) => states.push(state));
  return { net, time, connection, states };
}

test("it says hello with its trial and passes frames on", async () => {
  const { net, time, connection } = network();
  const frames = [];
  connection.on("saved", (frame) => frames.push(frame));
  await time.pass(0);
  assert.deepEqual(net.opened[0].sent, [{ type: "hello", trial: "t" }]);
  net.opened[0].onmessage({ data: '{"type":"saved"}' });
  net.opened[0].onmessage({ data: '{"type":"ping"}' });
  assert.deepEqual([frames.length, net.opened[0].sent.at(-1).type], [1, "pong"]);
});
test("where the server can serve no socket the page goes on by polling at once", async () => {
  const { net, time, states } = network();
  await time.pass(0);
  net.opened[0].onclose({ code: 4503 });
  await time.pass(100);
  assert.deepEqual(states, ["open", "polling"]);
});
test("a lost socket comes back by itself", async () => {
  const { net, time, states } = network();
  await time.pass(0);
  net.opened[0].onclose({ code: 1006 });
  await time.pass(2_000);
  assert.deepEqual(states, ["open", "offline", "open"]);
});
test("where sockets are blocked it polls and posts instead", async () => {
  const { net, time, connection, states } = network({ sockets: false });
  await time.pass(3_000);
  assert.equal(states.at(-1), "polling");
  assert.equal(connection.send({ type: "draft" }), true);
  await time.pass(10);
  assert.deepEqual(net.asked.at(-1), { type: "draft" });
  net.sockets = true;
  await time.pass(60_000);
  assert.equal(states.at(-1), "open");
});
test("sockets that hang in a proxy count as blocked", async () => {
  const { time, states } = network({ sockets: "hang" });
  await time.pass(6_000);
  assert.equal(states.at(-1), "polling");
});
test("a message that nobody answers is on a dead network, soon", async () => {
  const { net, time, connection, states } = network();
  await time.pass(0);
  connection.send({ type: "message" });
  await time.pass(9_000);
  net.opened[0].onmessage({ data: '{"type":"ping"}' });
  await time.pass(9_000);
  connection.send({ type: "message" });
  await time.pass(12_000);
  assert.deepEqual(states, ["open", "offline", "open"]);
});
test("silence is a dead network", async () => {
  const { time, states } = network();
  await time.pass(49_000);
  assert.deepEqual(states, ["open"]);
  await time.pass(2_000);
  assert.equal(states[1], "offline");
});
test("the browser's word on the network is taken at once", async () => {
  const { net, time, states } = network();
  await time.pass(0);
  net.sockets = false;
  net.lost();
  assert.equal(states.at(-1), "offline");
  net.sockets = true;
  net.back();
  await time.pass(0);
  assert.equal(states.at(-1), "open");
});
test("an unknown sitting is not tried again", async () => {
  const { net, time, states } = network();
  await time.pass(0);
  net.opened[0].onclose({ code: 4404 });
  await time.pass(60_000);
  assert.deepEqual([states.at(-1), net.opened.length], ["gone", 1]);
});
test("polling without a network says offline and recovers", async () => {
  const { net, time, states } = network({ sockets: false, http: false });
  await time.pass(5_000);
  assert.equal(states.at(-1), "offline");
  net.http = true;
  await time.pass(4_000);
  assert.equal(states.at(-1), "polling");
});
test("a closed connection stays closed", async () => {
  const { net, time, connection } = network();
  await time.pass(0);
  connection.close();
  await time.pass(60_000);
  assert.equal(net.opened.length, 1);
});

const answered = (body, ok = true) => poster({ url: "/", csrf: "", fetcher: async () => ({ ok, json: async () => body }) });
test("a post arrived when it was taken, not when it was refused or lost", async () => {
  assert.equal(await answered({ frames: [{ type: "saved" }] })({}), true);
  assert.equal(await answered({ frames: [{ type: "refused" }] })({}), false);
  assert.equal(await answered({}, false)({}), false);
  assert.equal(await poster({ url: "/", csrf: "", fetcher: async () => Promise.reject(new Error("lost")) })({}), false);
});

test("the device check measures a round trip, and gives up in time", async () => {
  const time = new FakeTime();
  class Echo {
    constructor() {
      Promise.resolve().then(() => this.onopen());
    }
    send() {
      time.setTimeout(() => this.onmessage({ data: '{"type":"echo"}' }), 40);
    }
    close() {}
  }
  const measured = roundTrip({ url: "", WebSocket: Echo, ...time });
  await time.pass(100);
  assert.equal(await measured, 40);
  const never = roundTrip({ url: "", WebSocket: class {}, ...time });
  await time.pass(6_000);
  assert.equal(await never, null);
  assert.match(connectionWords(null), /slower way/);
  assert.match(screenWords(300, 500), /narrow/);
});
