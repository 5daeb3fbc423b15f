// Every endpoint of the ChatAI API, one line each: method, path, a body that is good (or `{}`, which is found wanting), and
// the status each caller gets. What has a name such as `:channel` is there, made for the row; `:user` is `self`; `:absent` and
// `:group` are not there. Callers, in this order:
//
//   nobody
//   reader   an API key of `self` that may read
//   writer   one that may write
//   other    another user
//   admin
//   self     last, for what it does may end it

import { rows } from './walk.mjs';

export const callers = ['nobody', 'reader', 'writer', 'other', 'admin', 'self'];

const readers = [401, 200, 403, 200, 200, 200];
const writers = [401, 403, 200, 200, 200, 200];
const logins = [401, 403, 403, 200, 200, 200];
const adminReads = [401, 403, 403, 403, 200, 403];
const adminWrites = [401, 403, 403, 403, 200, 403];
const own = [401, 200, 403, 404, 404, 200];
const ownWrites = [401, 403, 200, 404, 404, 200];
const everyone = (status) => callers.map(() => status);
const withStatus = (callersOf, status) => callersOf.map((usual) => (usual === 200 ? status : usual));

export const endpoints = rows([
  ['POST', '/api/auth/login', {}, [400, 400, 400, 400, 400, 400]],
  ['GET', '/login/token?token=none', undefined, [401, 401, 401, 401, 401, 401]],
  ['GET', '/api/auth/verify', undefined, readers],
  ['POST', '/api/auth/verify', {}, writers],
  ['GET', '/api/auth/me', undefined, readers],
  ['GET', '/api/auth/status', undefined, readers],
  ['POST', '/api/auth/refresh', {}, logins],
  ['POST', '/api/auth/logout', {}, logins],
  ['POST', '/api/auth/token/permanent', { forceNew: true }, adminWrites],
  ['DELETE', '/api/auth/token/permanent', undefined, adminWrites],
  ['GET', '/api/auth/token/status', undefined, adminReads],

  ['GET', '/api/config', undefined, adminReads],
  ['PUT', '/api/config', { debug: false }, adminWrites],
  ['POST', '/api/config', { debug: false }, adminWrites],
  ['GET', '/api/config/export', undefined, adminReads],
  ['POST', '/api/config/import', { debug: false }, adminWrites],
  ['POST', '/api/config/validate', { debug: false }, adminWrites],
  ['POST', '/api/config/reload', {}, adminWrites],
  ['GET', '/api/config/:section', undefined, adminReads],
  ['PUT', '/api/config/:section', { keywords: [] }, adminWrites],

  ['GET', '/api/channels', undefined, adminReads],
  ['GET', '/api/channels/list?withStats=true', undefined, adminReads],
  ['GET', '/api/channels/stats', undefined, adminReads],
  ['POST', '/api/channels', {}, withStatus(adminWrites, 400)],
  ['POST', '/api/channels/test', { baseUrl: 'ftp://nowhere' }, withStatus(adminWrites, 400)],
  ['POST', '/api/channels/test-model', {}, withStatus(adminWrites, 400)],
  ['POST', '/api/channels/fetch-models', { baseUrl: 'ftp://nowhere' }, withStatus(adminWrites, 400)],
  ['POST', '/api/channels/batch-test', {}, withStatus(adminWrites, 400)],
  ['GET', '/api/channels/:channel', undefined, adminReads],
  ['PUT', '/api/channels/:channel', { priority: 5 }, adminWrites],
  ['DELETE', '/api/channels/:channel', undefined, adminWrites],

  ['GET', '/api/presets', undefined, readers],
  ['POST', '/api/presets', {}, withStatus(adminWrites, 400)],
  ['POST', '/api/presets/import', {}, withStatus(adminWrites, 400)],
  ['GET', '/api/presets/:preset', undefined, readers],
  ['PUT', '/api/presets/:preset', { description: 'x' }, adminWrites],
  ['DELETE', '/api/presets/:preset', undefined, adminWrites],
  ['GET', '/api/presets/:preset/prompt', undefined, readers],
  ['POST', '/api/presets/:preset/set-default', {}, adminWrites],
  ['POST', '/api/presets/:preset/copy', {}, withStatus(adminWrites, 201)],
  ['GET', '/api/presets/:preset/export', undefined, readers],
  ['GET', '/api/preset/list', undefined, readers],
  ['POST', '/api/preset', {}, withStatus(adminWrites, 400)],
  ['GET', '/api/preset/:preset', undefined, readers],
  ['PUT', '/api/preset/:preset', { description: 'x' }, adminWrites],
  ['DELETE', '/api/preset/:preset', undefined, adminWrites],
  ['GET', '/api/preset/:preset/prompt', undefined, readers],
  ['POST', '/api/preset/:preset/default', {}, adminWrites],

  ['POST', '/api/chat', { message: 'hi' }, writers],
  ['POST', '/api/chat/stream', { message: 'hi' }, writers],
  ['GET', '/api/chat/history?userId=1', undefined, readers],
  ['DELETE', '/api/chat/history?userId=1', undefined, writers],
  ['GET', '/api/conversations', undefined, readers],
  ['GET', '/api/conversations/list', undefined, readers],
  ['GET', '/api/conversations/:conversation', undefined, own],
  ['GET', '/api/conversations/:conversation/messages', undefined, own],
  ['POST', '/api/conversations/:conversation/clear', {}, ownWrites],
  ['DELETE', '/api/conversations/:conversation', undefined, [401, 403, 200, 404, 404, 404]],
  ['DELETE', '/api/conversations/clear-all?confirm=true', undefined, writers],

  ['GET', '/api/system/status', undefined, readers],
  ['GET', '/api/system/info', undefined, readers],
  ['GET', '/api/system/health', undefined, readers],
  ['GET', '/api/health', undefined, readers],
  ['GET', '/api/system/monitor', undefined, adminReads],
  ['GET', '/api/system/version', undefined, readers],
  ['GET', '/api/version', undefined, readers],
  ['GET', '/api/tools', undefined, adminReads],
  ['GET', '/api/tools/list', undefined, adminReads],
  ['GET', '/api/tools/by-source', undefined, adminReads],
  ['POST', '/api/tools/call', { name: 'current_time' }, adminWrites],
  ['POST', '/api/tools/:tool/execute', {}, adminWrites],
  ['POST', '/api/tools/test', { toolName: 'current_time' }, adminWrites],
  ['PUT', '/api/tools/:tool/toggle', { enabled: true }, adminWrites],
  ['PUT', '/api/tools/category/:category/toggle', { enabled: true }, adminWrites],
  ['GET', '/api/tools/builtin/config', undefined, adminReads],
  ['PUT', '/api/tools/builtin/config', {}, adminWrites],
  ['GET', '/api/tools/builtin/list', undefined, adminReads],
  ['GET', '/api/tools/builtin/categories', undefined, adminReads],
  ['POST', '/api/tools/builtin/enable-all', {}, adminWrites],
  ['POST', '/api/tools/builtin/disable-all', {}, adminWrites],
  ['GET', '/api/tools/dangerous', undefined, adminReads],
  ['PUT', '/api/tools/dangerous', {}, adminWrites],
  ['POST', '/api/tools/reload', {}, adminWrites],
  ['GET', '/api/tools/stats', undefined, adminReads],
  ['GET', '/api/tools/logs', undefined, adminReads],
  ['DELETE', '/api/tools/logs', undefined, withStatus(adminWrites, 409)],
  ['GET', '/api/tools/:tool', undefined, adminReads],
  ['GET', '/api/tools/custom', undefined, adminReads],
  ['POST', '/api/tools/custom', {}, withStatus(adminWrites, 400)],
  ['GET', '/api/tools/custom/:custom', undefined, adminReads],
  ['PUT', '/api/tools/custom/:custom', { description: 'x' }, adminWrites],
  ['DELETE', '/api/tools/custom/:custom', undefined, adminWrites],
  ['GET', '/api/stats/tool-calls/records', undefined, adminReads],
  ['GET', '/api/stats/tool-calls/errors', undefined, adminReads],
  ['GET', '/api/stats/tool-calls/record/:call', undefined, withStatus(adminReads, 404)],

  ...['/api/mcp/servers', '/api/skills/mcp/servers'].flatMap((base) => [
    ['GET', base, undefined, adminReads],
    ['POST', base, {}, withStatus(adminWrites, 400)],
    ['GET', `${base}/:server`, undefined, adminReads],
    ['DELETE', `${base}/:server`, undefined, adminWrites],
    ['POST', `${base}/:absent/connect`, {}, withStatus(adminWrites, 404)],
    ['POST', `${base}/:server/disconnect`, {}, adminWrites],
    ['POST', `${base}/:absent/reconnect`, {}, withStatus(adminWrites, 404)],
    ['POST', `${base}/:absent/reload`, {}, withStatus(adminWrites, 404)],
  ]),
  ['PUT', '/api/mcp/servers/:server', { timeout: 1000 }, adminWrites],
  ['POST', '/api/mcp/connect', {}, withStatus(adminWrites, 400)],
  ['POST', '/api/mcp/servers/reconnect-all', {}, adminWrites],
  ['POST', '/api/mcp/import', {}, withStatus(adminWrites, 400)],
  ['GET', '/api/mcp/servers/:server/tools', undefined, withStatus(adminReads, 409)],
  ['GET', '/api/mcp/servers/:server/resources', undefined, withStatus(adminReads, 409)],
  ['GET', '/api/mcp/servers/:server/prompts', undefined, withStatus(adminReads, 409)],
  ['GET', '/api/mcp/resources', undefined, adminReads],
  ['POST', '/api/mcp/resources/read', {}, withStatus(adminWrites, 400)],
  ['GET', '/api/mcp/prompts', undefined, adminReads],
  ['POST', '/api/mcp/prompts/get', {}, withStatus(adminWrites, 400)],

  ['GET', '/api/skills/status', undefined, adminReads],
  ['GET', '/api/skills/tools', undefined, adminReads],
  ['GET', '/api/skills/tools/by-source', undefined, adminReads],
  ['GET', '/api/skills/tools/:tool/detail', undefined, adminReads],
  ['POST', '/api/skills/execute', { toolName: 'current_time' }, adminWrites],
  ['POST', '/api/skills/execute/batch', { calls: [{ toolName: 'current_time' }] }, adminWrites],
  ['GET', '/api/skills/search?q=time', undefined, adminReads],
  ['GET', '/api/skills/discover', undefined, adminReads],
  ['POST', '/api/skills/recommend', { context: 'time' }, adminWrites],
  ['GET', '/api/skills/categories', undefined, adminReads],
  ['POST', '/api/skills/categories/:category/toggle', { enabled: true }, adminWrites],
  ['POST', '/api/skills/toggle-category', { category: 'time', enabled: true }, adminWrites],
  ['POST', '/api/skills/tools/:tool/toggle', { enabled: true }, adminWrites],
  ['POST', '/api/skills/toggle-tool', { toolName: 'current_time', enabled: true }, adminWrites],
  ['POST', '/api/skills/reload', {}, adminWrites],
  ['POST', '/api/skills/enable-all', {}, adminWrites],
  ['POST', '/api/skills/disable-all', {}, adminWrites],
  ['GET', '/api/skills/stats', undefined, adminReads],

  ...['/api/stats', '/api/system/stats'].flatMap((base) => ['', '/models', '/channels', '/users', '/groups', '/tools', '/tool-calls']
    .map((path) => ['GET', `${base}${path}?period=week`, undefined, adminReads])),

  ['POST', '/api/group-admin/login', {}, everyone(400)],
  ...[['GET', 'verify'], ['POST', 'logout'], ['GET', 'config'], ['PUT', 'config'], ['GET', 'presets'], ['GET', 'channels'],
    ...['blacklist', 'whitelist'].flatMap((list) => [['GET', list], ['PUT', list], ['POST', `${list}/add`], ['POST', `${list}/remove`]]),
    ['GET', 'usage-limit'], ['PUT', 'usage-limit'], ['GET', 'usage-stats'], ['POST', 'usage-stats/reset'],
    ['GET', 'channel'], ['PUT', 'channel'], ['DELETE', 'channel'], ['POST', 'models/fetch']]
    .map(([method, path]) => [method, `/api/group-admin/${path}`, method === 'GET' ? undefined : {}, everyone(401)]),

  ['GET', '/api/groups', undefined, adminReads],
  ['POST', '/api/groups/batch', {}, withStatus(adminWrites, 400)],
  ['POST', '/api/groups/batch/toggle', {}, withStatus(adminWrites, 400)],
  ...['config', 'members', 'stats', 'usage-stats', 'conversations', 'presets', 'tools', 'triggers']
    .map((path) => ['GET', `/api/groups/:group/${path}`, undefined, withStatus(adminReads, 404)]),
  ...['config', 'preset', 'tools', 'triggers'].map((path) => ['PUT', `/api/groups/:group/${path}`, {}, withStatus(adminWrites, 404)]),
  ['PUT', '/api/groups/:group/members/:user', { blocked: true }, withStatus(adminWrites, 404)],
  ['POST', '/api/groups/:group/usage-stats/reset', {}, withStatus(adminWrites, 404)],
  ['DELETE', '/api/groups/:group/config', undefined, withStatus(adminWrites, 404)],
  ['DELETE', '/api/groups/:group/conversations', undefined, withStatus(adminWrites, 404)],
  ...['/api/memory', '/api/memories'].flatMap((base) => [
    ['GET', `${base}/users`, undefined, adminReads],
    ['GET', `${base}/stats`, undefined, adminReads],
    ['GET', `${base}/categories`, undefined, adminReads],
    ['GET', `${base}/search?query=tea`, undefined, adminReads],
    ['POST', `${base}/search`, { query: 'tea' }, adminReads],
    ['GET', `${base}/user/:user`, undefined, adminReads],
    ['GET', `${base}/user/:user/stats`, undefined, adminReads],
    ['GET', `${base}/user/:user/category/:category`, undefined, withStatus(adminReads, 400)],
    ['POST', `${base}/user/:user`, {}, withStatus(adminWrites, 400)],
    ['POST', `${base}/user/:user/summarize`, {}, adminWrites],
    ['DELETE', `${base}/user/:user`, undefined, adminWrites],
    ['GET', `${base}/group/:group`, undefined, withStatus(adminReads, 404)],
    ['POST', `${base}/batch`, {}, withStatus(adminWrites, 400)],
    ['POST', `${base}/merge/:user`, undefined, adminWrites],
    ['DELETE', `${base}/clear-all`, undefined, withStatus(adminWrites, 400)],
    ['GET', `${base}/:memory`, undefined, adminReads],
    ['PUT', `${base}/:memory`, { confidence: 1 }, adminWrites],
  ]),
  ...['/api/memory', '/api/memories', '/api/chat/memories'].flatMap((base) => [
    ['GET', `${base}?userId=:user`, undefined, adminReads],
    ['POST', base, {}, withStatus(adminWrites, 400)],
    ['DELETE', base, { userId: ':user' }, adminWrites],
    ['DELETE', `${base}/:memory`, undefined, adminWrites],
  ]),
  ['DELETE', '/api/contacts/:user?confirm=true', undefined, withStatus(adminWrites, 409)],
]);

/// Their good answers do not end; who may have one is tested where they are read.
export const endless = rows(['/api/skills/sse', '/api/mcp/sse'].map((path) => ['GET', path, undefined, [401, 403, 403, 403, null, 403]]));
