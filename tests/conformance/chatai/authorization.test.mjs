import { newKey } from '../support/plexi.mjs';
import { callers, endless, endpoints } from '../support/chatai_endpoints.mjs';
import { chatAiAdmin, chatAiLogIn, data, newChatAiUser, refusesChatAi, withToken } from '../support/chatai.mjs';
import { Client } from '../support/client.mjs';
import { startServerOf } from '../support/server.mjs';
import { walk } from '../support/walk.mjs';

const server = await startServerOf(['chatai', 'chat_v1', 'plexichat'], '--no-rate-limit');
const nobody = new Client(server);
const other = await newChatAiUser(server);
let made = 0;

/// Things and logins of the row's own: some rows end them.
async function stage(path) {
  const [self, admin] = [await newChatAiUser(server), await chatAiAdmin(server)];
  const keyOf = async (permissions) => withToken(server, (await newKey(self, permissions)).key);
  const clients = {
    nobody, self, admin, reader: await keyOf(['read']), writer: await keyOf(['write']),
    other: await chatAiLogIn(server, other.user.username),
  };
  const name = `row${++made}`;
  const user = `account:${self.user.id}`;
  const names = { section: 'trigger', tool: 'current_time', category: 'time', call: 'none', absent: 'none', group: '500', user };
  // There may be only so many of each.
  const makers = {
    channel: async () => (await data(admin.post('/api/channels', { name, baseUrl: 'https://example.org/v1', enabled: false }), 201)).id,
    preset: async () => (await data(admin.post('/api/presets', { name, systemPrompt: 'x' }), 201)).id,
    conversation: async () => (await data(self.post('/api/chat', { message: 'hi' }))).conversationId,
    memory: async () => (await data(admin.post(`/api/memory/user/${user}`, { content: `likes tea ${name}` }), 201)).id,
    custom: async () => (await data(admin.post('/api/tools/custom', { name, code: 'return 1' }), 201)).name,
    server: async () => (await data(admin.post('/api/mcp/servers', { name, url: 'http://127.0.0.1:1/mcp', enabled: false }), 201)).name,
  };
  for (const [thing, make] of Object.entries(makers)) if (path.includes(`:${thing}`)) names[thing] = await make();
  if (path.includes(':preset')) {
    const { id: usual } = await data(admin.post('/api/presets', { name: `${name}d`, systemPrompt: 'x' }), 201);
    await data(admin.post(`/api/presets/${usual}/set-default`));
  }
  await data(admin.post('/api/skills/enable-all'));
  return { clients, names };
}

const codes = { 400: undefined, 401: undefined, 403: 'FORBIDDEN', 404: undefined };
const refuses = (call, status) => refusesChatAi(call, status, codes[status]);
walk({ callers, endpoints }, stage, refuses);
walk({ callers: callers.filter((caller) => caller !== 'admin'), endpoints: endless.map((row) => ({ ...row, statuses: row.statuses.filter((status) => status !== null) })) }, stage, refuses);
