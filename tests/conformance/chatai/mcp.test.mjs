// The servers of the Model Context Protocol through the panel's API, with the official ones as peers.
import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { EventSource } from 'eventsource';
import { eventually } from '../support/cast.mjs';
import { chatAiAdmin, data, refusesChatAi, surfaces } from '../support/chatai.mjs';
import { everything, faulty, filesystem } from '../support/mcp.mjs';
import { startServerOf } from '../support/server.mjs';

const folder = await mkdtemp(join(tmpdir(), 'troupe-mcp-'));
await writeFile(join(folder, 'note.txt'), 'a note');
const server = await startServerOf(surfaces, '--no-rate-limit', '--mcp-command', process.execPath);
const admin = await chatAiAdmin(server);
const secret = 'a-secret-that-is-never-shown';
const listening = new Set();
after(() => listening.forEach((source) => source.close()));

function listen(path) {
  const source = new EventSource(`${server.url}${path}`, {
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${admin.token}` } }),
  });
  const messages = [];
  source.onmessage = (event) => messages.push(JSON.parse(event.data));
  listening.add(source);
  return messages;
}

const show = async (name) => data(admin.get(`/api/mcp/servers/${name}`));
const connected = (name) => eventually(async () => {
  const { status, toolCount } = await show(name);
  return status === 'connected' && toolCount > 0;
}, `${name} is connected`, 20_000);
const stdio = (script, ...args) => ({ command: process.execPath, args: [script, ...args] });

describe('MCP servers', () => {
  const news = listen('/api/mcp/sse');
  const skills = listen('/api/skills/sse');

  it('are added, in a config or flat, and connected', async () => {
    await eventually(() => skills[0]?.type === 'connected', 'the stream');
    const all = await data(admin.post('/api/mcp/servers', { name: 'all', config: { ...stdio(everything), env: { TOKEN: secret } } }), 201);
    assert.equal(all.name, 'all');
    assert.deepEqual(all.config.env, { TOKEN: '****' });
    await data(admin.post('/api/mcp/servers', { name: 'files', type: 'stdio', ...stdio(filesystem, folder) }), 201);
    await Promise.all([connected('all'), connected('files')]);
    const { servers, total } = await data(admin.get('/api/mcp/servers'));
    assert.deepEqual(servers.map(({ name, status, type, transport }) => [name, status, type, transport]),
      [['all', 'connected', 'stdio', 'stdio'], ['files', 'connected', 'stdio', 'stdio']]);
    assert.equal(total, 2);
    const shown = await show('files');
    assert.ok(shown.tools.some(({ name }) => name === 'read_text_file') && shown.connectedAt > 0);
    assert.deepEqual((await data(admin.get('/api/skills/mcp/servers'))).servers, servers);
    assert.ok((await data(admin.get('/api/tools?source=mcp'))).tools.some(({ serverName }) => serverName === 'files'));
  });

  it('tell who listens what becomes of them', async () => {
    // Where the stream began before the servers were there; else it begins with how they stand.
    await eventually(() => news.some(({ server: name, status, toolCount }) => name === 'all' && status === 'connected' && toolCount > 0), 'the news');
    const types = skills.filter(({ name }) => name === 'all').map(({ type }) => type);
    assert.deepEqual(types.slice(0, 3).sort(), ['server-added', 'server-connected', 'server-connecting']);
  });

  it('answer calls, which the stream of events tells without what was said', async () => {
    const { result } = await data(admin.post('/api/tools/call', { name: 'echo', args: { message: 'hush hush' } }));
    assert.equal(result, 'Echo: hush hush');
    await eventually(() => skills.some(({ type, toolName, success }) => type === 'tool-executed' && toolName === 'echo' && success), 'the call');
    assert.ok(!JSON.stringify(skills).includes('hush'));
  });

  it('show their tools, resources and prompts', async () => {
    const { tools } = await data(admin.get('/api/mcp/servers/all/tools'));
    assert.ok(tools.find(({ name }) => name === 'echo').inputSchema);
    const { resources } = await data(admin.get('/api/mcp/servers/all/resources'));
    const { uri } = resources[0];
    const read = await data(admin.get(`/api/mcp/resources?server=all&uri=${encodeURIComponent(uri)}`));
    assert.ok(read.content.length > 0);
    assert.deepEqual(await data(admin.post('/api/mcp/resources/read', { serverName: 'all', uri })), read);
    assert.deepEqual((await data(admin.get('/api/mcp/resources?server=all'))).resources, resources);
    assert.ok((await data(admin.get('/api/mcp/resources'))).resources.every(({ serverName }) => serverName === 'all'));
    const { prompts } = await data(admin.get('/api/mcp/servers/all/prompts'));
    assert.deepEqual((await data(admin.get('/api/mcp/prompts?server=all'))).prompts, prompts);
    const simple = prompts.find(({ arguments: needs }) => !needs?.length);
    const { messages } = await data(admin.post('/api/mcp/prompts/get', { serverName: 'all', name: simple.name, args: {} }));
    assert.equal(messages[0].role, 'user');
    await refusesChatAi(admin.get('/api/mcp/resources?uri=x'), 400, 'INVALID_PARAMS', 'server');
    await refusesChatAi(admin.get('/api/mcp/resources?server=none&uri=x'), 404, 'SERVER_NOT_FOUND');
    assert.ok([400, 502].includes((await admin.get('/api/mcp/resources?server=all&uri=none:x')).status));
  });

  it('are connected and disconnected by hand', async () => {
    await refusesChatAi(admin.post('/api/mcp/servers/all/connect'), 409, 'ALREADY_CONNECTED');
    await refusesChatAi(admin.post('/api/mcp/connect', { name: 'all' }), 409, 'ALREADY_CONNECTED');
    assert.equal((await data(admin.post('/api/mcp/servers/all/disconnect'))).status, 'disconnected');
    await refusesChatAi(admin.get('/api/mcp/servers/all/tools'), 409, 'CONNECTION_FAILED');
    await refusesChatAi(admin.post('/api/tools/call', { name: 'echo', args: { message: 'x' } }), 404, 'TOOL_NOT_FOUND');
    const back = await data(admin.post('/api/mcp/connect', { server: 'all' }));
    assert.equal(back.status, 'connected');
    assert.ok(back.toolCount > 0);
    assert.equal((await data(admin.post('/api/mcp/servers/all/reconnect'))).status, 'connected');
    assert.equal((await data(admin.post('/api/skills/mcp/servers/all/reconnect'))).status, 'connected');
    assert.deepEqual(await data(admin.post('/api/mcp/servers/reconnect-all')), { success: 2, failed: 0, total: 2, errors: [] });
    await refusesChatAi(admin.post('/api/mcp/servers/none/connect'), 404, 'SERVER_NOT_FOUND');
    await refusesChatAi(admin.post('/api/mcp/connect', { name: 'none' }), 404, 'SERVER_NOT_FOUND');
    await refusesChatAi(admin.post('/api/mcp/connect', {}), 400, 'INVALID_PARAMS', 'name');
  });

  it('are connected by a whole configuration, and kept', async () => {
    const well = await data(admin.post('/api/mcp/connect', { name: 'well', config: stdio(faulty, join(folder, 'diary')) }));
    assert.equal(well.status, 'connected');
    assert.equal((await show('well')).enabled, true);
    await data(admin.delete('/api/mcp/servers/well'));
    await refusesChatAi(admin.get('/api/mcp/servers/well'), 404, 'SERVER_NOT_FOUND');
    await eventually(() => skills.some(({ type, name }) => type === 'server-removed' && name === 'well'), 'the removal');
  });

  it('that cannot be connected say why', async () => {
    const dead = await admin.post('/api/mcp/connect', { name: 'dead', config: { command: process.execPath, args: ['-e', 'process.exit(3)'] } });
    await refusesChatAi(dead, 502, 'CONNECTION_FAILED');
    const { status, error } = await show('dead');
    assert.ok(['error', 'connecting'].includes(status) && (status === 'connecting' || error.length > 0));
    await data(admin.delete('/api/mcp/servers/dead'));
  });

  it('are changed in part, and keep the secrets that are masked', async () => {
    const changed = await data(admin.put('/api/mcp/servers/all', { config: { timeout: 5000, env: { TOKEN: '****', OTHER: 'x' } } }));
    assert.deepEqual([changed.config.timeout, changed.config.env], [5000, { TOKEN: '****', OTHER: '****' }]);
    // The old connection may still be there for a moment; this one comes after the change.
    assert.equal((await data(admin.post('/api/mcp/servers/all/reconnect'))).status, 'connected');
    const { result } = await data(admin.post('/api/tools/call', { name: 'get-env', args: {} }));
    assert.equal(JSON.parse(result).TOKEN, secret);
    const renamed = await data(admin.post('/api/mcp/servers', { name: 'all', config: { ...stdio(everything), enabled: false } }));
    assert.deepEqual([renamed.id, renamed.enabled, renamed.config.env], [changed.id, false, {}]);
    assert.equal((await data(admin.put('/api/mcp/servers/all', { enabled: true }))).enabled, true);
    await connected('all');
  });

  it('that are to be elsewhere get no secret that was given for where they are', async () => {
    const web = { url: 'http://127.0.0.1:9/mcp', headers: { Authorization: secret } };
    await data(admin.post('/api/mcp/servers', { name: 'moving', config: { ...web, enabled: false } }), 201);
    const elsewhere = 'http://127.0.0.1:10/mcp', masked = { Authorization: '****' };
    const refused = (answer) => refusesChatAi(answer, 400, 'INVALID_PARAMS', 'headers');
    await refused(admin.put('/api/mcp/servers/moving', { url: elsewhere }));
    await refused(admin.put('/api/mcp/servers/moving', { url: elsewhere, headers: masked }));
    await refused(admin.post('/api/mcp/servers', { name: 'moving', url: elsewhere, headers: masked }));
    await refused(admin.post('/api/mcp/connect', { name: 'moving', url: elsewhere, headers: masked }));
    const { errors } = await data(admin.post('/api/mcp/import', { mcpServers: { moving: { url: elsewhere, headers: masked } } }));
    assert.match(errors[0].error, /^headers must be given anew/);
    assert.equal((await show('moving')).config.url, web.url);
    await data(admin.put('/api/mcp/servers/moving', { url: 'http://127.0.0.1:9/other' }));
    const moved = await data(admin.put('/api/mcp/servers/moving', { url: elsewhere, headers: { Authorization: 'another' } }));
    assert.deepEqual([moved.config.url, moved.config.headers], [elsewhere, masked]);
    await data(admin.delete('/api/mcp/servers/moving'));
  });

  it('are imported, and what is wrong with one keeps no other out', async () => {
    const { success, failed, total, errors } = await data(admin.post('/api/mcp/import', {
      mcpServers: { one: { ...stdio(faulty, join(folder, 'one')), disabled: true }, two: { command: '/bin/sh' }, three: { url: 7 }, four: 4, 'a/b': stdio('x') } }));
    assert.deepEqual([success, failed, total], [1, 4, 5]);
    assert.deepEqual(errors.map(({ name }) => name), ['a/b', 'four', 'three', 'two']);
    assert.equal((await show('one')).enabled, false);
    for (const mcpServers of [{}, 7, Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`s${i}`, {}]))])
      await refusesChatAi(admin.post('/api/mcp/import', { mcpServers }), 400, 'INVALID_PARAMS', 'mcpServers');
  });

  it('are refused with what is missing', async () => {
    const refused = async (body, field, text) =>
      assert.equal((await refusesChatAi(admin.post('/api/mcp/servers', body), 400, 'INVALID_PARAMS', field)).error, text);
    await refused({}, 'name', 'name is required');
    await refused({ name: 'x' }, 'command', 'command is required for stdio type');
    await refused({ name: 'x', type: 'npm' }, 'package', 'package is required for npm type');
    await refused({ name: 'x', type: 'sse' }, 'url', 'url is required for sse type');
    await refused({ name: 'x', type: 'smoke' }, 'type', 'Unsupported server type: smoke');
  });
});

describe('the machine', () => {
  it('runs no program that is not on the list, by whatever name', async () => {
    for (const config of [{ command: '/bin/sh' }, { command: 'sh' }, { type: 'npx', package: 'x' }, { command: `${folder}/../bin/sh` }])
      for (const path of ['/api/mcp/servers', '/api/mcp/connect', '/api/skills/mcp/servers'])
        await refusesChatAi(admin.post(path, { name: 'evil', config }), 400, 'INVALID_PARAMS', 'command');
    await refusesChatAi(admin.put('/api/mcp/servers/files', { config: { command: '/bin/sh' } }), 400, 'INVALID_PARAMS', 'command');
    for (const name of ['LD_PRELOAD', 'NODE_OPTIONS'])
      await refusesChatAi(admin.post('/api/mcp/servers', { name: 'evil', config: { ...stdio(faulty), env: { [name]: '/tmp/x' } } }), 400, 'INVALID_PARAMS', 'env');
    await refusesChatAi(admin.get('/api/mcp/servers/evil'), 404, 'SERVER_NOT_FOUND');
  });

  it('runs a program of the list by its bare name', async () => {
    const { config } = await data(admin.post('/api/mcp/servers', { name: 'bare', command: 'node', args: [faulty, join(folder, 'bare')], enabled: false }), 201);
    assert.equal(config.command, process.execPath);
  });

  it('reaches no near address where the settings forbid it', async () => {
    const careful = await startServerOf(surfaces, '--no-rate-limit', '--allow-local-providers', 'false');
    const other = await chatAiAdmin(careful);
    for (const url of ['http://127.0.0.1:1/mcp', 'http://169.254.169.254/latest/meta-data', 'http://[::1]/sse', 'http://10.0.0.1/mcp', 'http://localhost/mcp', 'http://[::ffff:127.0.0.1]/mcp', 'http://0.0.0.0/mcp'])
      for (const path of ['/api/mcp/servers', '/api/mcp/connect'])
        await refusesChatAi(other.post(path, { name: 'near', url }), 400, 'INVALID_PARAMS', 'url');
    for (const url of ['file:///etc/passwd', 'gopher://example.org', 'http://user:pass@example.org/mcp', 'no url'])
      await refusesChatAi(other.post('/api/mcp/servers', { name: 'odd', url }), 400, 'INVALID_PARAMS', 'url');
    const { errors } = await data(other.post('/api/mcp/import', { mcpServers: { near: { url: 'http://127.0.0.1:1/mcp' } } }));
    assert.equal(errors.length, 1);
  });

  it('shows no secret of a server, in any answer', async () => {
    await data(admin.post('/api/mcp/servers', { name: 'kept', config: { ...stdio(everything), env: { TOKEN: secret } } }), 201);
    await data(admin.post('/api/mcp/servers', { name: 'web', url: 'https://mcp.example.invalid/mcp', headers: { Authorization: `Bearer ${secret}` }, enabled: false }), 201);
    for (const path of ['/api/mcp/servers', '/api/mcp/servers/kept', '/api/mcp/servers/web', '/api/skills/status', '/api/skills/mcp/servers', '/api/tools', '/api/config'])
      assert.ok(!(await admin.get(path)).text.includes(secret), path);
    await server.stop();
    assert.ok(!server.output.includes(secret));
    await server.start();
  });
});
