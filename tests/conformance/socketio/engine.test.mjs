// Engine.IO 4 as a client sees it. The rules: docs/engine.io-protocol/v4-current.md of github.com/socketio/socket.io.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openPolling, openWebSocket, pingInterval, pingTimeout, sleep, startServer } from "./server.mjs";

describe("Engine.IO", () => {
  let server, base;
  before(async () => {
    server = await startServer();
    base = `${server.url}/engine.io/`;
  });
  after(() => server.stop());

  const websocketUrl = () => `${base}?EIO=4&transport=websocket`;
  async function openSocket() {
    const client = openWebSocket(websocketUrl());
    await client.next();
    return client;
  }

  it("opens a session by polling", async () => {
    const response = await fetch(`${base}?EIO=4&transport=polling`);
    const body = await response.text();
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "text/plain; charset=UTF-8");
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    assert.equal(body[0], "0");
    const { sid, ...rest } = JSON.parse(body.slice(1));
    assert.match(sid, /^[\w-]{20}$/);
    assert.deepEqual(rest, { upgrades: ["websocket"], pingInterval, pingTimeout, maxPayload: 1000000 });
  });

  it("opens a session by WebSocket", async () => {
    const client = openWebSocket(websocketUrl());
    const { sid, ...rest } = JSON.parse((await client.next()).slice(1));
    assert.match(sid, /^[\w-]{20}$/);
    assert.deepEqual(rest, { upgrades: [], pingInterval, pingTimeout, maxPayload: 1000000 });
    client.end();
  });

  for (const [method, query, code] of [
    ["GET", "transport=polling", 5],
    ["GET", "EIO=3&transport=polling", 5],
    ["GET", "EIO=4", 0],
    ["GET", "EIO=4&transport=abc", 0],
    ["GET", "EIO=4&transport=websocket", 3],
    ["GET", "EIO=4&transport=polling&sid=abc", 1],
    ["POST", "EIO=4&transport=polling", 2],
    ["PUT", "EIO=4&transport=polling", 2],
  ])
    it(`refuses ${method} ${query}`, async () => {
      const response = await fetch(`${base}?${query}`, { method });
      assert.equal(response.status, 400);
      assert.equal((await response.json()).code, code);
    });

  for (const query of ["EIO=3&transport=websocket", "EIO=4&transport=abc", "EIO=4&transport=websocket&sid=abc"])
    it(`closes a WebSocket with ${query}`, () => openWebSocket(`${base}?${query}`).closed);

  it("answers a preflight", async () => {
    const response = await fetch(`${base}?EIO=4&transport=polling`, {
      method: "OPTIONS",
      headers: { "Access-Control-Request-Headers": "x-token" },
    });
    assert.equal(response.status, 204);
    assert.equal(response.headers.get("access-control-allow-headers"), "x-token");
  });

  it("echoes text and binary by polling", async () => {
    const client = await openPolling(base);
    const payload = "4hello\x1e4w\u00f6rld\x1ebAQIDBA==";
    const posted = await client.post(payload);
    assert.equal(await posted.text(), "ok");
    assert.equal(await (await client.poll()).text(), payload);
  });

  it("echoes text and binary by WebSocket", async () => {
    const client = await openSocket();
    client.send("4hello");
    client.send(Buffer.from([1, 2, 3, 4]));
    assert.equal(await client.nextData(), "4hello");
    assert.deepEqual(await client.nextData(), Buffer.from([1, 2, 3, 4]));
    client.end();
  });

  it("holds a poll until something happens", async () => {
    const client = await openPolling(base);
    let answered = false;
    const polled = client.poll().then((response) => ((answered = true), response.text()));
    await sleep(50);
    assert.equal(answered, false);
    await client.post("4now");
    assert.equal(await polled, "4now");
  });

  it("closes the session on a payload that is none", async () => {
    const client = await openPolling(base);
    assert.equal((await client.post("abc")).status, 400);
    assert.equal((await client.poll()).status, 400);
  });

  it("keeps the session when a body is over maxPayload", async () => {
    const client = await openPolling(base);
    assert.equal((await client.post("4".repeat(1000001))).status, 413);
    assert.equal((await client.post("4ok")).status, 200);
    assert.equal(await (await client.poll()).text(), "4ok");
  });

  it("closes a WebSocket whose message is over maxPayload with 1009", async () => {
    const client = await openSocket();
    client.send("4".repeat(1000001));
    assert.equal(await client.closed, 1009);
  });

  it("closes the session on two polls at once", async () => {
    const client = await openPolling(base);
    const first = client.poll();
    await sleep(30);
    assert.equal((await client.poll()).status, 400);
    assert.equal(await (await first).text(), "1");
    assert.equal((await client.poll()).status, 400);
  });

  it("closes the session when a poll is cancelled", async () => {
    const client = await openPolling(base);
    const controller = new AbortController();
    const polled = client.poll({ signal: controller.signal }).catch(() => {});
    await sleep(30);
    controller.abort();
    await polled;
    assert.equal((await client.poll()).status, 400);
  });

  it("pings a polling client", async () => {
    const client = await openPolling(base);
    for (let round = 0; round < 3; round++) {
      assert.equal(await (await client.poll()).text(), "2");
      assert.equal((await client.post("3")).status, 200);
    }
  });

  it("pings a WebSocket client, and closes when it does not answer", async () => {
    const client = await openSocket();
    for (let round = 0; round < 3; round++) {
      assert.equal(await client.next(), "2");
      client.send("3");
    }
    const start = Date.now();
    await client.closed;
    assert.ok(Date.now() - start > pingInterval);
  });

  it("forgets a polling client that does not answer", async () => {
    const client = await openPolling(base);
    await sleep(pingInterval + pingTimeout + 50);
    assert.equal((await client.poll()).status, 400);
  });

  it("closes when a polling client says so", async () => {
    const client = await openPolling(base);
    const polled = client.poll();
    await sleep(30);
    await client.post("1");
    assert.equal(await (await polled).text(), "6");
    assert.equal((await client.poll()).status, 400);
  });

  for (const packet of ["1", "2", "abc", ""])
    it(`closes when a WebSocket client sends ${JSON.stringify(packet)}`, async () => {
      const client = await openSocket();
      client.send(packet);
      assert.equal(await client.closed, 1005);
    });

  it("moves from polling to WebSocket", async () => {
    const client = await openPolling(base);
    const polled = client.poll();
    const socket = openWebSocket(`${websocketUrl()}&sid=${client.sid}`);
    await new Promise((resolve) => socket.socket.once("open", resolve));
    socket.send("2probe");
    assert.equal(await socket.next(), "3probe");
    assert.equal(await (await polled).text(), "6");
    await client.post("4queued");
    socket.send("5");
    assert.equal(await socket.nextData(), "4queued");
    socket.send("4hello");
    assert.equal(await socket.nextData(), "4hello");
    assert.equal((await client.poll()).status, 400);
    await openWebSocket(`${websocketUrl()}&sid=${client.sid}`).closed;
    socket.send("4still here");
    assert.equal(await socket.nextData(), "4still here");
    socket.end();
  });

  it("goes on polling when the probe fails", async () => {
    const client = await openPolling(base);
    const socket = openWebSocket(`${websocketUrl()}&sid=${client.sid}`);
    await new Promise((resolve) => socket.socket.once("open", resolve));
    socket.send("4nonsense");
    await socket.closed;
    await client.post("4hello");
    assert.equal(await (await client.poll()).text(), "4hello");
  });

  it("ends cleanly while clients are connected", async () => {
    const other = await startServer();
    const client = openWebSocket(`${other.url}/engine.io/?EIO=4&transport=websocket`);
    await client.next();
    assert.equal(await other.stop(), 0);
    assert.equal(await client.closed, 1001);
  });
});
