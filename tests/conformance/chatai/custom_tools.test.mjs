// Tools that administrators write in Lua, hostile ones among them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chatAiAdmin, data, refusesChatAi, surfaces } from '../support/chatai.mjs';
import { startServerOf } from '../support/server.mjs';
import { eventually } from '../support/cast.mjs';

const server = await startServerOf(surfaces, '--no-rate-limit');
const admin = await chatAiAdmin(server);
const add = (name, code, more = {}) => admin.post('/api/tools/custom', { name, code, ...more });
const call = (name, args = {}) => admin.post('/api/tools/call', { name, args });
const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };

async function upload(parts) {
  const form = new FormData();
  for (const [name, value, file] of parts) file ? form.append(name, new Blob([value]), file) : form.append(name, value);
  const answer = await fetch(`${server.url}/api/tools/custom`, { method: 'POST', body: form, headers: { Authorization: `Bearer ${admin.token}` } });
  const text = await answer.text();
  return { status: answer.status, text, body: JSON.parse(text), headers: Object.fromEntries(answer.headers) };
}

describe('a custom tool', () => {
  it('is added, called, changed and removed', async () => {
    const tool = await data(add('greet', "return 'hello ' .. args.name", { description: 'Greets', parameters: schema }), 201);
    assert.deepEqual([tool.name, tool.source, tool.enabled, tool.language], ['greet', 'custom', true, 'lua']);
    assert.deepEqual(await data(admin.get('/api/tools/custom')), [tool]);
    assert.deepEqual(await data(admin.get('/api/tools/custom/greet')), tool);
    const shown = await data(admin.get('/api/tools/greet'));
    assert.deepEqual([shown.source, shown.isCustom, shown.inputSchema], ['custom', true, schema]);
    assert.equal((await data(call('greet', { name: 'Ada' }))).result, 'hello Ada');
    await refusesChatAi(call('greet'), 400, 'INVALID_ARGS');
    const changed = await data(admin.put('/api/tools/custom/greet', { handler: "return nil, 'no one is there'" }));
    assert.equal(changed.code, "return nil, 'no one is there'");
    assert.equal((await refusesChatAi(call('greet', { name: 'Ada' }), 502, 'EXECUTION_ERROR')).error, 'no one is there');
    await data(admin.put('/api/tools/custom/greet', { enabled: false }));
    await refusesChatAi(call('greet', { name: 'Ada' }), 404, 'TOOL_NOT_FOUND');
    await data(admin.delete('/api/tools/custom/greet'));
    await refusesChatAi(admin.get('/api/tools/custom/greet'), 404, 'TOOL_NOT_FOUND');
    await refusesChatAi(admin.delete('/api/tools/custom/greet'), 404, 'TOOL_NOT_FOUND');
  });

  it('has a name of its own', async () => {
    await data(add('twice', 'return 1'), 201);
    const { error } = await refusesChatAi(add('twice', 'return 2'), 409, 'TOOL_EXISTS');
    assert.equal(error, 'Tool already exists');
    await refusesChatAi(add('current_time', 'return 2'), 409, 'TOOL_EXISTS');
    await data(add('thrice', 'return 1'), 201);
    await refusesChatAi(admin.put('/api/tools/custom/thrice', { name: 'twice' }), 409, 'TOOL_EXISTS');
    const race = await Promise.all([add('racer', 'return 1'), add('racer', 'return 2')]);
    assert.deepEqual(race.map(({ status }) => status).sort(), [201, 409]);
  });

  it('whose name is a path is refused, and found nowhere', async () => {
    for (const name of ['../../evil', '..', 'a/b', 'a\\b', '/etc/passwd', 'a b', 'a.lua', 'x'.repeat(65), '%2e%2e', 'é', '\u0000'])
      await refusesChatAi(add(name, 'return 1'), 400, 'INVALID_PARAMS', 'name');
    for (const name of ['..%2f..%2fevil', '%2e%2e', 'a%2fb', '%00'])
      for (const method of ['GET', 'DELETE']) assert.equal((await admin.send(method, `/api/tools/custom/${name}`)).status, 404);
    const evil = await upload([['file', 'return 1', '../../evil.lua']]);
    await refusesChatAi(evil, 400, 'INVALID_PARAMS', 'name');
  });

  it('that does not compile is refused with its line', async () => {
    const { error } = await refusesChatAi(add('broken', 'local x = 1\nlocal y = = 2'), 400, 'INVALID_PARAMS', 'code');
    assert.match(error, /^broken\.lua:2: /);
    await data(add('whole', 'return 1'), 201);
    await refusesChatAi(admin.put('/api/tools/custom/whole', { code: 'retrun 2' }), 400, 'INVALID_PARAMS', 'code');
    assert.equal((await data(call('whole'))).result, '1');
    await refusesChatAi(add('bytes', '\u001bLua'), 400, 'INVALID_PARAMS', 'code');
  });

  it('is refused by what is wrong with it', async () => {
    await refusesChatAi(admin.post('/api/tools/custom', {}), 400, 'INVALID_PARAMS', 'name');
    await refusesChatAi(admin.post('/api/tools/custom', { name: 'x' }), 400, 'INVALID_PARAMS', 'code');
    await refusesChatAi(admin.post('/api/tools/custom', 'no JSON'), 400, 'INVALID_PARAMS', 'body');
    await refusesChatAi(admin.post('/api/tools/custom', '{"a":'.repeat(1000)), 400, 'INVALID_PARAMS', 'body');
    await refusesChatAi(add('x', 'return 1', { parameters: { type: 'string' } }), 400, 'INVALID_PARAMS', 'parameters');
    await refusesChatAi(add('x', 'return 1', { parameters: 7 }), 400, 'INVALID_PARAMS', 'parameters');
    await refusesChatAi(add('x', 'return 1', { dangerous: 'yes' }), 400, 'INVALID_PARAMS', 'dangerous');
    await refusesChatAi(add('x', 'return 1', { path: '/tmp' }), 400, 'INVALID_PARAMS', 'path');
    await refusesChatAi(add('x', `return '${'x'.repeat(70_000)}'`), 400, 'INVALID_PARAMS', 'code');
    assert.equal((await add('x', `return '${'x'.repeat(300_000)}'`)).status, 413);
  });

  it('comes as a file as well', async () => {
    const tool = await data(upload([['description', 'Doubles'], ['parameters', '{"type":"object"}'], ['dangerous', 'false'], ['file', 'return args.a * 2', 'double.lua']]), 201);
    assert.deepEqual([tool.name, tool.description], ['double', 'Doubles']);
    assert.equal((await data(call('double', { a: 4 }))).result, '8');
    const described = await data(upload([['file', JSON.stringify({ name: 'treble', code: 'return args.a * 3', description: 'Trebles' }), 'anything.json']]), 201);
    assert.equal(described.name, 'treble');
    await refusesChatAi(upload([['file', 'MZ', 'double.exe']]), 400, 'INVALID_PARAMS', 'file');
    await refusesChatAi(upload([['file', '[]', 'list.json']]), 400, 'INVALID_PARAMS', 'file');
    await refusesChatAi(upload([['name', 'x']]), 400, 'INVALID_PARAMS', 'code');
    await refusesChatAi(upload([['file', 'return 1', 'x.lua'], ['dangerous', 'perhaps']]), 400, 'INVALID_PARAMS', 'dangerous');
  });

  it('that loops, or eats memory, is stopped and named, and the others go on', async () => {
    const hostile = {
      endless: 'while true do end',
      caught: 'while true do pcall(function() while true do end end) end',
      patterns: "return ('a'):rep(30000):find(('a*'):rep(50) .. 'b')",
      deep: 'local function f() return 1 + f() end return f()',
      greedy: "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end",
    };
    await data(add('patient', "return 'still here'"), 201);
    for (const [name, code] of Object.entries(hostile)) {
      await data(add(name, code), 201);
      const { status, body } = await call(name);
      assert.ok(status === 504 || status === 502, `${name}: ${status}`);
      assert.equal(body.code, 'EXECUTION_ERROR');
      assert.match(body.error, new RegExp(`^${name}\\.lua:`));
      assert.equal((await data(call('patient'))).result, 'still here');
    }
    const { outcome } = (await data(admin.get('/api/tools/logs?tool=endless'))).logs[0];
    assert.equal(outcome, 'timed_out');
  });

  it('reaches no files, programs, network or other calls', async () => {
    const reaches = ['io', 'os.execute', 'os.getenv', 'os.remove', 'require', 'load', 'loadfile', 'dofile', 'debug', 'package', 'troupe', 'print'];
    await data(add('reach', `local r = {}
      for i, path in ipairs(args.paths) do
        local at = _G
        for part in path:gmatch('%a+') do at = at and at[part] end
        if at ~= nil then r[#r + 1] = path end
      end
      kept = (kept or 0) + 1
      return kept .. ':' .. table.concat(r, ',')`), 201);
    for (let i = 0; i < 2; ++i) assert.equal((await data(call('reach', { paths: reaches }))).result, '1:');
  });

  it('that is dangerous waits for the switch', async () => {
    await data(add('wipe', "return 'wiped'", { dangerous: true }), 201);
    await refusesChatAi(call('wipe'), 403, 'TOOL_DISABLED');
    await data(admin.put('/api/tools/dangerous', { allowDangerous: true }));
    assert.equal((await data(call('wipe'))).result, 'wiped');
    await data(admin.put('/api/tools/dangerous', { allowDangerous: false }));
  });

  it('that runs in a crash has failed when the server is back, and is there', async () => {
    // Slow by many short runs of instructions: it would end by its limit after some tenths of a second.
    await data(add('slow', "local s = 0 for i = 1, 2e6 do s = s + i end return 'done'"), 201);
    const open = new Set();
    for (let i = 0; i < 40; ++i) open.add(call('slow').catch(() => 'cut off'));
    const running = async () => (await data(admin.get('/api/tools/logs?tool=slow'))).logs.some(({ outcome }) => outcome === 'running');
    await eventually(running, 'a call that runs');
    await server.crash();
    await Promise.all(open);
    await server.start();
    const { logs } = await data(admin.get('/api/tools/logs?tool=slow&limit=100'));
    const outcomes = logs.map(({ outcome }) => outcome);
    assert.ok(outcomes.includes('interrupted') && !outcomes.includes('running'), outcomes.join());
    assert.equal((await data(call('slow'))).result, 'done');
  });
});
