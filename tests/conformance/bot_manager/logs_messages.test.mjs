import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { logInAdmin, newBot, newUser } from '../support/cast.mjs';
import { Client, refuses, succeeds } from '../support/client.mjs';
import { startServer } from '../support/server.mjs';
import { assertShape, exactly, iso, itemsOf, logEntry, message, object, statusOk } from '../support/shapes.mjs';

const server = await startServer();
const anonymous = new Client(server);
const admin = await logInAdmin(server);
const owner = await newUser(server, 'owner');
const other = await newUser(server, 'other');

const logsOf = async (reader, query = '') => itemsOf(await succeeds(reader.get(`/api/logs${query}`)), 'logs', logEntry);
const messagesOf = async (reader, query = '') => itemsOf(await succeeds(reader.get(`/api/messages${query}`)), 'messages', message);
const ofBot = (entries, bot) => entries.filter(({ bot_id: id }) => id === bot.id);

const hello = {
  message: 'hello', author_id: 'a1', author_name: 'Ada', thread_id: 't1', thread_type: 'USER', metadata: { mood: 'good' },
};

describe('POST /api/bot/<bot_id>/logs', () => {
  it('takes one entry', async () => {
    const bot = await newBot(owner);
    const answer = await succeeds(bot.client.post(`/api/bot/${bot.id}/logs`, { type: 'warning', message: 'hot', metadata: { celsius: 90 } }));
    assertShape(answer, { status: exactly('ok'), received: exactly(1) });
    const [entry] = ofBot(await logsOf(owner), bot).filter(({ message: text }) => text === 'hot');
    const { timestamp, ...rest } = entry;
    assert.deepEqual(rest, { type: 'warning', message: 'hot', metadata: { celsius: 90 }, bot_id: bot.id });
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);
  });

  it('takes a list of entries and keeps its order', async () => {
    const bot = await newBot(owner);
    const entries = Array.from({ length: 100 }, (_, index) => ({ type: 'info', message: `line ${index}` }));
    assert.deepEqual(await succeeds(bot.client.post(`/api/bot/${bot.id}/logs`, entries)), { status: 'ok', received: 100 });
    const stored = ofBot(await logsOf(owner, '?limit=100'), bot).map(({ message: text }) => text);
    assert.deepEqual(stored, entries.map(({ message: text }) => text));
  });

  it('fills in what an entry leaves out', async () => {
    const bot = await newBot(owner);
    await succeeds(bot.client.post(`/api/bot/${bot.id}/logs`, { message: 'bare' }));
    const [{ type, metadata }] = ofBot(await logsOf(owner), bot).filter(({ message: text }) => text === 'bare');
    assert.deepEqual([type, metadata], ['info', {}]);
  });

  it('does not keep a token that came in the body', async () => {
    const bot = await newBot(owner);
    await succeeds(anonymous.post(`/api/bot/${bot.id}/logs`, { message: 'with a secret', token: bot.token }));
    assert.ok(!(await owner.get('/api/logs')).text.includes(bot.token));
  });

  it('refuses an empty object, an empty list and no body at all', async () => {
    const bot = await newBot(owner);
    for (const body of [{}, [], undefined]) {
      await refuses(bot.client.send('POST', `/api/bot/${bot.id}/logs`, body), 400, { error: 'Invalid payload' });
    }
  });

  it('takes all of a list or nothing', async () => {
    const bot = await newBot(owner);
    await refuses(bot.client.post(`/api/bot/${bot.id}/logs`, [{ message: 'good' }, { message: 5 }]), 400);
    assert.deepEqual(ofBot(await logsOf(owner), bot).filter(({ message: text }) => text === 'good'), []);
  });
});

describe('POST /api/bot/<bot_id>/messages', () => {
  it('keeps the message, and shows it among the logs too', async () => {
    const bot = await newBot(owner);
    assertShape(await succeeds(bot.client.post(`/api/bot/${bot.id}/messages`, hello)), statusOk);
    const [{ timestamp, ...stored }] = ofBot(await messagesOf(owner), bot);
    assert.deepEqual(stored, { ...hello, bot_id: bot.id });
    assertShape(timestamp, iso);
    const logged = ofBot(await logsOf(owner), bot).filter(({ type }) => type === 'message');
    assert.equal(logged.length, 1);
    const { author_id: authorId, author_name: authorName, thread_id: threadId, thread_type: threadType } = hello;
    const { metadata } = logged[0];
    assert.deepEqual([metadata.author_id, metadata.author_name, metadata.thread_id, metadata.thread_type], [authorId, authorName, threadId, threadType]);
  });

  it('is answered with an error when the message is missing', async () => {
    const bot = await newBot(owner);
    await refuses(bot.client.post(`/api/bot/${bot.id}/messages`, { author_id: 'a1' }), 400);
  });
});

for (const [path, key, read, write] of [
  ['/api/logs', 'logs', logsOf, (bot, text) => bot.client.post(`/api/bot/${bot.id}/logs`, { message: text })],
  ['/api/messages', 'messages', messagesOf, (bot, text) => bot.client.post(`/api/bot/${bot.id}/messages`, { ...hello, message: text })],
]) {
  describe(`GET ${path}`, () => {
    it('lists the last ones, oldest first', async () => {
      const user = await newUser(server);
      const bot = await newBot(user);
      for (const text of ['one', 'two', 'three']) await succeeds(write(bot, text));
      const texts = (await read(user, '?limit=2')).map(({ message: text }) => text);
      assert.deepEqual(texts, ['two', 'three']);
    });

    it('shows the own bots only, and everything to an admin', async () => {
      const [mine, theirs] = [await newBot(owner), await newBot(other)];
      await succeeds(write(mine, 'mine'));
      await succeeds(write(theirs, 'theirs'));
      assert.equal(ofBot(await read(owner), mine).length >= 1, true);
      assert.deepEqual(ofBot(await read(owner), theirs), []);
      const all = await read(admin);
      assert.ok(ofBot(all, mine).length >= 1 && ofBot(all, theirs).length >= 1);
    });

    it(`answers a hundred ${key} unless told otherwise`, async () => {
      const user = await newUser(server);
      const bot = await newBot(user);
      for (let index = 0; index < 101; ++index) await succeeds(write(bot, `line ${index}`));
      assert.equal((await read(user)).length, 100);
      assert.equal((await read(user)).at(-1).message, 'line 100');
    });
  });
}

describe('POST /api/bot/<bot_id>/sync and GET /api/bot/<bot_id>/data', () => {
  const data = { groups: [{ id: 'g1', members: [1, 2] }], friends: [], metadata: { v: 1 }, anything: 'else' };

  it('keep the last data and say when it came', async () => {
    const bot = await newBot(owner);
    assertShape(await succeeds(bot.client.post(`/api/bot/${bot.id}/sync`, { groups: ['old'] })), statusOk);
    await succeeds(bot.client.post(`/api/bot/${bot.id}/sync`, data));
    for (const reader of [bot.client, owner, admin]) {
      const body = await succeeds(reader.get(`/api/bot/${bot.id}/data`));
      assertShape(body, { data: object, source: (source) => ['database', 'memory'].includes(source), updated_at: iso });
      assert.deepEqual(body.data, data);
    }
  });

  it('do not keep the token of the body', async () => {
    const bot = await newBot(owner);
    await succeeds(anonymous.post(`/api/bot/${bot.id}/sync`, { ...data, token: bot.token }));
    assert.deepEqual((await succeeds(owner.get(`/api/bot/${bot.id}/data`))).data, data);
    assert.ok(!(await owner.get(`/api/export/bot-data/${bot.id}`)).text.includes(bot.token));
  });

  it('answer 404 before the first sync', async () => {
    const bot = await newBot(owner);
    const { status, body } = await owner.get(`/api/bot/${bot.id}/data`);
    assert.equal(status, 404);
    assert.equal(typeof body.error, 'string');
  });
});
