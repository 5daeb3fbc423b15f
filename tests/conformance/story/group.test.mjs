// A message in a group and all that follows: a plugin counts it, a model asks for a tool of an MCP server, the tool answers,
// the answer is sent to the group, and statistics, logs, socket and stream show it. Then the process is killed, and all is
// still there.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EventSource } from 'eventsource';
import { eventually } from '../support/cast.mjs';
import { chatAiAdmin, data } from '../support/chatai.mjs';
import { everything } from '../support/mcp.mjs';
import { startModelServer } from '../support/model_server.mjs';
import { dataOf, NekoSocket, nekoLogIn } from '../support/neko.mjs';
import { ReverseClient, textOf } from '../support/onebot.mjs';
import { eventsIn } from '../support/platforms.mjs';
import { freePort, startServerIn } from '../support/server.mjs';

const examples = fileURLToPath(new URL('../../../actors/plugins/examples/', import.meta.url));

/// The package of an example, as `python3 -m zipfile` makes it.
async function packageOf(name) {
  const zip = join(await mkdtemp(join(tmpdir(), 'troupe-plugin-')), `${name}.zip`);
  await promisify(execFile)('python3', ['-m', 'zipfile', '-c', zip, join(examples, name)]);
  return new Blob([await readFile(zip)]);
}

async function upload(server, admin, name) {
  const form = new FormData();
  form.append('file', await packageOf(name), `${name}.zip`);
  const response = await fetch(`${server.url}/api/plugins/upload`, { method: 'POST', body: form, headers: { Authorization: `Bearer ${admin.token}` } });
  assert.equal(response.status, 200, await response.clone().text());
  assert.equal((await response.json()).data.plugin_name, name);
}

test('a group, a plugin, a model and a tool, before and after a crash', async () => {
  const model = await startModelServer();
  model.toolCall = { id: 'call_1', name: 'echo', arguments: '{"message":"ferns like water"}' };
  model.faults = ['tools'];
  model.pieces = ['The ferns ', 'like water.'];
  const panelPort = await freePort();
  const server = await startServerIn(
    { OPENAI_BASE_URL: model.url, OPENAI_MODEL: 'fake-1' }, ['nekobot', 'webhooks'],
    '--listen', `127.0.0.1:${panelPort}=chatai`, '--no-rate-limit', '--mcp-command', process.execPath, '--platform-retry', '0.05');
  const admin = await nekoLogIn(server);

  await upload(server, admin, 'counter');
  assert.equal((await dataOf(admin.post('/api/plugins/enable', { name: 'counter' }))).enabled, true);
  await dataOf(admin.post('/api/mcp/servers', { name: 'everything', type: 'stdio', config: { command: process.execPath, args: [everything] } }));
  const port = await freePort();
  await dataOf(admin.post('/api/platforms', { type: 'aiocqhttp', name: 'qq', config: { ws_port: port, access_token: 'hush' } }));
  const panel = { port: panelPort, url: `http://127.0.0.1:${panelPort}` };
  const chatai = await chatAiAdmin(panel);
  const preset = await data(chatai.post('/api/presets', { name: 'gardener', systemPrompt: 'You love gardens.' }), 201);
  await data(chatai.post(`/api/presets/${preset.id}/set-default`));
  const stream = new EventSource(`${panel.url}/api/skills/sse`, {
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, Cookie: `auth_token=${chatai.token}` } }),
  });
  after(() => stream.close());
  const streamed = [];
  stream.onmessage = ({ data: text }) => streamed.push(JSON.parse(text));
  const socket = await NekoSocket.open(server, { token: admin.token });
  await socket.subscribe(['events']);
  const client = await ReverseClient.connected(port, { token: 'hush' });

  const toldOf = (request) => (request.body.tools ?? []).map((tool) => tool.function.name);
  const mention = [{ type: 'at', data: { qq: '10001' } }, { type: 'text', data: { text: ' What do ferns like?' } }];
  await eventually(async () => (await dataOf(admin.get('/api/mcp/servers'))).servers[0].tool_count > 0, 'the tools of the server', 20_000);
  client.say(mention, { group: 500 });
  const reply = await client.sees(1, 'an answer in the group');
  assert.equal(reply.action, 'send_group_msg');
  assert.equal(reply.params.group_id, 500);
  assert.match(textOf(reply), /The ferns like water\./);

  assert.ok(toldOf(model.requests[0]).includes('echo'), `${toldOf(model.requests[0])}`);
  assert.deepEqual(model.requests[0].body.messages[0], { role: 'system', content: 'You love gardens.' });
  const result = model.requests[1].body.messages.find(({ role }) => role === 'tool');
  assert.match(JSON.stringify(result.content), /ferns like water/);

  const told = async () => {
    const { summary, platforms } = await dataOf(admin.get('/api/platform/stats'));
    assert.equal(summary.total, 1);
    return platforms[0];
  };
  await eventually(async () => (await told()).messageStats.sent === 1, 'the statistics of what was sent');
  assert.equal((await told()).messageStats.received, 1);
  for (const type of ['MessagePosted', 'QuestionAnswered', 'ToolCallEnded', 'ReplySent'])
    await socket.sees('events', (event) => JSON.stringify(event).includes(type));
  await eventually(() => streamed.some(({ type, toolName }) => type === 'tool-executed' && toolName === 'echo'), 'the call in the stream');
  const calls = async (panelClient) => (await data(panelClient.get('/api/tools/logs'))).logs;
  const logged = await calls(chatai);
  assert.equal(logged.length, 1);
  assert.equal(logged[0].tool, 'echo');
  assert.match(JSON.stringify(logged[0].result), /ferns like water/);
  client.say('/count', { group: 500 });
  assert.match(textOf(await client.sees(2)), /Messages: [12]/);
  await eventually(async () => (await eventsIn(server, 'ReplySent')).length === 2, 'both answers to be sent');
  const before = await eventsIn(server, 'ToolCallEnded', 'QuestionAnswered', 'CommandAnswered');
  assert.equal(before.length, 3);

  await server.crash();
  await server.start();
  assert.deepEqual(await eventsIn(server, 'ToolCallEnded', 'QuestionAnswered', 'CommandAnswered'), before);
  assert.deepEqual(await calls(await chatAiAdmin(panel)), logged);
  const again = await nekoLogIn(server);
  assert.equal((await dataOf(again.get('/api/plugins'))).counter.enabled, true);
  assert.equal((await dataOf(again.get('/api/mcp/servers'))).servers[0].name, 'everything');
  assert.equal(await client.connect(), 101);
  client.say('/count', { group: 500 });
  assert.match(textOf(await client.sees(3)), /Messages: [23]/);
});
