import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { chatAiAdmin, data, newChatAiUser, refusesChatAi, surfaces } from '../support/chatai.mjs';
import { startModelServer } from '../support/model_server.mjs';
import { startServerOf } from '../support/server.mjs';

const model = await startModelServer();
const server = await startServerOf(surfaces, '--no-rate-limit', '--model-retry', '0.05');
const admin = await chatAiAdmin(server);
const keys = ['sk-first-key-of-this-channel-aaaa', 'sk-second-key-of-this-channel-bbbb'];
let made = 0;

afterEach(() => {
  model.faults = [];
  model.always = undefined;
});

const newChannel = (more = {}) => data(admin.post('/api/channels', {
  name: `channel${++made}`, adapterType: 'openai', baseUrl: `${model.url}/`, apiKeys: keys, models: ['fake', 'other'], ...more,
}), 201);
const lastKey = () => model.requests.at(-1).headers.authorization;

describe('a channel', () => {
  it('is added and shown, with nothing of its keys but their ends', async () => {
    const channel = await newChannel();
    assert.deepEqual(channel.apiKeys, ['****aaaa', '****bbbb']);
    assert.equal(channel.baseUrl, model.url);
    assert.deepEqual(channel.models, ['fake', 'other']);
    assert.equal(channel.status, 'idle');
    assert.deepEqual(await data(admin.get(`/api/channels/${channel.id}`)), channel);
    for (const path of ['/api/channels', '/api/channels/list?withStats=true', '/api/config', '/api/config/channels', `/api/channels/${channel.id}`]) {
      const { text } = await admin.get(path);
      assert.ok(text.includes(channel.id), path);
      for (const key of keys) assert.ok(!text.includes(key), path);
    }
  });

  it('answers questions from then on', async () => {
    const channel = await newChannel({ priority: 1, name: 'first' });
    const answer = await data(admin.post('/api/chat', { message: 'hi', model: 'fake' }));
    assert.equal(answer.response, model.text);
    const stats = await data(admin.get(`/api/channels/stats?id=${channel.id}`));
    assert.equal(stats.totalCalls, 1);
    assert.ok(stats.totalTokens > 0);
    await data(admin.delete(`/api/channels/${channel.id}`));
  });

  it('is changed; a masked key stays, and another takes its place', async () => {
    const channel = await newChannel();
    const fresh = 'sk-a-third-key-of-this-channel-cccc';
    const changed = await data(admin.put(`/api/channels/${channel.id}`, { apiKeys: ['****bbbb', fresh], enabled: false, priority: 3 }));
    assert.deepEqual([changed.apiKeys, changed.enabled, changed.priority, changed.status], [['****bbbb', '****cccc'], false, 3, 'disabled']);
    await data(admin.post('/api/channels/test', { id: channel.id }));
    assert.ok([keys[1], fresh].some((key) => lastKey() === `Bearer ${key}`));
    await refusesChatAi(admin.put(`/api/channels/${channel.id}`, { apiKeys: ['****zzzz'] }), 400, 'INVALID_PARAMS', 'apiKeys');
    const again = await data(admin.put(`/api/channels/${channel.id}`, changed));
    assert.deepEqual(again.apiKeys, changed.apiKeys, 'a record that comes back changes nothing');
  });

  it('refuses what it does not have by its name', async () => {
    const { id } = await newChannel();
    await refusesChatAi(admin.put(`/api/channels/${id}`, { strategy: 'best' }), 400, 'INVALID_PARAMS', 'strategy');
    for (const field of ['customHeaders', 'chatPath', 'overrides'])
      await refusesChatAi(admin.put(`/api/channels/${id}`, { [field]: { a: 1 } }), 400, 'INVALID_PARAMS', field);
    await refusesChatAi(admin.put(`/api/channels/${id}`, { quota: { weekly: 1 } }), 400, 'INVALID_PARAMS', 'quota.weekly');
    await refusesChatAi(admin.put(`/api/channels/${id}`, { quota: { daily: -1 } }), 400, 'INVALID_PARAMS', 'quota.daily');
    await refusesChatAi(admin.put(`/api/channels/${id}`, { weight: 0 }), 400, 'INVALID_PARAMS', 'weight');
    await refusesChatAi(admin.post('/api/channels', { name: 'x', adapterType: 'other' }), 400, 'INVALID_PARAMS', 'adapterType');
    await refusesChatAi(admin.post('/api/channels', {}), 400, 'INVALID_PARAMS', 'name');
    await refusesChatAi(admin.put(`/api/channels/${id}`, { models: [1] }), 400, 'INVALID_PARAMS', 'models');
  });

  it('that is not there is not found', async () => {
    const { id } = await newChannel();
    await data(admin.delete(`/api/channels/${id}`));
    for (const answer of [admin.get(`/api/channels/${id}`), admin.put(`/api/channels/${id}`, {}), admin.delete(`/api/channels/${id}`), admin.post('/api/channels/test', { id })])
      await refusesChatAi(answer, 404, 'CHANNEL_NOT_FOUND');
  });
});

describe('the strategy of a channel', () => {
  it('says which key a request begins with', async () => {
    for (const [strategy, expected] of [['round-robin', [0, 1, 0, 1]], ['least-used', [0, 1, 0, 1]], ['failover', [0, 0, 0, 0]]]) {
      const channel = await newChannel({ strategy, name: strategy, priority: 0, models: [strategy] });
      assert.equal(channel.strategy, strategy);
      const used = [];
      for (let i = 0; i < 4; ++i) {
        await data(admin.post('/api/chat', { message: 'hi', model: strategy }));
        used.push(keys.findIndex((key) => lastKey() === `Bearer ${key}`));
      }
      assert.deepEqual(used, expected, strategy);
      await data(admin.delete(`/api/channels/${channel.id}`));
    }
  });
});

describe('a test', () => {
  it('asks the channel and remembers how it went', async () => {
    const { id } = await newChannel();
    const good = await data(admin.post('/api/channels/test', { id }));
    assert.equal(good.testResponse, model.text);
    assert.equal(typeof good.elapsed, 'number');
    assert.equal((await data(admin.get(`/api/channels/${id}`))).status, 'active');
    model.always = { status: 401, body: { error: { message: 'a secret of the provider' } } };
    const { error } = await refusesChatAi(admin.post('/api/channels/test', { id }), 502, 'CONNECTION_FAILED');
    assert.ok(!error.includes('a secret'));
    const failed = await data(admin.get(`/api/channels/${id}`));
    assert.equal(failed.status, 'error');
    assert.ok(failed.lastError.length > 0);
  });

  it('takes a channel that is not kept', async () => {
    const before = (await data(admin.get('/api/channels'))).length;
    const { model: answered } = await data(admin.post('/api/channels/test', { adapterType: 'openai', baseUrl: model.url, apiKey: 'sk-never-kept-anywhere', models: ['fake'] }));
    assert.ok(answered);
    assert.equal(lastKey(), 'Bearer sk-never-kept-anywhere');
    assert.equal((await data(admin.get('/api/channels'))).length, before);
  });

  it('of models tells of each', async () => {
    const { id } = await newChannel();
    assert.equal((await data(admin.post('/api/channels/test-model', { channelId: id, model: 'other' }))).success, true);
    const batch = await data(admin.post('/api/channels/batch-test', { channelId: id, concurrency: 1 }));
    assert.deepEqual([batch.total, batch.success, batch.failed], [2, 2, 0]);
    model.always = { status: 404 };
    assert.equal((await data(admin.post('/api/channels/test-model', { channelId: id, model: 'other' }))).success, false);
    await refusesChatAi(admin.post('/api/channels/batch-test', { channelId: id, models: Array(51).fill('x') }), 400, 'INVALID_PARAMS', 'models');
  });

  it('reaches no metadata service and, where the server is open to a network, nothing near', async () => {
    for (const baseUrl of ['http://169.254.169.254/latest', 'http://metadata.google.internal/v1', 'ftp://example.org', 'http://[fe80::1]/v1'])
      await refusesChatAi(admin.post('/api/channels/test', { adapterType: 'openai', baseUrl, models: ['m'] }), 400, 'INVALID_PARAMS');
    const strict = await startServerOf(surfaces, '--no-rate-limit', '--allow-local-providers', 'false');
    const before = model.requests.length;
    const other = await chatAiAdmin(strict);
    await refusesChatAi(other.post('/api/channels/test', { adapterType: 'openai', baseUrl: model.url, models: ['m'] }), 400, 'INVALID_PARAMS', 'baseUrl');
    await refusesChatAi(other.post('/api/channels', { name: 'near', baseUrl: model.url }), 400, 'INVALID_PARAMS', 'base_url');
    assert.equal(model.requests.length, before);
  });

  it('is for administrators', async () => {
    const person = await newChatAiUser(server);
    await refusesChatAi(person.post('/api/channels/test', { baseUrl: model.url }), 403, 'FORBIDDEN');
    await refusesChatAi(person.get('/api/channels'), 403, 'FORBIDDEN');
  });
});

describe('a list of models', () => {
  it('is what the provider says', async () => {
    model.models = ['zeta', 'alpha'];
    const { id } = await newChannel();
    const described = { adapterType: 'openai', baseUrl: model.url, apiKey: 'sk-just-for-the-list' };
    assert.deepEqual((await data(admin.post('/api/channels/fetch-models', described))).models, ['alpha', 'zeta']);
    assert.equal(lastKey(), 'Bearer sk-just-for-the-list');
    assert.deepEqual((await data(admin.post('/api/channels/fetch-models', { channelId: id }))).models, ['alpha', 'zeta']);
    assert.equal(lastKey(), `Bearer ${keys[0]}`);
    model.always = { status: 401, body: { error: { message: 'a secret of the provider' } } };
    const { error } = await refusesChatAi(admin.post('/api/channels/fetch-models', described), 502, 'CONNECTION_FAILED');
    assert.ok(!error.includes('a secret'));
    model.always = { status: 200, body: { nothing: 'of the kind' } };
    await refusesChatAi(admin.post('/api/channels/fetch-models', described), 502, 'CONNECTION_FAILED');
  });

  it('is fetched from no place that a request may not reach, nor along a redirect', async () => {
    for (const baseUrl of ['http://169.254.169.254/latest', 'http://metadata.google.internal/v1', 'ftp://example.org', 'http://[fe80::1]/v1'])
      await refusesChatAi(admin.post('/api/channels/fetch-models', { adapterType: 'openai', baseUrl }), 400, 'INVALID_PARAMS');
    model.always = { status: 302, headers: { Location: 'http://169.254.169.254/v1/models' } };
    await refusesChatAi(admin.post('/api/channels/fetch-models', { adapterType: 'openai', baseUrl: model.url }), 502, 'CONNECTION_FAILED');
  });
});

describe('a quota', () => {
  it('is used up, shown, and leads to the next channel; the day\'s is remembered after a crash', async () => {
    const house = await startServerOf(surfaces, '--no-rate-limit', '--model-retry', '0.05');
    let boss = await chatAiAdmin(house);
    const second = await startModelServer();
    second.pieces = ['from the second'];
    const { id } = await data(boss.post('/api/channels', { name: 'small', baseUrl: model.url, models: ['m'], priority: 1, quota: { daily: 2 } }), 201);
    await data(boss.post('/api/channels', { name: 'large', baseUrl: second.url, models: ['m'], priority: 2 }), 201);
    const ask = async () => (await data(boss.post('/api/chat', { message: 'hi', model: 'm' }))).response;
    assert.deepEqual([await ask(), await ask()], [model.text, model.text]);
    assert.equal((await data(boss.get(`/api/channels/${id}`))).status, 'quota_exceeded');
    assert.equal(await ask(), 'from the second');
    await house.crash();
    await house.start();
    boss = await chatAiAdmin(house);
    assert.equal(await ask(), 'from the second');
    assert.equal((await data(boss.put(`/api/channels/${id}`, { quota: { daily: 3 } }))).status, 'idle');
    assert.equal(await ask(), model.text);
  });
});

describe('a weight', () => {
  it('spreads questions over channels of one priority', async () => {
    const house = await startServerOf(surfaces, '--no-rate-limit');
    const boss = await chatAiAdmin(house);
    const second = await startModelServer();
    for (const [name, baseUrl, weight] of [['light', model.url, 1], ['heavy', second.url, 9]])
      await data(boss.post('/api/channels', { name, baseUrl, models: ['m'], strategy: 'weighted', weight }), 201);
    const before = model.requests.length;
    for (let i = 0; i < 40; ++i) await data(boss.post('/api/chat', { message: 'hi', model: 'm', userId: String(i) }));
    const light = model.requests.length - before;
    assert.equal(light + second.requests.length, 40);
    assert.ok(second.requests.length > light, `${light} of 40 went to the light one`);
  });
});
