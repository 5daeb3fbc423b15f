// Every endpoint of the specification and of the settled additions, one line each: method, path, a body that is good,
// and the status each caller gets. `:user` and `:bot` belong to the owner; `:command` is a command of that bot.
// Callers, in this order; a null is left open by the specification:
//
//   nobody     no login and no token
//   stranger   the token of another user's bot
//   other      another user
//   bot        the token of the bot
//   admin
//   owner      last, for what the owner may do can take the bot away

import { rows } from './walk.mjs';

export { fill } from './walk.mjs';

export const callers = ['nobody', 'stranger', 'other', 'bot', 'admin', 'owner'];

const everyone = [200, 200, 200, 200, 200, 200];
const anyUser = [401, 401, 200, 401, 200, 200];
const adminOnly = [401, 401, 403, 401, 200, 403];
const ownerOnly = [401, 401, 403, 401, 403, 200];
const self = [401, 401, 403, 401, 200, 200];
const reader = [401, null, 200, null, 200, 200];
const botReader = [401, 401, 403, null, 200, 200];
const botItself = [401, 401, 403, 200, 200, 200];
/// A login is needed before the body is looked at, which is then found wanting.
const needsBody = [401, 401, 400, 401, 400, 400];
const formOpenToAll = [400, 400, 400, 400, 400, 400];

export const endpoints = rows([
  ['POST', '/api/auth/register', {}, formOpenToAll],
  ['POST', '/api/auth/login', {}, formOpenToAll],
  ['GET', '/api/auth/me', undefined, anyUser],
  ['POST', '/api/auth/update-profile', { fullname: 'New Name' }, anyUser],
  ['POST', '/api/auth/change-password', {}, needsBody],
  ['POST', '/api/auth/forgot-password', {}, formOpenToAll],
  ['POST', '/api/auth/reset-password', {}, formOpenToAll],
  ['POST', '/api/auth/delete-account', {}, needsBody],

  ['GET', '/api/users', undefined, adminOnly],
  ['GET', '/api/users/:user', undefined, self],
  ['GET', '/api/users/:user/bots', undefined, self],
  ['GET', '/api/users/search?q=ab', undefined, adminOnly],

  ['GET', '/api/my-bots', undefined, anyUser],
  ['POST', '/api/my-bots', { name: 'Made' }, anyUser],
  ['GET', '/api/my-bots/:bot', undefined, ownerOnly],
  ['PUT', '/api/my-bots/:bot', { name: 'Renamed' }, ownerOnly],
  ['DELETE', '/api/my-bots/:bot', undefined, ownerOnly],
  ['GET', '/api/my-bots/:bot/token', undefined, ownerOnly],
  ['POST', '/api/my-bots/:bot/regenerate-token', {}, ownerOnly],
  ['GET', '/api/my-bots/:bot/data', undefined, ownerOnly],
  ['GET', '/api/admin/bots', undefined, adminOnly],
  ['GET', '/api/bot/:bot/info', undefined, botReader],

  ['POST', '/api/bot/:bot/send-command', { type: 'greet' }, botReader],
  ['POST', '/api/bot/:bot/restart', {}, botReader],
  ['POST', '/api/bot/:bot/stop', {}, botReader],
  ['GET', '/api/bot/:bot/settings', undefined, botReader],
  ['PUT', '/api/bot/:bot/settings', { key: 'value' }, botReader],
  ['GET', '/api/bot/:bot/commands-history', undefined, botReader],

  ['GET', '/api/stats/overview', undefined, reader],
  ['GET', '/api/stats/bot/:bot', undefined, botReader],
  ['GET', '/api/export/logs?bot_id=:bot', undefined, botReader],
  ['GET', '/api/export/messages?bot_id=:bot', undefined, botReader],
  ['GET', '/api/export/bot-data/:bot', undefined, botReader],

  ['GET', '/api/logs', undefined, reader],
  ['POST', '/api/bot/:bot/logs', { message: 'a log' }, botItself],
  ['GET', '/api/messages', undefined, reader],
  ['POST', '/api/bot/:bot/messages', { message: 'a message' }, botItself],
  ['POST', '/api/bot/:bot/sync', { groups: [] }, botItself],
  ['GET', '/api/bot/:bot/data', undefined, botItself],

  ['GET', '/api/commands?bot_id=:bot', undefined, botReader],
  ['POST', '/api/commands', { bot_id: ':bot', type: 'greet' }, botReader],
  ['GET', '/api/bot/:bot/commands', undefined, botItself],
  ['POST', '/api/commands/:command/ack', { status: 'completed' }, botItself],

  ['POST', '/api/bots/register', { bot_id: ':bot' }, botItself],
  ['GET', '/api/bot/:bot/status', undefined, botItself],
  ['POST', '/api/bot/:bot/status', { status: 'online' }, botItself],
  ['POST', '/api/bot/auth', {}, formOpenToAll],
  ['GET', '/api/health', undefined, everyone],
  ['GET', '/healthz', undefined, everyone],
  ['GET', '/readyz', undefined, everyone],
  ['GET', '/openapi.json', undefined, everyone],
  ['GET', '/docs', undefined, everyone],

  // Last: it ends the login of whoever calls it.
  ['POST', '/api/auth/logout', {}, everyone],
]);
