import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acknowledge, logInAdmin, newBot, newUser, sendCommand } from '../support/cast.mjs';
import { refuses, succeeds } from '../support/client.mjs';
import { startServer } from '../support/server.mjs';
import { anything, assertShape, commandCounts, count, exported, iso, logEntry, message, object } from '../support/shapes.mjs';

const server = await startServer();
const admin = await logInAdmin(server);
const owner = await newUser(server, 'owner');
const other = await newUser(server, 'other');

/// A bot with three commands (one done, one failed, one waiting), two logs, one message and some data.
async function busyBot(user) {
  const bot = await newBot(user, 'Busy');
  const commands = [await sendCommand(user, bot.id, 'restart'), await sendCommand(user, bot.id, 'restart'), await sendCommand(user, bot.id, 'greet')];
  await succeeds(acknowledge(bot.client, commands[0].id));
  await succeeds(acknowledge(bot.client, commands[1].id, 'failed'));
  await succeeds(bot.client.post(`/api/bot/${bot.id}/logs`, [{ message: 'l1' }, { message: 'l2' }]));
  await succeeds(bot.client.post(`/api/bot/${bot.id}/messages`, { message: 'm1', author_id: 'a', author_name: 'A', thread_id: 't' }));
  await succeeds(bot.client.post(`/api/bot/${bot.id}/sync`, { groups: ['g'] }));
  return { ...bot, commands };
}

const overviewShape = {
  total_users: count, total_bots: count, user_bots: count, total_commands: count, pending_commands: count,
  total_logs: count, total_messages: count, connected_clients: count,
};

describe('GET /api/stats/overview', () => {
  it('counts the whole system, and the bots of the caller', async () => {
    const before = await succeeds(owner.get('/api/stats/overview'));
    assertShape(before, overviewShape);
    await busyBot(owner);
    const after = await succeeds(owner.get('/api/stats/overview'));
    const grown = Object.fromEntries(Object.keys(before).map((key) => [key, after[key] - before[key]]));
    const { total_logs: logs, ...others } = grown;
    assert.deepEqual(others, {
      total_users: 0, total_bots: 1, user_bots: 1, total_commands: 3, pending_commands: 1, total_messages: 1, connected_clients: 0,
    });
    assert.ok(logs >= 3, 'two logs and the one that the message makes');
    assert.equal((await succeeds(other.get('/api/stats/overview'))).user_bots, 0);
  });
});

describe('GET /api/stats/bot/<bot_id>', () => {
  it('counts what concerns the bot', async () => {
    const bot = await busyBot(owner);
    await busyBot(other);
    for (const reader of [owner, admin]) {
      const body = await succeeds(reader.get(`/api/stats/bot/${bot.id}`));
      assertShape(body, { ...commandCounts, total_logs: count, total_messages: count, command_types: object });
      const { total_logs: logs, ...others } = body;
      assert.deepEqual(others, {
        total_commands: 3, pending_commands: 1, completed_commands: 1, failed_commands: 1, total_messages: 1, command_types: { restart: 2, greet: 1 },
      });
      assert.ok(logs >= 3);
    }
    await refuses(other.get(`/api/stats/bot/${bot.id}`), 403, { error: 'Not authorized' });
    await refuses(admin.get('/api/stats/bot/QQQQQQ'), 404, { error: 'Bot not found' });
  });
});

for (const [key, item, first] of [['logs', logEntry, 'l1'], ['messages', message, 'm1']]) {
  describe(`GET /api/export/${key}`, () => {
    const read = async (reader, query = '') => {
      const body = await succeeds(reader.get(`/api/export/${key}${query}`));
      assertShape(body, exported(key, item));
      assert.equal(body.count, body[key].length);
      assert.ok(Math.abs(Date.parse(body.exported_at) - Date.now()) < 60_000);
      return body[key];
    };

    it('takes the one bot asked for, oldest first', async () => {
      const [bot, sibling] = [await busyBot(owner), await busyBot(owner)];
      for (const reader of [owner, admin]) {
        const entries = await read(reader, `?bot_id=${bot.id}`);
        assert.ok(entries.every(({ bot_id: id }) => id === bot.id));
        assert.ok(entries.some(({ message: text }) => text === first));
        const times = entries.map(({ timestamp }) => Date.parse(timestamp));
        assert.deepEqual(times, [...times].sort((a, b) => a - b));
      }
      assert.equal((await read(owner, `?bot_id=${sibling.id}&limit=1`)).length, 1);
    });

    it("leaves out other people's bots", async () => {
      const [mine, theirs] = [await busyBot(owner), await busyBot(other)];
      const seen = new Set((await read(owner)).map(({ bot_id: id }) => id));
      assert.ok(seen.has(mine.id) && !seen.has(theirs.id));
      await refuses(owner.get(`/api/export/${key}?bot_id=${theirs.id}`), 403, { error: 'Not authorized' });
      const all = new Set((await read(admin)).map(({ bot_id: id }) => id));
      assert.ok(all.has(mine.id) && all.has(theirs.id));
    });
  });
}

describe('GET /api/export/bot-data/<bot_id>', () => {
  it('exports everything of the bot but its token', async () => {
    const bot = await busyBot(owner);
    const answer = await owner.get(`/api/export/bot-data/${bot.id}`);
    const body = await succeeds(answer);
    assertShape(body, { exported_at: iso, bot: object, data: object, commands: [object], logs: [logEntry], messages: [message] });
    assert.equal(body.bot.id, bot.id);
    assert.deepEqual(body.data, { groups: ['g'] });
    assert.deepEqual(body.commands.map(({ id }) => id), bot.commands.map(({ id }) => id));
    assert.equal(body.messages.length, 1);
    assert.ok(!answer.text.includes(bot.token));
  });

  it('shows null for the data of a bot that never synced', async () => {
    const bot = await newBot(owner);
    const body = await succeeds(owner.get(`/api/export/bot-data/${bot.id}`));
    assertShape(body, { exported_at: iso, bot: object, data: anything, commands: [object], logs: [logEntry], messages: [message] });
    assert.equal(body.data, null);
  });

  it('is refused to other users, and answers 404 to an admin for an unknown bot', async () => {
    const bot = await newBot(owner);
    await refuses(other.get(`/api/export/bot-data/${bot.id}`), 403, { error: 'Not authorized' });
    await refuses(admin.get('/api/export/bot-data/QQQQQQ'), 404, { error: 'Bot not found' });
  });
});
