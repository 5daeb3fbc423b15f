import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, describe, it } from 'node:test';
import { eventually, pause } from '../support/cast.mjs';
import { bringIn, closeSockets, LiveSocket, newChannel, newPrivateChannel, say } from '../support/live.mjs';
import { answers, logInPlexiAdmin, newKey, newPlexiUser, plexi, plexiLogIn } from '../support/plexi.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(plexi, '--no-rate-limit');
const limited = await startServerOf(plexi);
const admin = await logInPlexiAdmin(server);
const [ada, bob, eve] = await Promise.all([newPlexiUser(server), newPlexiUser(server), newPlexiUser(server)]);
after(closeSockets);

/// How long typing lasts of which nothing more is heard; it runs beside the other tests.
const typingEnded = (async () => {
  const channel = await newChannel(ada);
  const [adas, bobs] = [await LiveSocket.of(ada, channel), await LiveSocket.of(bob, channel)];
  const began = Date.now();
  adas.say({ type: 'typing_start', channel_id: channel.id });
  await bobs.next('typing', ({ is_typing: isTyping }) => !isTyping, 30_000);
  return Date.now() - began;
})();

/// A frame that comes after everything that is on its way: what has not come by then does not come.
const settled = (socket) => socket.ask({ type: 'ping' });

describe('the socket', () => {
  it('greets whoever connects, and answers a ping', async () => {
    const stranger = await LiveSocket.open(server);
    assert.deepEqual(stranger.welcome, { user_id: null });
    const known = await LiveSocket.of(ada);
    assert.deepEqual(known.welcome, { user_id: ada.user.id });
    const pong = await stranger.ask({ type: 'ping' });
    assert.equal(pong.type, 'pong');
    assert.match(pong.data.timestamp, /Z$/);
  });

  it('takes the token in the query, as a bearer, or as a cookie', async () => {
    const token = ada.tokens.access_token;
    assert.equal((await LiveSocket.open(server, undefined, { Authorization: `Bearer ${token}` })).welcome.user_id, ada.user.id);
    const { headers } = await ada.post('/api/v1/auth/login', { username: 'admin', password: 'admin123' });
    const [cookie] = headers['set-cookie'][0].split(';');
    assert.match((await LiveSocket.open(server, undefined, { Cookie: cookie })).welcome.user_id, /^user_/);
  });

  it('takes an API key in the query or in X-API-Key, and lets it do what it may', async () => {
    const channel = await newChannel(ada);
    const [reader, writer] = [await newKey(ada, ['read']), await newKey(ada)];
    const socket = await LiveSocket.open(server, undefined, { 'X-API-Key': reader.key });
    assert.deepEqual(socket.welcome, { user_id: ada.user.id });
    await socket.subscribe(channel);
    const message = { type: 'send_message', channel_id: channel.id, content: 'by a script' };
    assert.equal((await socket.ask(message)).data.code, 'INSUFFICIENT_PERMISSIONS');
    const other = await LiveSocket.open(server, writer.key);
    assert.equal((await other.ask(message)).type, 'message_sent');
    await socket.next('message', ({ content }) => content === 'by a script');
    await answers(ada.delete(`/api/v1/auth/api-keys/${reader.id}`));
    assert.equal(await socket.hasClosed(), 4001);
    await settled(other);
    await assert.rejects(LiveSocket.open(server, reader.key), { status: 401 });
  });

  it('refuses bad tokens before it is open, and a plain GET', async () => {
    await assert.rejects(LiveSocket.open(server, 'nonsense'), { status: 401 });
    await assert.rejects(LiveSocket.open(server, ada.tokens.refresh_token), { status: 401 });
    assert.equal((await ada.get('/ws')).status, 426);
  });

  it('refuses everything else to a stranger', async () => {
    const stranger = await LiveSocket.open(server);
    for (const type of ['subscribe', 'send_message', 'typing_start', 'presence']) {
      const { data } = await stranger.ask({ type, channels: ['general'], channel_id: 'general', data: { channel_id: 'general', content: 'hi' } });
      assert.equal(data.code, 'AUTHENTICATION_REQUIRED');
    }
  });

  it('does what the example of the specification does, as it is written', async () => {
    const person = await newPlexiUser(server);
    const socket = await LiveSocket.of(person);
    socket.say({ type: 'subscribe', channels: ['general'] });
    socket.say({ type: 'send_message', data: { channel_id: 'general', content: 'Hello from WebSocket!' } });
    const message = await socket.next('message');
    assert.equal(message.content, 'Hello from WebSocket!');
    assert.equal(message.user_id, person.user.id);
    assert.match(message.id, /^msg_\d+$/);
  });

  it('acknowledges a message when it is durable, with the id of the frame', async () => {
    const channel = await newChannel(ada);
    const socket = await LiveSocket.of(ada, channel);
    const { type, data } = await socket.ask({ type: 'send_message', data: { channel_id: channel.id, content: 'hi', content_type: 'markdown' } });
    assert.equal(type, 'message_sent');
    assert.deepEqual(Object.keys(data), ['id', 'channel_id', 'created_at']);
    const message = await answers(ada.get(`/api/v1/messages/${data.id}`));
    assert.deepEqual(await socket.next('message'), message);
  });
});

describe('bad frames', () => {
  it('are answered with what is wrong, and close the socket when there are ten of them', async () => {
    const socket = await LiveSocket.of(ada);
    socket.say('{');
    socket.say(Buffer.from('{}'));
    socket.say('[]');
    socket.say({ type: 7 });
    socket.say('['.repeat(200));
    await eventually(() => socket.of('error').length === 5, 'five errors');
    for (const { code } of socket.of('error')) assert.equal(code, 'VALIDATION_ERROR');
    assert.equal((await socket.ask({ type: 'dance' })).data.details.field, 'type');
    await settled(socket);
    for (let i = 0; i < 9; ++i) socket.say('{');
    await settled(socket);
    for (let i = 0; i < 10; ++i) socket.say('{');
    assert.equal(await socket.hasClosed(), 1008);
  });

  it('close it with 1009 when they are too large', async () => {
    const socket = await LiveSocket.of(ada);
    socket.say({ type: 'ping', padding: 'x'.repeat(70_000) });
    assert.equal(await socket.hasClosed(), 1009);
  });

  it('name the field at fault', async () => {
    const channel = await newChannel(ada);
    const socket = await LiveSocket.of(ada, channel);
    for (const [frame, field] of [
      [{ type: 'subscribe' }, 'channels'], [{ type: 'subscribe', channels: [] }, 'channels'], [{ type: 'subscribe', channels: [7] }, 'channels'],
      [{ type: 'subscribe', channels: Array(201).fill('general') }, 'channels'], [{ type: 'subscribe', channels: ['nowhere'] }, 'channels'],
      [{ type: 'subscribe', channels: [channel.id], after: 'msg_x' }, 'after'],
      [{ type: 'subscribe', channels: [channel.id], after: { [channel.id]: 'msg_1' } }, 'after'],
      [{ type: 'unsubscribe' }, 'channels'], [{ type: 'send_message' }, 'channel_id'],
      [{ type: 'send_message', data: { channel_id: channel.id } }, 'content'],
      [{ type: 'send_message', data: { channel_id: channel.id, content: 'x'.repeat(4001) } }, 'content'],
      [{ type: 'typing_start', channel_id: 'nowhere' }, 'channel_id'], [{ type: 'presence', status: 'dancing' }, 'status'],
    ]) {
      const { type, data } = await socket.ask(frame);
      assert.equal(type, 'error');
      assert.equal(data.details.field, field, JSON.stringify(frame));
    }
  });

  it('share the rate of messages with HTTP', async () => {
    const person = await newPlexiUser(limited);
    const channel = await newChannel(person);
    for (let i = 0; i < 50; ++i) await say(person, channel, 'x');
    const socket = await LiveSocket.of(person);
    for (let i = 0; i < 51; ++i) socket.say({ type: 'send_message', channel_id: channel.id, content: 'x' });
    const { code, retry_after: wait } = await socket.next('error');
    assert.equal(code, 'RATE_LIMIT_EXCEEDED');
    assert.ok(wait > 0 && wait <= 60);
    await eventually(() => socket.of('message_sent').length === 50, 'fifty were sent');
    assert.equal((await person.get(`/api/v1/messages?channel_id=${channel.id}`)).status, 429);
  });
});

describe('a subscription', () => {
  it('shows what happens, in the order of the log', async () => {
    const channel = await newChannel(ada);
    const socket = await LiveSocket.of(ada, channel);
    const { id } = await say(bob, channel, 'first');
    await answers(bob.put(`/api/v1/messages/${id}`, { content: 'second' }));
    await answers(ada.post(`/api/v1/messages/${id}/reactions`, { emoji: '👍' }));
    await answers(ada.delete(`/api/v1/messages/${id}/reactions/${encodeURIComponent('👍')}`));
    await answers(bob.delete(`/api/v1/messages/${id}`));
    await answers(ada.put(`/api/v1/channels/${channel.id}`, { description: 'New' }));
    await answers(bob.post(`/api/v1/channels/${channel.id}/leave`));
    await answers(ada.delete(`/api/v1/channels/${channel.id}`));
    await socket.next('channel_deleted');
    assert.deepEqual(socket.frames.slice(2).map(({ type }) => type).filter((type) => type !== 'presence'), ['member_joined', 'message', 'message_updated', 'reaction_added',
      'reaction_removed', 'message_deleted', 'channel_updated', 'member_left', 'channel_deleted']);
    assert.equal(socket.of('message_deleted')[0].is_deleted, true);
    assert.deepEqual(Object.keys(socket.of('reaction_added')[0]), ['message_id', 'channel_id', 'user_id', 'emoji', 'created_at']);
    assert.deepEqual(socket.of('member_left'), [{ channel_id: channel.id, user_id: bob.user.id }]);
  });

  it('ends when the client says so', async () => {
    const channel = await newChannel(ada);
    const socket = await LiveSocket.of(ada, channel);
    assert.deepEqual((await socket.ask({ type: 'unsubscribe', channels: [channel.id] })).data, { channels: [channel.id] });
    await say(ada, channel, 'unseen');
    await settled(socket);
    assert.deepEqual(socket.contents, []);
  });

  it('is for members: a private channel stays unseen, heard by nobody else', async () => {
    const channel = await newPrivateChannel(ada);
    await bringIn(ada, channel, bob);
    const [insider, outsider] = [await LiveSocket.of(bob, channel), await LiveSocket.of(eve)];
    const refusal = await outsider.ask({ type: 'subscribe', channels: [channel.id] });
    assert.equal(refusal.data.code, 'RESOURCE_NOT_FOUND');
    for (const frame of [{ type: 'send_message', channel_id: channel.id, content: 'hi' }, { type: 'typing_start', channel_id: channel.id }])
      assert.equal((await outsider.ask(frame)).data.code, 'RESOURCE_NOT_FOUND');
    const heard = outsider.frames.length;
    const adas = await LiveSocket.of(ada, channel);
    await say(ada, channel, 'hush');
    adas.say({ type: 'typing_start', channel_id: channel.id });
    await insider.next('typing');
    assert.deepEqual(insider.contents, ['hush']);
    await settled(outsider);
    assert.equal(outsider.frames.length, heard + 1);
    // Who is sent away hears nothing any more.
    await answers(ada.delete(`/api/v1/channels/${channel.id}/members/${bob.user.id}`));
    assert.deepEqual((await insider.next('unsubscribed')).channels, [channel.id]);
    await say(ada, channel, 'alone');
    await adas.next('message', ({ content }) => content === 'alone');
    await settled(insider);
    assert.deepEqual(insider.contents, ['hush']);
  });

  it('keeps the same order for everyone, whoever writes', async () => {
    const channel = await newChannel(ada);
    const sockets = await Promise.all([ada, bob, eve].map((person) => LiveSocket.of(person, channel)));
    for (let i = 0; i < 40; ++i) sockets.forEach((socket, who) => socket.say({ type: 'send_message', channel_id: channel.id, content: `${who}:${i}` }));
    for (const socket of sockets) await eventually(() => socket.contents.length === 120, 'all messages');
    const ids = sockets[0].of('message').map(({ id }) => Number(id.slice(4)));
    ids.forEach((id, i) => assert.equal(id, ids[0] + i));
    for (const socket of sockets) assert.deepEqual(socket.contents, sockets[0].contents);
    for (const who of [0, 1, 2])
      assert.deepEqual(sockets[0].contents.filter((text) => text.startsWith(`${who}:`)), Array.from({ length: 40 }, (_, i) => `${who}:${i}`));
  });
});

describe('a client that comes back', () => {
  it('gets what it missed, oldest first, by one id or one for each channel', async () => {
    const [one, two] = [await newChannel(ada), await newChannel(ada)];
    const seen = await say(ada, one, 'seen');
    for (let i = 0; i < 3; ++i) { await say(ada, one, `one ${i}`); await say(ada, two, `two ${i}`); }
    const socket = await LiveSocket.of(ada);
    const { data } = await socket.ask({ type: 'subscribe', channels: [one.id, two.id], after: { [one.id]: seen.id, [two.id]: null } });
    assert.deepEqual(data, { channels: [one.id, two.id], names: { [one.id]: one.name, [two.id]: two.name }, after: { [one.id]: seen.id, [two.id]: null } });
    await say(ada, two, 'live');
    await socket.next('message', ({ content }) => content === 'live');
    assert.deepEqual(socket.contents, ['one 0', 'one 1', 'one 2', 'two 0', 'two 1', 'two 2', 'live']);
    const other = await LiveSocket.of(ada);
    await other.subscribe(one, { after: seen.id });
    await settled(other);
    assert.deepEqual(other.contents, ['one 0', 'one 1', 'one 2']);
  });

  it('gets every message once, however often it leaves while others write', async () => {
    const channel = await newChannel(ada);
    const total = 400;
    const writer = await LiveSocket.of(bob);
    const writing = (async () => {
      for (let i = 0; i < total; ++i) {
        writer.say({ type: 'send_message', channel_id: channel.id, content: String(i) });
        if (i % 10 === 9) await pause(5);
      }
    })();
    const got = [];
    let last = null;
    while (got.length < total) {
      const socket = await LiveSocket.of(ada);
      await socket.subscribe(channel, { after: { [channel.id]: last } });
      const stay = 1 + Math.floor(Math.random() * 60);
      await eventually(() => socket.of('message').length >= Math.min(stay, total - got.length), 'some messages');
      socket.socket.terminate();
      const some = socket.of('message');
      got.push(...some.map(({ content }) => content));
      last = some.at(-1).id;
    }
    await writing;
    assert.deepEqual(got, Array.from({ length: total }, (_, i) => String(i)));
  });

  it('gets what it missed when the server was killed in between', async () => {
    const other = await startServerOf(plexi, '--no-rate-limit');
    const person = await newPlexiUser(other);
    const channel = await newChannel(person);
    const socket = await LiveSocket.of(person, channel);
    const sent = [];
    for (let i = 0; i < 30; ++i) socket.say({ type: 'send_message', channel_id: channel.id, content: String(i), id: i });
    const last = await socket.next('message', ({ content }) => content === '4');
    await other.crash();
    sent.push(...socket.of('message_sent').map(({ id }) => id));
    await other.start();
    const again = await LiveSocket.of(person);
    await again.subscribe(channel, { after: last.id });
    await say(person, channel, 'after');
    await again.next('message', ({ content }) => content === 'after');
    const contents = again.contents.slice(0, -1);
    assert.deepEqual(contents, contents.map((_, i) => String(5 + i)));
    const known = new Set([...socket.of('message').slice(0, 5), ...again.of('message')].map(({ id }) => id));
    for (const id of sent) assert.ok(known.has(id), 'what was acknowledged is there');
  });

  it('gets more than may wait for a client at once, while it reads', async () => {
    const channel = await newChannel(ada);
    const writer = await LiveSocket.of(ada);
    const text = 'x'.repeat(4000);
    for (let i = 0; i < 450; ++i) writer.say({ type: 'send_message', channel_id: channel.id, content: text });
    await eventually(() => writer.of('message_sent').length === 450, 'all sent', 20_000);
    const socket = await LiveSocket.of(ada);
    await socket.subscribe(channel, { after: { [channel.id]: null } });
    await eventually(() => socket.of('message').length === 450, 'all shown', 20_000);
    const ids = socket.of('message').map(({ id }) => Number(id.slice(4)));
    ids.forEach((id, i) => assert.equal(id, ids[0] + i));
  });
});

describe('typing', () => {
  it('is shown to the others, and ends when it is said, when the message comes, or by itself', async () => {
    const channel = await newChannel(ada);
    const [adas, bobs] = [await LiveSocket.of(ada, channel), await LiveSocket.of(bob, channel)];
    const shown = (isTyping) => ({ channel_id: channel.id, user_id: ada.user.id, is_typing: isTyping });
    const start = () => adas.say({ type: 'typing_start', channel_id: channel.id });
    start();
    start();
    adas.say({ type: 'typing_stop', channel_id: channel.id });
    await bobs.next('typing', ({ is_typing: isTyping }) => !isTyping);
    assert.deepEqual(bobs.of('typing'), [shown(true), shown(false)]);
    start();
    await eventually(() => bobs.of('typing').length === 3, 'typing again');
    await say(ada, channel, 'done');
    await eventually(() => bobs.of('typing').length === 4, 'the end with the message');
    assert.ok(!adas.of('typing').some(({ is_typing: isTyping }) => isTyping));
  });

  it('ends by itself', async () => assert.ok(await typingEnded >= 9_000));
});

describe('presence', () => {
  it('tells those who share a channel, and nobody else', async () => {
    const channel = await newPrivateChannel(ada);
    const friend = await newPlexiUser(server);
    await bringIn(ada, channel, friend);
    const [adas, eves] = [await LiveSocket.of(ada, channel), await LiveSocket.of(eve, 'general')];
    const states = (socket, person) => socket.of('presence').filter(({ user_id: id }) => id === person.user.id).map(({ status }) => status);
    const first = await LiveSocket.of(friend, channel);
    await eventually(() => states(first, ada).includes('online'), 'ada is there');
    const second = await LiveSocket.of(friend);
    second.say({ type: 'presence', status: 'away' });
    first.close();
    second.close();
    await eventually(() => states(adas, friend).includes('offline'), 'offline');
    assert.deepEqual(states(adas, friend), ['online', 'away', 'offline']);
    assert.deepEqual(Object.keys(adas.of('presence')[0]), ['user_id', 'status', 'last_seen']);
    await settled(eves);
    assert.deepEqual(states(eves, friend), []);
  });
});

describe('the end', () => {
  it('comes with 4001 when the login ends, and spares the other login', async () => {
    const person = await newPlexiUser(server);
    const other = Object.assign(await plexiLogIn(server, person.user.username), { user: person.user });
    const [first, second] = [await LiveSocket.of(person), await LiveSocket.of(other)];
    await answers(person.post('/api/v1/auth/logout'));
    assert.equal(await first.hasClosed(), 4001);
    await settled(second);
  });

  it('comes with 1008 for a client that does not read, and slows nobody', async () => {
    const channel = await newChannel(ada);
    const key = Buffer.from('0123456789abcdef').toString('base64');
    const slow = connect(server.port, '127.0.0.1');
    slow.on('error', () => {});
    slow.write(`GET /ws?token=${ada.tokens.access_token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
      + `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`);
    const received = (word) => new Promise((resolve) => { slow.on('data', (data) => data.includes(word) && resolve()); });
    await received('welcome');
    const text = JSON.stringify({ type: 'subscribe', channels: [channel.id] });
    slow.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]));
    await received('subscribed');
    slow.pause();
    const dropped = async () => Number(/websockets_dropped\w* (\d+)/.exec(await (await fetch(`${server.metricsUrl}/metrics`)).text())?.[1] ?? 0);
    const before = await dropped();
    const [quick, writer] = [await LiveSocket.of(bob, channel), await LiveSocket.of(ada)];
    const content = 'x'.repeat(4000);
    let sent = 0;
    while (await dropped() === before) {
      assert.ok(sent < 10_000, 'the slow client is dropped');
      for (let i = 0; i < 200; ++i, ++sent) writer.say({ type: 'send_message', channel_id: channel.id, content });
      await eventually(() => quick.of('message').length === sent, 'the quick one has all', 20_000);
    }
    slow.destroy();
    await settled(quick);
  });

  it('comes with 1001 when the server ends', async () => {
    const other = await startServerOf(plexi);
    const socket = await LiveSocket.open(other);
    await other.stop();
    assert.equal(await socket.hasClosed(), 1001);
  });

  it('does not come before its limit of sockets is passed', async () => {
    const person = await newPlexiUser(server);
    const sockets = await Promise.all(Array.from({ length: 100 }, () => LiveSocket.of(person)));
    await assert.rejects(LiveSocket.of(person), { status: 429 });
    for (const socket of sockets) socket.close();
  });

  it('does not come before a hundred strangers are there, and lets people in beside them', async () => {
    const other = await startServerOf(plexi, '--no-rate-limit');
    const strangers = await Promise.all(Array.from({ length: 100 }, () => LiveSocket.open(other)));
    await assert.rejects(LiveSocket.open(other), { status: 429 });
    await LiveSocket.of(await logInPlexiAdmin(other));
    strangers.pop().close();
    await eventually(() => LiveSocket.open(other).catch(() => undefined), 'a place for another stranger');
  });
});

describe('a page in a browser', () => {
  it('opens a socket from the origins that are allowed only, whatever its cookies', async () => {
    const choosy = await startServerOf(plexi, '--no-rate-limit', '--allow-origin', 'https://app.example.org');
    const { tokens } = await plexiLogIn(choosy, 'admin', 'admin123');
    const open = (headers) => LiveSocket.open(choosy, tokens.access_token, headers);
    await assert.rejects(open({ Origin: 'https://other.example.org' }), { status: 403 });
    for (const headers of [{ Origin: 'https://app.example.org' }, {}]) (await open(headers)).close();
  });
});
