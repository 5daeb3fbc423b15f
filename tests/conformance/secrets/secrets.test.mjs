// Everything that must stay secret is put in as a word that can be recognised, on one server of all surfaces; and then
// everything that comes out is searched for those words: answers, streams, logs, metrics, exports, the files of the data
// folder. What the server speaks to throws its secrets back at it in every error.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { EventSource } from 'eventsource';
import WebSocket from 'ws';
import { eventually } from '../support/cast.mjs';
import { endpoints as chatAiEndpoints } from '../support/chatai_endpoints.mjs';
import { Client } from '../support/client.mjs';
import { endpoints as botEndpoints } from '../support/endpoints.mjs';
import { endpoints as nekoEndpoints } from '../support/neko_endpoints.mjs';
import { endpoints as plexiEndpoints } from '../support/plexi_endpoints.mjs';
import { ReverseClient, textOf } from '../support/onebot.mjs';
import { freePort, startServerIn } from '../support/server.mjs';
import { fill } from '../support/walk.mjs';

/// By what it is.
const secrets = {};
const secret = (name, prefix = '') => (secrets[name] = `${prefix}canary-${name.replaceAll(' ', '-')}-9f3Kq7`);

/// Answers everything with an error that holds all that it was sent.
const mirror = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  const message = `I was sent ${request.url} ${JSON.stringify(request.headers)} ${body}`;
  response.writeHead(400, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ ok: false, error_code: 400, description: message, error: { message, type: 'mirror', code: message }, message }));
});
mirror.listen(0, '127.0.0.1');
await once(mirror, 'listening');
const url = `http://127.0.0.1:${mirror.address().port}`;
after(() => { mirror.close(); mirror.closeAllConnections(); });

/// Listeners by surface; the first one's port is the server's own.
const ports = { neko: await freePort(), chatai: await freePort(), plexi: await freePort() };
const listen = (port, surfaces) => ['--listen', `127.0.0.1:${port}=${surfaces}`];
const server = await startServerIn(
  {
    OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: secret('key of the environment', 'sk-'), OPENAI_MODEL: 'm',
    TROUPE_SMTP_PASSWORD: secret('password of the mail server'),
  },
  ['bot_manager'], ...listen(ports.neko, 'nekobot,webhooks'), ...listen(ports.chatai, 'chatai'), ...listen(ports.plexi, 'plexichat,chat_v1,openai'),
  '--no-rate-limit', '--log-requests', '--mcp-command', process.execPath, '--platform-retry', '0.05');
let log = server.output;
for (const stream of [server.process.stdout, server.process.stderr]) stream.on('data', (chunk) => { log += chunk; });

const at = (surface, headers) => Object.assign(new Client(surface === 'bots' ? server : { port: ports[surface] }, headers), { surface });
const bearer = (surface, token) => at(surface, { Authorization: `Bearer ${token}` });

async function good(answer) {
  const { status, body, text } = await answer;
  assert.ok(status >= 200 && status < 300, text);
  return body.data ?? body;
}

const clients = {};
const names = { gone: 'zzzzzzzzzzzz' };
const heard = [];  // on the streams
const came = (where) => (data) => heard.push([where, data.toString()]);
const streams = [];
after(() => streams.forEach((end) => end()));

async function logIn() {
  const password = secret('password of a person', 'P1!');
  const person = { username: 'canary', email: 'canary@example.test', password };
  await good(at('plexi').post('/api/v1/auth/register', person));
  await good(at('bots').post('/api/auth/login', { username: 'canary', password: secret('password that was wrong') }).then((answer) => ({ ...answer, status: 200 })));
  clients.bots = at('bots');
  await good(clients.bots.post('/api/auth/login', { username: 'admin', password: 'admin123' }));
  clients.owner = at('bots');
  await good(clients.owner.post('/api/auth/login', { username: 'canary', password }));
  secrets['cookie of a login'] = [...clients.owner.cookies.values()][0];
  const token = async (surface, path, field = 'access_token') => {
    const login = await good(at(surface).post(path, { username: 'admin', password: 'admin123' }));
    secrets[`token of ${surface}`] = login[field];
    return login[field];
  };
  clients.neko = bearer('neko', await token('neko', '/api/login'));
  clients.chatai = bearer('chatai', await token('chatai', '/api/auth/login', 'token'));
  clients.plexi = bearer('plexi', await token('plexi', '/api/v1/auth/login'));
}

async function fillWithSecrets() {
  const { neko, chatai, plexi, owner } = clients;
  await good(neko.post('/api/llm/providers', { name: 'main', type: 'openai', base_url: `${url}/v1`, api_key: secret('key of a provider', 'sk-'), model: 'm1' }));
  names.channel = (await good(chatai.post('/api/channels', { name: 'channel', baseUrl: `${url}/v1`, apiKey: secret('key of a channel', 'sk-'), models: ['m2'] }))).id;
  await good(neko.post('/api/mcp/servers', { name: 'program', type: 'stdio', config: {
    command: process.execPath, args: ['-e', 'console.error(process.env.CANARY); process.exit(1)'], env: { CANARY: secret('variable of a program') } } }));
  await good(neko.post('/api/mcp/servers', { name: 'remote', type: 'http', config: { url: `${url}/mcp`, headers: { Authorization: `Bearer ${secret('header of a server')}` } } }));
  const platform = (name, type, config) => good(neko.post('/api/platforms', { name, type, config }));
  await platform('telegram', 'telegram', { telegram_token: secret('token of telegram', '123456:'), base_url: url });
  await platform('discord', 'discord', { discord_token: secret('token of discord'), base_url: url });
  names.onebot = await freePort();
  await platform('qq', 'aiocqhttp', { ws_port: names.onebot, access_token: secret('token of onebot') });
  names.webhook = (await platform('hook', 'webhook', { secret: secret('secret of a webhook'), url: `${url}/answers` })).id;
  const bot = await good(owner.post('/api/my-bots', { name: 'Bot' }));
  names.bot = bot.bot_id;
  secrets['token of a bot'] = bot.token;
  secrets['login link'] = (await good(chatai.post('/api/auth/token/permanent', { forceNew: true }))).token;
  secrets['key of a program'] = (await good(plexi.post('/api/v1/auth/api-keys', { name: 'program', permissions: ['read'] }))).key;
  await fillGroupWithSecrets();
  names.backup = (await good(plexi.post('/api/v1/admin/backup'))).backup_id;
  assert.ok(names.backup, 'a backup');
  assert.ok(Object.entries(secrets).every(([name, value]) => typeof value === 'string' && value.length >= (name === 'code of a group' ? 6 : 16)),
    JSON.stringify(secrets));
}

/// A group's owner gets a code of the bot, logs in with it, and sets up a provider of the group's own. Its address is on the
/// internet by name alone, so that nothing is sent there.
async function fillGroupWithSecrets() {
  const bot = await ReverseClient.connected(names.onebot, { token: secrets['token of onebot'] });
  const group = { group: 500, user: 9, sender: { nickname: 'Olga', role: 'owner' } };
  bot.say('#群管理面板', group);
  await bot.sees(2, 'a code in private, and word of it in the group');
  const words = bot.actions.map(textOf);
  const [, code] = words.map((said) => /：([2-9A-HJKMNP-Z]{6})/.exec(said)).find((match) => match);
  secrets['code of a group'] = code;
  const { token } = await good(at('chatai').post('/api/group-admin/login', { code }));
  secrets['token of a group'] = token;
  clients.group = bearer('chatai', token);
  await good(clients.group.put('/api/group-admin/channel', { baseUrl: 'https://models.example.org/v1', apiKey: secret('key of a group', 'sk-'), models: ['m3'] }));
  bot.cut();
}

/// All that fails says why, and what is sent back in the error is known to the server by then.
async function provoke() {
  const { neko, chatai, bots } = clients;
  const provoked = [];
  const tell = async (what) => provoked.push(['an answer to a provocation', (await what).text]);
  for (const provider of ['main', undefined]) await tell(neko.post('/api/llm/chat', { message: 'hi', provider }));
  await tell(chatai.post('/api/channels/test', { id: names.channel }));
  await tell(chatai.post('/api/channels/test', { baseUrl: `${url}/v1`, apiKey: secrets['key of a channel'] }));
  await tell(chatai.post('/api/channels/test-model', { channelId: names.channel, model: 'm2' }));
  await tell(chatai.post('/api/chat', { message: 'hi' }));
  await tell(bearer('plexi', secrets['key of a program']).post('/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content: 'hi' }] }));
  await tell(bots.get('/api/health', { 'X-Bot-Token': secrets['token of a bot'] }));
  await tell(at('chatai').get(`/login/token?token=${secrets['login link']}`));
  await tell(at('neko').post(`/webhook/${names.webhook}`, { message_id: '1', user_id: '2', text: 'hi' },
    { 'X-Troupe-Timestamp': '1', 'X-Troupe-Signature': secrets['secret of a webhook'] }));
  for (const [port, path] of [[ports.neko, `/ws?token=${secrets['token of neko']}`], [ports.plexi, `/ws?token=${secrets['token of plexi']}`],
    [ports.neko, `/ws?token=${secrets['key of a program']}x`]])
    await new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
      socket.on('open', () => resolve(socket.terminate()));
      socket.on('error', resolve);
    });
  await new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${names.onebot}/ws?access_token=${secrets['token of onebot']}`, { headers: { 'X-Self-ID': '1' } });
    socket.on('open', () => socket.send('nonsense', () => resolve(socket.terminate())));
    socket.on('error', resolve);
  });
  await eventually(async () => {
    const { platforms } = await good(neko.get('/api/platform/stats'));
    return ['telegram', 'discord', 'aiocqhttp'].every((type) => platforms.some((one) => one.type === type && one.last_error));
  }, 'platforms that say why they fail', 20_000);
  await eventually(() => ['program', 'remote'].every((name) => log.includes(`MCP server ${name}: `)), 'servers that say why they fail', 20_000);
  return provoked;
}

async function openStreams() {
  const socket = new WebSocket(`ws://127.0.0.1:${ports.neko}/ws`, ['bearer', secrets['token of neko']]);
  streams.push(() => socket.terminate());
  socket.on('message', came('/ws of NekoBot'));
  await once(socket, 'open');
  assert.equal(socket.protocol, 'bearer');
  socket.send(JSON.stringify({ action: 'subscribe', channels: ['logs', 'events'], last: 500 }));
  const source = new EventSource(`http://127.0.0.1:${ports.chatai}/api/skills/sse`, {
    fetch: (address, init) => fetch(address, { ...init, headers: { ...init.headers, Authorization: `Bearer ${secrets['token of chatai']}` } }),
  });
  streams.push(() => source.close());
  source.onmessage = ({ data }) => came('the stream of ChatAI')(data);
  await eventually(() => new Set(heard.map(([where]) => where)).size === 2, 'both streams');
}

const told = [];  // [where, text]

before(async () => {
  await logIn();
  await openStreams();
  await fillWithSecrets();
  told.push(...await provoke());
  const tables = [
    [clients.bots, botEndpoints], [clients.owner, botEndpoints], [clients.neko, nekoEndpoints], [clients.chatai, chatAiEndpoints],
    [clients.group, chatAiEndpoints],
    [clients.plexi, plexiEndpoints], [at('neko'), nekoEndpoints]];
  const shown = { '/api/my-bots/:bot/token': 'its owner asks for just that' };
  for (const [client, endpoints] of tables)
    for (const { method, path } of endpoints.filter(({ method, path }) => method === 'GET' && !shown[path])) {
      const { text, headers } = await client.send(method, fill(path, names));
      told.push([`${client.surface} ${path}`, text + JSON.stringify(headers)]);
    }
  for (const path of ['/v1/providers', '/v1/personalities', '/v1/models'])
    told.push([path, (await bearer('plexi', secrets['token of plexi']).get(path)).text]);
  for (const format of ['json', 'yaml']) told.push(['the export of ChatAI', (await clients.chatai.get(`/api/config/export?format=${format}`)).text]);
  told.push(['metrics', await (await fetch(`${server.metricsUrl}/metrics`)).text()]);
  for (const what of ['events', 'logs', 'messages', 'commands']) told.push([`the export of ${what}`, await server.command('export', what, '--format', 'json')]);
  told.push(...heard);
  for (const end of streams.splice(0)) end();
  await server.stop();
  told.push(['the log', log]);
  for (const file of await readdir(server.dataFolder, { recursive: true, withFileTypes: true }))
    if (file.isFile()) told.push([`the file ${file.name}`, await readFile(join(file.path ?? file.parentPath, file.name), 'latin1')]);
});

it('is all there to be searched', () => {
  assert.ok(told.length > 150, `${told.length}`);
  assert.ok(told.some(([where, text]) => where === '/ws of NekoBot' && /PlatformAdded/.test(text)));
  assert.ok(told.some(([where, text]) => where === 'the stream of ChatAI' && /channel-added/.test(text)));
  assert.ok(told.some(([where, text]) => where === 'the export of events' && /McpServerAdded/.test(text)));
  assert.ok(told.some(([where, text]) => where === 'the log' && /route=\/api\/llm\/providers/.test(text)));
});

const expected = [
  'key of the environment', 'password of the mail server', 'password of a person', 'password that was wrong', 'cookie of a login', 'token of neko',
  'token of chatai', 'token of plexi', 'key of a provider', 'key of a channel', 'variable of a program', 'header of a server', 'token of telegram',
  'token of discord', 'token of onebot', 'secret of a webhook', 'token of a bot', 'login link', 'key of a program', 'code of a group', 'token of a group', 'key of a group',
];
it('are all searched for', () => assert.deepEqual(Object.keys(secrets).sort(), [...expected].sort()));

for (const name of expected)
  it(`the ${name} is in no answer, stream, log, export or file`, () => {
    assert.ok(secrets[name], 'there is one');
    const forms = [secrets[name], encodeURIComponent(secrets[name]), Buffer.from(secrets[name]).toString('base64').replace(/=+$/, '')];
    const leaks = told.filter(([, text]) => forms.some((form) => text.includes(form))).map(([where]) => where);
    assert.deepEqual([...new Set(leaks)], []);
  });
