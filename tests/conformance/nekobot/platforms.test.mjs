import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../support/cast.mjs';
import { Client } from '../support/client.mjs';
import { dataOf, neko, nekoLogIn, refusesNeko, succeedsNeko } from '../support/neko.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(neko, '--no-rate-limit');
const admin = await nekoLogIn(server);
const local = new Client(server);
const secret = 'a-secret-that-nobody-may-see';

describe('/api/platforms', () => {
  it('never show a secret', async () => {
    const added = await dataOf(admin.post('/api/platforms', { type: 'webhook', name: 'hook', config: { secret } }));
    assert.equal(added.type, 'webhook');
    assert.equal(added.enable, true);
    assert.deepEqual(added.secrets, ['secret']);
    for (const path of ['/api/platforms', '/api/platform/stats', '/api/logs?page_size=100'])
      assert.doesNotMatch((await admin.get(path)).text, /nobody-may-see/);
    assert.doesNotMatch(server.output, /nobody-may-see/);
    const { data } = await succeedsNeko(admin.get('/api/platforms'));
    assert.deepEqual(data.platforms.map(({ id }) => id), [added.id]);
    await refusesNeko(admin.post('/api/platforms', { type: 'webhook', name: 'hook', config: { secret } }), 409);
    const removed = await succeedsNeko(admin.send('DELETE', `/api/platforms/${added.id}`));
    assert.equal(removed.data.deleted_count, 1);
    await refusesNeko(admin.send('DELETE', `/api/platforms/${added.id}`, undefined, { 'Accept-Language': 'zh' }), 404, undefined, '没有找到可删除的平台');
  });

  it('take settings beside the rest, as panels send them', async () => {
    const added = await dataOf(admin.post('/api/platforms', { type: 'webhook', name: 'flat', secret, enable: false }));
    assert.equal(added.connected, 'stopped');
    assert.deepEqual(added.secrets, ['secret']);
    await succeedsNeko(admin.delete(`/api/platforms/${added.id}`));
  });

  it('name what is wrong, and the types there are', async () => {
    const { message } = await refusesNeko(admin.post('/api/platforms', { type: 'kook', name: 'x', config: {} }), 400, 'type');
    for (const type of ['aiocqhttp', 'telegram', 'discord', 'webhook']) assert.match(message, new RegExp(type));
    await refusesNeko(admin.post('/api/platforms', { type: 'webhook', name: 'x', config: {} }), 400, 'secret');
    await refusesNeko(admin.post('/api/platforms', { type: 'webhook', name: 'x', config: { secret, colour: 'red' } }), 400, 'colour');
    await refusesNeko(admin.post('/api/platforms', { type: 'webhook', config: { secret } }), 400, 'name');
    await refusesNeko(admin.post('/api/platforms', { type: 'webhook', name: 'x', enable: 'yes', config: { secret } }), 400, 'enable');
  });
});

describe('/api/platform/stats', () => {
  it('count each platform, and all of them, without where in the program something failed', async () => {
    const { id } = await dataOf(admin.post('/api/platforms', { type: 'webhook', name: 'counted', config: { secret } }));
    const mine = await eventually(async () => {
      const { platforms } = await dataOf(local.get('/api/platform/stats'));
      return platforms.find((one) => one.id === id && one.status === 'running');
    }, 'a running platform');
    assert.deepEqual(mine.messageStats, { sent: 0, received: 0, error: 0 });
    assert.equal(mine.last_error, null);
    const { data, text } = await (async () => {
      const answer = await local.get('/api/platform/stats');
      return { data: answer.body.data, text: answer.text };
    })();
    assert.deepEqual(data.summary, { total: 1, running: 1, error: 0, total_errors: 0 });
    assert.doesNotMatch(text, /traceback/i);
    await succeedsNeko(admin.delete(`/api/platforms/${id}`));
  });

  it('stand in the metrics by type, and so do calls of tools and MCP servers', async () => {
    const { id } = await dataOf(admin.post('/api/platforms', { type: 'webhook', name: 'measured', config: { secret } }));
    await eventually(async () => {
      const text = await (await fetch(`${server.metricsUrl}/metrics`)).text();
      return text.includes('troupe_platforms_running{type="webhook"} 1') && text;
    }, 'a running platform in the metrics');
    const text = await (await fetch(`${server.metricsUrl}/metrics`)).text();
    for (const name of ['platforms_failing', 'platform_clients', 'platform_messages_received_total', 'platform_messages_sent_total', 'platform_errors_total', 'platform_restarts_total'])
      assert.match(text, new RegExp(`^troupe_${name}\\{type="webhook"\\} 0$`, 'm'));
    assert.match(text, /^# TYPE troupe_tool_calls_total counter$/m);
    assert.match(text, /^troupe_mcp_connections 0$/m);
    assert.match(text, /^troupe_mcp_restarts_total 0$/m);
    await succeedsNeko(admin.delete(`/api/platforms/${id}`));
  });
});
