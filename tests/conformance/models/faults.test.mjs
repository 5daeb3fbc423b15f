import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { eventually } from '../support/cast.mjs';
import { ChatSocket, newChatUser, refusesChat, say } from '../support/chat.mjs';
import { succeeds } from '../support/client.mjs';
import { startChatWith, startModelServer } from '../support/model_server.mjs';

const model = await startModelServer();
const server = await startChatWith(model);

afterEach(() => {
  model.faults = [];
  model.always = undefined;
});

/// What the question came to, and how often the model was asked.
async function ask(user, faults, message = 'hello') {
  const before = model.requests.length;
  model.faults.push(...faults);
  const begun = Date.now();
  const answer = await user.post('/api/v1/chat', { message });
  return { answer, attempts: model.requests.length - before, tookMs: Date.now() - begun };
}

const messagesOf = (user, session) => succeeds(user.get(`/api/v1/chat/sessions/${session}/messages`));

describe('before the first piece, a question is asked again', () => {
  for (const [what, fault] of [
    ['a 500', { status: 500 }], ['a 503', { status: 503 }], ['a 429', { status: 429 }],
    ['a connection that is closed', 'reset'], ['silence', 'mute'],
  ]) {
    it(`after ${what}, and answered once`, async () => {
      const user = await newChatUser(server);
      const { answer, attempts } = await ask(user, [fault]);
      const { session_id: session, message } = await succeeds(answer);
      assert.equal(message.content, 'Hello there');
      assert.equal(attempts, 2);
      assert.equal((await messagesOf(user, session)).length, 2);
    });
  }

  it('when the provider says, not before', async () => {
    const { answer, attempts, tookMs } = await ask(await newChatUser(server), [{ status: 429, headers: { 'Retry-After': '1' } }]);
    await succeeds(answer);
    assert.equal(attempts, 2);
    assert.ok(tookMs >= 1_000, `${tookMs} ms`);
  });

  it('until four attempts have failed', async () => {
    model.always = { status: 500, body: { error: { message: 'deep trouble', type: 'server_error' } } };
    const user = await newChatUser(server);
    const { answer, attempts } = await ask(user, []);
    const { message } = await refusesChat(answer, 502, 'CHAT002');
    assert.equal(message, 'openai answered with status 500 (server_error)');
    assert.equal(attempts, 4);
    const { total_errors: errors } = await succeeds(user.get('/api/v1/statistics/total'));
    assert.equal(errors, 1);
    const [{ id }] = await succeeds(user.get('/api/v1/chat/sessions'));
    assert.deepEqual((await messagesOf(user, id)).map(({ status }) => status), ['failed']);
  });

  it('until silence has lasted four times', async () => {
    model.always = 'mute';
    const { answer, attempts } = await ask(await newChatUser(server), []);
    assert.match((await refusesChat(answer, 502, 'CHAT002')).message, /did not answer in time/);
    assert.equal(attempts, 4);
  });
});

describe('a question is not asked again', () => {
  for (const [what, fault, words] of [
    ['the provider refuses it', { status: 400, body: { error: { message: 'no', code: 'invalid_request' } } }, /status 400 \(invalid_request\)/],
    ['it is sent elsewhere', { status: 302, headers: { Location: '/v1/elsewhere' } }, /status 302/],
    ['the key is no good', { status: 401 }, /status 401/],
    ['the model is not there', { status: 404 }, /status 404/],
    ['the provider asks for an hour', { status: 429, headers: { 'Retry-After': '3600' } }, /status 429/],
    ['the answer is cut', 'cut', /connection to openai failed/],
    ['the answer stops', 'stall', /did not answer in time/],
    ['a chunk is malformed', 'malformed', /cannot be read/],
    ['a line never ends', 'huge', /cannot be read/],
    ['an error stands in the stream', 'error', /reported an error \(overloaded_error\)/],
  ]) {
    it(`when ${what}, and has failed`, async () => {
      const user = await newChatUser(server);
      const { answer, attempts } = await ask(user, [fault]);
      const { message, details } = await refusesChat(answer, 502, 'CHAT002');
      assert.match(message, words);
      assert.equal(attempts, 1);
      const [{ id }] = await succeeds(user.get('/api/v1/chat/sessions'));
      assert.match(details, new RegExp(`^session: ${id}; `));
      assert.deepEqual((await messagesOf(user, id)).map(({ status }) => status), ['failed']);
    });
  }

  it('after a piece was shown, and the socket tells', async () => {
    const user = await newChatUser(server);
    const { session_id: session } = await say(user, 'hello');
    const socket = await ChatSocket.open(user, session);
    model.faults.push('cut');
    socket.send({ type: 'message', data: { content: 'go on' } });
    const error = await socket.sees('the error', ({ type }) => type === 'error');
    assert.equal(error.data.status, 'CHAT002');
    assert.equal(socket.frames.filter(({ data }) => data.status === 'streaming').length, 1);
    assert.equal(socket.closed, undefined);
    socket.send({ type: 'message', data: { content: 'once more' } });
    await socket.sees('an answer', ({ data }) => data.status === 'complete' && data.role === 'assistant');
    socket.close();
  });
});

describe('a session that waits for eight answers', () => {
  it('takes no ninth question, which is SYS002', async () => {
    const user = await newChatUser(server);
    const { session_id: session } = await say(user, 'hello');
    model.always = 'mute';
    const waiting = Array.from({ length: 8 }, (_, i) => user.post('/api/v1/chat', { message: `question ${i}`, session_id: session }));
    const pending = async () => (await messagesOf(user, session)).filter(({ status }) => status === 'pending');
    await eventually(async () => (await pending()).length === 8, 'eight open questions');
    await refusesChat(user.post('/api/v1/chat', { message: 'one too many', session_id: session }), 503, 'SYS002');
    for (const answer of await Promise.all(waiting)) await refusesChat(answer, 502, 'CHAT002');
    model.always = undefined;
    await say(user, 'and now?', { session_id: session });
  });
});

describe('several keys', () => {
  it('are tried in turn, without waiting, and what works is used next', async () => {
    const many = await startChatWith(model, { keys: 'sk-first, sk-second,sk-third', 'model-retry': 30 });
    const user = await newChatUser(many);
    const before = model.requests.length;
    const { answer } = await ask(user, [{ status: 429, headers: { 'Retry-After': '20' } }, { status: 401 }]);
    await succeeds(answer);
    await say(user, 'next');
    assert.deepEqual(model.requests.slice(before).map(({ headers }) => headers.authorization),
      ['Bearer sk-first', 'Bearer sk-second', 'Bearer sk-third', 'Bearer sk-third']);
  });

  it('and what providers say of them stand in no answer and no log', async () => {
    const body = { error: { message: 'Wrong key: sk-first. Pay your bill', code: 'sk-first' } };
    const { answer } = await ask(await newChatUser(server), [{ status: 401, body }]);
    assert.ok(!answer.text.includes('sk-first') && !answer.text.includes('bill'), answer.text);
    await eventually(() => server.output.includes('Wrong key: ***'), 'a line in the log');
    assert.ok(!server.output.includes('sk-first'));
  });
});

describe('a client that leaves', () => {
  it('gives its question up: the model sees the connection close, and the question has failed', async () => {
    const user = await newChatUser(server);
    const { session_id: session } = await say(user, 'hello');
    model.pieces = Array.from({ length: 100 }, (_, i) => `piece ${i} `);
    model.faults.push('slow');
    const leaving = new AbortController();
    const before = model.requests.length;
    const call = fetch(`${server.url}/api/v1/chat`, {
      method: 'POST', signal: leaving.signal, body: JSON.stringify({ message: 'a long story', session_id: session }),
      headers: { ...user.headers, 'Content-Type': 'application/json' },
    }).catch((error) => error.name);
    await eventually(() => model.requests.length > before, 'the request at the model');
    leaving.abort();
    assert.equal(await call, 'AbortError');
    await eventually(() => model.requests.at(-1).isLeft, 'the end of the connection to the model');
    await eventually(async () => (await messagesOf(user, session)).at(-1).status === 'failed', 'a failed question');
    model.pieces = ['Hel', 'lo ', 'there'];
    assert.equal((await say(user, 'still there?', { session_id: session })).message.content, 'Hello there');
  });

  it('does not take the answer from those who watch', async () => {
    const user = await newChatUser(server);
    const { session_id: session } = await say(user, 'hello');
    const socket = await ChatSocket.open(user, session);
    model.pieces = Array.from({ length: 20 }, (_, i) => `piece ${i} `);
    model.faults.push('slow');
    const leaving = new AbortController();
    const call = fetch(`${server.url}/api/v1/chat`, {
      method: 'POST', signal: leaving.signal, body: JSON.stringify({ message: 'a story', session_id: session }),
      headers: { ...user.headers, 'Content-Type': 'application/json' },
    }).catch((error) => error.name);
    await socket.sees('a piece', ({ data }) => data.status === 'streaming');
    leaving.abort();
    await call;
    await socket.sees('the whole', ({ data }) => data.status === 'complete' && data.content === model.text);
    model.pieces = ['Hel', 'lo ', 'there'];
    socket.close();
  });
});
