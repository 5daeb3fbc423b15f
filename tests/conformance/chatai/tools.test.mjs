import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chatAiAdmin, data, refusesChatAi, surfaces } from '../support/chatai.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(surfaces, '--no-rate-limit');
const admin = await chatAiAdmin(server);
const call = (name, args) => admin.post('/api/tools/call', { name, args });
const logs = async (query = '') => (await data(admin.get(`/api/tools/logs${query}`))).logs;
const now = async () => data(call('current_time', {}));

describe('tools', () => {
  it('are listed in every form that the documents have', async () => {
    const { tools, categories, count } = await data(admin.get('/api/tools'));
    assert.deepEqual(tools.map(({ name }) => name).slice(0, 3), ['current_time', 'search_conversation', 'send_message']);
    assert.equal(count, tools.length);
    assert.equal(categories.time.enabled, true);
    const one = tools[0];
    assert.deepEqual([one.source, one.category, one.enabled, one.dangerous, one.isBuiltin], ['builtin', 'time', true, false, true]);
    assert.equal(one.inputSchema.type, 'object');
    assert.deepEqual(await data(admin.get('/api/tools/list')), tools);
    assert.deepEqual((await data(admin.get('/api/tools/by-source'))).builtin, tools);
    assert.deepEqual(await data(admin.get('/api/tools/current_time')), one);
    assert.deepEqual((await data(admin.get('/api/tools?category=time'))).tools, [one]);
    assert.deepEqual((await data(admin.get('/api/tools?source=custom'))).tools, []);
    assert.deepEqual(await data(admin.get('/api/tools/builtin/list')), tools);
    await refusesChatAi(admin.get('/api/tools/none'), 404, 'TOOL_NOT_FOUND');
  });

  it('are called in every form', async () => {
    const called = await now();
    assert.match(called.result, /^\d{4}-\d\d-\d\dT/);
    assert.ok(called.duration >= 0 && called.id.length === 16);
    const inRome = { timezone: 'Europe/Rome' };
    assert.match((await data(admin.post('/api/tools/current_time/execute', { args: inRome }))).result, /\+0[12]:00/);
    const tested = await data(admin.post('/api/tools/test', { toolName: 'current_time', arguments: inRome }));
    assert.equal(tested.success, true);
    assert.match(tested.result.content[0].text, /\+0[12]:00/);
  });

  it('say what is wrong with a call', async () => {
    await refusesChatAi(call('none', {}), 404, 'TOOL_NOT_FOUND');
    await refusesChatAi(call('current_time', [1]), 400, 'INVALID_ARGS');
    await refusesChatAi(call('current_time', { timezone: 7 }), 400, 'INVALID_ARGS');
    await refusesChatAi(call('current_time', { timezone: 'Nowhere/City' }), 502, 'EXECUTION_ERROR');
    await refusesChatAi(call('send_message', { text: 'x' }), 403, 'TOOL_DISABLED');
    await refusesChatAi(admin.post('/api/tools/call', {}), 400, 'INVALID_PARAMS', 'name');
    const failed = await data(admin.post('/api/tools/test', { toolName: 'current_time', arguments: { timezone: 'Nowhere/City' } }));
    assert.deepEqual([failed.success, failed.result.isError], [false, true]);
    const chinese = await admin.send('POST', '/api/tools/call', { name: 'none' }, { 'Accept-Language': 'zh-CN' });
    assert.equal((await refusesChatAi(chinese, 404, 'TOOL_NOT_FOUND')).error, '工具不存在');
  });
});

describe('switches', () => {
  it('turn a tool off and on', async () => {
    assert.deepEqual(await data(admin.put('/api/tools/current_time/toggle', { enabled: false })),
      { success: true, name: 'current_time', tool: 'current_time', enabled: false });
    await refusesChatAi(call('current_time', {}), 403, 'TOOL_DISABLED');
    assert.equal((await data(admin.get('/api/tools/current_time'))).enabled, false);
    await data(admin.put('/api/tools/current_time/toggle', { enabled: true }));
    await now();
    await refusesChatAi(admin.put('/api/tools/current_time/toggle', { enabled: 'no' }), 400, 'INVALID_PARAMS', 'enabled');
    await refusesChatAi(admin.put('/api/tools/current_time/toggle', {}), 400, 'INVALID_PARAMS', 'enabled');
    await refusesChatAi(admin.put('/api/tools/none/toggle', { enabled: true }), 404, 'TOOL_NOT_FOUND');
  });

  it('turn a category off and on', async () => {
    await data(admin.put('/api/tools/category/time/toggle', { enabled: false }));
    await refusesChatAi(call('current_time', {}), 403, 'TOOL_DISABLED');
    const config = await data(admin.get('/api/tools/builtin/config'));
    assert.ok(!config.enabledCategories.includes('time') && config.disabledCategories.includes('time'));
    await data(admin.put('/api/tools/builtin/config', { enabledCategories: ['time'], disabledTools: ['send_message'] }));
    await now();
    const set = await data(admin.get('/api/tools/builtin/config'));
    assert.deepEqual([set.enabledCategories, set.disabledTools], [['time'], ['send_message']]);
    await refusesChatAi(admin.put('/api/tools/builtin/config', { enabledCategories: ['none'] }), 400, 'INVALID_PARAMS', 'enabledCategories');
    await refusesChatAi(admin.put('/api/tools/category/none/toggle', { enabled: false }), 404, 'NOT_FOUND');
    await data(admin.post('/api/skills/enable-all'));
  });

  it('that are moved at the same time all move', async () => {
    const { tools } = await data(admin.get('/api/tools'));
    await Promise.all(tools.map(({ name }) => data(admin.put(`/api/tools/${name}/toggle`, { enabled: false }))));
    assert.ok((await data(admin.get('/api/tools/list'))).every(({ enabled }) => !enabled));
    assert.equal((await data(admin.post('/api/skills/enable-all'))).enabledCount, tools.length);
    assert.equal((await data(admin.post('/api/skills/disable-all'))).disabledCount, tools.length);
    await data(admin.post('/api/skills/enable-all'));
  });

  it('leave the other settings of tools alone that are changed at the same time', async () => {
    for (let i = 1; i <= 10; ++i) {
      await Promise.all([
        data(admin.put('/api/config/tools', { maxRounds: i })),
        data(admin.put('/api/tools/current_time/toggle', { enabled: i % 2 === 0 })),
      ]);
      assert.equal((await data(admin.get('/api/config/tools'))).maxRounds, i);
    }
  });

  it('say what is dangerous', async () => {
    assert.deepEqual((await data(admin.get('/api/tools/dangerous'))).dangerousNow.includes('send_message'), true);
    const set = await data(admin.put('/api/tools/dangerous', { dangerousTools: ['current_time'], adminOnlyTools: ['search_conversation'] }));
    assert.deepEqual([set.allowDangerous, set.dangerousTools, set.adminOnlyTools], [false, ['current_time'], ['search_conversation']]);
    await refusesChatAi(call('current_time', {}), 403, 'TOOL_DISABLED');
    await data(admin.put('/api/tools/dangerous', { allowDangerous: true }));
    await now();
    await data(admin.put('/api/tools/dangerous', { allowDangerous: false, dangerousTools: [], adminOnlyTools: [] }));
    await refusesChatAi(admin.put('/api/tools/dangerous', { dangerousTools: [1] }), 400, 'INVALID_PARAMS', 'dangerousTools');
  });
});

describe('the tool log', () => {
  it('has every call, and is found by tool, user, success and page', async () => {
    const { id } = await now();
    await call('current_time', { timezone: 'Nowhere/City' });
    const { logs: [failed, good], total } = await data(admin.get('/api/tools/logs?limit=2'));
    assert.ok(total > 2);
    assert.equal(good.id, id);
    assert.deepEqual([good.tool, good.toolName, good.success, good.userId, good.username, good.groupId, good.through],
      ['current_time', 'current_time', true, '1', 'admin', null, 'panel']);
    assert.deepEqual([failed.args, failed.success, failed.outcome], [{ timezone: 'Nowhere/City' }, false, 'failed']);
    assert.ok(Math.abs(good.timestamp - Date.now()) < 60_000);
    assert.deepEqual((await logs('?limit=1&offset=1')).map(({ id }) => id), [id]);
    assert.ok((await logs('?success=false')).every(({ success }) => success === false));
    assert.ok((await logs('?success=true&tool=current_time')).every(({ success, tool }) => success && tool === 'current_time'));
    assert.equal((await data(admin.get('/api/tools/logs?userId=1'))).total, total);
    assert.deepEqual(await logs('?userId=99'), []);
    assert.deepEqual(await logs('?groupId=456'), []);
    assert.deepEqual(await logs('?toolName=none'), []);
    assert.deepEqual((await data(admin.get(`/api/stats/tool-calls/record/${id}`))).id, id);
    assert.ok((await data(admin.get('/api/stats/tool-calls/errors'))).logs.every(({ success }) => !success));
    await refusesChatAi(admin.get('/api/tools/logs?success=maybe'), 400, 'INVALID_PARAMS', 'success');
    await refusesChatAi(admin.get('/api/tools/logs?limit=1001'), 400, 'INVALID_PARAMS', 'limit');
    await refusesChatAi(admin.get('/api/stats/tool-calls/record/none'), 404, 'NOT_FOUND');
  });

  it('is not deleted, and says so', async () => {
    const { total } = await data(admin.get('/api/tools/logs'));
    const { error } = await refusesChatAi(admin.delete('/api/tools/logs'), 409, 'LOG_IS_PERMANENT');
    assert.match(error, /event log/);
    assert.equal((await data(admin.get('/api/tools/logs'))).total, total);
  });

  it('is counted by tool and by day', async () => {
    const { tools, summary, daily } = await data(admin.get('/api/stats/tools?period=week'));
    const one = tools.find(({ tool }) => tool === 'current_time');
    assert.ok(one.calls > 2 && one.failed > 0 && one.success === one.calls - one.failed);
    assert.equal(tools.reduce((sum, { calls }) => sum + calls, 0), summary.calls);
    assert.equal(daily.at(-1).calls, summary.calls);
    assert.equal(daily.at(-1).date, new Date().toISOString().slice(0, 10));
    assert.deepEqual(await data(admin.get('/api/stats/tool-calls?period=week')), { tools, summary, daily });
    const { summary: all, daily: days } = await data(admin.get('/api/stats?period=day'));
    assert.deepEqual([all.toolCalls, days.at(-1).toolCalls], [summary.calls, summary.calls]);
    await refusesChatAi(admin.get('/api/stats/tools?period=age'), 400, 'INVALID_PARAMS', 'period');
  });

  it('is there after a crash', async () => {
    const { id } = await now();
    await server.crash();
    await server.start();
    assert.equal((await logs('?limit=1'))[0].id, id);
  });
});

describe('skills', () => {
  it('show tools and servers together', async () => {
    const { servers, stats, categories } = await data(admin.get('/api/skills/status'));
    assert.deepEqual(servers, []);
    assert.equal(stats.total, stats.enabled);
    assert.deepEqual(categories, await data(admin.get('/api/skills/categories')));
    assert.equal((await data(admin.get('/api/skills/stats'))).totalTools, stats.total);
    assert.equal((await data(admin.get('/api/tools/stats'))).total, stats.total);
    assert.deepEqual((await data(admin.get('/api/skills/tools?includeBuiltin=false'))).tools, []);
    assert.equal((await data(admin.get('/api/skills/tools'))).count, stats.total);
    assert.equal((await data(admin.get('/api/skills/tools/current_time/detail'))).name, 'current_time');
    const counted = await data(admin.post('/api/skills/reload'));
    assert.deepEqual(await data(admin.post('/api/tools/reload')), counted);
    assert.equal(counted.builtin, stats.total);
  });

  it('are found by what they are for', async () => {
    const found = await data(admin.get('/api/skills/search?q=time&limit=1'));
    assert.deepEqual(found.tools.map(({ name }) => name), ['current_time']);
    assert.deepEqual((await data(admin.get('/api/skills/search?q=zzz'))).tools, []);
    const { recommendations } = await data(admin.post('/api/skills/recommend', { context: 'Which date is it today, and what time?', limit: 2 }));
    assert.equal(recommendations[0].name, 'current_time');
    const { categories } = await data(admin.get('/api/skills/discover'));
    const callable = categories.flatMap(({ tools }) => tools.map(({ name }) => name));
    assert.ok(callable.includes('current_time') && !callable.includes('send_message'));
    await refusesChatAi(admin.post('/api/skills/recommend', {}), 400, 'INVALID_PARAMS', 'context');
  });

  it('are executed one by one and together', async () => {
    const one = await data(admin.post('/api/skills/execute', { toolName: 'current_time', args: {} }));
    assert.deepEqual([one.isError, one.content[0].type], [false, 'text']);
    const failed = await data(admin.post('/api/skills/execute', { toolName: 'current_time', args: { timezone: 7 } }));
    assert.equal(failed.isError, true);
    const { results, count } = await data(admin.post('/api/skills/execute/batch',
      { calls: [{ toolName: 'current_time', args: {} }, { toolName: 'none' }, { toolName: 'current_time', args: { timezone: 7 } }] }));
    assert.deepEqual(results.map(({ toolName, success }) => [toolName, success]), [['current_time', true], ['none', false], ['current_time', false]]);
    assert.equal(count, 3);
    for (const calls of [[], Array(17).fill({ toolName: 'current_time' }), 'all', undefined])
      await refusesChatAi(admin.post('/api/skills/execute/batch', { calls }), 400, 'INVALID_PARAMS', 'calls');
    await refusesChatAi(admin.post('/api/skills/execute/batch', { calls: [{ toolName: 'current_time', args: 7 }] }), 400, 'INVALID_ARGS');
  });

  it('are switched under their other names', async () => {
    await data(admin.post('/api/skills/toggle-tool', { toolName: 'current_time', enabled: false }));
    await data(admin.post('/api/skills/toggle-category', { category: 'search', enabled: false }));
    assert.deepEqual((await data(admin.get('/api/skills/categories'))).find(({ key }) => key === 'search').enabled, false);
    await data(admin.post('/api/skills/tools/current_time/toggle', { enabled: true }));
    await data(admin.post('/api/skills/categories/search/toggle', { enabled: true }));
    await refusesChatAi(admin.post('/api/skills/categories/search/toggle', { enabled: 1 }), 400, 'INVALID_PARAMS', 'enabled');
    await now();
  });
});
