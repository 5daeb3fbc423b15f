import { Client } from '../support/client.mjs';
import { callers, endpoints } from '../support/plexi_endpoints.mjs';
import { answers, logInPlexiAdmin, newKey, newPlexiUser, newPlexiUserWithRole, plexi, plexiLogIn, refusesPlexi, withKey } from '../support/plexi.mjs';
import { startServerOf } from '../support/server.mjs';
import { walk } from '../support/walk.mjs';

const server = await startServerOf(plexi, '--no-rate-limit');
const nobody = new Client(server);
const other = await newPlexiUser(server);
const moderator = await newPlexiUserWithRole(server, await logInPlexiAdmin(server), 'moderator');

/// Logins of the row's own: some rows end them.
async function stage() {
  const self = await newPlexiUser(server);
  const [reading, writing] = [await newKey(self, ['read']), await newKey(self, ['write'])];
  const clients = {
    nobody, self, reader: withKey(server, reading.key), writer: withKey(server, writing.key), admin: await logInPlexiAdmin(server),
    other: await plexiLogIn(server, other.user.username), moderator: await plexiLogIn(server, moderator.user.username),
  };
  const { id: channel } = await answers(self.post('/api/v1/channels', { name: 'between us', is_private: true }), 201);
  const { id: message } = await answers(self.post('/api/v1/messages', { channel_id: channel, content: 'a secret' }), 201);
  const file = await newFile(self, channel);
  return {
    clients,
    names: {
      user: self.user.id, key: reading.id, channel, message, file, name: 'plan.txt',
      gone: 'user_999999', backup: '20260131T120000000Z-3f9a01', emoji: 'x',
    },
  };
}

/// A small text in the channel: its id.
async function newFile(person, channel) {
  const form = new FormData();
  form.set('file', new Blob(['water: Tuesdays']), 'plan.txt');
  form.set('channel_id', channel);
  const answer = await fetch(`${server.url}/api/v1/files/upload`, { method: 'POST', headers: person.headers, body: form });
  return (await answer.json()).id;
}

const codes = { 409: 'CONFLICT', 426: 'METHOD_NOT_ALLOWED', 401: 'AUTHENTICATION_REQUIRED', 403: 'INSUFFICIENT_PERMISSIONS', 404: 'RESOURCE_NOT_FOUND', 422: 'VALIDATION_ERROR' };

walk({ callers, endpoints }, stage, (call, status) => refusesPlexi(call, status, codes[status]));
