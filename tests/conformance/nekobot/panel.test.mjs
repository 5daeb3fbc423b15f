import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { eventually } from '../support/cast.mjs';
import { Client } from '../support/client.mjs';
import { faulty } from '../support/mcp.mjs';
import { dataOf, neko, nekoLogIn, newNekoUser, refusesNeko, succeedsNeko } from '../support/neko.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(neko, '--no-rate-limit', '--log-requests');
const admin = await nekoLogIn(server);
const user = await newNekoUser(server);
const key = 'sk-a-secret-that-nobody-may-see-wxyz';
const chinese = { 'Accept-Language': 'zh' };

describe('/api/bot/config', () => {
  it('takes back what it shows, and changes only what is named', async () => {
    const before = await dataOf(admin.get('/api/bot/config'));
    assert.deepEqual(await dataOf(admin.put('/api/bot/config', { config: before })), before);
    await dataOf(admin.put('/api/bot/config', { config: { whitelist: { private: ['10001'] } } }));
    const after = await dataOf(admin.put('/api/bot/config', { whitelist: { enabled: true }, command_prefix: '!' }));
    assert.deepEqual(after, { ...before, command_prefix: '!', whitelist: { enabled: true, private: ['10001'], group: [] } });
    assert.deepEqual(await dataOf(admin.get('/api/bot/config')), after);
    await dataOf(admin.put('/api/bot/config', { config: before }));
  });

  it('takes changes of different fields of a section at once, and of one field the last', async () => {
    const before = await dataOf(admin.get('/api/bot/config'));
    const fields = ['enabled', 'group', 'at', 'keyword', 'random'];
    for (const value of [false, true, false, true]) {
      await Promise.all(fields.map((field) => dataOf(admin.put('/api/bot/config', { config: { waking: { [field]: value } } }))));
      const { waking } = await dataOf(admin.get('/api/bot/config'));
      assert.deepEqual(fields.map((field) => waking[field]), fields.map(() => value));
    }
    for (const rate of [0.1, 0.2]) await dataOf(admin.put('/api/bot/config', { config: { waking: { random_rate: rate } } }));
    assert.equal((await dataOf(admin.get('/api/bot/config'))).waking.random_rate, 0.2);
    await dataOf(admin.put('/api/bot/config', { config: before }));
  });

  it('refuses a setting that there is not, by its name', async () => {
    await refusesNeko(admin.put('/api/bot/config', { config: { jwt: { secret_key: 'mine' } } }), 400, 'jwt');
    await refusesNeko(admin.put('/api/bot/config', { config: { rate_limit: { speed: 1 } } }), 400, 'rate_limit.speed');
    await refusesNeko(admin.put('/api/bot/config', { config: { rate_limit: { max_messages: 0 } } }), 400, 'rate_limit.max_messages');
    await refusesNeko(admin.put('/api/bot/config', { config: { waking: { private: 'sometimes' } } }), 400, 'waking.private');
    await refusesNeko(admin.put('/api/bot/config', { config: 'x' }), 400, 'config');
    await refusesNeko(admin.put('/api/bot/config', {}), 400, 'config');
    await refusesNeko(admin.put('/api/bot/config', { config: {}, debug: true }), 400, 'config');
  });

  it('has no secret in it', async () => {
    const { text } = await admin.get('/api/bot/config');
    assert.doesNotMatch(text, /secret_key|jwt|token/i);
  });
});

describe('/api/settings', () => {
  it('are the panel\'s, wrapped or not', async () => {
    const { settings, config } = await dataOf(admin.get('/api/settings'));
    assert.deepEqual(settings, { theme: 'dark', language: 'zh-CN', notifications: { enabled: true, types: ['error', 'warning'] }, auto_restart: false });
    assert.equal(config.command_prefix, '/');
    await succeedsNeko(admin.put('/api/settings', { settings: { theme: 'light' } }));
    await succeedsNeko(admin.put('/api/settings', { notifications: { enabled: false } }));
    const after = await dataOf(user.get('/api/settings'));
    assert.deepEqual(after, { settings: { ...settings, theme: 'light', notifications: { enabled: false, types: ['error', 'warning'] } } });
    await refusesNeko(admin.put('/api/settings', { settings: { colour: 'red' } }), 400, 'colour');
  });
});

describe('/api/llm/providers', () => {
  it('never shows a key, in an answer or in the log', async () => {
    const added = await dataOf(admin.post('/api/llm/providers', { name: 'main', type: 'deepseek', api_key: key }));
    const { created_at: createdAt, id, ...rest } = added;
    assert.deepEqual(rest, { name: 'main', type: 'deepseek', has_api_key: true, api_key_hint: '…wxyz', base_url: 'https://api.deepseek.com/v1', model: 'deepseek-chat', enabled: true, updated_at: null });
    assert.ok(Date.parse(createdAt) > 0);
    const { providers } = await dataOf(admin.get('/api/llm/providers'));
    assert.deepEqual(providers, [added]);
    for (const path of ['/api/llm/providers', '/api/bot/config', '/api/settings', '/api/logs?page_size=100'])
      assert.doesNotMatch((await admin.get(path)).text, /nobody-may-see/);
    assert.doesNotMatch(server.output, /nobody-may-see/);
    const { message } = await succeedsNeko(admin.send('DELETE', `/api/llm/providers/${id}`, undefined, chinese));
    assert.equal(message, '服务提供商删除成功');
    await refusesNeko(admin.send('DELETE', `/api/llm/providers/${id}`, undefined, chinese), 404, undefined, '服务提供商不存在');
  });

  it('maps the types of services onto wire formats', async () => {
    for (const [type, url] of [['claude', 'https://api.anthropic.com/v1'], ['gemini', 'https://generativelanguage.googleapis.com/v1beta'], ['ollama', 'http://localhost:11434/v1']]) {
      const added = await dataOf(admin.post('/api/llm/providers', { name: `a ${type}`, type, ...(type !== 'ollama' && { api_key: key }) }));
      assert.equal(added.base_url, url);
      assert.equal(added.type, type);
      await succeedsNeko(admin.delete(`/api/llm/providers/${added.id}`));
    }
  });

  it('names what is wrong', async () => {
    await refusesNeko(admin.post('/api/llm/providers', { type: 'openai', api_key: key }), 400, 'name');
    await refusesNeko(admin.post('/api/llm/providers', { name: 'x', type: 'whisper', api_key: key }), 400, 'type');
    await refusesNeko(admin.post('/api/llm/providers', { name: 'x', type: 'openai' }), 400, 'api_key');
    await refusesNeko(admin.post('/api/llm/providers', { name: 'x', type: 'openai', api_key: 'two words' }), 400, 'api_key');
    for (const url of ['http://169.254.169.254/v1', 'file:///etc/passwd', 'http://user:pass@example.org/'])
      await refusesNeko(admin.post('/api/llm/providers', { name: 'x', type: 'openai', api_key: key, base_url: url }), 400, 'base_url');
  });

  it('are not on this machine or in its network where the settings do not allow it', async () => {
    const closed = await startServerOf(neko, '--allow-local-providers', 'false');
    const boss = await nekoLogIn(closed);
    for (const url of ['http://127.0.0.1:8000/v1', 'http://localhost/v1', 'http://10.0.0.1/v1', 'http://[::1]/v1', 'http://2130706433/v1'])
      await refusesNeko(boss.post('/api/llm/providers', { name: 'x', type: 'openai', api_key: key, base_url: url }), 400, 'base_url');
  });
});

describe('/api/personalities', () => {
  it('are created, chosen and deleted', async () => {
    const cat = await dataOf(admin.post('/api/personalities', { name: 'cat', description: 'A cat', prompt: 'You are a cat.' }));
    const dog = await dataOf(admin.post('/api/personalities', { name: 'dog', prompt: 'You are a dog.' }));
    assert.equal(cat.is_default, false);
    await refusesNeko(admin.post('/api/personalities', { name: 'cat', prompt: 'Another.' }), 409);
    await refusesNeko(admin.post('/api/personalities', { name: 'bird' }), 400, 'prompt');
    await refusesNeko(admin.post('/api/personalities', { name: 'bird', prompt: 'x', enabled: false }), 400, 'enabled');
    assert.equal((await dataOf(admin.put('/api/personalities/default', { id: cat.id }))).is_default, true);
    assert.equal((await dataOf(admin.put('/api/personalities/default', { name: 'dog' }))).id, dog.id);
    const { personalities } = await dataOf(user.get('/api/personalities'));
    assert.deepEqual(personalities.map(({ name, is_default: chosen }) => [name, chosen]), [['cat', false], ['dog', true]]);
    await refusesNeko(admin.put('/api/personalities/default', {}), 400);
    await succeedsNeko(admin.delete(`/api/personalities/${dog.id}`));
    await refusesNeko(admin.delete(`/api/personalities/${dog.id}`), 404);
  });
});

describe('a list', () => {
  it('has pages, an order and a pagination object', async () => {
    for (const name of ['page b', 'page c', 'page a']) await dataOf(admin.post('/api/personalities', { name, prompt: name }));
    const names = async (query) => {
      const { data, pagination } = await succeedsNeko(admin.get(`/api/personalities?${query}`));
      return [data.personalities.map(({ name }) => name), pagination];
    };
    const { data: { personalities: all } } = await succeedsNeko(admin.get('/api/personalities'));
    const total = all.length;
    assert.deepEqual(await names(`page=2&page_size=${total - 1}`),
      [[all[total - 1].name], { page: 2, page_size: total - 1, total, total_pages: 2 }]);
    const [sorted] = await names('sort_by=name&order=desc&page_size=3');
    assert.deepEqual(sorted, ['page c', 'page b', 'page a']);
    const [, pagination] = await names('');
    assert.deepEqual(pagination, { page: 1, page_size: 20, total, total_pages: 1 });
    for (const [query, field] of [['page=0', 'page'], ['page_size=101', 'page_size'], ['page=x', 'page'], ['order=up', 'order'], ['sort_by=weight', 'sort_by']])
      await refusesNeko(admin.get(`/api/personalities?${query}`), 400, field);
  });
});

describe('/api/logs', () => {
  it('are filtered and paged, newest first', async () => {
    await admin.get('/api/user-info');
    const { data: { logs } } = await succeedsNeko(admin.get('/api/logs?keyword=ROUTE%3D%2Fapi%2Fuser-info&page_size=5'));
    assert.ok(logs.length >= 1);
    const [newest] = logs;
    assert.equal(newest.level, 'INFO');
    assert.match(newest.message, /route=\/api\/user-info status=200/);
    assert.ok(Date.parse(newest.timestamp) > Date.now() - 60_000);
    const { data: none } = await succeedsNeko(admin.get('/api/logs?level=critical'));
    assert.deepEqual(none.logs, []);
    await refusesNeko(admin.get('/api/logs?level=loud'), 400, 'level');
    const ids = (await dataOf(admin.get('/api/logs?order=asc&page_size=100'))).logs.map(({ id }) => id);
    assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
  });

  it('take no name of a file', async () => {
    const { text } = await admin.get('/api/logs?file=../../../../etc/passwd');
    assert.doesNotMatch(text, /root:/);
  });
});

describe('/api/mcp/servers', () => {
  it('never show the values of variables and headers', async () => {
    const added = await dataOf(admin.post('/api/mcp/servers', {
      name: 'remote', type: 'http', enabled: false, config: { url: 'https://mcp.example.org/mcp', headers: { Authorization: `Bearer ${key}` } },
    }));
    assert.deepEqual(added.config, { url: 'https://mcp.example.org/mcp', headers: ['Authorization'], timeout: 30 });
    assert.deepEqual([added.status, added.tool_count, added.error], ['disconnected', 0, null]);
    const { text } = await admin.get('/api/mcp/servers');
    assert.doesNotMatch(text, /nobody-may-see/);
    const { message } = await succeedsNeko(admin.send('DELETE', `/api/mcp/servers/${added.id}`, undefined, chinese));
    assert.equal(message, 'MCP删除成功');
  });

  it('name what is wrong', async () => {
    const good = { name: 'x', type: 'http', config: { url: 'https://mcp.example.org/mcp' } };
    await refusesNeko(admin.post('/api/mcp/servers', { ...good, type: 'carrier pigeon' }), 400, 'transport');
    await refusesNeko(admin.post('/api/mcp/servers', { ...good, config: { url: 'http://169.254.169.254/' } }), 400, 'url');
    await refusesNeko(admin.post('/api/mcp/servers', { ...good, config: { uri: 'https://mcp.example.org' } }), 400, 'uri');
    await refusesNeko(admin.post('/api/mcp/servers', { ...good, config: { env: { A: 1 } } }), 400, 'env');
    await refusesNeko(admin.post('/api/mcp/servers', { ...good, config: { env: { LD_PRELOAD: '/tmp/x.so' } } }), 400, 'env');
    await refusesNeko(admin.post('/api/mcp/servers', { ...good, config: { headers: { 'a b': 'x' } } }), 400, 'headers');
    await refusesNeko(admin.post('/api/mcp/servers', { ...good, timeout: 700 }), 400, 'timeout');
  });

  it('say whether they are connected, and how many tools they have', async () => {
    const running = await startServerOf(neko, '--no-rate-limit', '--mcp-command', process.execPath);
    const other = await nekoLogIn(running);
    const diary = join(await mkdtemp(join(tmpdir(), 'troupe-mcp-')), 'diary');
    await dataOf(other.post('/api/mcp/servers', { name: 'well', config: { command: [process.execPath, faulty, diary] } }));
    await dataOf(other.post('/api/mcp/servers', { name: 'dead', config: { command: [process.execPath, '-e', '0'] } }));
    const shown = async () => (await dataOf(other.get('/api/mcp/servers'))).servers.map(({ status, tool_count: tools, error }) => [status, tools, error !== null]);
    await eventually(async () => JSON.stringify(await shown()) === '[["connected",10,false],["error",0,true]]', 'their states');
  });
});

describe('/api/commands', () => {
  it('are listed with a summary, and so are conflicts', async () => {
    const { data } = await succeedsNeko(new Client(server).get('/api/commands'));
    assert.deepEqual(Object.keys(data), ['items', 'summary']);
    assert.deepEqual(Object.keys(data.summary), ['total', 'disabled', 'conflicts']);
    const { data: conflicts } = await succeedsNeko(new Client(server).get('/api/commands/conflicts'));
    assert.deepEqual(conflicts, []);
  });
});
