import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client } from '../support/client.mjs';
import { dataOf, neko, nekoLogIn, newNekoUser, refusesNeko, succeedsNeko } from '../support/neko.mjs';
import { startServerOf } from '../support/server.mjs';
import { zip } from '../support/zip.mjs';

const server = await startServerOf(neko, '--no-rate-limit');
const local = new Client(server);
const admin = await nekoLogIn(server);
const user = await newNekoUser(server);
const chinese = { 'Accept-Language': 'zh' };

const lua = (command = 'hello') =>
  `troupe.command { name = "${command}", description = "Says hello", run = function(call) return "Hello!" end }`;
const schema = JSON.stringify({ type: 'object', properties: { sides: { type: 'integer', minimum: 2, default: 6 } } });

/// An upload as browsers send it.
function upload(who, bytes, { filename = 'plugin.zip', field = 'file', headers = {} } = {}) {
  const form = new FormData();
  form.set(field, new Blob([bytes]), filename);
  return fetch(`${server.url}/api/plugins/upload`, { method: 'POST', headers: { ...who.headers, ...headers }, body: form })
    .then(async (answer) => ({ status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.clone().text(), body: await answer.json() }));
}

const install = async (name, files = {}) =>
  dataOf(upload(local, zip({ [`${name}/main.lua`]: lua(name), [`${name}/config_schema.json`]: schema, ...files })));

describe('a plugin', () => {
  it('is uploaded, enabled, listed with its commands, disabled, reloaded and deleted', async () => {
    const { plugin_name: name } = await install('greeter', { 'greeter/plugin.json': JSON.stringify({ version: '1.2', author: 'Ada', description: 'Greets' }) });
    assert.equal(name, 'greeter');
    assert.equal((await dataOf(user.get('/api/plugins?page_size=100'))).greeter.enabled, false);
    const { message } = await succeedsNeko(local.post('/api/plugins/enable', { name }, chinese));
    assert.equal(message, '插件 greeter 已启用');
    await succeedsNeko(local.post('/api/plugins/enable', { name }));
    const listed = (await dataOf(user.get('/api/plugins?page_size=100'))).greeter;
    assert.deepEqual([listed.version, listed.author, listed.description, listed.enabled, listed.commands], ['1.2', 'Ada', 'Greets', true, ['greeter']]);
    const { items } = await dataOf(local.get('/api/commands?page_size=100'));
    assert.ok(items.some(({ handler_full_name: full }) => full === 'greeter.greeter'));
    assert.equal((await dataOf(local.post('/api/plugins/reload', { name }))).enabled, true);
    assert.equal((await dataOf(local.post('/api/plugins/disable', { name }))).enabled, false);
    assert.ok(!(await dataOf(local.get('/api/commands?page_size=100'))).items.some(({ plugin: of }) => of === 'greeter'));
    await succeedsNeko(local.send('DELETE', '/api/plugins/delete', { name }));
    await refusesNeko(local.send('DELETE', '/api/plugins/delete', { name }), 404);
    assert.equal((await dataOf(user.get('/api/plugins?page_size=100'))).greeter, undefined);
  });

  it('keeps its configuration, which is held against its schema', async () => {
    const { plugin_name: name } = await install('dice');
    assert.deepEqual((await dataOf(admin.get(`/api/plugins/config?name=${name}`))).schema, JSON.parse(schema));
    await succeedsNeko(admin.put('/api/plugins/config', { name, config: { sides: 20 } }));
    assert.deepEqual((await dataOf(admin.get(`/api/plugins/config?name=${name}`))).config, { sides: 20 });
    await refusesNeko(admin.put('/api/plugins/config', { name, config: { sides: 1 } }), 400, 'config.sides');
    await refusesNeko(admin.put('/api/plugins/config', { name }), 400, 'config');
    await refusesNeko(admin.get('/api/plugins/config?name=nothing'), 404);
  });

  it('whose commands are another\'s too has a conflict', async () => {
    await install('one', { 'one/main.lua': lua('shared') });
    await install('two', { 'two/main.lua': lua('shared') });
    await succeedsNeko(local.post('/api/plugins/enable', { name: 'one' }));
    await succeedsNeko(local.post('/api/plugins/enable', { name: 'two' }));
    const conflict = (await dataOf(local.get('/api/commands/conflicts'))).find(({ conflict_key: key }) => key === 'shared');
    assert.deepEqual(conflict.handlers.map(({ plugin }) => plugin), ['one', 'two']);
    assert.equal(conflict.handler_count, 2);
    const { data: { items, summary } } = await succeedsNeko(local.get('/api/commands?page_size=100'));
    assert.equal(summary.conflicts, 1);
    assert.ok(items.filter(({ handler_name: name }) => name === 'shared').every(({ has_conflict: has }) => has));
    await succeedsNeko(local.send('DELETE', '/api/plugins/delete?name=two'));
    await succeedsNeko(local.send('DELETE', '/api/plugins/delete?name=one'));
  });

  it('that does not start says why, and disturbs nobody', async () => {
    await install('broken', { 'broken/main.lua': 'function on_enable() error("no dice") end' });
    const { message } = await refusesNeko(local.post('/api/plugins/enable', { name: 'broken' }), 409);
    assert.match(message, /no dice/);
    await succeedsNeko(local.get('/api/commands'));
  });
});

describe('a name of a plugin', () => {
  it('is never a path', async () => {
    for (const name of ['..', '../..', '/etc/passwd', '.', 'dice/../dice', 'dice/main.lua']) {
      await refusesNeko(local.send('DELETE', '/api/plugins/delete', { name }), 404);
      await refusesNeko(local.post('/api/plugins/enable', { name }), 404);
    }
  });
});

describe('POST /api/plugins/upload', () => {
  it('takes nothing that could leave its folder, or is no package', async () => {
    const good = { 'evil/main.lua': lua('evil') };
    const bad = [
      Buffer.from('no zip'), zip({ ...good, '../outside.lua': 'x' }), zip({ ...good, 'evil/../../outside.lua': 'x' }),
      zip({ ...good, '/etc/outside.lua': 'x' }), zip({ ...good, 'evil\\..\\outside.lua': 'x' }), zip({ ...good, 'other/main.lua': lua('other') }),
      zip({ 'evil/other.lua': 'x' }), zip({ 'main.lua': lua('evil') }), zip({}), zip({ 'evil/main.lua': 'this is no Lua' }),
    ];
    for (const bytes of bad) await refusesNeko(upload(local, bytes), 400, 'file');
    assert.equal((await dataOf(user.get('/api/plugins?page_size=100'))).evil, undefined);
  });

  it('takes no more than a package may have', async () => {
    const { status } = await upload(local, zip({ 'huge/main.lua': lua('huge'), 'huge/more.lua': `-- ${'x'.repeat(1 << 20)}` }));
    assert.equal(status, 413);
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`many/${i}.lua`, 'return 1']));
    assert.equal((await upload(local, zip({ 'many/main.lua': lua('many'), ...many }))).status, 413);
  });

  it('names what is wrong with the form', async () => {
    const package_ = zip({ 'form/main.lua': lua('form') });
    await refusesNeko(upload(local, package_, { field: 'zip' }), 400, 'file');
    await refusesNeko(upload(local, package_, { filename: 'plugin.py' }), 400, 'file');
    await refusesNeko(local.post('/api/plugins/upload', {}), 400);
    await install('form');
    await refusesNeko(upload(local, package_), 409);
  });

  it('is for administrators, and for programs on this machine', async () => {
    const package_ = zip({ 'theirs/main.lua': lua('theirs') });
    await refusesNeko(upload(user, package_), 403);
    await refusesNeko(upload(local, package_, { headers: { 'X-Forwarded-For': '203.0.113.7' } }), 401);
    await refusesNeko(upload(local, package_, { headers: { Forwarded: 'for=203.0.113.7' } }), 401);
    await refusesNeko(upload(local, package_, { headers: { Origin: 'https://evil.example' } }), 401);
    await succeedsNeko(upload(admin, package_, { headers: { 'X-Forwarded-For': '203.0.113.7' } }));
  });
});
