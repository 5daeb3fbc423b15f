// Every endpoint of the NekoBot API, one line each: method, path, a body that is good (or one that is found wanting), and the
// status each caller gets. `:gone` is an id that nothing has. Callers, in this order:
//
//   stranger   no token, through a proxy
//   page       no token, from a page of another site
//   local      no token, a program on this machine
//   user       an account that administers nothing
//   admin

import { rows } from './walk.mjs';

export const callers = ['stranger', 'page', 'local', 'user', 'admin'];

const open = [401, 401, 200, 200, 200];
const logins = [401, 401, 401, 200, 200];
const admins = [401, 401, 401, 403, 200];
const openAdmins = [401, 401, 200, 403, 200];
const withStatus = (callersOf, status) => callersOf.map((usual) => (usual === 200 ? status : usual));

export const endpoints = rows([
  ['POST', '/api/login', {}, [400, 400, 400, 400, 400]],
  ['GET', '/api/user-info', undefined, logins],
  ['POST', '/api/change-password', {}, withStatus(logins, 400)],

  ['GET', '/api/bot/config', undefined, admins],
  ['PUT', '/api/bot/config', { config: { debug: false } }, admins],
  ['GET', '/api/settings', undefined, logins],
  ['PUT', '/api/settings', { settings: { theme: 'dark' } }, admins],

  ['GET', '/api/llm/providers?page=1', undefined, admins],
  ['POST', '/api/llm/providers', {}, withStatus(admins, 400)],
  ['DELETE', '/api/llm/providers/:gone', undefined, withStatus(admins, 404)],
  ['POST', '/api/llm/chat', { message: 'Hello' }, open],

  ['GET', '/api/personalities?page=1', undefined, logins],
  ['POST', '/api/personalities', {}, withStatus(admins, 400)],
  ['PUT', '/api/personalities/default', { id: ':gone' }, withStatus(admins, 404)],
  ['DELETE', '/api/personalities/:gone', undefined, withStatus(admins, 404)],

  ['GET', '/api/commands?page=1', undefined, open],
  ['GET', '/api/commands/conflicts?page=1', undefined, open],

  ['GET', '/api/logs?level=ERROR', undefined, admins],

  ['GET', '/api/plugins?page=1', undefined, logins],
  ['POST', '/api/plugins/enable', {}, withStatus(openAdmins, 400)],
  ['POST', '/api/plugins/disable', { name: 'gone' }, withStatus(openAdmins, 404)],
  ['POST', '/api/plugins/reload', { name: 'gone' }, withStatus(openAdmins, 404)],
  ['POST', '/api/plugins/upload', {}, withStatus(openAdmins, 400)],
  ['DELETE', '/api/plugins/delete?name=gone', undefined, withStatus(openAdmins, 404)],
  ['GET', '/api/plugins/config?name=gone', undefined, withStatus(admins, 404)],
  ['PUT', '/api/plugins/config', {}, withStatus(admins, 400)],

  ['GET', '/api/platforms?page=1', undefined, admins],
  ['POST', '/api/platforms', {}, withStatus(admins, 400)],
  ['DELETE', '/api/platforms/:gone', undefined, withStatus(admins, 404)],
  ['GET', '/api/platform/stats', undefined, open],

  ['GET', '/api/mcp/servers?page=1', undefined, admins],
  ['POST', '/api/mcp/servers', {}, withStatus(admins, 400)],
  ['DELETE', '/api/mcp/servers/:gone', undefined, withStatus(admins, 404)],

  ['POST', '/chat/new_session', {}, open],
  ['GET', '/chat/sessions?page=1', undefined, open],
  ['GET', '/chat/get_session?session_id=:gone', undefined, withStatus(open, 404)],
  ['DELETE', '/chat/delete_session?session_id=:gone', undefined, withStatus(open, 404)],
  ['POST', '/chat/send', {}, withStatus(open, 400)],

  ['GET', '/ws', undefined, [426, 426, 426, 426, 426]],

  // Last: it ends the login of whoever calls it.
  ['POST', '/api/logout', {}, logins],
]);
