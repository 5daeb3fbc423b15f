import assert from 'node:assert/strict';
import { after, afterEach, describe, it } from 'node:test';
import { acknowledge, logIn, logInAdmin, newBot, newUser, password, pause, pollCommands, sendCommand } from '../support/cast.mjs';
import { Client, succeeds } from '../support/client.mjs';
import { startServer } from '../support/server.mjs';
import { assertShape, botId, commandId, commandUpdate, exactly, iso, logEntry, messageEvent, object, onOrOff, oneOf, pendingCommand, text } from '../support/shapes.mjs';
import { Listener, closeListeners, listen } from '../support/socket.mjs';

const server = await startServer();
const anonymous = new Client(server);
const admin = await logInAdmin(server);
const owner = await newUser(server, 'owner');
const other = await newUser(server, 'other');
const otherBot = await newBot(other);

afterEach(closeListeners);
after(closeListeners);

let fences = 0;

/// Sockets of everyone, and `strangersSawNothing`: that no event but their own reached those who may not see the bot.
async function audience(bot) {
  const seeing = { owner: await listen(owner), admin: await listen(admin), bot: await listen(bot.client) };
  const stranger = await listen(other);
  const nobody = await listen(anonymous);
  return {
    ...seeing,
    seeing: Object.values(seeing),
    async strangersSawNothing() {
      const fence = `fence ${++fences}`;
      await succeeds(otherBot.client.post(`/api/bot/${otherBot.id}/logs`, { message: fence }));
      await stranger.next('new_log', ({ message }) => message === fence);
      await pause(100);
      assert.ok(!JSON.stringify(stranger.received).includes(bot.id), JSON.stringify(stranger.received));
      assert.deepEqual(nobody.received.filter(({ name }) => name !== 'connection_established'), []);
    },
  };
}

describe('connect', () => {
  for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
    it(`is confirmed by connection_established, over ${transports.join(' and then ')}`, async () => {
      const listener = await listen(owner, { transports });
      const data = await listener.next('connection_established');
      assertShape(data, { status: exactly('connected'), client_id: text, timestamp: iso });
      assert.equal(data.client_id, listener.socket.id);
      const bot = await newBot(owner);
      await succeeds(bot.client.post(`/api/bot/${bot.id}/logs`, { message: 'over any transport' }));
      await listener.next('new_log', ({ message }) => message === 'over any transport');
    });
  }

  it('is not told to other clients', async () => {
    const first = await listen(owner);
    await listen(owner);
    await pause(100);
    assert.equal(first.of('connection_established').length, 1);
  });

  it('takes a session token or a bot token in auth', async () => {
    const bot = await newBot(owner);
    for (const token of [owner.cookies.get('session_token'), bot.token]) {
      const listener = await listen(anonymous, { auth: { token } });
      await succeeds(bot.client.post(`/api/bot/${bot.id}/logs`, { message: token.slice(0, 6) }));
      await listener.next('new_log', ({ message }) => message === token.slice(0, 6));
    }
  });

  it('with a wrong token, cookie or type of token shows nothing', async () => {
    const bot = await newBot(owner);
    const intruders = [
      new Listener(server.url, { transports: ['websocket'], auth: { token: 'A'.repeat(43) } }),
      new Listener(server.url, { transports: ['websocket'], auth: { token: { $ne: null } } }),
      new Listener(server.url, { transports: ['websocket'], auth: { token: '' } }),
      new Listener(server.url, { transports: ['websocket'], extraHeaders: { Cookie: `session_token=${'A'.repeat(43)}` } }),
    ];
    const witness = await listen(owner);
    await pause(300);
    await succeeds(bot.client.post(`/api/bot/${bot.id}/logs`, { message: 'secret' }));
    await witness.next('new_log', ({ message }) => message === 'secret');
    await pause(100);
    for (const { received } of intruders) assert.deepEqual(received.filter(({ name }) => name !== 'connection_established'), []);
  });

  it('is counted among the connected clients, and disconnect is counted off', async () => {
    const counted = async () => (await succeeds(owner.get('/api/stats/overview'))).connected_clients;
    const before = await counted();
    const listeners = await Promise.all([listen(owner), listen(other), listen(anonymous)]);
    assert.equal(await counted(), before + 3);
    listeners[0].close();
    await pause(300);
    assert.equal(await counted(), before + 2);
  });
});

describe('the events', () => {
  it('new_log comes for each entry, in order', async () => {
    const bot = await newBot(owner);
    const { seeing, strangersSawNothing } = await audience(bot);
    await succeeds(bot.client.post(`/api/bot/${bot.id}/logs`, [{ message: 'a' }, { type: 'error', message: 'b', metadata: { n: 1 } }, { message: 'c' }]));
    for (const listener of seeing) {
      await listener.next('new_log', ({ message }) => message === 'c');
      const logs = listener.of('new_log').filter(({ bot_id: id, message }) => id === bot.id && 'abc'.includes(message));
      logs.forEach((log) => assertShape(log, logEntry));
      const { timestamp, ...second } = logs[1];
      assert.deepEqual(second, { type: 'error', message: 'b', metadata: { n: 1 }, bot_id: bot.id });
      assert.deepEqual(logs.map(({ message }) => message), ['a', 'b', 'c']);
    }
    await strangersSawNothing();
  });

  it('new_message comes for a message, and a new_log of type message with it', async () => {
    const bot = await newBot(owner);
    const { seeing, strangersSawNothing } = await audience(bot);
    const sent = { message: 'hi', author_id: 'a1', author_name: 'Ada', thread_id: 't1', thread_type: 'GROUP' };
    await succeeds(bot.client.post(`/api/bot/${bot.id}/messages`, sent));
    for (const listener of seeing) {
      const event = await listener.next('new_message', ({ bot_id: id }) => id === bot.id);
      assertShape(event, messageEvent);
      const { timestamp, metadata, ...rest } = event;
      assert.deepEqual(rest, { ...sent, bot_id: bot.id });
      assertShape(await listener.next('new_log', ({ bot_id: id, type }) => id === bot.id && type === 'message'), logEntry);
    }
    await strangersSawNothing();
  });

  it('bot_update comes when a bot registers and when it tells its status', async () => {
    const bot = await newBot(owner);
    const { seeing, strangersSawNothing } = await audience(bot);
    await succeeds(bot.client.post('/api/bots/register', { bot_id: bot.id, name: 'Here', metadata: { v: 1 } }));
    await succeeds(bot.client.post(`/api/bot/${bot.id}/status`, { status: 'offline', data: { why: 'tired' } }));
    for (const listener of seeing) {
      const update = { action: oneOf('register', 'status_update'), bot_id: botId, status: onOrOff, data: object };
      const registered = await listener.next('bot_update', ({ action }) => action === 'register');
      const changed = await listener.next('bot_update', ({ action, status }) => action === 'status_update' && status === 'offline');
      for (const event of [registered, changed]) assertShape(event, update);
      assert.deepEqual([registered.bot_id, registered.status], [bot.id, 'online']);
      assert.deepEqual(changed, { action: 'status_update', bot_id: bot.id, status: 'offline', data: { why: 'tired' } });
    }
    await strangersSawNothing();
  });

  it('new_command and command_update follow a command from its creation to its end', async () => {
    const bot = await newBot(owner);
    const { seeing, strangersSawNothing } = await audience(bot);
    const command = await sendCommand(owner, bot.id, 'greet', { to: 'all' });
    await pollCommands(bot.client, bot.id);
    await succeeds(acknowledge(bot.client, command.id, 'failed', { why: 'shy' }));
    for (const listener of seeing) {
      const created = await listener.next('new_command', ({ id }) => id === command.id);
      assertShape(created, pendingCommand);
      assert.deepEqual([created.bot_id, created.type, created.payload], [bot.id, 'greet', { to: 'all' }]);
      const finished = await listener.next('command_update', ({ id, status }) => id === command.id && status !== 'pending');
      assertShape(finished, commandUpdate);
      assert.deepEqual([finished.status, finished.result], ['failed', { why: 'shy' }]);
    }
    await strangersSawNothing();
  });

  it('command_update comes once for an acknowledgement that is repeated', async () => {
    const bot = await newBot(owner);
    const listener = await listen(owner);
    const command = await sendCommand(owner, bot.id);
    for (let again = 0; again < 3; ++again) await succeeds(acknowledge(bot.client, command.id));
    const fence = await sendCommand(owner, bot.id);
    await listener.next('new_command', ({ id }) => id === fence.id);
    await pause(100);
    assert.equal(listener.of('command_update').filter(({ id, status }) => id === command.id && status === 'completed').length, 1);
  });

  it('bot_data_sync comes with the data, without a token', async () => {
    const bot = await newBot(owner);
    const { seeing, strangersSawNothing } = await audience(bot);
    const data = { groups: [1, { two: 3 }], friends: [] };
    await succeeds(anonymous.post(`/api/bot/${bot.id}/sync`, { ...data, token: bot.token }));
    for (const listener of seeing) {
      assert.deepEqual(await listener.next('bot_data_sync', ({ bot_id: id }) => id === bot.id), { bot_id: bot.id, data });
    }
    await strangersSawNothing();
  });
});

describe('send_message', () => {
  const body = (bot) => ({ bot_id: bot.id, thread_id: 't9', thread_type: 'USER', message: 'hello', attachments: ['x'], metadata: { m: 1 } });

  it('queues a command, tells it, confirms it to the sender, and is acknowledged', async () => {
    const bot = await newBot(owner);
    const { owner: sender, strangersSawNothing } = await audience(bot);
    const elsewhere = await listen(owner);
    await sender.socket.timeout(5_000).emitWithAck('send_message', body(bot));
    for (const listener of [sender, elsewhere]) {
      const sent = await listener.next('message_sent');
      assertShape(sent, { status: exactly('queued'), command_id: commandId, timestamp: iso });
      const created = await listener.next('new_command', ({ id }) => id === sent.command_id);
      assert.equal(created.type, 'send_message');
    }
    const [command] = await pollCommands(bot.client, bot.id);
    assert.equal(command.id, sender.of('message_sent')[0].command_id);
    assert.deepEqual(command.payload, { thread_id: 't9', thread_type: 'USER', message: 'hello', attachments: ['x'], metadata: { m: 1 } });
    await strangersSawNothing();
  });

  it('fills in what is left out', async () => {
    const bot = await newBot(owner);
    const sender = await listen(owner);
    sender.socket.emit('send_message', { bot_id: bot.id, thread_id: 't1', message: 'bare' });
    await sender.next('message_sent');
    const [command] = await pollCommands(bot.client, bot.id);
    assert.deepEqual(command.payload, { thread_id: 't1', thread_type: 'GROUP', message: 'bare', attachments: [], metadata: {} });
  });

  for (const [what, who, change] of [
    ['without a bot', () => owner, { bot_id: undefined }],
    ['for an unknown bot', () => owner, { bot_id: 'QQQQQQ' }],
    ["for another user's bot", () => other, {}],
    ['from an anonymous socket', () => anonymous, {}],
    ['with a message that is no text', () => owner, { message: { $gt: '' } }],
  ]) {
    it(`${what} is answered with an error and queues nothing`, async () => {
      const bot = await newBot(owner);
      const sender = await listen(who());
      sender.socket.emit('send_message', { ...body(bot), ...change });
      const sent = await sender.next('message_sent');
      assertShape(sent, { status: exactly('error'), error: text, 'timestamp?': iso });
      if (change.bot_id === undefined && 'bot_id' in change) assert.equal(sent.error, 'bot_id required');
      assert.deepEqual(await pollCommands(bot.client, bot.id), []);
    });
  }

  it('with something else than an object, and unknown events, leave the connection up', async () => {
    const bot = await newBot(owner);
    const sender = await listen(owner);
    for (const nonsense of ['text', 5, null, [], true, Buffer.from([1, 2, 3])]) sender.socket.emit('send_message', nonsense);
    sender.socket.emit('send_message');
    sender.socket.emit('no_such_event', { a: 1 }, [2]);
    await sender.socket.timeout(5_000).emitWithAck('send_message', body(bot));
    await sender.next('message_sent', ({ status }) => status === 'queued');
    assert.equal(sender.of('connection_established').length, 1);
  });
});

describe('a login that ends', () => {
  const seesNothingAfter = async (listener, bot, ending) => {
    const witness = await listen(admin);
    await ending();
    await pause(300);
    await succeeds(admin.post(`/api/bot/${bot.id}/logs`, { message: 'after the end' }));
    await witness.next('new_log', ({ message }) => message === 'after the end');
    await pause(100);
    assert.ok(!listener.of('new_log').some(({ message }) => message === 'after the end'));
  };

  it('by logout takes the events from its sockets', async () => {
    const session = await logIn(server, owner.user.username);
    const bot = await newBot(session);
    const listener = await listen(session, { reconnection: false });
    await seesNothingAfter(listener, bot, () => session.post('/api/auth/logout'));
  });

  it('by a change of password takes the events from its sockets', async () => {
    const user = await newUser(server);
    const bot = await newBot(user);
    const listener = await listen(user, { reconnection: false });
    await seesNothingAfter(listener, bot, () => user.post('/api/auth/change-password', { old_password: password, new_password: `${password}!` }));
  });

  it("by a new token takes the events from the bot's old sockets", async () => {
    const bot = await newBot(owner);
    const listener = await listen(bot.client, { reconnection: false });
    await seesNothingAfter(listener, bot, () => owner.post(`/api/my-bots/${bot.id}/regenerate-token`));
  });
});
