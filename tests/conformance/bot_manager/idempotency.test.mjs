import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newBot, newUser, password } from '../support/cast.mjs';
import { Client, refuses, succeeds } from '../support/client.mjs';
import { startServer } from '../support/server.mjs';

const server = await startServer();
const owner = await newUser(server, 'owner');
const other = await newUser(server, 'other');
const bot = await newBot(owner);

let keys = 0;
const newKey = () => ({ 'Idempotency-Key': `key-${process.pid}-${++keys}` });

const overview = async (field) => (await succeeds(owner.get('/api/stats/overview')))[field];
const account = (name) => ({ username: name, email: `${name}@example.test`, password });
const synced = async () => JSON.stringify((await owner.get(`/api/bot/${bot.id}/data`)).body?.data ?? null);

// Each creating POST: who calls, a body, another body, and a number that one successful call raises by `step`.
const creations = [
  { path: '/api/auth/register', caller: new Client(server), body: account('once'), another: account('twice'), number: () => overview('total_users'), step: 1 },
  { path: '/api/my-bots', caller: owner, body: { name: 'One' }, another: { name: 'Two' }, number: () => overview('total_bots'), step: 1 },
  { path: `/api/bot/${bot.id}/send-command`, caller: owner, body: { type: 'a' }, another: { type: 'b' }, number: () => overview('total_commands'), step: 1 },
  { path: '/api/commands', caller: owner, body: { bot_id: bot.id, type: 'a' }, another: { bot_id: bot.id, type: 'b' }, number: () => overview('total_commands'), step: 1 },
  { path: `/api/bot/${bot.id}/restart`, caller: owner, body: {}, another: { now: true }, number: () => overview('total_commands'), step: 1 },
  { path: `/api/bot/${bot.id}/stop`, caller: owner, body: {}, another: { now: true }, number: () => overview('total_commands'), step: 1 },
  { path: `/api/bot/${bot.id}/logs`, caller: bot.client, body: [{ message: 'a' }, { message: 'b' }], another: [{ message: 'c' }], number: () => overview('total_logs'), step: 2 },
  { path: `/api/bot/${bot.id}/messages`, caller: bot.client, body: { message: 'a' }, another: { message: 'b' }, number: () => overview('total_messages'), step: 1 },
];

for (const { path, caller, body, another, number, step } of creations) {
  describe(`a repeated POST ${path.replace(bot.id, '<bot_id>')} with the same Idempotency-Key`, () => {
    it('is answered as the first was, and has no further effect', async () => {
      const key = newKey();
      const before = await number();
      const first = await caller.post(path, body, key);
      await succeeds(first);
      for (let again = 0; again < 3; ++again) {
        assert.deepEqual(await succeeds(caller.post(path, body, key)), first.body);
      }
      assert.equal(await number(), before + step);
      await refuses(caller.post(path, another, key), 422);
      assert.equal(await number(), before + step);
    });
  });
}

describe('a repeated POST /api/bot/<bot_id>/sync with the same Idempotency-Key', () => {
  it('does not bring the old data back', async () => {
    const key = newKey();
    const path = `/api/bot/${bot.id}/sync`;
    const first = await succeeds(bot.client.post(path, { groups: ['old'] }, key));
    await succeeds(bot.client.post(path, { groups: ['new'] }));
    assert.deepEqual(await succeeds(bot.client.post(path, { groups: ['old'] }, key)), first);
    assert.equal(await synced(), JSON.stringify({ groups: ['new'] }));
    await refuses(bot.client.post(path, { groups: ['third'] }, key), 422);
  });
});

describe('an Idempotency-Key', () => {
  it('makes one bot of many simultaneous requests', async () => {
    const key = newKey();
    const before = await overview('user_bots');
    const answers = await Promise.all(Array.from({ length: 16 }, () => owner.post('/api/my-bots', { name: 'Parallel' }, key)));
    for (const answer of answers) assert.deepEqual(await succeeds(answer), answers[0].body);
    assert.equal(await overview('user_bots'), before + 1);
  });

  it('of one user says nothing about the same key of another', async () => {
    const key = newKey();
    const mine = await succeeds(owner.post('/api/my-bots', { name: 'Same' }, key));
    const theirs = await succeeds(other.post('/api/my-bots', { name: 'Same' }, key));
    assert.notEqual(theirs.bot_id, mine.bot_id);
    assert.notEqual(theirs.token, mine.token);
  });

  it('is remembered across a crash of the server', async () => {
    const key = newKey();
    const first = await succeeds(owner.post('/api/my-bots', { name: 'Durable' }, key));
    await server.crash();
    await server.start();
    assert.deepEqual(await succeeds(owner.post('/api/my-bots', { name: 'Durable' }, key)), first);
    await refuses(owner.post('/api/my-bots', { name: 'Other' }, key), 422);
  });
});
