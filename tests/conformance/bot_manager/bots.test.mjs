import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { logInAdmin, newBot, newUser, sendCommand } from '../support/cast.mjs';
import { Client, refuses, succeeds } from '../support/client.mjs';
import { startServer } from '../support/server.mjs';
import {
  assertShape, boolean, botDetails, botId, commandCounts, exactly, itemsOf, myBot, object, onOrOff, ownedBot, success, text, token,
} from '../support/shapes.mjs';

const server = await startServer();
const anonymous = new Client(server);
const admin = await logInAdmin(server);
const owner = await newUser(server, 'owner');
const other = await newUser(server, 'other');
const unknownBot = 'QQQQQQ';

const tokenWorks = async ({ id }, secret) => {
  const answer = await new Client(server, { 'X-Bot-Token': secret }).post(`/api/bot/${id}/logs`, { message: 'hello' });
  return answer.status === 200;
};

describe('POST /api/my-bots', () => {
  it('answers the new id and token', async () => {
    const body = await succeeds(owner.post('/api/my-bots', { name: '  Trimmed  ', metadata: { colour: 'blue' } }));
    assertShape(body, { success: exactly(true), bot_id: botId, token });
    const { bot } = await succeeds(owner.get(`/api/my-bots/${body.bot_id}`));
    assert.equal(bot.name, 'Trimmed');
    assert.deepEqual(bot.metadata, { colour: 'blue' });
    assert.equal(bot.status, 'offline');
    assert.equal(bot.last_active, null);
  });

  for (const body of [{}, { name: '' }, { name: '   ' }, { metadata: {} }]) {
    it(`refuses ${JSON.stringify(body)}`, () => refuses(owner.post('/api/my-bots', body), 400, { error: 'Bot name is required' }));
  }
});

describe('GET /api/my-bots', () => {
  it("lists the caller's bots, newest first, without tokens", async () => {
    const user = await newUser(server);
    const bots = [await newBot(user, 'first', { n: 1 }), await newBot(user, 'second', { n: 2 }), await newBot(user, 'third', { n: 3 })];
    await newBot(other);
    const listed = itemsOf(await succeeds(user.get('/api/my-bots')), 'bots', myBot);
    assert.deepEqual(listed.map(({ id, name, metadata }) => ({ id, name, n: metadata.n })),
      [{ id: bots[2].id, name: 'third', n: 3 }, { id: bots[1].id, name: 'second', n: 2 }, { id: bots[0].id, name: 'first', n: 1 }]);
  });
});

describe('GET /api/my-bots/<bot_id>', () => {
  it('answers the bot, and when it was last active once it was heard', async () => {
    const bot = await newBot(owner);
    assertShape(await succeeds(owner.get(`/api/my-bots/${bot.id}`)), { bot: botDetails });
    await succeeds(bot.client.post(`/api/bot/${bot.id}/sync`, { groups: [] }));
    const { bot: details } = await succeeds(owner.get(`/api/my-bots/${bot.id}`));
    assert.ok(Math.abs(Date.parse(details.last_active) - Date.now()) < 60_000);
  });

  it('is refused to everyone but the owner, known bot or not', async () => {
    const bot = await newBot(owner);
    for (const caller of [other, admin]) await refuses(caller.get(`/api/my-bots/${bot.id}`), 403, { error: 'Not authorized' });
    await refuses(owner.get(`/api/my-bots/${unknownBot}`), 403, { error: 'Not authorized' });
  });
});

describe('PUT /api/my-bots/<bot_id>', () => {
  it('changes the fields given and leaves the others', async () => {
    const bot = await newBot(owner, 'before', { keep: true });
    assertShape(await succeeds(owner.put(`/api/my-bots/${bot.id}`, { name: 'after' })), success);
    let { bot: details } = await succeeds(owner.get(`/api/my-bots/${bot.id}`));
    assert.deepEqual([details.name, details.metadata], ['after', { keep: true }]);
    await succeeds(owner.put(`/api/my-bots/${bot.id}`, { metadata: { changed: [1, 2] } }));
    ({ bot: details } = await succeeds(owner.get(`/api/my-bots/${bot.id}`)));
    assert.deepEqual([details.name, details.metadata], ['after', { changed: [1, 2] }]);
  });

  it('refuses a body with nothing to change, and everyone but the owner', async () => {
    const bot = await newBot(owner);
    await refuses(owner.put(`/api/my-bots/${bot.id}`, {}), 400, { error: 'No fields to update' });
    for (const caller of [other, admin]) await refuses(caller.put(`/api/my-bots/${bot.id}`, { name: 'mine' }), 403, { error: 'Not authorized' });
  });
});

describe('DELETE /api/my-bots/<bot_id>', () => {
  it('takes the bot away, and its token dies', async () => {
    const bot = await newBot(owner);
    assertShape(await succeeds(owner.delete(`/api/my-bots/${bot.id}`)), success);
    assert.equal(await tokenWorks(bot, bot.token), false);
    await refuses(owner.get(`/api/my-bots/${bot.id}`), 403, { error: 'Not authorized' });
    await refuses(admin.get(`/api/bot/${bot.id}/info`), 404, { error: 'Bot not found' });
    await refuses(owner.delete(`/api/my-bots/${bot.id}`), 403, { error: 'Bot not found or not authorized' });
  });

  it('is refused to everyone but the owner', async () => {
    const bot = await newBot(owner);
    for (const caller of [other, admin]) await refuses(caller.delete(`/api/my-bots/${bot.id}`), 403, { error: 'Bot not found or not authorized' });
    assert.equal(await tokenWorks(bot, bot.token), true);
  });
});

describe('GET /api/my-bots/<bot_id>/token', () => {
  it('answers the token of the creation to the owner only', async () => {
    const bot = await newBot(owner);
    const body = await succeeds(owner.get(`/api/my-bots/${bot.id}/token`));
    assertShape(body, { token });
    assert.equal(body.token, bot.token);
    for (const caller of [other, admin]) {
      await refuses(caller.get(`/api/my-bots/${bot.id}/token`), 403, { error: 'Not authorized or bot not found' });
    }
  });
});

describe('POST /api/my-bots/<bot_id>/regenerate-token', () => {
  it('answers a new token, and the old one dies at once', async () => {
    const bot = await newBot(owner);
    const body = await succeeds(owner.post(`/api/my-bots/${bot.id}/regenerate-token`));
    assertShape(body, { success: exactly(true), token });
    assert.equal(await tokenWorks(bot, bot.token), false);
    assert.equal(await tokenWorks(bot, body.token), true);
    assert.equal((await succeeds(owner.get(`/api/my-bots/${bot.id}/token`))).token, body.token);
    await refuses(other.post(`/api/my-bots/${bot.id}/regenerate-token`), 403, { error: 'Not authorized' });
  });
});

describe('GET /api/my-bots/<bot_id>/data', () => {
  it('answers null until the first sync, then what was synced', async () => {
    const bot = await newBot(owner);
    assert.deepEqual(await succeeds(owner.get(`/api/my-bots/${bot.id}/data`)), { data: null });
    const data = { groups: [{ id: 'g1' }], friends: ['f1', 'f2'], metadata: { version: 3 } };
    await succeeds(bot.client.post(`/api/bot/${bot.id}/sync`, data));
    assert.deepEqual(await succeeds(owner.get(`/api/my-bots/${bot.id}/data`)), { data });
    await refuses(other.get(`/api/my-bots/${bot.id}/data`), 403, { error: 'Not authorized' });
  });
});

describe('GET /api/admin/bots', () => {
  it('lists the bots of everyone to an admin, newest first', async () => {
    const first = await newBot(owner);
    const second = await newBot(other);
    const bots = itemsOf(await succeeds(admin.get('/api/admin/bots')), 'bots', ownedBot);
    assert.deepEqual(bots.slice(0, 2).map(({ id, owner_id: ownerId }) => [id, ownerId]), [[second.id, other.user.id], [first.id, owner.user.id]]);
    await refuses(owner.get('/api/admin/bots'), 403, { error: 'Admin access required' });
  });
});

describe('GET /api/bot/<bot_id>/info', () => {
  it('answers the bot, the counts of its commands and whether it is online', async () => {
    const bot = await newBot(owner, 'Informer', { zone: 7 });
    await sendCommand(owner, bot.id);
    for (const reader of [owner, admin]) {
      const body = await succeeds(reader.get(`/api/bot/${bot.id}/info`));
      assertShape(body, { bot: { id: botId, name: text, status: onOrOff, created_at: text, metadata: object }, stats: commandCounts, online: boolean });
      assert.deepEqual(body.stats, { total_commands: 1, pending_commands: 1, completed_commands: 0, failed_commands: 0 });
      assert.deepEqual([body.bot.name, body.bot.metadata], ['Informer', { zone: 7 }]);
      assert.equal(body.online, body.bot.status === 'online');
    }
  });

  it('is refused to other users, and answers 404 to an admin for an unknown bot', async () => {
    const bot = await newBot(owner);
    await refuses(other.get(`/api/bot/${bot.id}/info`), 403, { error: 'Not authorized' });
    await refuses(other.get(`/api/bot/${unknownBot}/info`), 403, { error: 'Not authorized' });
    await refuses(admin.get(`/api/bot/${unknownBot}/info`), 404, { error: 'Bot not found' });
  });
});

describe('the ways a bot authenticates', () => {
  it('takes the token from X-Bot-Token, from Authorization and from the body', async () => {
    const bot = await newBot(owner);
    const path = `/api/bot/${bot.id}/logs`;
    await succeeds(anonymous.post(path, { message: '1' }, { 'X-Bot-Token': bot.token }));
    await succeeds(anonymous.post(path, { message: '2' }, { Authorization: `Bearer ${bot.token}` }));
    await succeeds(anonymous.post(path, { message: '3', token: bot.token }));
    await refuses(anonymous.post(path, { message: '4' }), 401);
  });

  for (const [what, wrong] of [
    ['of another bot', (_, foreign) => foreign],
    ['with one letter changed', (own) => own.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))],
    ['cut short', (own) => own.slice(0, -1)],
    ['that is empty', () => ''],
    ['with a letter more', (own) => `${own}A`],
  ]) {
    it(`refuses a token ${what}`, async () => {
      const bot = await newBot(owner);
      const foreign = await newBot(owner);
      const answer = anonymous.post(`/api/bot/${bot.id}/logs`, { message: 'x' }, { 'X-Bot-Token': wrong(bot.token, foreign.token) });
      await refuses(answer, 401);
    });
  }
});

describe('POST /api/bot/auth', () => {
  it('answers the bot for the right token', async () => {
    const bot = await newBot(owner);
    const body = await succeeds(anonymous.post('/api/bot/auth', { bot_id: bot.id, token: bot.token }));
    assert.deepEqual(Object.keys(body).sort(), ['bot', 'success']);
    assert.equal(body.success, true);
    assert.equal(body.bot.id, bot.id);
    assert.ok(!JSON.stringify(body).includes(bot.token));
  });

  it('refuses missing fields and wrong tokens', async () => {
    const bot = await newBot(owner);
    await refuses(anonymous.post('/api/bot/auth', { bot_id: bot.id }), 400, { error: 'bot_id and token required' });
    await refuses(anonymous.post('/api/bot/auth', { token: bot.token }), 400, { error: 'bot_id and token required' });
    await refuses(anonymous.post('/api/bot/auth', { bot_id: bot.id, token: 'A'.repeat(43) }), 401, { error: 'Invalid bot credentials' });
    await refuses(anonymous.post('/api/bot/auth', { bot_id: unknownBot, token: bot.token }), 401, { error: 'Invalid bot credentials' });
  });
});

describe('POST /api/bots/register and /api/bot/<bot_id>/status', () => {
  it('bring a bot online and offline as it says', async () => {
    const bot = await newBot(owner);
    const online = async () => (await succeeds(owner.get(`/api/bot/${bot.id}/info`))).online;
    const registered = await succeeds(bot.client.post('/api/bots/register', { bot_id: bot.id, name: 'Registered' }));
    assert.equal(registered.status, 'ok');
    assert.equal(registered.bot.id, bot.id);
    assert.equal(await online(), true);
    assert.equal((await succeeds(bot.client.post(`/api/bot/${bot.id}/status`, { status: 'offline' }))).status, 'ok');
    assert.equal(await online(), false);
    await succeeds(bot.client.post(`/api/bot/${bot.id}/status`, { status: 'online', data: { load: 1 } }));
    assert.equal(await online(), true);
    const status = await succeeds(bot.client.get(`/api/bot/${bot.id}/status`));
    assert.ok(JSON.stringify(status).includes('"online"'));
    assert.ok(!JSON.stringify(status).includes(bot.token));
  });

  it('need a bot_id, and a caller who may speak for it', async () => {
    const bot = await newBot(owner);
    const foreign = await newBot(other);
    await refuses(owner.post('/api/bots/register', {}), 400, { error: 'bot_id is required' });
    await refuses(anonymous.post('/api/bots/register', { bot_id: bot.id }), 401);
    await refuses(foreign.client.post('/api/bots/register', { bot_id: bot.id }), 401, { error: 'Invalid bot token' });
    await refuses(other.post('/api/bots/register', { bot_id: bot.id }), 403, { error: 'Not authorized' });
    await refuses(anonymous.post(`/api/bot/${bot.id}/status`, { status: 'online' }), 401);
  });
});
