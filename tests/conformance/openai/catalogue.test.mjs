import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { newChatUser } from '../support/chat.mjs';
import { Client, succeeds } from '../support/client.mjs';
import { chatAdmin, openAi, refusesOpenAi } from '../support/openai.mjs';
import { startModelServer } from '../support/model_server.mjs';
import { startServerOf } from '../support/server.mjs';

const model = await startModelServer();
const server = await startServerOf(['chat_v1', 'openai'], '--no-rate-limit');
const admin = await chatAdmin(server);
const user = await newChatUser(server);
const anonymous = new Client(server);
const secretKey = 'sk-verysecret-0123456789';
const providers = '/v1/troupe/providers';
const personalities = '/v1/troupe/personalities';

const created = async (answer) => {
  const { status, body, text } = await answer;
  assert.equal(status, 201, text);
  return body;
};
let names = 0;
const addProvider = (more) => created(admin.post(providers, { name: `p${++names}`, base_url: model.url, ...more }));
const addPersonality = (more) => created(admin.post(personalities, { name: `h${++names}`, prompt: 'Be brief.', ...more }));
const patch = (path, body) => admin.send('PATCH', path, body);

describe('providers', () => {
  it('are added, shown, changed and removed, and never tell a key', async () => {
    const added = await addProvider({ keys: [secretKey, 'short'], model: 'm', models: ['n'], priority: 7 });
    assert.deepEqual(Object.keys(added), ['id', 'object', 'name', 'format', 'base_url', 'keys', 'model', 'embedding_model',
      'models', 'priority', 'enabled', 'created_at', 'updated_at']);
    assert.deepEqual(added.keys, ['…6789', '…']);
    assert.deepEqual(await succeeds(admin.get(`${providers}/${added.id}`)), added);
    const changed = await succeeds(patch(`${providers}/${added.id}`, { model: 'other', enabled: false }));
    assert.equal(changed.model, 'other');
    assert.deepEqual(changed.keys, added.keys, 'what is not named stays');
    assert.notEqual(changed.updated_at, null);
    assert.deepEqual((await succeeds(admin.get(providers))).data.find(({ id }) => id === added.id), changed);
    const gone = await succeeds(admin.delete(`${providers}/${added.id}`));
    assert.deepEqual(gone, { id: added.id, object: 'troupe.provider', deleted: true });
    for (const answer of [admin.get(`${providers}/${added.id}`), patch(`${providers}/${added.id}`, { model: 'x' }), admin.delete(`${providers}/${added.id}`)])
      await refusesOpenAi(answer, 404, { code: 'not_found' });
  });

  it('are for administrators alone', async () => {
    const { id } = await addProvider();
    for (const [method, path, body] of [['GET', providers], ['POST', providers, { name: 'x', base_url: model.url }],
      ['GET', `${providers}/${id}`], ['PATCH', `${providers}/${id}`, {}], ['DELETE', `${providers}/${id}`]]) {
      await refusesOpenAi(user.send(method, path, body), 403, { code: 'insufficient_permissions' });
      await refusesOpenAi(anonymous.send(method, path, body), 401, { code: 'invalid_api_key' });
    }
  });

  for (const [what, body, param] of [
    ['no name', { base_url: 'https://a.example' }, 'name'],
    ['no URL', { name: 'x' }, 'base_url'],
    ['a URL of another scheme', { name: 'x', base_url: 'file:///etc/passwd' }, 'base_url'],
    ['a metadata address', { name: 'x', base_url: 'http://169.254.169.254/' }, 'base_url'],
    ['an unknown format', { name: 'x', base_url: 'https://a.example', format: 'smoke' }, 'format'],
    ['the name of the stand-in', { name: 'echo', base_url: 'https://a.example' }, 'name'],
    ['a key that is no key', { name: 'x', base_url: 'https://a.example', keys: ['two words'] }, 'keys'],
    ['keys that are no texts', { name: 'x', base_url: 'https://a.example', keys: [7] }, 'keys'],
    ['models that are no texts', { name: 'x', base_url: 'https://a.example', models: [[]] }, 'models'],
    ['a priority below 0', { name: 'x', base_url: 'https://a.example', priority: -1 }, 'priority'],
  ]) {
    it(`refuse ${what} and name the field`, () => refusesOpenAi(admin.post(providers, body), 400, { param }));
  }

  it('may not be near where the settings do not allow it, not even by a name that leads there', async (t) => {
    const { id, name } = await addProvider({ base_url: model.url.replace('127.0.0.1', 'localhost'), model: 'm' });
    const ask = () => admin.post('/v1/chat/completions', { model: `${name}/m`, messages: [{ role: 'user', content: 'hi' }] });
    await succeeds(ask());
    const { args } = server;
    t.after(async () => {
      await server.stop();
      server.args = args;
      await server.start();
    });
    await server.stop();
    server.args = [...args, '--allow-local-providers', 'false'];
    await server.start();
    const asked = model.requests.length;
    const { message } = await refusesOpenAi(ask(), 502, { code: 'upstream_error' });
    assert.match(message, /address that is not allowed/);
    assert.equal(model.requests.length, asked);
    for (const url of [model.url, 'http://localhost:1', 'http://10.1.2.3', 'http://[fd12::1]/v1', 'http://0x7f.1'])
      for (const answer of [admin.post(providers, { name: 'x', base_url: url }), patch(`${providers}/${id}`, { base_url: url })])
        await refusesOpenAi(answer, 400, { param: 'base_url' });
  });

  it('have names of their own', async () => {
    const [first, second] = [await addProvider(), await addProvider()];
    await refusesOpenAi(admin.post(providers, { name: first.name, base_url: model.url }), 409, { code: 'conflict', param: 'name' });
    await refusesOpenAi(patch(`${providers}/${second.id}`, { name: first.name }), 409, { code: 'conflict', param: 'name' });
    await succeeds(admin.delete(`${providers}/${first.id}`));
    await succeeds(patch(`${providers}/${second.id}`, { name: first.name }));
  });

  it('are made once for one Idempotency-Key', async () => {
    const body = { name: `p${++names}`, base_url: model.url };
    const twice = [await created(admin.post(providers, body, { 'Idempotency-Key': 'once' })), await created(admin.post(providers, body, { 'Idempotency-Key': 'once' }))];
    assert.equal(twice[0].id, twice[1].id);
  });
});

describe('personalities', () => {
  it('are read by every login and written by administrators', async () => {
    const added = await addPersonality({ description: 'd', temperature: 0.5, max_tokens: 9, prompt: 'Line one.\nLine two.' });
    assert.deepEqual(Object.keys(added), ['id', 'object', 'name', 'description', 'prompt', 'provider', 'model', 'temperature',
      'max_tokens', 'is_default', 'created_at', 'updated_at']);
    assert.equal(added.prompt, 'Line one.\nLine two.');
    assert.deepEqual(await succeeds(user.get(`${personalities}/${added.id}`)), added);
    assert.ok((await succeeds(user.get(personalities))).data.some(({ id }) => id === added.id));
    for (const [method, path, body] of [['POST', personalities, { name: 'x', prompt: 'x' }], ['PATCH', `${personalities}/${added.id}`, { prompt: 'x' }], ['DELETE', `${personalities}/${added.id}`]])
      await refusesOpenAi(user.send(method, path, body), 403, { code: 'insufficient_permissions' });
    await refusesOpenAi(anonymous.get(personalities), 401, { code: 'invalid_api_key' });
    const changed = await succeeds(patch(`${personalities}/${added.id}`, { temperature: null, prompt: 'Other.' }));
    assert.equal(changed.temperature, null);
    assert.equal(changed.max_tokens, 9);
    await succeeds(admin.delete(`${personalities}/${added.id}`));
    await refusesOpenAi(user.get(`${personalities}/${added.id}`), 404, { code: 'not_found' });
  });

  it('have one default: the latest to be chosen', async () => {
    const first = await addPersonality({ is_default: true });
    const second = await addPersonality();
    assert.equal(first.is_default, true);
    assert.equal((await succeeds(patch(`${personalities}/${second.id}`, { is_default: true }))).is_default, true);
    await succeeds(patch(`${personalities}/${first.id}`, { description: 'edited' }));
    const defaults = (await succeeds(user.get(personalities))).data.filter(({ is_default: chosen }) => chosen);
    assert.deepEqual(defaults.map(({ id }) => id), [second.id]);
  });

  it('name the field of what is wrong', async () => {
    for (const [body, param] of [[{ prompt: 'p' }, 'name'], [{ name: 'x' }, 'prompt'], [{ name: 'a/b', prompt: 'p' }, 'name'], [{ name: 'x', prompt: 'p', temperature: 3 }, 'temperature'], [{ name: 'x', prompt: 'p'.repeat(32_001) }, 'prompt']])
      await refusesOpenAi(admin.post(personalities, body), 400, { param });
  });
});

describe('a change', () => {
  it('counts from its answer on, and survives a restart', async () => {
    const ai = openAi(server, admin.token);
    const ids = async () => (await ai.models.list()).data.map(({ id }) => id);
    const { id, name } = await addProvider({ model: 'fresh-model' });
    assert.ok((await ids()).includes(`${name}/fresh-model`));
    await succeeds(patch(`${providers}/${id}`, { enabled: false }));
    assert.ok(!(await ids()).includes(`${name}/fresh-model`));
    await succeeds(patch(`${providers}/${id}`, { enabled: true }));
    await server.stop();
    await server.start();
    assert.ok((await ids()).includes(`${name}/fresh-model`));
  });
});

describe('keys', () => {
  it('are in no answer, no log line, no export, and not in the raw data', async () => {
    const { id, name } = await addProvider({ keys: [secretKey], model: 'm' });
    model.faults.push({ status: 401 });
    await admin.post('/v1/chat/completions', { model: `${name}/m`, messages: [{ role: 'user', content: 'hi' }] });
    assert.equal(model.requests.at(-1).headers.authorization, `Bearer ${secretKey}`, 'the provider alone gets it');
    const answers = [await admin.get(providers), await admin.get(`${providers}/${id}`), await admin.get('/v1/models')];
    await server.stop();
    const exported = await server.command('export', 'events');
    assert.ok(exported.includes('ProviderAdded'));
    for (const text of [...answers.map((answer) => answer.text), exported, server.output]) assert.ok(!text.includes('verysecret'));
    assert.ok(!exported.includes('sealed_keys'));
    for (const file of await readdir(server.dataFolder, { recursive: true, withFileTypes: true }))
      if (file.isFile()) assert.ok(!(await readFile(join(file.path, file.name))).includes('verysecret'), file.name);
    await server.start();
  });
});
