import { describe, it } from 'node:test';
import { logInAdmin, newBot, newUser, sendCommand } from '../support/cast.mjs';
import { Client, refuses } from '../support/client.mjs';
import { callers, endpoints, fill } from '../support/endpoints.mjs';
import { startServer } from '../support/server.mjs';
import { walk } from '../support/walk.mjs';

const server = await startServer();
const owner = await newUser(server, 'owner');
const other = await newUser(server, 'other');
const people = { nobody: new Client(server), other, admin: await logInAdmin(server), owner };
const stranger = (await newBot(other)).client;

/// A bot of the row's own, so that one row cannot spoil the next.
async function stage() {
  const bot = await newBot(owner);
  await bot.client.post(`/api/bot/${bot.id}/sync`, { groups: [] });
  const command = await sendCommand(owner, bot.id);
  return { clients: { ...people, stranger, bot: bot.client }, names: { user: owner.user.id, bot: bot.id, command: command.id } };
}

walk({ callers, endpoints }, stage, refuses);

describe('an unknown session cookie', () => {
  for (const { method, path, body, statuses } of endpoints.filter((endpoint) => endpoint.statuses[0] === 401)) {
    it(`is refused by ${method} ${path}`, async () => {
      const names = { user: 1, bot: 'QQQQQQ', command: 'cmd_1_abcdef' };
      const cookie = { Cookie: `session_token=${'B'.repeat(43)}` };
      await refuses(people.nobody.send(method, fill(path, names), fill(body, names), cookie), statuses[0]);
    });
  }
});
