// The reference client (socket.io-client) against the suite server.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { io } from "socket.io-client";
import { sleep, startServer } from "./server.mjs";

const transports = [["polling"], ["websocket"], ["polling", "websocket"]];

/** A client of its own, that reconnects soon. */
const open = (url, options) => io(url, { forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 50, ...options });

const event = (socket, name) => new Promise((resolve) => socket.once(name, (...args) => resolve(args)));

for (const transport of transports)
  describe(`the reference client on ${transport.join(" then ")}`, () => {
    let server, socket;
    before(async () => {
      server = await startServer();
      socket = open(server.url, { transports: transport, auth: { token: "abc" } });
    });
    after(() => (socket.close(), server.stop()));

    it("connects and is told its auth payload", async () => {
      assert.deepEqual(await event(socket, "auth"), [{ token: "abc" }]);
      assert.equal(socket.connected, true);
      if (transport.length > 1 && socket.io.engine.transport.name !== "websocket")
        await event(socket.io.engine, "upgrade");
      assert.equal(socket.io.engine.transport.name, transport.at(-1));
    });

    it("sends and receives events, in order", async () => {
      const received = [];
      const done = new Promise((resolve) =>
        socket.on("message-back", (n) => (received.push(n), received.length === 100 && resolve())),
      );
      for (let n = 0; n < 100; n++) socket.emit("message", n);
      await done;
      assert.deepEqual(received, [...Array(100).keys()]);
      socket.off("message-back");
    });

    it("gets acknowledgements, with binary", async () => {
      const answer = await socket.timeout(1000).emitWithAck("message-with-ack", { deep: [Buffer.from([1, 2])] });
      assert.deepEqual(Buffer.from(answer.deep[0]), Buffer.from([1, 2]));
    });

    it("answers the server's question", async () => {
      socket.once("question", (n, answer) => answer(n + 1));
      socket.emit("ask-me");
      assert.deepEqual(await event(socket, "answer"), [[2]]);
    });

    it("joins a second namespace, is refused in a third", async () => {
      const custom = socket.io.socket("/custom");
      custom.connect();
      await event(custom, "connect");
      assert.notEqual(custom.id, socket.id);
      custom.disconnect();
      const unknown = socket.io.socket("/unknown");
      unknown.connect();
      const [error] = await event(unknown, "connect_error");
      assert.equal(error.message, "Invalid namespace");
      unknown.disconnect();
    });

    it("stays connected over many heartbeats", async () => {
      let left = false;
      socket.once("disconnect", () => (left = true));
      await sleep(1500);
      assert.equal(left, false);
    });

    it("hears when the server ends it", async () => {
      socket.emit("leave-me", true);
      assert.equal((await event(socket, "disconnect"))[0], "io server disconnect");
    });

    it("is told why it is refused", async () => {
      const refused = open(server.url, { transports: transport, auth: { refuse: 1 } });
      const [error] = await event(refused, "connect_error");
      assert.equal(error.message, "not authorized");
      assert.deepEqual(error.data, { content: "Please retry later" });
      refused.close();
    });
  });

describe("recovery", () => {
  let server;
  before(async () => (server = await startServer({ recovery: true })));
  after(() => server.stop());

  /** Breaks the connection off as a network would. */
  function breakOff(socket) {
    const { transport } = socket.io.engine;
    transport.ws ? transport.ws.terminate() : transport.doClose();
  }

  for (const withEvents of [true, false])
    it(`restores a lost client ${withEvents ? "and what it missed" : "that had seen no room event"}`, { timeout: 20000 }, async (t) => {
      const lost = open(server.url, { transports: ["websocket"], reconnectionDelay: 200, reconnectionDelayMax: 200 });
      const other = open(server.url, { transports: ["websocket"] });
      t.after(() => (lost.close(), other.close()));
      const received = [];
      lost.on("shout", (text) => received.push(text));
      await event(lost, "auth");
      await event(other, "auth");
      const room = `room ${withEvents}`;
      assert.equal(await lost.emitWithAck("join", room), true);
      if (withEvents) {
        other.emit("shout", room, "before");
        await event(lost, "shout");
      }
      const id = lost.id;
      const gone = event(lost, "disconnect");
      breakOff(lost);
      await gone;
      other.emit("shout", room, "meanwhile");
      other.emit("shout", "another room", "not for it");
      await event(lost, "connect");
      assert.equal(lost.recovered, true);
      assert.equal(lost.id, id);
      other.emit("shout", room, "after");
      while (received.at(-1) !== "after") await event(lost, "shout");
      assert.deepEqual(received, [...(withEvents ? ["before"] : []), "meanwhile", "after"]);
    });

  it("gives one who left a fresh connection", async () => {
    const socket = open(server.url, { transports: ["websocket"] });
    await event(socket, "auth");
    const id = socket.id;
    socket.disconnect().connect();
    await event(socket, "connect");
    assert.ok(!socket.recovered);
    assert.notEqual(socket.id, id);
    socket.close();
  });
});

describe("a restart of the server", () => {
  for (const recovery of [false, true])
    for (const transport of transports)
      for (const end of ["stop", "kill"])
        it(`is survived on ${transport.join(" then ")}, after a ${end}, recovery ${recovery}`, { timeout: 20000 }, async (t) => {
          const first = await startServer({ recovery });
          const socket = open(first.url, { transports: transport });
          t.after(() => (socket.close(), first.kill()));
          await event(socket, "auth");
          const id = socket.id;
          const gone = event(socket, "disconnect");
          await first[end]();
          const [reason] = await gone;
          assert.match(reason, /^transport/, "not a disconnect by the server, which would be final");
          const second = await startServer({ recovery, port: first.port });
          t.after(() => second.stop());
          await event(socket, "auth");
          assert.ok(!socket.recovered);
          assert.notEqual(socket.id, id);
        });
});
