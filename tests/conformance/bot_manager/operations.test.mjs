import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acknowledge, logInAdmin, newBot, newUser, pollCommands, sendCommand } from '../support/cast.mjs';
import { refuses, succeeds } from '../support/client.mjs';
import { startServer } from '../support/server.mjs';
import { assertShape, exactly, finishedCommand, itemsOf, object, pendingCommand } from '../support/shapes.mjs';

const server = await startServer();
const admin = await logInAdmin(server);
const owner = await newUser(server, 'owner');
const other = await newUser(server, 'other');
const bot = await newBot(owner);

const accepted = { status: exactly('ok'), command: pendingCommand };

describe('POST /api/bot/<bot_id>/send-command', () => {
  it('queues the command for the bot', async () => {
    const body = await succeeds(owner.post(`/api/bot/${bot.id}/send-command`, { type: 'greet', payload: { to: ['a', { b: 1 }] } }));
    assertShape(body, accepted);
    assert.deepEqual([body.command.bot_id, body.command.type, body.command.payload], [bot.id, 'greet', { to: ['a', { b: 1 }] }]);
    const polled = await pollCommands(bot.client, bot.id, '?limit=100');
    assert.ok(polled.some(({ id }) => id === body.command.id));
  });

  it('takes a missing payload for an empty one', async () => {
    const { command } = await succeeds(admin.post(`/api/bot/${bot.id}/send-command`, { type: 'greet' }));
    assert.deepEqual(command.payload, {});
  });

  it('refuses a missing type, and other users', async () => {
    await refuses(owner.post(`/api/bot/${bot.id}/send-command`, { payload: {} }), 400, { error: 'Command type is required' });
    await refuses(other.post(`/api/bot/${bot.id}/send-command`, { type: 'greet' }), 403, { error: 'Not authorized' });
    await refuses(admin.post('/api/bot/QQQQQQ/send-command', { type: 'greet' }), 404, { error: 'Bot not found' });
  });
});

for (const verb of ['restart', 'stop']) {
  describe(`POST /api/bot/<bot_id>/${verb}`, () => {
    it('queues a command of that type, with or without a body', async () => {
      for (const send of [() => owner.post(`/api/bot/${bot.id}/${verb}`), () => owner.send('POST', `/api/bot/${bot.id}/${verb}`)]) {
        const body = await succeeds(send());
        assertShape(body, accepted);
        assert.deepEqual([body.command.type, body.command.payload], [verb, {}]);
      }
    });

    it('is refused to other users', () => refuses(other.post(`/api/bot/${bot.id}/${verb}`), 403, { error: 'Not authorized' }));
  });
}

describe('GET and PUT /api/bot/<bot_id>/settings', () => {
  it('show and replace the same store as the metadata of the bot', async () => {
    const { id } = await newBot(owner, 'settled', { language: 'en' });
    assert.deepEqual(await succeeds(owner.get(`/api/bot/${id}/settings`)), { settings: { language: 'en' } });
    const settings = { volume: 11, nested: { list: [1, null, true] } };
    assert.deepEqual(await succeeds(owner.put(`/api/bot/${id}/settings`, settings)), { success: true, settings });
    assert.deepEqual(await succeeds(owner.get(`/api/bot/${id}/settings`)), { settings });
    assert.deepEqual((await succeeds(owner.get(`/api/my-bots/${id}`))).bot.metadata, settings);
  });

  it('are open to an admin, and to nobody else', async () => {
    const { id } = await newBot(owner);
    assertShape(await succeeds(admin.get(`/api/bot/${id}/settings`)), { settings: object });
    await succeeds(admin.put(`/api/bot/${id}/settings`, { by: 'admin' }));
    await refuses(other.get(`/api/bot/${id}/settings`), 403, { error: 'Not authorized' });
    await refuses(other.put(`/api/bot/${id}/settings`, {}), 403, { error: 'Not authorized' });
    await refuses(admin.get('/api/bot/QQQQQQ/settings'), 404, { error: 'Bot not found' });
  });
});

describe('GET /api/bot/<bot_id>/commands-history', () => {
  it('lists the last commands of any status, oldest first', async () => {
    const { id, client } = await newBot(owner);
    const sent = [];
    for (const type of ['one', 'two', 'three', 'four']) sent.push(await sendCommand(owner, id, type));
    await pollCommands(client, id);
    await succeeds(acknowledge(client, sent[0].id, 'completed', { answer: 42 }));
    await succeeds(acknowledge(client, sent[1].id, 'failed', { reason: 'no' }));

    const history = (await succeeds(owner.get(`/api/bot/${id}/commands-history`))).commands;
    assert.deepEqual(history.map(({ type, status }) => [type, status]),
      [['one', 'completed'], ['two', 'failed'], ['three', 'pending'], ['four', 'pending']]);
    assertShape(history[0], { ...finishedCommand, 'bot_id?': exactly(id), 'payload?': object, 'attempts?': exactly(1) }, 'history');
    assert.deepEqual([history[0].result, history[1].result], [{ answer: 42 }, { reason: 'no' }]);

    const last = itemsOf(await succeeds(owner.get(`/api/bot/${id}/commands-history?limit=2`)), 'commands', object);
    assert.deepEqual(last.map(({ type }) => type), ['three', 'four']);
  });

  it('shows fifty commands unless told otherwise', async () => {
    const { id } = await newBot(owner);
    for (let index = 0; index < 52; ++index) await sendCommand(owner, id, `t${index}`);
    const { commands, count } = await succeeds(owner.get(`/api/bot/${id}/commands-history`));
    assert.deepEqual([count, commands.length, commands[0].type, commands[49].type], [50, 50, 't2', 't51']);
  });

  it('is refused to other users', () => refuses(other.get(`/api/bot/${bot.id}/commands-history`), 403, { error: 'Not authorized' }));
});
