// Socket.IO 5 on the wire. The rules: docs/socket.io-protocol/v5-current.md of github.com/socketio/socket.io.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openPolling, openWebSocket, startServer } from "./server.mjs";

const placeholder = (num) => `{"_placeholder":true,"num":${num}}`;

describe("Socket.IO", () => {
  let server, base;
  before(async () => {
    server = await startServer();
    base = `${server.url}/socket.io/`;
  });
  after(() => server.stop());

  async function open() {
    const client = openWebSocket(`${base}?EIO=4&transport=websocket`);
    await client.next();
    return client;
  }
  async function connect() {
    const client = await open();
    client.send("40");
    assert.match(await client.nextData(), /^40{"sid":"[\w-]{20}"}$/);
    assert.equal(await client.nextData(), '42["auth",{}]');
    return client;
  }

  for (const [said, connected, event] of [
    ["40", /^40{"sid":"[\w-]{20}"}$/, '42["auth",{}]'],
    ['40{"token":"123"}', /^40{"sid":"[\w-]{20}"}$/, '42["auth",{"token":"123"}]'],
    ["40/custom,", /^40\/custom,{"sid":"[\w-]{20}"}$/, '42/custom,["auth",{}]'],
    ["40/custom", /^40\/custom,{"sid":"[\w-]{20}"}$/, '42/custom,["auth",{}]'],
    ['40/custom,{"b":1,"a":2}', /^40\/custom,{"sid":"[\w-]{20}"}$/, '42/custom,["auth",{"b":1,"a":2}]'],
  ])
    it(`connects with ${said}`, async () => {
      const client = await open();
      client.send(said);
      assert.match(await client.nextData(), connected);
      assert.equal(await client.nextData(), event);
      client.end();
    });

  it("keeps the session's id secret", async () => {
    const client = await openPolling(base);
    await client.post("40");
    assert.ok(!(await (await client.poll()).text()).includes(client.sid));
  });

  for (const [said, answer] of [
    ["40/random", '44/random,{"message":"Invalid namespace"}'],
    ['40{"refuse":1}', '44{"message":"not authorized","data":{"content":"Please retry later"}}'],
  ])
    it(`refuses ${said} and stays open`, async () => {
      const client = await open();
      client.send(said);
      assert.equal(await client.nextData(), answer);
      client.send("40/custom");
      assert.match(await client.nextData(), /^40\/custom/);
      client.end();
    });

  it("closes when no namespace is joined in time", async () => {
    const client = await open();
    client.nextData().catch(() => {}); // answers pings meanwhile
    await client.closed;
  });

  for (const conversation of [
    ["4abc"],
    ['42["echo",1]'],
    ["40[]"],
    ["40", "40"],
    ["40", '42/custom,["echo",1]'],
    ["40", '42["disconnect",1]'],
    ["40", "42[]"],
    ["40", "42{}"],
    ["40", '42abc["x"]'],
    ["40", "4abc"],
    ["40", '44{"message":"x"}'],
    ["40", "41", '42["echo",1]'],
    ["40", '451-["message",' + placeholder(0) + "]", '42["message"]'],
    ["40", '4511-["message"]'],
    ["40", '42["message",' + "[".repeat(100) + "]".repeat(100) + "]"],
  ])
    it(`closes after ${conversation.join(" ").slice(0, 60)}`, async () => {
      const client = await open();
      for (const text of conversation) client.send(text);
      await client.closed;
    });

  it("leaves the main namespace without an answer", async () => {
    const client = await connect();
    client.send("41");
    assert.equal(await client.next(), "2");
    client.end();
  });

  it("leaves one namespace and stays in the other", async () => {
    const client = await connect();
    client.send("40/custom");
    await client.nextData();
    await client.nextData();
    client.send("41/custom");
    client.send('42["message","still here"]');
    assert.equal(await client.nextData(), '42["message-back","still here"]');
    client.end();
  });

  for (const [said, ...answers] of [
    ['42["message",1,"2",{"3":[true]}]', '42["message-back",1,"2",{"3":[true]}]'],
    ['42["message",{"z":null,"a":"\u00e9"}]', '42["message-back",{"z":null,"a":"\u00e9"}]'],
    ['42456["message-with-ack",1,"2",{"3":[false]}]', '43456[1,"2",{"3":[false]}]'],
    ['42/,13["message-with-ack",2]', "4313[2]"],
    ['4399["x"]'],
    ["42[1,2]"],
    ['42["leave-me",false]', "41"],
  ])
    it(`answers ${said}`, async () => {
      const client = await connect();
      client.send(said);
      for (const answer of answers) assert.equal(await client.nextData(), answer);
      if (answers.length === 0) assert.equal(await client.next(), "2");
      client.end();
    });

  it("answers binary with binary", async () => {
    const client = await connect();
    const [one, two] = [Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])];
    client.send(`452-["message",${placeholder(0)},${placeholder(1)}]`);
    client.send(one);
    client.send(two);
    assert.equal(await client.nextData(), `452-["message-back",${placeholder(0)},${placeholder(1)}]`);
    assert.deepEqual(await client.nextData(), one);
    assert.deepEqual(await client.nextData(), two);
    client.send(`452-789["message-with-ack",${placeholder(1)},${placeholder(0)}]`);
    client.send(one);
    client.send(two);
    assert.equal(await client.nextData(), `462-789[${placeholder(0)},${placeholder(1)}]`);
    assert.deepEqual(await client.nextData(), two);
    assert.deepEqual(await client.nextData(), one);
    client.end();
  });

  it("asks the client and hears its answer", async () => {
    const client = await connect();
    client.send('42["ask-me"]');
    assert.equal(await client.nextData(), '420["question",1]');
    client.send('430["yes"]');
    assert.equal(await client.nextData(), '42["answer",["yes"]]');
    client.end();
  });

  it("ends a polling client's socket and session", async () => {
    const client = await openPolling(base);
    await client.post("40");
    await client.poll();
    await client.post('42["leave-me",true]');
    assert.equal(await (await client.poll()).text(), "41");
    assert.equal(await (await client.poll()).text(), "1");
    assert.equal((await client.poll()).status, 400);
  });
});
