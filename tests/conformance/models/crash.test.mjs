// A question that was durable is never lost and never answered twice, whenever the server ends.

import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { eventually, pause } from '../support/cast.mjs';
import { ChatSocket, newChatUser, say } from '../support/chat.mjs';
import { succeeds } from '../support/client.mjs';
import { startChatWith, startModelServer } from '../support/model_server.mjs';

const model = await startModelServer();
const server = await startChatWith(model, { 'model-silence': 120, 'model-timeout': 120 });

afterEach(() => {
  model.faults = [];
  model.always = undefined;
  model.pieces = ['Hel', 'lo ', 'there'];
});

const messagesOf = (user, session) => succeeds(user.get(`/api/v1/chat/sessions/${session}/messages`));
const askedOf = (text) => model.requests.filter(({ body }) => body.messages.at(-1).content === text).length;
const statusOf = async (user, session, text) =>
  (await messagesOf(user, session)).find(({ role, content }) => role === 'user' && content === text)?.status;

/// A session whose question the model has begun to answer.
async function streaming(text, fault) {
  const user = await newChatUser(server);
  const { session_id: session } = await say(user, 'hello');
  const socket = await ChatSocket.open(user, session);
  model.faults.push(fault);
  socket.send({ type: 'message', data: { content: text } });
  await socket.sees('a piece', ({ data }) => data.status === 'streaming');
  return { user, session, socket };
}

async function answersTo(user, session, text) {
  const messages = await messagesOf(user, session);
  const at = messages.findIndex(({ content }) => content === text);
  return messages.slice(at + 1).filter(({ role }) => role === 'assistant').length;
}

describe('kill -9 while an answer streams', () => {
  it('has the question asked exactly once more, and answered once', async () => {
    const { user, session } = await streaming('once more', 'stall');
    await server.crash();
    await server.start();
    await eventually(async () => (await statusOf(user, session, 'once more')) === 'complete', 'the answer');
    assert.equal(askedOf('once more'), 2);
    assert.equal((await messagesOf(user, session)).at(-1).content, 'Hello there');
    await server.crash();
    await server.start();
    await say(user, 'and on', { session_id: session });
    assert.equal(askedOf('once more'), 2);
    assert.equal(await answersTo(user, session, 'once more'), 2, 'the answer, and that to what was asked since');
  });

  it('fails the question when it happens again, and asks no third time', async () => {
    const { user, session } = await streaming('twice', 'stall');
    await server.crash();
    model.faults.push('stall');
    await server.start();
    await eventually(() => askedOf('twice') === 2, 'the second attempt');
    await server.crash();
    await server.start();
    await eventually(async () => (await statusOf(user, session, 'twice')) === 'failed', 'the end of it');
    await server.crash();
    await server.start();
    await pause(300);
    assert.equal(askedOf('twice'), 2);
    assert.equal(await answersTo(user, session, 'twice'), 0);
    const { total_errors: errors } = await succeeds(user.get('/api/v1/statistics/total'));
    assert.equal(errors, 1);
  });

  it('leaves the second chance to the server, whatever else opens the data folder', async () => {
    const { user, session } = await streaming('not by the way', 'stall');
    await server.crash();
    for (let i = 0; i < 3; ++i) assert.match(await server.command('user', 'list'), /admin/);
    assert.equal(askedOf('not by the way'), 1);
    await server.start();
    await eventually(async () => (await statusOf(user, session, 'not by the way')) === 'complete', 'the answer');
    assert.equal(askedOf('not by the way'), 2);
  });

  it('gives each of many questions one outcome, wherever each of them was', async () => {
    model.pieces = Array.from({ length: 6 }, (_, i) => `piece ${i} `);
    model.always = 'slow';
    const talks = await Promise.all(Array.from({ length: 16 }, async (_, i) => {
      const user = await newChatUser(server);
      const { session_id: session } = await say(user, 'hello');
      return { user, session, text: `question ${i}` };
    }));
    const stuck = await streaming('the stuck one', 'stall');
    let answers = 0;
    const calls = talks.map(async ({ user, session, text }, i) => {
      await pause(i * 50);
      const answer = await user.post('/api/v1/chat', { message: text, session_id: session }).catch(() => undefined);
      if (answer) answers += 1;
      return answer;
    });
    await eventually(() => answers >= 4, 'some answers', 30_000);
    await server.crash();
    const answered = (await Promise.all(calls)).map((answer) => answer?.status === 200);
    await server.start();
    talks.push({ ...stuck, text: 'the stuck one' });
    for (const [i, { user, session, text }] of talks.entries()) {
      const status = await statusOf(user, session, text);
      if (status === undefined) {
        assert.ok(!answered[i] && i < answered.length, 'a question was lost');
        continue;
      }
      await eventually(async () => (await statusOf(user, session, text)) === 'complete', `the answer to ${text}`);
      assert.equal(await answersTo(user, session, text), 1);
      assert.ok(askedOf(text) <= 2, `${text} was asked ${askedOf(text)} times`);
      if (answered[i]) assert.equal(askedOf(text), 1, 'an answered question was asked again');
    }
    assert.equal(askedOf('the stuck one'), 2);
  });
});

describe('SIGTERM while an answer streams', () => {
  it('leaves the question open, and the next start asks it once', async () => {
    const { user, session, socket } = await streaming('later', 'stall');
    assert.equal(await server.stop(), 0);
    await eventually(() => socket.closed === 1001 && model.requests.at(-1).isLeft, 'the end of both connections');
    await server.start();
    await eventually(async () => (await statusOf(user, session, 'later')) === 'complete', 'the answer');
    assert.equal(askedOf('later'), 2);
    assert.equal(await answersTo(user, session, 'later'), 1);
  });
});
