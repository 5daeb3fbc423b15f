// What other servers of this API let through.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { chatAiAdmin, data, newChatAiUser, newLoginLink, refusesChatAi, surfaces, withToken } from '../support/chatai.mjs';
import { Client } from '../support/client.mjs';
import { endpoints } from '../support/chatai_endpoints.mjs';
import { fill } from '../support/walk.mjs';
import { newKey } from '../support/plexi.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(surfaces, '--log-requests');

describe('guessing', () => {
  it('of links and passwords is throttled', async () => {
    const stranger = new Client(server);
    const statuses = [];
    for (let i = 0; i < 12; ++i) statuses.push((await stranger.post('/api/auth/login', { token: `guess${i}` })).status);
    assert.deepEqual(statuses, [...Array(10).fill(401), 429, 429]);
    const refused = await stranger.post('/api/auth/login', { username: 'admin', password: 'admin123' });
    await refusesChatAi(refused, 429, 'RATE_LIMITED');
    assert.ok(Number(refused.headers['retry-after']) > 0);
    await refusesChatAi(stranger.get('/login/token?token=x'), 429, 'RATE_LIMITED');
  });
});

describe('a request', () => {
  it('counts towards sixty a minute of its account, and says so', async () => {
    await server.stop();
    const link = await newLoginLink(server);
    await server.start();
    const { token } = await data(new Client(server).post('/api/auth/login', { token: link }));
    const admin = withToken(server, token);
    const first = await admin.get('/api/auth/me');
    assert.deepEqual([first.headers['x-ratelimit-limit'], first.headers['x-ratelimit-remaining']], ['60', '59']);
    assert.ok(Number(first.headers['x-ratelimit-reset']) > Date.now() / 1000);
    for (let i = 1; i < 60; ++i) assert.equal((await admin.get('/api/version')).status, 200);
    const refused = await admin.send('GET', '/api/config', undefined, { 'Accept-Language': 'zh' });
    assert.equal((await refusesChatAi(refused, 429, 'RATE_LIMITED')).error, '请求过于频繁，请稍后再试');
    assert.ok(Number(refused.headers['retry-after']) > 0);
    const cookie = new Client(server, { Cookie: `auth_token=${token}` });
    await refusesChatAi(cookie.get('/api/version'), 429, 'RATE_LIMITED');
  });
});

describe('a stale token', () => {
  it('uses up its own budget, and neither logins nor good tokens of its address', async () => {
    const house = await startServerOf(surfaces);
    const admin = await chatAiAdmin(house);
    const stale = withToken(house, 'stale');
    for (let i = 0; i < 60; ++i) await refusesChatAi(stale.get('/api/version'), 401, 'INVALID_TOKEN');
    await refusesChatAi(stale.get('/api/version'), 429, 'RATE_LIMITED');
    assert.equal((await admin.get('/api/version')).status, 200);
    await chatAiAdmin(house);
  });
});

describe('without a login', () => {
  it('nothing makes or shows a token', async () => {
    for (const path of ['/api/auth/token/generate', '/api/auth/verify-token?token=x'])
      await refusesChatAi(new Client(server).get(path), 404, 'NOT_FOUND');
  });
});

describe('another origin', () => {
  const foreign = { Origin: 'http://evil.example' };

  it('may not read, nor act with a visitor\'s cookie', async () => {
    const quiet = await startServerOf(surfaces, '--no-rate-limit');
    const admin = await chatAiAdmin(quiet);
    const cookie = { Cookie: `auth_token=${admin.token}` };
    for (const origin of ['http://evil.example', `http://127.0.0.1:${quiet.port + 1}`, 'null']) {
      const answer = await new Client(quiet, cookie).get('/api/config', { Origin: origin });
      await refusesChatAi(answer, 403, 'FORBIDDEN');
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
      await refusesChatAi(new Client(quiet, cookie).put('/api/config', { debug: true }, { Origin: origin }), 403, 'FORBIDDEN');
    }
    const own = await new Client(quiet, cookie).get('/api/config', { Origin: `http://127.0.0.1:${quiet.port}` });
    assert.equal(own.status, 200);
    await data(admin.get('/api/config', foreign), 200);
    const allowing = await startServerOf(surfaces, '--no-rate-limit', '--allow-origin', 'http://panel.example');
    const other = await chatAiAdmin(allowing);
    const answer = await new Client(allowing, { Cookie: `auth_token=${other.token}` }).get('/api/config', { Origin: 'http://panel.example' });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['access-control-allow-origin'], 'http://panel.example');
    await refusesChatAi(new Client(allowing, { Cookie: `auth_token=${other.token}` }).get('/api/config', foreign), 403, 'FORBIDDEN');
  });
});

describe('a path', () => {
  it('is taken as it is, whatever it holds', async () => {
    const quiet = await startServerOf(surfaces, '--no-rate-limit');
    const admin = await chatAiAdmin(quiet);
    for (const trick of ['..', '%2e%2e', '..%2f..%2fetc%2fpasswd', '%00', 'a%2fb', '__proto__', 'x'.repeat(3000)])
      for (const path of [`/api/presets/${trick}`, `/api/channels/${trick}`, `/api/config/${trick}`, `/api/conversations/${trick}`,
        `/api/tools/${trick}`, `/api/tools/custom/${trick}`, `/api/mcp/servers/${trick}`])
        assert.equal((await admin.get(path)).status, 404, path);
  });
});

describe('the house as an MCP server', () => {
  it('takes an administrator\'s key that may write, and calls nothing dangerous for it', async () => {
    const quiet = await startServerOf([...surfaces, 'plexichat', 'openai'], '--no-rate-limit');
    const [admin, user] = [await chatAiAdmin(quiet), await newChatAiUser(quiet)];
    const keyOf = async (owner, permissions) => withToken(quiet, (await newKey(owner, permissions)).key);
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    const statuses = async (...clients) => Promise.all(clients.map(async (client) => (await client.post('/mcp', list)).status));
    const [reader, writer, wrong] = [await keyOf(admin, ['read']), await keyOf(admin, ['write']), withToken(quiet, 'no-key')];
    assert.deepEqual(await statuses(new Client(quiet), wrong, user, await keyOf(user, ['read', 'write']), reader, writer),
      [401, 401, 403, 403, 403, 200]);
    assert.equal((await new Client(quiet).post(`/mcp?token=${admin.token}`, list)).status, 401);
    const { body } = await writer.post('/mcp', { ...list, method: 'tools/call', params: { name: 'send_message', arguments: { text: 'x' } } });
    assert.match(body.error.message, /Unknown tool/);
    assert.deepEqual((await data(admin.get('/api/tools/logs?tool=send_message'))).logs, []);
  });
});

describe('secrets', () => {
  it('are in no answer, no log and no file in clear', async () => {
    const quiet = await startServerOf(surfaces, '--no-rate-limit', '--log-requests');
    const admin = await chatAiAdmin(quiet);
    const key = 'sk-this-must-not-be-seen-anywhere-9876';
    const { id: channel } = await data(admin.post('/api/channels', { name: 'kept', baseUrl: 'https://example.org/v1', apiKey: key, enabled: false }), 201);
    const { token: link } = await data(admin.post('/api/auth/token/permanent', { forceNew: true }));
    const followed = await new Client(quiet).get(`/login/token?token=${link}`);
    assert.equal(followed.status, 302);
    for (const { method, path } of endpoints.filter(({ method }) => method === 'GET')) {
      const { text } = await admin.send(method, fill(path, { channel, preset: 'none', conversation: 'conv_1' }));
      for (const secret of [key, link, admin.token]) assert.ok(!text.includes(secret), path);
    }
    await quiet.stop();
    for (const secret of [key, link, admin.token]) assert.ok(!quiet.output.includes(secret));
    for (const file of await readdir(quiet.dataFolder, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const bytes = await readFile(join(file.path ?? file.parentPath, file.name));
      for (const secret of [key, link, admin.token]) assert.ok(!bytes.includes(secret), file.name);
    }
  });
});
