import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChatSocket, newChatUser, say } from '../support/chat.mjs';
import { succeeds } from '../support/client.mjs';
import { startChatWith, startModelServer } from '../support/model_server.mjs';

const model = await startModelServer();
const server = await startChatWith(model);
const messagesOf = (user, session) => succeeds(user.get(`/api/v1/chat/sessions/${session}/messages`));
const totalsOf = (user) => succeeds(user.get('/api/v1/statistics/total'));

describe('a question', () => {
  it('reaches the model with the system prompt, what was said before, and its settings', async () => {
    const user = await newChatUser(server);
    const { session_id: session } = await say(user, 'first', { system_prompt: 'Be kind.' });
    await say(user, 'second', { session_id: session, temperature: 0.25, max_tokens: 50 });
    const { url, headers, body } = model.requests.at(-1);
    assert.equal(url, '/v1/chat/completions');
    assert.equal(headers.authorization, 'Bearer sk-first');
    assert.deepEqual(body, {
      model: 'fake', stream: true, stream_options: { include_usage: true }, temperature: 0.25, max_tokens: 50,
      messages: [
        { role: 'system', content: 'Be kind.' }, { role: 'user', content: 'first' },
        { role: 'assistant', content: model.text }, { role: 'user', content: 'second' },
      ],
    });
  });

  it('is told apart from what failed before it', async () => {
    const user = await newChatUser(server);
    const { session_id: session } = await say(user, 'first');
    model.faults.push({ status: 400 });
    assert.equal((await user.post('/api/v1/chat', { message: 'refused', session_id: session })).status, 502);
    await say(user, 'third', { session_id: session });
    assert.deepEqual(model.requests.at(-1).body.messages.map(({ content }) => content), ['first', model.text, 'third']);
  });
});

describe('an answer', () => {
  it('comes with the tokens that the provider counted, and so do the statistics', async () => {
    const user = await newChatUser(server);
    const { session_id: session, message, total_tokens: tokens } = await say(user, 'count');
    assert.equal(message.content, 'Hello there');
    assert.equal(message.tokens, 7);
    assert.equal(tokens, 18);
    assert.deepEqual((await messagesOf(user, session)).map(({ role, content, status }) => [role, content, status]),
      [['user', 'count', 'complete'], ['assistant', 'Hello there', 'complete']]);
    await say(user, 'again', { session_id: session });
    const { avg_response_time: time, ...totals } = await totalsOf(user);
    assert.deepEqual(totals, { total_chats: 1, total_messages: 4, total_tokens: 36, total_errors: 0 });
    assert.ok(time > 0 && time < 5_000, `${time} ms`);
  });

  it('comes with an estimate where the provider counted nothing', async () => {
    const user = await newChatUser(server);
    model.faults.push('uncounted');
    const { message, total_tokens: tokens } = await say(user, 'eight by');
    assert.equal(message.tokens, 3);
    assert.equal(tokens, 5);
    assert.equal((await totalsOf(user)).total_tokens, 5);
  });

  it('is its text where the model also calls a tool', async () => {
    const user = await newChatUser(server);
    model.faults.push('tools');
    assert.equal((await say(user, 'weather?')).message.content, 'Hello there');
  });

  it('streams over the WebSocket piece by piece, in order, while the model still speaks', async () => {
    const user = await newChatUser(server);
    const { session_id: session } = await say(user, 'hello');
    const socket = await ChatSocket.open(user, session);
    model.faults.push('slow');
    socket.send({ type: 'message', data: { content: 'slowly, please' } });
    await socket.sees('the first piece', ({ data }) => data.status === 'streaming');
    assert.equal(model.requests.at(-1).response.writableEnded, false, 'the model has more to say');
    await socket.sees('the whole', ({ data }) => data.status === 'complete' && data.role === 'assistant');
    const lines = socket.frames.map(({ type, data }) => [type, data.role, data.status, data.content].filter(Boolean).join(' '));
    assert.deepEqual(lines, [
      'message user complete slowly, please', 'typing assistant', 'message assistant streaming Hel',
      'message assistant streaming lo ', 'message assistant streaming there', 'message assistant complete Hello there',
    ]);
    socket.close();
  });

  it('streams to each of twenty sessions its own', async () => {
    const talks = await Promise.all(Array.from({ length: 20 }, async () => {
      const user = await newChatUser(server);
      return { user, ...await say(user, 'hello') };
    }));
    model.always = 'slow';
    await Promise.all(talks.map(async ({ user, session_id: session }) => {
      const socket = await ChatSocket.open(user, session);
      socket.send({ type: 'message', data: { content: 'and now?' } });
      await socket.sees('the whole', ({ data }) => data.status === 'complete' && data.role === 'assistant');
      const pieces = socket.frames.filter(({ data }) => data.status === 'streaming').map(({ data }) => data.content);
      assert.deepEqual(pieces, model.pieces);
      socket.close();
    }));
    model.always = undefined;
  });
});
