import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { eventually, pause, password } from '../support/cast.mjs';
import { ChatSocket, chatLogIn, newChatUser, refusedUpgrade, refusesChat, say } from '../support/chat.mjs';
import { Client, succeeds } from '../support/client.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(['chat_v1'], '--no-rate-limit', '--max-chat-sessions', '3');
const anonymous = new Client(server);
const today = () => new Date().toISOString().slice(0, 10);
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('POST /auth/register and /auth/token', () => {
  it('registers, and logs in by name or e-mail, with JSON or a form', async () => {
    const { user } = await newChatUser(server);
    assert.deepEqual(Object.keys(user), ['id', 'username', 'email', 'role', 'status']);
    assert.equal(typeof user.id, 'number');
    assert.equal(user.role, 'user');
    assert.equal(user.status, 'active');
    await chatLogIn(server, user.email);
    const form = new URLSearchParams({ username: user.username, password }).toString();
    const answer = await succeeds(anonymous.post('/api/v1/auth/token', form, { 'Content-Type': 'application/x-www-form-urlencoded' }));
    assert.equal(answer.token_type, 'bearer');
    assert.equal(answer.access_token.split('.').length, 3);
  });

  it('answers AUTH001 alike for a wrong password and an unknown name', async () => {
    const { user } = await newChatUser(server);
    const wrong = await refusesChat(anonymous.post('/api/v1/auth/token', { username: user.username, password: 'wrong horse' }), 401, 'AUTH001');
    const unknown = await refusesChat(anonymous.post('/api/v1/auth/token', { username: 'nobody', password: 'wrong horse' }), 401, 'AUTH001');
    assert.equal(wrong.message, unknown.message);
  });

  it('locks an account after five wrong passwords, also for the right one', async () => {
    const { user } = await newChatUser(server);
    for (let i = 0; i < 5; ++i)
      await refusesChat(anonymous.post('/api/v1/auth/token', { username: user.username, password: 'wrong horse' }), 401, 'AUTH001');
    await eventually(async () => (await anonymous.post('/api/v1/auth/token', { username: user.username, password })).status === 429, 'the lock');
  });

  it('names the field of a bad registration', async () => {
    const good = { username: 'grace', email: 'grace@example.test', password };
    for (const field of ['username', 'email', 'password']) {
      const error = await refusesChat(anonymous.post('/api/v1/auth/register', { ...good, [field]: '' }), 400, 'HTTP400');
      assert.match(error.details, new RegExp(`field: ${field}`));
    }
    await refusesChat(anonymous.post('/api/v1/auth/register', { ...good, username: 'admin' }), 400, 'HTTP400');
  });

  it('answers AUTH003 for a token that is none, was altered, or is missing', async () => {
    const { token } = await newChatUser(server);
    for (const bad of ['nonsense', `${token}x`, `${token.split('.').slice(0, 2).join('.')}.`])
      await refusesChat(new Client(server, { Authorization: `Bearer ${bad}` }).get('/api/v1/chat/sessions'), 401, 'AUTH003');
    await refusesChat(anonymous.get('/api/v1/chat/sessions'), 401, 'AUTH003');
    await refusesChat(new Client(server, { Authorization: 'Basic YTpi' }).get('/api/v1/chat/sessions'), 401, 'AUTH003');
  });
});

describe('POST /chat', () => {
  it('begins a session, answers as the specification shows, and goes on in it', async () => {
    const user = await newChatUser(server);
    const first = await say(user, 'Hello there', { system_prompt: 'Be brief.', temperature: 0.5, max_tokens: 100 });
    assert.deepEqual(Object.keys(first), ['session_id', 'message', 'total_tokens']);
    assert.deepEqual(Object.keys(first.message), ['id', 'role', 'content', 'created_at', 'tokens']);
    assert.equal(first.message.role, 'assistant');
    assert.match(first.message.content, /stand-in/);
    assert.match(first.message.content, /Hello there/);
    assert.match(first.message.created_at, isoTime);
    assert.ok(first.total_tokens > first.message.tokens);
    const second = await say(user, 'And again', { session_id: first.session_id });
    assert.equal(second.session_id, first.session_id);
    assert.ok(second.message.id > first.message.id);
  });

  for (const [what, body, field] of [
    ['no message', {}, 'message'],
    ['a blank message', { message: '  ' }, 'message'],
    ['a message that is no text', { message: 7 }, 'message'],
    ['a message of 32,001 characters', { message: 'x'.repeat(32_001) }, 'message'],
    ['a session that is no number', { message: 'hi', session_id: 'one' }, 'session_id'],
    ['a temperature above 2', { message: 'hi', temperature: 2.1 }, 'temperature'],
    ['no room for an answer', { message: 'hi', max_tokens: 0 }, 'max_tokens'],
  ]) {
    it(`refuses ${what} and names the field`, async () => {
      const user = await newChatUser(server);
      const error = await refusesChat(user.post('/api/v1/chat', body), 400, 'HTTP400');
      assert.match(error.details, new RegExp(`field: ${field}`));
    });
  }

  it('answers CHAT003 for a session that is not there, or not yours', async () => {
    const [owner, other] = [await newChatUser(server), await newChatUser(server)];
    const { session_id: session } = await say(owner, 'mine');
    const admin = await chatLogIn(server, 'admin', 'admin123');
    for (const stranger of [other, admin]) {
      await refusesChat(stranger.post('/api/v1/chat', { message: 'hi', session_id: session }), 404, 'CHAT003');
      await refusesChat(stranger.get(`/api/v1/chat/sessions/${session}/messages`), 404, 'CHAT003');
      assert.equal(await refusedUpgrade(stranger, session), 404);
      assert.ok(!(await succeeds(stranger.get('/api/v1/chat/sessions'))).some(({ id }) => id === session));
    }
    await refusesChat(owner.get('/api/v1/chat/sessions/999999/messages'), 404, 'CHAT003');
    await refusesChat(owner.get('/api/v1/chat/sessions/nonsense/messages'), 404, 'CHAT003');
  });

  it('answers CHAT001 when the account has too many sessions', async () => {
    const user = await newChatUser(server);
    for (let i = 0; i < 3; ++i) await say(user, `session ${i}`);
    await refusesChat(user.post('/api/v1/chat', { message: 'one more' }), 403, 'CHAT001');
  });
});

describe('GET /chat/sessions and messages', () => {
  it('lists my sessions, newest first, in pages', async () => {
    const user = await newChatUser(server);
    for (const text of ['first', 'second', 'third']) await say(user, text);
    const all = await succeeds(user.get('/api/v1/chat/sessions'));
    assert.deepEqual(all.map(({ title }) => title), ['third', 'second', 'first']);
    assert.deepEqual(Object.keys(all[0]), ['id', 'title', 'status', 'message_count', 'last_message_time', 'created_at', 'updated_at']);
    assert.equal(all[0].message_count, 2);
    const page = await succeeds(user.get('/api/v1/chat/sessions?skip=1&limit=1'));
    assert.deepEqual(page.map(({ title }) => title), ['second']);
  });

  it('lists the messages of a session, oldest first, in pages that neither skip nor repeat', async () => {
    const user = await newChatUser(server);
    const { session_id: session } = await say(user, 'one');
    await Promise.all(['two', 'three', 'four'].map((text) => say(user, text, { session_id: session })));
    const path = `/api/v1/chat/sessions/${session}/messages`;
    const all = await succeeds(user.get(path));
    assert.equal(all.length, 8);
    assert.deepEqual(Object.keys(all[0]), ['id', 'role', 'content', 'created_at', 'tokens', 'status']);
    const paged = [];
    for (let skip = 0; skip < 8; skip += 3) paged.push(...await succeeds(user.get(`${path}?skip=${skip}&limit=3`)));
    assert.deepEqual(paged, all);
    assert.ok(all.every(({ status }) => status === 'complete'));
  });

  it('cuts a long title at whole characters', async () => {
    const user = await newChatUser(server);
    await say(user, 'é'.repeat(100));
    const [{ title }] = await succeeds(user.get('/api/v1/chat/sessions'));
    assert.equal(title, `${'é'.repeat(60)}…`);
  });

  for (const query of ['limit=0', 'limit=1001', 'skip=-1', 'limit=ten']) {
    it(`refuses ?${query}`, async () => refusesChat((await newChatUser(server)).get(`/api/v1/chat/sessions?${query}`), 400, 'HTTP400'));
  }
});

describe('GET /statistics', () => {
  it('counts my own days, also those without traffic', async () => {
    const [user, other] = [await newChatUser(server), await newChatUser(server)];
    const answer = await say(user, 'count me');
    await say(other, 'not me');
    const start = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
    const days = await succeeds(user.get(`/api/v1/statistics/daily?start_date=${start}&end_date=${today()}`));
    assert.equal(days.length, 3);
    assert.deepEqual(days[0], { date: start, chat_count: 0, message_count: 0, avg_response_time: 0, token_usage: 0, error_count: 0 });
    assert.deepEqual({ ...days[2], avg_response_time: 0 },
      { date: today(), chat_count: 1, message_count: 2, avg_response_time: 0, token_usage: answer.total_tokens, error_count: 0 });
    assert.deepEqual({ ...await succeeds(user.get('/api/v1/statistics/total')), avg_response_time: 0 },
      { total_chats: 1, total_messages: 2, avg_response_time: 0, total_tokens: answer.total_tokens, total_errors: 0 });
    assert.equal((await succeeds(user.get('/api/v1/statistics/daily'))).length, 30);
  });

  it('shows administrators everybody, or one', async () => {
    const [user, admin] = [await newChatUser(server), await chatLogIn(server, 'admin', 'admin123')];
    await say(user, 'hello');
    const all = await succeeds(admin.get('/api/v1/statistics/total'));
    const one = await succeeds(admin.get(`/api/v1/statistics/total?user_id=${user.user.id}`));
    assert.equal(one.total_chats, 1);
    assert.ok(all.total_chats > one.total_chats);
    await refusesChat(user.get('/api/v1/statistics/total?user_id=1'), 403, 'HTTP403');
    await refusesChat(user.get('/api/v1/statistics/total?user_id=all'), 403, 'HTTP403');
  });

  for (const query of ['start_date=2026-13-01', 'start_date=yesterday', 'start_date=2026-02-30', 'end_date=2026-1-1',
    'start_date=2026-02-02&end_date=2026-02-01', 'start_date=2020-01-01&end_date=2026-01-01']) {
    it(`refuses ?${query}`, async () => refusesChat((await newChatUser(server)).get(`/api/v1/statistics/daily?${query}`), 400, 'HTTP400'));
  }
});

describe('WS /ws/chat/{session_id}', () => {
  for (const path of ['/ws/chat/', '/api/v1/ws/chat/']) {
    it(`answers at ${path} with typing, then the answer as it streams, then the whole of it`, async () => {
      const user = await newChatUser(server);
      const { session_id: session } = await say(user, 'hello');
      const socket = await ChatSocket.open(user, session, path);
      socket.send({ type: 'message', data: { content: 'are you there?' } });
      const answer = await socket.sees('the answer', ({ type, data }) =>
        type === 'message' && data.role === 'assistant' && data.status === 'complete');
      assert.match(answer.data.content, /are you there\?/);
      assert.deepEqual(socket.frames.map(({ type, data }) => `${type} ${data.role} ${data.status ?? ''}`.trim()).filter((line, i, all) => line !== all[i - 1]),
        ['message user complete', 'typing assistant', 'message assistant streaming', 'message assistant complete']);
      const streamed = socket.frames.filter(({ data }) => data.status === 'streaming').map(({ data }) => data.content).join('');
      assert.equal(streamed, answer.data.content);
      const messages = await succeeds(user.get(`/api/v1/chat/sessions/${session}/messages`));
      assert.equal(messages.at(-1).id, answer.data.id);
      socket.close();
    });
  }

  it('shows what was asked over HTTP, and typing elsewhere', async () => {
    const user = await newChatUser(server);
    const { session_id: session } = await say(user, 'hello');
    const [one, two] = [await ChatSocket.open(user, session), await ChatSocket.open(user, session)];
    await say(user, 'over HTTP', { session_id: session });
    for (const socket of [one, two]) await socket.sees('the question', ({ data }) => data.content === 'over HTTP');
    one.send({ type: 'typing', data: {} });
    await two.sees('typing', ({ type, data }) => type === 'typing' && data.role === 'user');
    assert.ok(!one.frames.some(({ type, data }) => type === 'typing' && data.role === 'user'));
    for (const socket of [one, two]) socket.close();
  });

  it('answers errors and stays open', async () => {
    const user = await newChatUser(server);
    const { session_id: session } = await say(user, 'hello');
    const socket = await ChatSocket.open(user, session);
    for (const bad of ['no json', '[]', '{}', '{"type":"dance"}', '{"type":"message"}', '{"type":"message","data":{"content":" "}}',
      `{"type":"message","data":{"content":"${'x'.repeat(32_001)}"}}`, '['.repeat(100)]) {
      const before = socket.frames.length;
      socket.send(bad);
      const frame = await eventually(() => socket.frames[before], `an error for ${bad.slice(0, 40)}`);
      assert.equal(frame.type, 'error');
      assert.equal(frame.data.status, 'HTTP400');
      assert.ok(frame.data.error.length > 0);
    }
    assert.equal(socket.closed, undefined);
    socket.close();
  });

  it('refuses a sixth connection of a user, and takes one when another has gone', async () => {
    const user = await newChatUser(server);
    const { session_id: session } = await say(user, 'hello');
    const sockets = [];
    for (let i = 0; i < 5; ++i) sockets.push(await ChatSocket.open(user, session));
    assert.equal(await refusedUpgrade(user, session), 429);
    sockets.pop().close();
    await eventually(async () => (await refusedUpgrade(user, session)) === 101, 'a place for another socket');
    for (const socket of sockets) socket.close();
  });

  it('refuses without a good token', async () => {
    const user = await newChatUser(server);
    const { session_id: session } = await say(user, 'hello');
    assert.equal(await refusedUpgrade({ server, token: 'nonsense' }, session), 401);
    assert.equal(await refusedUpgrade({ server, token: '' }, session), 401);
  });
});

describe('what is stored', () => {
  it('holds no text of anybody in the clear, and is all there after a crash', async () => {
    const user = await newChatUser(server);
    const secret = 'the heron at midnight';
    const { session_id: session } = await say(user, secret, { system_prompt: 'a sealed prompt' });
    const before = await succeeds(user.get(`/api/v1/chat/sessions/${session}/messages`));
    await server.crash();
    await server.start();
    assert.deepEqual(await succeeds(user.get(`/api/v1/chat/sessions/${session}/messages`)), before);
    assert.equal((await succeeds(user.get('/api/v1/chat/sessions')))[0].title, secret);
    const files = await readdir(server.dataFolder, { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      const bytes = await readFile(join(file.path, file.name));
      for (const text of [secret, 'a sealed prompt']) assert.ok(!bytes.includes(text), `${file.name} holds a text`);
    }
  });
});

describe('limits and settings', () => {
  it('takes five sign-ins a minute from an address, and 60 calls from a user', async () => {
    const limited = await startServerOf(['chat_v1']);
    const admin = await chatLogIn(limited, 'admin', 'admin123');
    const client = new Client(limited);
    for (let i = 0; i < 4; ++i) await refusesChat(client.post('/api/v1/auth/token', { username: 'nobody', password: 'wrong horse' }), 401, 'AUTH001');
    const sixth = await client.post('/api/v1/auth/token', { username: 'nobody', password: 'wrong horse' });
    await refusesChat(sixth, 429, 'HTTP429');
    assert.ok(Number(sixth.headers['retry-after']) > 0);
    for (let i = 0; i < 60; ++i) await succeeds(admin.get('/api/v1/chat/sessions'));
    await refusesChat(admin.get('/api/v1/chat/sessions'), 429, 'HTTP429');
  });

  it('answers AUTH002 when the token has expired', async () => {
    const hasty = await startServerOf(['chat_v1'], '--chat-token-lifetime', '1');
    const user = await chatLogIn(hasty, 'admin', 'admin123');
    await pause(2_100);
    await refusesChat(user.get('/api/v1/chat/sessions'), 401, 'AUTH002');
  });

  it('answers SYS001 to everything in maintenance', async () => {
    const closed = await startServerOf(['chat_v1'], '--maintenance', 'Back at noon');
    const answer = await new Client(closed).post('/api/v1/auth/token', { username: 'admin', password: 'admin123' });
    assert.equal((await refusesChat(answer, 503, 'SYS001')).message, 'Back at noon');
    assert.ok(answer.headers['retry-after']);
    assert.equal(await refusedUpgrade({ server: closed, token: 'any' }, 1), 503);
  });

  it('answers unknown paths and wrong methods in its own words', async () => {
    await refusesChat(anonymous.get('/api/v1/nothing'), 404, 'HTTP404');
    const wrong = await anonymous.delete('/api/v1/chat');
    await refusesChat(wrong, 405, 'HTTP405');
    assert.equal(wrong.headers.allow, 'POST');
  });
});
