// Every endpoint of the PlexiChat API, one line each: method, path, a body that is good (or `{}`, which is found wanting),
// and the status each caller gets. `:user` is the last caller, `:key` an API key of theirs,
// `:gone` a user, `:backup` a backup and `:emoji` a reaction that are not there. Callers, in this order:
//
//   nobody
//   reader     an API key of `self` that may read
//   writer     one that may write
//   other      another user
//   moderator
//   admin
//   self       last, for what it does may end it

import { rows } from './walk.mjs';

export const callers = ['nobody', 'reader', 'writer', 'other', 'moderator', 'admin', 'self'];

const needsFields = [422, 422, 422, 422, 422, 422, 422];
const readers = [401, 200, 403, 200, 200, 200, 200];
const writers = [401, 403, 200, 200, 200, 200, 200];
const logins = [401, 403, 403, 200, 200, 200, 200];
const admins = [401, 403, 403, 403, 403, 200, 403];
const insiderReads = [401, 200, 403, 404, 404, 404, 200];
const insiderWrites = [401, 403, 200, 404, 404, 404, 200];
const withStatus = (callersOf, status) => callersOf.map((usual) => (usual === 200 ? status : usual));

export const endpoints = rows([
  ['POST', '/api/v1/auth/login', {}, needsFields],
  ['POST', '/api/v1/auth/mfa/verify', {}, needsFields],
  ['POST', '/api/v1/auth/refresh', {}, needsFields],
  ['POST', '/api/v1/auth/logout', {}, logins],
  ['POST', '/api/v1/auth/logout-all', {}, logins],
  ['POST', '/api/v1/auth/change-password', {}, withStatus(logins, 422)],

  ['GET', '/api/v1/auth/mfa', undefined, logins],
  ['POST', '/api/v1/auth/mfa/setup', {}, withStatus(logins, 422)],
  ['POST', '/api/v1/auth/mfa/confirm', {}, withStatus(logins, 422)],
  ['POST', '/api/v1/auth/mfa/backup-codes', {}, withStatus(logins, 422)],
  ['POST', '/api/v1/auth/mfa/disable', {}, withStatus(logins, 422)],

  ['GET', '/api/v1/auth/api-keys', undefined, logins],
  ['POST', '/api/v1/auth/api-keys', {}, withStatus(logins, 422)],
  ['DELETE', '/api/v1/auth/api-keys/:key', undefined, [401, 403, 403, 404, 404, 404, 200]],

  ['GET', '/api/v1/users/me', undefined, readers],
  ['PUT', '/api/v1/users/me', { display_name: 'New Name' }, writers],
  ['DELETE', '/api/v1/users/me', {}, withStatus(logins, 422)],
  ['GET', '/api/v1/users?page=1', undefined, admins],
  ['POST', '/api/v1/users', {}, withStatus(admins, 422)],
  ['GET', '/api/v1/users/:user', undefined, readers],
  ['PUT', '/api/v1/users/:user', { display_name: 'New Name' }, [401, 403, 200, 403, 403, 200, 200]],
  ['DELETE', '/api/v1/users/:gone', undefined, withStatus(admins, 404)],

  // `:channel` is private and has nobody but `self` in it; `:message` and `:file` are theirs, and in it.
  ['GET', '/api/v1/channels', undefined, readers],
  ['POST', '/api/v1/channels', {}, withStatus(writers, 422)],
  ['GET', '/api/v1/channels/:channel', undefined, insiderReads],
  ['PUT', '/api/v1/channels/:channel', { description: 'New words' }, insiderWrites],
  ['DELETE', '/api/v1/channels/:channel', undefined, [401, 403, 200, 404, 404, 404, 404]],
  ['POST', '/api/v1/channels/:channel/join', {}, insiderWrites],
  ['POST', '/api/v1/channels/:channel/leave', {}, [401, 403, 409, 404, 404, 404, 409]],
  ['GET', '/api/v1/channels/:channel/members', undefined, insiderReads],
  ['POST', '/api/v1/channels/:channel/members', {}, withStatus(writers, 422)],
  ['DELETE', '/api/v1/channels/:channel/members/:gone', undefined, withStatus(insiderWrites, 404)],
  ['GET', '/api/v1/channels/:channel/files', undefined, insiderReads],

  ['GET', '/api/v1/messages?channel_id=:channel', undefined, insiderReads],
  ['POST', '/api/v1/messages', {}, withStatus(writers, 422)],
  ['GET', '/api/v1/messages/:message', undefined, insiderReads],
  ['PUT', '/api/v1/messages/:message', { content: 'New words' }, insiderWrites],
  ['DELETE', '/api/v1/messages/:message', undefined, [401, 403, 200, 404, 404, 404, 404]],
  ['GET', '/api/v1/messages/:message/reactions', undefined, insiderReads],
  ['POST', '/api/v1/messages/:message/reactions', { emoji: '🌿' }, insiderWrites],
  ['DELETE', '/api/v1/messages/:message/reactions/:emoji', undefined, withStatus(insiderWrites, 404)],

  ['POST', '/api/v1/files/upload', {}, withStatus(writers, 422)],
  ['GET', '/api/v1/files/:file', undefined, insiderReads],
  ['GET', '/api/v1/files/:file/download', undefined, insiderReads],
  ['GET', '/api/v1/files/:file/thumbnail', undefined, withStatus(insiderReads, 404)],
  ['GET', '/files/:file/thumbnail.jpg', undefined, [404, 404, 404, 404, 404, 404, 404]],
  ['GET', '/files/:file/:name', undefined, [404, 200, 404, 404, 404, 404, 200]],
  ['DELETE', '/api/v1/files/:file', undefined, [401, 403, 200, 404, 404, 404, 404]],

  ['POST', '/api/v1/ai/chat', {}, withStatus(writers, 422)],
  ['POST', '/api/v1/ai/search', {}, withStatus(readers, 422)],

  ['GET', '/api/v1/admin/system/status', undefined, admins],
  ['GET', '/api/v1/admin/users', undefined, admins],
  ['PUT', '/api/v1/admin/users/:gone', { is_active: true }, withStatus(admins, 404)],
  ['POST', '/api/v1/admin/users/:gone/logout', {}, withStatus(admins, 404)],
  ['POST', '/api/v1/admin/backup', { compression: 'none of ours' }, withStatus(admins, 422)],
  ['GET', '/api/v1/admin/backups', undefined, admins],
  ['GET', '/api/v1/admin/backups/:backup', undefined, withStatus(admins, 404)],
  ['GET', '/api/v1/admin/backups/:backup/download', undefined, withStatus(admins, 404)],
  ['POST', '/api/v1/admin/backups/:backup/verify', {}, withStatus(admins, 404)],
  ['DELETE', '/api/v1/admin/backups/:backup', undefined, withStatus(admins, 404)],

  ['GET', '/ws', undefined, [426, 426, 426, 426, 426, 426, 426]],
]);
