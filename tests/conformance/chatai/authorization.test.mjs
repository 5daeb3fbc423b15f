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
async function stage() {
  const [self, admin] = [await newChatAiUser(server), await chatAiAdmin(server)];
  const keyOf = async (permissions) => withToken(server, (await newKey(self, permissions)).key);
  const clients = {
    nobody, self, admin, reader: await keyOf(['read']), writer: await keyOf(['write']),
    other: await chatAiLogIn(server, other.user.username),
  };
  const name = `row${++made}`;
  const { id: channel } = await data(admin.post('/api/channels', { name, baseUrl: 'https://example.org/v1', enabled: false }), 201);
  const { id: preset } = await data(admin.post('/api/presets', { name, systemPrompt: 'x' }), 201);
  const { id: usual } = await data(admin.post('/api/presets', { name: `${name}d`, systemPrompt: 'x' }), 201);
  await data(admin.post(`/api/presets/${usual}/set-default`));
  const { conversationId: conversation } = await data(self.post('/api/chat', { message: 'hi' }));
  const user = `account:${self.user.id}`;
  const { id: memory } = await data(admin.post(`/api/memory/user/${user}`, { content: 'likes tea' }), 201);
  return { clients, names: { channel, preset, conversation, section: 'trigger', user, memory, group: '500', category: 'weather' } };
}

const codes = { 400: undefined, 401: undefined, 403: 'FORBIDDEN', 404: undefined };
const refuses = (call, status) => refusesChatAi(call, status, codes[status]);
walk({ callers, endpoints }, stage, refuses);
walk({ callers: callers.filter((caller) => caller !== 'admin'), endpoints: endless.map((row) => ({ ...row, statuses: row.statuses.filter((status) => status !== null) })) }, stage, refuses);
