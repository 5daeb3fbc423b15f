import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chatAiAdmin, data, refusesChatAi, surfaces } from '../support/chatai.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(surfaces, '--no-rate-limit');
const admin = await chatAiAdmin(server);
const yaml = { 'Content-Type': 'text/yaml' };
const config = () => data(admin.get('/api/config'));

describe('the configuration', () => {
  it('is one tree with the names of both forms of the documentation', async () => {
    const tree = await config();
    assert.equal(tree.basic.commandPrefix, '#ai');
    assert.equal(tree.commandPrefix, '#ai');
    assert.equal(tree.debug, false);
    assert.deepEqual(tree.trigger.private, { mode: 'always', enabled: true });
    assert.deepEqual(tree.trigger.prefix, ['#chat']);
    assert.equal(tree.context.maxMessages, 20);
    assert.ok(Array.isArray(tree.channels) && Array.isArray(tree.presets));
  });

  it('is changed by a part of the tree, and tells the paths', async () => {
    const { updated } = await data(admin.put('/api/config', { debug: true, trigger: { group: { keyword: true } } }));
    assert.deepEqual(updated.sort(), ['debug', 'trigger.group.keyword']);
    const tree = await config();
    assert.equal(tree.basic.debug, true);
    assert.deepEqual([tree.trigger.group.keyword, tree.trigger.group.at], [true, true]);
  });

  it('is changed by a path and a value, and by POST', async () => {
    await data(admin.put('/api/config', { path: 'trigger.prefix', value: '#bot' }));
    assert.deepEqual((await config()).trigger.prefixes, ['#bot']);
    await data(admin.post('/api/config', { 'trigger.prefixes': ['#chat', '!'] }));
    assert.deepEqual((await config()).trigger.prefixes, ['#chat', '!']);
  });

  it('is shown and changed by sections', async () => {
    assert.equal((await data(admin.get('/api/config/memory'))).enabled, false);
    const { updated } = await data(admin.put('/api/config/memory', { enabled: true, maxMemories: 7 }));
    assert.deepEqual(updated.sort(), ['memory.enabled', 'memory.maxMemories']);
    assert.deepEqual(await data(admin.get('/api/config/memory')), { enabled: true, maxMemories: 7, autoExtract: false });
    await refusesChatAi(admin.get('/api/config/web'), 404, 'SECTION_NOT_FOUND');
    await refusesChatAi(admin.put('/api/config/channels', {}), 404, 'SECTION_NOT_FOUND');
  });

  it('takes changes of different fields of a section at once, and of one field the last', async () => {
    const fields = ['enabled', 'at', 'prefix', 'keyword', 'random'];
    for (const value of [false, true, false, true]) {
      await Promise.all(fields.map((field) => data(admin.put('/api/config', { trigger: { group: { [field]: value } } }))));
      const { group } = (await config()).trigger;
      assert.deepEqual(fields.map((field) => group[field]), fields.map(() => value));
    }
    for (const value of [0.1, 0.2]) await data(admin.put('/api/config/trigger', { group: { randomRate: value } }));
    assert.equal((await config()).trigger.group.randomRate, 0.2);
  });

  it('refuses what is no setting by its name, and changes nothing then', async () => {
    const before = await config();
    for (const [body, named] of [
      [{ debug: false, web: { jwtSecret: 'x' } }, 'web.jwtSecret'], [{ trigger: { group: { at: 'yes' } } }, 'trigger.group.at'],
      [{ trigger: { group: { randomRate: 7 } } }, 'random_rate'], [{ __proto__x: 1 }, '__proto__x'], [{ 'constructor.prototype.x': 1 }, 'constructor.prototype.x'],
      [{ channels: [] }, 'channels'],
    ]) {
      const { error } = await refusesChatAi(admin.put('/api/config', body), 400, 'INVALID_CONFIG');
      assert.ok(error.includes(named), error);
    }
    assert.deepEqual(await config(), before);
  });

  it('goes out as a file and comes back', async () => {
    await data(admin.put('/api/config', { trigger: { keywords: ['true', '5', '你好: "quoted"'] } }));
    const before = await config();
    const exported = await admin.get('/api/config/export');
    assert.match(exported.headers['content-type'], /^text\/yaml/);
    await data(admin.put('/api/config', { debug: !before.debug, trigger: { keywords: [] } }));
    const imported = await data(admin.send('POST', '/api/config/import', exported.text, yaml));
    assert.equal(imported.imported, true);
    assert.ok(imported.changes > 0);
    assert.deepEqual(await config(), before);
    const asJson = await admin.get('/api/config/export?format=json');
    await data(admin.post('/api/config/import', asJson.body));
    await data(admin.post('/api/config/import', { content: exported.text }));
    assert.deepEqual(await config(), before);
  });

  it('says what is wrong with a file', async () => {
    await refusesChatAi(admin.send('POST', '/api/config/import', 'a: [1', yaml), 400, 'PARSE_ERROR');
    await refusesChatAi(admin.send('POST', '/api/config/import', '- a list', yaml), 400, 'PARSE_ERROR');
    await refusesChatAi(admin.send('POST', '/api/config/import', `a: ${'x'.repeat(300_000)}`, yaml), 413, 'PARSE_ERROR');
    const bomb = Array.from({ length: 9 }, (_, i) => `a${i}: &a${i} [${Array(10).fill(i === 0 ? 'x' : `*a${i - 1}`).join(', ')}]`).join('\n');
    await refusesChatAi(admin.send('POST', '/api/config/import', bomb, yaml), 400, 'PARSE_ERROR');
    const { body } = await admin.post('/api/config/validate', { debug: 'yes', web: { port: 1 } });
    assert.deepEqual(body.errors.map(({ path }) => path), ['debug', 'web.port']);
    assert.equal((await data(admin.post('/api/config/validate', { debug: true }))).valid, true);
    assert.equal((await admin.post('/api/config/reload')).body.message, 'Configuration reloaded');
  });

  it('is the same after a restart', async () => {
    const before = await config();
    await server.crash();
    await server.start();
    assert.deepEqual(await config(), before);
  });
});
