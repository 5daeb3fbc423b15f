import assert from 'node:assert/strict';
import { after, afterEach, describe, it } from 'node:test';
import { eventually, newBot, newUser } from '../support/cast.mjs';
import { succeeds } from '../support/client.mjs';
import { startServer } from '../support/server.mjs';
import { closeListeners, cuttableProxy, listen } from '../support/socket.mjs';

const server = await startServer();
const owner = await newUser(server, 'owner');
const other = await newUser(server, 'other');
const proxies = [];

afterEach(() => {
  closeListeners();
  for (const proxy of proxies.splice(0)) proxy.close();
});
after(closeListeners);

const log = (bot, message) => succeeds(bot.client.post(`/api/bot/${bot.id}/logs`, { message }));
const numbered = (listener) => listener.of('new_log').map(({ message }) => message).filter((message) => /^n\d+$/.test(message));

async function logNumbers(bot, from, to) {
  for (let n = from; n < to; ++n) await log(bot, `n${n}`);
}

/// Logs ten entries, breaks the connection, logs ten more, and ten again once it is back: none missing, none twice.
async function missesNothing(listener, bot, breakIt) {
  const { id } = listener.socket;
  await logNumbers(bot, 0, 10);
  await listener.next('new_log', ({ message }) => message === 'n9');
  breakIt();
  await listener.disconnected();
  await logNumbers(bot, 10, 20);
  await listener.connected();
  assert.equal(listener.socket.recovered, true);
  assert.equal(listener.socket.id, id);
  await logNumbers(bot, 20, 30);
  await listener.next('new_log', ({ message }) => message === 'n29');
  assert.deepEqual(numbered(listener), Array.from({ length: 30 }, (_, n) => `n${n}`));
}

describe('a client whose connection broke', () => {
  for (const transports of [['websocket'], ['polling', 'websocket']]) {
    it(`gets what it missed, once, over ${transports.join(' and then ')}`, async () => {
      const bot = await newBot(owner);
      const listener = await listen(owner, { transports });
      if (transports.length > 1) await eventually(() => listener.socket.io.engine.transport.name === 'websocket', 'the upgrade');
      await missesNothing(listener, bot, () => listener.socket.io.engine.close());
    });
  }

  for (const transport of ['websocket', 'polling']) {
    it(`by a cut of the network gets what it missed, once, over ${transport}`, async () => {
      const bot = await newBot(owner);
      const proxy = await cuttableProxy(server);
      proxies.push(proxy);
      const listener = await listen(owner, { transports: [transport], url: proxy.url });
      await missesNothing(listener, bot, () => proxy.cut());
    });
  }

  it('does not get what only others may see', async () => {
    const [mine, theirs] = [await newBot(owner), await newBot(other)];
    const listener = await listen(owner);
    await log(mine, 'before');
    await listener.next('new_log', ({ message }) => message === 'before');
    listener.socket.io.engine.close();
    await listener.disconnected();
    await log(theirs, 'not yours');
    await log(mine, 'yours');
    await listener.connected();
    await listener.next('new_log', ({ message }) => message === 'yours');
    assert.ok(!JSON.stringify(listener.received).includes('not yours'));
  });

  it('does not recover after it said goodbye', async () => {
    const listener = await listen(owner);
    const { id } = listener.socket;
    listener.socket.disconnect();
    listener.socket.connect();
    await listener.connected();
    assert.equal(listener.socket.recovered, false);
    assert.notEqual(listener.socket.id, id);
  });

  it('does not recover a login that ended meanwhile', async () => {
    const user = await newUser(server);
    const bot = await newBot(user);
    const listener = await listen(user);
    await log(bot, 'before');
    await listener.next('new_log', ({ message }) => message === 'before');
    listener.socket.io.engine.close();
    await listener.disconnected();
    await log(bot, 'after the end');
    await succeeds(user.post('/api/auth/logout'));
    await eventually(() => listener.socket.connected || !listener.socket.active, 'an answer to the new connection', 10_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(!listener.of('new_log').some(({ message }) => message === 'after the end'));
  });
});

describe('kill -9 of the server', () => {
  it('is survived by the sockets, which connect again and get further events', async () => {
    const bot = await newBot(owner);
    const listeners = await Promise.all([listen(owner), listen(bot.client), listen(owner, { transports: ['polling', 'websocket'] })]);
    await log(bot, 'before the crash');
    for (const listener of listeners) await listener.next('new_log', ({ message }) => message === 'before the crash');
    await server.crash();
    for (const listener of listeners) await listener.disconnected();
    await server.start();
    for (const listener of listeners) {
      await listener.connected();
      await eventually(() => listener.of('connection_established').length === 2, 'the second greeting');
    }
    await log(bot, 'after the crash');
    for (const listener of listeners) {
      await listener.next('new_log', ({ message }) => message === 'after the crash');
      assert.equal(listener.of('new_log').filter(({ message }) => message === 'before the crash').length, 1);
    }
  });
});
