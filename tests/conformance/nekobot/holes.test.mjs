// What other servers of this API let through, hole by hole, as far as it is not tested with what it is about: matching of
// paths in authorization.test.mjs, packages in plugins.test.mjs, secrets in secrets/.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { eventually } from '../support/cast.mjs';
import { Client } from '../support/client.mjs';
import { dataOf, neko, nekoLogIn, newNekoUser, refusesNeko, stranger, succeedsNeko } from '../support/neko.mjs';
import { ReverseClient, textOf } from '../support/onebot.mjs';
import { binary, freePort, startServerOf } from '../support/server.mjs';
import { zip } from '../support/zip.mjs';

const server = await startServerOf(neko, '--no-rate-limit', '--log-requests', '--platform-retry', '0.05');
const admin = await nekoLogIn(server);
const local = new Client(server);

describe('a plugin from an address (SSRF)', () => {
  it('is not fetched: there is no such endpoint', async () => {
    for (const path of ['/api/plugins/install', '/api/plugins/install/git', '/api/plugins/marketplace', '/api/plugins/proxies'])
      assert.equal((await admin.post(path, { url: 'http://169.254.169.254/plugin.zip' })).status, 404, path);
  });

  it('nor are addresses of metadata services, whoever spells them how', async () => {
    for (const host of ['169.254.169.254', '[fe80::1]', '[::ffff:169.254.169.254]', '0xa9fea9fe', '2852039166', '169.254.43518']) {
      await refusesNeko(admin.post('/api/llm/providers', { name: 'near', type: 'openai', api_key: 'sk-key', base_url: `http://${host}/v1` }), 400, 'base_url');
      await refusesNeko(admin.post('/api/mcp/servers', { name: 'near', type: 'http', config: { url: `http://${host}/mcp` } }), 400, 'url');
    }
  });
});

describe('commands in a chat', () => {
  it('that administrate are nobody\'s who is not an administrator of the bots', async () => {
    const port = await freePort();
    await dataOf(admin.post('/api/platforms', { type: 'aiocqhttp', name: 'qq', config: { ws_port: port, access_token: 'hush-hush' } }));
    const form = new FormData();
    form.set('file', new Blob([zip({ 'till/main.lua': 'troupe.command { name = "refund", aliases = { "payback" }, admin = true, run = function(call) return "Refunded " .. call.arguments end }' })]), 'till.zip');
    assert.equal((await fetch(`${server.url}/api/plugins/upload`, { method: 'POST', headers: admin.headers, body: form })).status, 200);
    await succeedsNeko(admin.post('/api/plugins/enable', { name: 'till' }));
    await dataOf(admin.put('/api/bot/config', { admins_id: ['aiocqhttp:8'] }));
    const client = await ReverseClient.connected(port, { token: 'hush-hush' });
    const said = async (text, user) => {
      const count = client.actions.length;
      client.say(text, { user });
      return textOf(await client.sees(count + 1, `an answer to ${text}`));
    };
    for (const [command, obeyed] of [['/refund 5', /^Refunded 5$/], ['/payback 5', /^Refunded 5$/], ['#ai管理面板', /token=/]]) {
      assert.match(await said(command, 8), obeyed, command);
      const answer = await said(command, 7);
      assert.match(answer, /^Only an administrator/, command);
      assert.doesNotMatch(answer, obeyed, command);
    }
    assert.match(await said('/help', 8), /refund/);
    assert.doesNotMatch(await said('/help', 7), /refund/);
    client.cut();
  });
});

describe('the guest', () => {
  it('has conversations that no other caller sees, and sees nobody else\'s', async () => {
    const user = await newNekoUser(server);
    const { session_id: mine } = await dataOf(user.post('/chat/new_session'));
    const { session_id: guests } = await dataOf(local.post('/chat/new_session'));
    for (const [who, whose] of [[local, mine], [user, guests], [admin, mine]]) {
      await refusesNeko(who.get(`/chat/get_session?session_id=${whose}`), 404);
      await refusesNeko(who.send('DELETE', '/chat/delete_session', { session_id: whose }), 404);
      const { sessions } = await dataOf(who.get('/chat/sessions?page_size=100'));
      assert.ok(!sessions.some(({ id }) => id === whose));
    }
    await succeedsNeko(user.get(`/chat/get_session?session_id=${mine}`));
    await refusesNeko(stranger(server).get('/chat/sessions'), 401);
  });
});

describe('the default password', () => {
  it('does not come back once it was changed, whatever happens to the process', async () => {
    const other = await startServerOf(neko, '--no-rate-limit');
    const first = await nekoLogIn(other);
    await succeedsNeko(first.post('/api/change-password', { old_password: 'nekobot', new_password: 'another battery staple' }));
    for (const end of ['stop', 'crash']) {
      await other[end]();
      await other.start();
      await refusesNeko(new Client(other).post('/api/login', { username: 'nekobot', password: 'nekobot' }), 401);
      await nekoLogIn(other, 'nekobot', 'another battery staple');
    }
  });

  it('does not come back when the data cannot be read: the server does not start', async () => {
    const other = await startServerOf(neko, '--no-rate-limit');
    const first = await nekoLogIn(other);
    await succeedsNeko(first.post('/api/change-password', { old_password: 'nekobot', new_password: 'another battery staple' }));
    await other.stop();
    const files = await readdir(other.dataFolder, { recursive: true, withFileTypes: true });
    const manifest = files.find((file) => file.isFile() && /^CURRENT$/.test(file.name));
    assert.ok(manifest, 'the store has a file that says where it begins');
    await truncate(join(manifest.path ?? manifest.parentPath, manifest.name), 0);
    await assert.rejects(other.start(), /cannot start|ended with 1/);
  });

  it('is nobody\'s on a real server', async () => {
    const other = await startServerOf(neko, '--no-rate-limit');
    await other.stop();
    const port = await freePort();
    const real = spawn(binary, ['serve', '--data', join(other.dataFolder, 'real'), '--listen', `127.0.0.1:${port}=nekobot`, '--metrics', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
    try {
      let output = '';
      real.stdout.on('data', (chunk) => { output += chunk; });
      await eventually(() => output.includes(`:${port} `), 'the listener', 20_000);
      for (const [username, password] of [['nekobot', 'nekobot'], ['admin', 'admin123'], ['admin', 'admin']])
        await refusesNeko(new Client({ port }).post('/api/login', { username, password }), 401);
    } finally {
      real.kill('SIGTERM');
      await once(real, 'exit');
    }
  });
});

describe('a OneBot listener', () => {
  it('is open to other machines only with a token, which no log shows', async () => {
    await refusesNeko(admin.post('/api/platforms', { type: 'aiocqhttp', name: 'open', config: { ws_host: '0.0.0.0', ws_port: await freePort() } }), 400, 'access_token');
    const port = await freePort();
    const token = 'a-token-that-no-log-shows';
    await dataOf(admin.post('/api/platforms', { type: 'aiocqhttp', name: 'closed', config: { ws_port: port, access_token: token } }));
    assert.equal(await new ReverseClient(port, {}).connect(), 401);
    assert.equal(await new ReverseClient(port, { token: 'wrong' }).connect(), 401);
    const client = new ReverseClient(port, { path: `/ws?access_token=${token}` });
    assert.equal(await client.connect(), 101);
    client.cut();
    const { text } = await admin.get('/api/logs?page_size=100');
    for (const told of [text, server.output]) assert.ok(!told.includes(token));
  });
});

describe('an error inside', () => {
  it('is told to nobody but the log', async () => {
    for (const [method, path, body] of [['POST', '/api/login', '{"username":'], ['PUT', '/api/bot/config', '[[[['], ['POST', '/api/plugins/enable', '"x"'], ['GET', '/api/logs?page=9999999999999999999999']]) {
      const { status, text } = await admin.send(method, path, body);
      assert.ok(status >= 400 && status < 500, text);
      assert.doesNotMatch(text, /json\.exception|std::|\.cpp|traceback|terminate|RocksDB|CAF/i);
    }
  });
});

describe('a path of two methods', () => {
  it('has both', async () => {
    await succeedsNeko(admin.get('/api/bot/config'));
    await succeedsNeko(admin.put('/api/bot/config', { config: { debug: false } }));
    await succeedsNeko(admin.get('/api/settings'));
    await succeedsNeko(admin.put('/api/settings', { settings: { theme: 'dark' } }));
    await refusesNeko(admin.get('/api/plugins/config?name=nothing'), 404);
    await refusesNeko(admin.put('/api/plugins/config', { name: 'nothing', config: {} }), 404);
    for (const path of ['/api/llm/providers', '/api/personalities', '/api/platforms', '/api/mcp/servers']) {
      await succeedsNeko(admin.get(path));
      await refusesNeko(admin.post(path, {}), 400);
    }
  });
});

describe('settings', () => {
  it('neither show nor take what signs tokens', async () => {
    for (const path of ['/api/bot/config', '/api/settings']) {
      assert.doesNotMatch((await admin.get(path)).text, /secret_key|jwt|algorithm/i);
      await refusesNeko(admin.put(path, { jwt: { secret_key: 'mine' } }), 400, 'jwt');
    }
  });
});
