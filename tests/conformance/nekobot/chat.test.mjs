import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../support/cast.mjs';
import { Client } from '../support/client.mjs';
import { startModelServer } from '../support/model_server.mjs';
import { dataOf, neko, nekoLogIn, newNekoUser, refusesNeko, streamed, succeedsNeko } from '../support/neko.mjs';
import { startServerIn } from '../support/server.mjs';

const model = await startModelServer();
const environment = { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'sk-first', OPENAI_MODEL: 'fake' };
const server = await startServerIn(environment, neko, '--no-rate-limit', '--model-retry', '0.05', '--model-silence', '0.5', '--model-timeout', '10');
const guest = new Client(server);
const admin = await nekoLogIn(server);
const user = await newNekoUser(server);

const newSession = async (who) => (await dataOf(who.post('/chat/new_session'))).session_id;
const lastRequest = () => model.requests.at(-1).body;

describe('/chat/send', () => {
  it('streams the answer as events', async () => {
    const session = await newSession(user);
    const { status, headers, events } = await streamed(user, '/chat/send', { session_id: session, message: 'Hello' });
    assert.equal(status, 200);
    assert.match(headers['content-type'], /^text\/event-stream/);
    assert.equal(headers['cache-control'], 'no-cache');
    assert.deepEqual(events.slice(0, -1), model.pieces.map((text) => ({ type: 'plain', text })));
    const end = events.at(-1);
    assert.equal(end.type, 'end');
    assert.equal(end.session_id, session);
    assert.equal(end.usage.total_tokens, 18);
  });

  it('answers one JSON body when it is not to stream', async () => {
    const session = await newSession(user);
    const data = await dataOf(user.post('/chat/send', { session_id: Number(session), message: 'Hello', enable_streaming: false }));
    assert.equal(data.content, model.text);
    assert.equal(data.session_id, session);
    const shown = await dataOf(user.get(`/chat/get_session?session_id=${session}`));
    assert.deepEqual(shown.messages.map(({ role, content }) => [role, content]), [['user', 'Hello'], ['assistant', model.text]]);
    assert.equal(shown.is_running, false);
    assert.equal(shown.session.message_count, 2);
    assert.equal(shown.session.creator, user.username);
  });

  it('says in an event what went wrong, and in a status when it is not to stream', async () => {
    const session = await newSession(user);
    model.always = { status: 400 };
    const { status, events } = await streamed(user, '/chat/send', { session_id: session, message: 'Hello' });
    assert.equal(status, 200);
    assert.equal(events.length, 1);
    assert.equal(events[0].type, 'error');
    assert.equal(events[0].error, events[0].message);
    await refusesNeko(user.post('/chat/send', { session_id: session, message: 'Hello', enable_streaming: false }), 500);
    model.always = undefined;
  });

  it('refuses what it cannot ask with a status', async () => {
    const session = await newSession(user);
    await refusesNeko(user.post('/chat/send', { message: 'Hello' }), 400, 'session_id');
    await refusesNeko(user.post('/chat/send', { session_id: session, message: '  ' }), 400, 'message');
    await refusesNeko(user.post('/chat/send', { session_id: '99999', message: 'Hello' }), 404, 'session_id');
    await refusesNeko(user.post('/chat/send', { session_id: '../1', message: 'Hello' }), 404, 'session_id');
    await refusesNeko(user.post('/chat/send', { session_id: session, message: 'Hello', selected_provider: 'nobody' }), 400, 'provider_id');
    assert.equal((await dataOf(user.get(`/chat/get_session?session_id=${session}`))).messages.length, 0);
  });

  it('gives the answer up when the client leaves', async () => {
    const session = await newSession(user);
    model.faults = ['mute'];
    const before = model.requests.length;
    const abort = new AbortController();
    const call = fetch(`${server.url}/chat/send`, {
      method: 'POST', signal: abort.signal, headers: { ...user.headers, 'Content-Type': 'application/json' },
      body: JSON.stringify({ session_id: session, message: 'Hello' }),
    }).then((answer) => answer.text()).catch(() => {});
    await eventually(() => model.requests.length > before, 'the question');
    abort.abort();
    await call;
    await eventually(async () => !(await dataOf(user.get(`/chat/get_session?session_id=${session}`))).is_running, 'the end of it');
  });
});

describe('chats', () => {
  it('of callers without a token are one guest\'s, and nobody else\'s', async () => {
    const mine = await newSession(user);
    const guests = await newSession(guest);
    const list = async (who) => (await dataOf(who.get('/chat/sessions'))).sessions;
    const shown = await list(guest);
    assert.ok(shown.some(({ id }) => id === guests));
    assert.ok(shown.every(({ creator }) => creator === 'guest'));
    assert.ok((await list(user)).every(({ creator }) => creator === user.username));
    for (const [who, session] of [[guest, mine], [user, guests], [admin, mine], [admin, guests]]) {
      await refusesNeko(who.get(`/chat/get_session?session_id=${session}`), 404, 'session_id');
      await refusesNeko(who.send('DELETE', '/chat/delete_session', { session_id: session }), 404, 'session_id');
      await refusesNeko(who.post('/chat/send', { session_id: session, message: 'Hello' }), 404, 'session_id');
    }
  });

  it('have a guest who cannot log in and administers nothing', async () => {
    await newSession(guest);
    const { creator } = (await dataOf(guest.get('/chat/sessions'))).sessions[0];
    await refusesNeko(guest.post('/api/login', { username: creator, password: 'guest' }), 401);
    await refusesNeko(guest.get('/api/bot/config'), 401);
  });

  it('are deleted by a body or a query, and gone then', async () => {
    for (const way of [(id) => [`/chat/delete_session?session_id=${id}`], (id) => ['/chat/delete_session', { session_id: id }]]) {
      const session = await newSession(user);
      await succeedsNeko(user.send('DELETE', ...way(session)));
      await refusesNeko(user.get(`/chat/get_session?session_id=${session}`), 404);
      await refusesNeko(user.send('DELETE', ...way(session)), 404);
      assert.ok((await dataOf(user.get('/chat/sessions'))).sessions.every(({ id }) => id !== session));
      const other = await user.get('/api/v1/chat/sessions');
      assert.equal(other.status, 200);
      assert.ok(other.body.every(({ id }) => `${id}` !== session));
      assert.equal((await user.get(`/api/v1/chat/sessions/${session}/messages`)).status, 404);
    }
    await refusesNeko(user.send('DELETE', '/chat/delete_session', {}), 400, 'session_id');
  });

  it('lose nothing when several speak at once', async () => {
    const session = await newSession(user);
    const texts = ['one', 'two', 'three', 'four', 'five'];
    await Promise.all(texts.map((message) => dataOf(user.post('/chat/send', { session_id: session, message, enable_streaming: false }))));
    const { messages } = await dataOf(user.get(`/chat/get_session?session_id=${session}`));
    assert.deepEqual(messages.filter(({ role }) => role === 'user').map(({ content }) => content).sort(), [...texts].sort());
    assert.equal(messages.filter(({ role }) => role === 'assistant').length, texts.length);
  });

  it('are listed newest first', async () => {
    const first = await newSession(user);
    const second = await newSession(user);
    const { data, pagination } = await succeedsNeko(user.get('/chat/sessions?page_size=2'));
    assert.deepEqual(data.sessions.map(({ id }) => id), [second, first]);
    assert.ok(pagination.total >= 2);
  });

  it('speak in the default personality', async () => {
    const cat = await dataOf(admin.post('/api/personalities', { name: 'cat', prompt: 'You are a cat.' }));
    await succeedsNeko(admin.put('/api/personalities/default', { id: cat.id }));
    const session = await newSession(user);
    await dataOf(user.post('/chat/send', { session_id: session, message: 'Hello', enable_streaming: false }));
    assert.deepEqual(lastRequest().messages[0], { role: 'system', content: 'You are a cat.' });
    await succeedsNeko(admin.delete(`/api/personalities/${cat.id}`));
    await dataOf(user.post('/chat/send', { session_id: session, message: 'Again', enable_streaming: false }));
    assert.deepEqual(lastRequest().messages[0], { role: 'system', content: 'You are a cat.' });
  });

  it('are still there after a crash', async () => {
    const session = await newSession(guest);
    await dataOf(guest.post('/chat/send', { session_id: session, message: 'Remember', enable_streaming: false }));
    await server.crash();
    await server.start();
    const { messages } = await dataOf(guest.get(`/chat/get_session?session_id=${session}`));
    assert.deepEqual(messages.map(({ content }) => content), ['Remember', model.text]);
  });
});

describe('/api/llm/chat', () => {
  it('answers a question by any of its names', async () => {
    for (const body of [{ message: 'Hello' }, { prompt: 'Hello' }]) {
      const data = await dataOf(guest.post('/api/llm/chat', { ...body, system_prompt: 'Be brief.', temperature: 0.5 }));
      assert.equal(data.content, model.text);
      assert.equal(data.text, model.text);
      assert.deepEqual(data.usage, { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 });
      assert.equal('session_id' in data, false);
      assert.deepEqual(lastRequest().messages, [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Hello' }]);
      assert.equal(lastRequest().temperature, 0.5);
    }
  });

  it('asks the provider that is named, by id or name, if it is enabled', async () => {
    const other = await startModelServer();
    other.pieces = ['from the other'];
    const provider = { type: 'openai_compatible', api_key: 'sk-other', base_url: other.url, model: 'other' };
    const on = await dataOf(admin.post('/api/llm/providers', { ...provider, name: 'on' }));
    const off = await dataOf(admin.post('/api/llm/providers', { ...provider, name: 'off', enabled: false }));
    for (const name of [on.id, 'on'])
      assert.equal((await dataOf(guest.post('/api/llm/chat', { message: 'Hello', provider_id: name }))).content, 'from the other');
    await refusesNeko(guest.post('/api/llm/chat', { message: 'Hello', provider_id: off.id }), 400, 'provider_id');
    assert.equal((await dataOf(guest.post('/api/llm/chat', { message: 'Hello', provider_id: 'echo' }))).provider, 'echo');
  });

  it('streams, and takes part in a session', async () => {
    const session = await newSession(user);
    const { events } = await streamed(user, '/api/llm/chat', { message: 'Hello', session_id: session, stream: true });
    assert.equal(events.slice(0, -1).map(({ text }) => text).join(''), model.text);
    assert.equal(events.at(-1).session_id, session);
    assert.equal((await dataOf(user.get(`/chat/get_session?session_id=${session}`))).messages.length, 2);
    const { events: alone } = await streamed(guest, '/api/llm/chat', { message: 'Hello', stream: true });
    assert.deepEqual(alone.map(({ type }) => type), [...model.pieces.map(() => 'plain'), 'end']);
  });

  it('refuses a question without text, and another\'s session', async () => {
    await refusesNeko(guest.post('/api/llm/chat', {}), 400, 'message');
    await refusesNeko(guest.post('/api/llm/chat', { message: 'Hello', session_id: await newSession(user) }), 404, 'session_id');
    await refusesNeko(guest.post('/api/llm/chat', { message: 'x'.repeat(32_001) }), 400, 'message');
  });
});
