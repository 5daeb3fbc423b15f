import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { chatAiAdmin, data, eventsIn, newChatAiUser, refusesChatAi, surfaces } from '../support/chatai.mjs';
import { startModelServer } from '../support/model_server.mjs';
import { startServerIn } from '../support/server.mjs';

const model = await startModelServer();
const quick = ['--model-retry', '0.05', '--model-silence', '0.5', '--model-timeout', '5'];
const server = await startServerIn({ OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'sk-x', OPENAI_MODEL: 'fake' }, surfaces, '--no-rate-limit', ...quick);

afterEach(() => {
  model.faults = [];
  model.always = undefined;
});

const say = (person, message, more = {}) => data(person.post('/api/chat', { message, ...more }));
const told = () => model.requests.at(-1).body.messages.map(({ role, content }) => `${role}: ${content}`);

describe('a message', () => {
  it('is answered in the words of both forms', async () => {
    const person = await newChatAiUser(server);
    const answer = await say(person, 'hi', { userId: '123' });
    assert.equal(answer.response, model.text);
    assert.equal(answer.content, model.text);
    assert.match(answer.conversationId, /^conv_\d+$/);
    assert.deepEqual(answer.toolCalls, []);
    assert.equal(answer.usage.totalTokens, answer.usage.promptTokens + answer.usage.completionTokens);
  });

  it('belongs to the conversation that userId and groupId name', async () => {
    const person = await newChatAiUser(server);
    const { conversationId: first } = await say(person, 'one', { userId: '123' });
    assert.equal((await say(person, 'two', { userId: 123 })).conversationId, first);
    assert.deepEqual(told(), ['user: one', `assistant: ${model.text}`, 'user: two']);
    assert.notEqual((await say(person, 'three', { userId: '123', groupId: '456' })).conversationId, first);
    assert.deepEqual(told(), ['user: three']);
    const other = await newChatAiUser(server);
    assert.notEqual((await say(other, 'four', { userId: '123' })).conversationId, first, 'of two accounts never the same');
  });

  it('is one conversation also when two first ones come at the same moment', async () => {
    const person = await newChatAiUser(server);
    const answers = await Promise.all([1, 2, 3, 4].map((n) => say(person, `message ${n}`, { groupId: '9' })));
    assert.equal(new Set(answers.map(({ conversationId }) => conversationId)).size, 1);
    assert.equal((await data(person.get('/api/conversations'))).total, 1);
  });

  it('needs a text and good ids', async () => {
    const person = await newChatAiUser(server);
    await refusesChatAi(person.post('/api/chat', { userId: '1' }), 400, 'INVALID_PARAMS', 'message');
    await refusesChatAi(person.post('/api/chat', { message: 'x'.repeat(32_001) }), 400, 'INVALID_PARAMS', 'message');
    await refusesChatAi(person.post('/api/chat', { message: 'x', userId: 'a:b' }), 400, 'INVALID_PARAMS', 'userId');
    await refusesChatAi(person.post('/api/chat', { message: 'x', groupId: 'x'.repeat(129) }), 400, 'INVALID_PARAMS', 'groupId');
    await refusesChatAi(person.post('/api/chat', { message: 'x', groupId: {} }), 400, 'INVALID_PARAMS', 'groupId');
  });

  it('that no model answers is refused without the provider\'s words', async () => {
    const person = await newChatAiUser(server);
    model.always = { status: 400, body: { error: { message: 'sk-x is what you sent' } } };
    const { error } = await refusesChatAi(person.post('/api/chat', { message: 'x' }), 502, 'MODEL_ERROR');
    assert.ok(!error.includes('sk-x'), error);
  });
});

describe('a stream', () => {
  it('begins, brings the pieces and ends, in unnamed events', async () => {
    const person = await newChatAiUser(server);
    const answer = await person.post('/api/chat/stream', { message: 'hi', userId: '5' });
    assert.match(answer.headers['content-type'], /^text\/event-stream/);
    assert.equal(answer.headers['x-accel-buffering'], 'no');
    assert.ok(!/^event:/m.test(answer.text));
    const events = eventsIn(answer.text);
    assert.deepEqual(events.map(({ type }) => type), ['start', 'content', 'content', 'content', 'end']);
    assert.equal(events.slice(1, -1).map(({ text }) => text).join(''), model.text);
    assert.match(events[0].conversationId, /^conv_\d+$/);
    assert.ok(events.at(-1).usage.totalTokens > 0);
    const same = await person.post('/api/chat', { message: 'again', userId: '5', stream: true });
    assert.equal(eventsIn(same.text)[0].conversationId, events[0].conversationId);
  });

  it('ends with an error when the model breaks off', async () => {
    const person = await newChatAiUser(server);
    model.faults = ['cut'];
    const events = eventsIn((await person.post('/api/chat/stream', { message: 'hi' })).text);
    assert.equal(events.at(-1).type, 'error');
    assert.equal(events.at(-1).code, 'MODEL_ERROR');
  });

  it('is refused with a status where nothing has begun', async () => {
    const person = await newChatAiUser(server);
    await refusesChatAi(person.post('/api/chat/stream', { message: 'x', preset: 'nobody' }), 404, 'PRESET_NOT_FOUND');
  });
});

describe('conversations', () => {
  it('are listed newest first, with their last message, and filtered', async () => {
    const person = await newChatAiUser(server);
    await say(person, 'one', { userId: '1' });
    await say(person, 'two', { userId: '2', groupId: '7' });
    const { conversations, total } = await data(person.get('/api/conversations'));
    assert.equal(total, 2);
    assert.deepEqual(conversations.map(({ userId, groupId, messageCount, lastMessage }) => [userId, groupId, messageCount, lastMessage]),
      [['2', '7', 2, model.text], ['1', null, 2, model.text]]);
    assert.equal((await data(person.get('/api/conversations?limit=1&offset=1'))).conversations[0].userId, '1');
    assert.equal((await data(person.get('/api/conversations?groupId=7'))).total, 1);
    assert.equal((await data(person.get('/api/conversations?userId=nobody'))).total, 0);
    assert.equal((await data(person.get('/api/conversations/list'))).length, 2);
  });

  it('show what was said, by id and by whom it is with', async () => {
    const person = await newChatAiUser(server);
    const { conversationId: id } = await say(person, 'one', { userId: '1' });
    const { messages } = await data(person.get(`/api/conversations/${id}`));
    assert.deepEqual(messages.map(({ role, content }) => [role, content]), [['user', 'one'], ['assistant', model.text]]);
    assert.equal(typeof messages[0].timestamp, 'number');
    assert.deepEqual(await data(person.get('/api/conversations/user:1/messages')), messages);
    const history = await data(person.get('/api/chat/history?userId=1&limit=1'));
    assert.deepEqual([history.length, history[0].role], [1, 'assistant']);
    assert.match(history[0].timestamp, /Z$/);
    assert.deepEqual(await data(person.get('/api/chat/history?userId=none')), []);
  });

  it('are cleared: the model is told nothing of before', async () => {
    const person = await newChatAiUser(server);
    const { conversationId: id } = await say(person, 'a secret', { userId: '1' });
    assert.equal((await person.post(`/api/conversations/${id}/clear`)).body.message, 'Context cleared');
    assert.equal((await data(person.get(`/api/conversations/${id}`))).messageCount, 0);
    assert.deepEqual((await data(person.get(`/api/conversations/${id}`))).messages, []);
    assert.equal((await say(person, 'new', { userId: '1' })).conversationId, id);
    assert.deepEqual(told(), ['user: new']);
    await data(person.delete('/api/chat/history?userId=1'));
    assert.deepEqual((await data(person.get(`/api/conversations/${id}`))).messages, []);
  });

  it('are deleted, and stay so after a crash', async () => {
    const person = await newChatAiUser(server);
    const { conversationId: id } = await say(person, 'one', { userId: '1' });
    await data(person.delete(`/api/conversations/${id}`));
    await refusesChatAi(person.get(`/api/conversations/${id}`), 404, 'CONVERSATION_NOT_FOUND');
    await refusesChatAi(person.delete(`/api/conversations/${id}`), 404, 'CONVERSATION_NOT_FOUND');
    await server.crash();
    await server.start();
    assert.equal((await data(person.get('/api/conversations'))).total, 0);
    assert.notEqual((await say(person, 'two', { userId: '1' })).conversationId, id);
  });

  it('are deleted all at once only when that is confirmed', async () => {
    const person = await newChatAiUser(server);
    for (const userId of ['1', '2', '3']) await say(person, 'hi', { userId });
    await refusesChatAi(person.delete('/api/conversations/clear-all'), 400, 'INVALID_PARAMS', 'confirm');
    assert.equal((await data(person.get('/api/conversations'))).total, 3);
    assert.equal((await data(person.delete('/api/conversations/clear-all?confirm=true'))).deletedCount, 3);
    assert.equal((await data(person.get('/api/conversations'))).total, 0);
  });

  it('are nobody else\'s, an administrator\'s neither', async () => {
    const person = await newChatAiUser(server);
    const { conversationId: id } = await say(person, 'mine', { userId: '1' });
    for (const other of [await newChatAiUser(server), await chatAiAdmin(server)])
      for (const answer of [other.get(`/api/conversations/${id}`), other.get(`/api/conversations/${id}/messages`), other.post(`/api/conversations/${id}/clear`), other.delete(`/api/conversations/${id}`)])
        await refusesChatAi(answer, 404, 'CONVERSATION_NOT_FOUND');
    assert.equal((await data(person.get(`/api/conversations/${id}`))).messages.length, 2);
    for (const bad of ['conv_0', 'conv_999999', 'conv_x', '..%2f..%2fetc', '%00'])
      assert.equal((await person.get(`/api/conversations/${bad}`)).status, 404, bad);
  });
});
