import { Client } from '../support/client.mjs';
import { callers, endpoints } from '../support/plexi_endpoints.mjs';
import { logInPlexiAdmin, newKey, newPlexiUser, newPlexiUserWithRole, plexi, plexiLogIn, refusesPlexi, withKey } from '../support/plexi.mjs';
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
  return { clients, names: { user: self.user.id, key: reading.id, gone: 'user_999999' } };
}

const codes = { 401: 'AUTHENTICATION_REQUIRED', 403: 'INSUFFICIENT_PERMISSIONS', 404: 'RESOURCE_NOT_FOUND', 422: 'VALIDATION_ERROR' };

walk({ callers, endpoints }, stage, (call, status) => refusesPlexi(call, status, codes[status]));
