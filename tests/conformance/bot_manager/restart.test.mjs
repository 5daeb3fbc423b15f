import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acknowledge, eventually, logInAdmin, newBot, newUser, pollCommands, sendCommand } from '../support/cast.mjs';
import { refuses, succeeds } from '../support/client.mjs';
import { startServer } from '../support/server.mjs';

const server = await startServer();

async function crashAndStart() {
  assert.equal(await server.crash(), 'SIGKILL');
  await server.start();
}

describe('after kill -9 and a start on the same folder', () => {
  it('every answer is what it was before', async () => {
    const admin = await logInAdmin(server);
    const owner = await newUser(server);
    const bot = await newBot(owner, 'Survivor', { nine: 'lives' });
    const done = await sendCommand(owner, bot.id, 'done');
    await sendCommand(owner, bot.id, 'waiting', { n: 1 });
    await succeeds(acknowledge(bot.client, done.id, 'failed', { why: 'it had to' }));
    await succeeds(bot.client.post(`/api/bot/${bot.id}/logs`, [{ message: 'l1' }, { type: 'error', message: 'l2', metadata: { a: [1] } }]));
    await succeeds(bot.client.post(`/api/bot/${bot.id}/messages`, { message: 'm1', author_id: 'a', thread_type: 'GROUP' }));
    await succeeds(bot.client.post(`/api/bot/${bot.id}/sync`, { friends: ['f'] }));
    await succeeds(owner.put(`/api/bot/${bot.id}/settings`, { set: 'tled' }));
    const deleted = await newBot(owner);
    await succeeds(owner.delete(`/api/my-bots/${deleted.id}`));
    const loggedOut = await newUser(server);
    await succeeds(loggedOut.clone().post('/api/auth/logout'));

    const paths = [
      [owner, '/api/auth/me'], [owner, `/api/users/${owner.user.id}`], [owner, '/api/my-bots'], [owner, `/api/my-bots/${bot.id}`],
      [owner, `/api/my-bots/${bot.id}/token`], [owner, `/api/my-bots/${bot.id}/data`], [owner, `/api/bot/${bot.id}/settings`],
      [owner, `/api/bot/${bot.id}/commands-history`], [owner, `/api/stats/bot/${bot.id}`], [owner, '/api/stats/overview'],
      [owner, '/api/logs'], [owner, '/api/messages'], [owner, '/api/commands'], [owner, `/api/bot/${bot.id}/data`],
      [admin, '/api/users'], [admin, '/api/admin/bots'], [owner, `/api/export/bot-data/${bot.id}`],
    ];
    const answers = () => Promise.all(paths.map(async ([client, path]) => {
      const { exported_at: _, ...body } = await succeeds(client.get(path));
      return { path, body };
    }));
    const before = await answers();
    await crashAndStart();
    assert.deepEqual(await answers(), before);

    assert.deepEqual((await pollCommands(bot.client, bot.id)).map(({ type }) => type), ['waiting']);
    await refuses(acknowledge(bot.client, done.id, 'completed', {}), 409);
    await refuses(loggedOut.get('/api/auth/me'), 401, { error: 'Invalid session' });
    await refuses(deleted.client.post(`/api/bot/${deleted.id}/logs`, { message: 'x' }), 401, { error: 'Invalid bot token' });
  });

  it('nothing that was acknowledged under load is lost, and nothing is doubled', async () => {
    const owner = await newUser(server);
    const bot = await newBot(owner);
    const acknowledged = [];
    let going = true;
    const posters = Array.from({ length: 12 }, async (_, poster) => {
      for (let n = 0; going && acknowledged.length < 600; ++n) {
        const message = `${poster}/${n}`;
        const answer = await bot.client.post(`/api/bot/${bot.id}/logs`, { message }).catch(() => undefined);
        if (!answer) return;
        await succeeds(answer);
        acknowledged.push(message);
      }
    });
    await eventually(() => acknowledged.length > 300, 'three hundred acknowledged entries', 20_000);
    await server.crash();
    going = false;
    await Promise.all(posters);
    await server.start();
    const stored = [];
    for (const { message } of (await succeeds(owner.get(`/api/export/logs?bot_id=${bot.id}`))).logs) {
      if (/^\d+\/\d+$/.test(message)) stored.push(message);
    }
    const known = new Set(stored);
    assert.equal(known.size, stored.length, 'no entry twice');
    assert.deepEqual(acknowledged.filter((message) => !known.has(message)), []);
  });

  it('command ids go on counting', async () => {
    const owner = await newUser(server);
    const bot = await newBot(owner);
    const numberOf = ({ id }) => Number(id.split('_')[1]);
    const before = numberOf(await sendCommand(owner, bot.id));
    await crashAndStart();
    assert.ok(numberOf(await sendCommand(owner, bot.id)) > before);
  });
});
