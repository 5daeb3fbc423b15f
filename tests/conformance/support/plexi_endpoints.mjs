// Every endpoint of the PlexiChat API, one line each: method, path, a body that is good (or `{}`, which is found wanting),
// and the status each caller gets. `:user` is the last caller, `:key` an API key of theirs,
// and `:gone` a user who is not there. Callers, in this order:
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
]);
