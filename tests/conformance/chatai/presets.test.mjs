import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chatAiAdmin, data, newChatAiUser, refusesChatAi, surfaces } from '../support/chatai.mjs';
import { startModelServer } from '../support/model_server.mjs';
import { startServerIn } from '../support/server.mjs';

const model = await startModelServer();
const server = await startServerIn({ OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'sk-x', OPENAI_MODEL: 'fake' }, surfaces, '--no-rate-limit');
const admin = await chatAiAdmin(server);
const yaml = { 'Content-Type': 'text/yaml' };
let made = 0;

const newPreset = (more = {}) => data(admin.post('/api/presets', { name: `preset${++made}`, systemPrompt: 'You are terse.', ...more }), 201);

describe('a preset', () => {
  it('is added, found by id and by name, and listed', async () => {
    const preset = await newPreset({ description: 'says little', temperature: 0.5, maxTokens: 100 });
    assert.deepEqual(preset.modelParams, { temperature: 0.5, max_tokens: 100 });
    for (const path of [`/api/presets/${preset.id}`, `/api/presets/${preset.name}`, `/api/preset/${preset.id}`])
      assert.deepEqual(await data(admin.get(path)), preset);
    const { presets } = await data((await newChatAiUser(server)).get('/api/presets?search=little'));
    assert.deepEqual(presets.map(({ id }) => id), [preset.id]);
    assert.deepEqual((await data(admin.get('/api/presets?type=system'))).presets, []);
    assert.deepEqual(await data(admin.get(`/api/preset/${preset.id}/prompt`)), { prompt: 'You are terse.' });
  });

  it('takes the other form of its parameters', async () => {
    const preset = await newPreset({ modelParams: { temperature: 1, max_tokens: 5 } });
    assert.deepEqual([preset.temperature, preset.maxTokens], [1, 5]);
    await refusesChatAi(admin.put(`/api/presets/${preset.id}`, { modelParams: { top_p: 0.5 } }), 400, 'INVALID_PARAMS', 'modelParams.top_p');
    const back = await data(admin.put(`/api/presets/${preset.id}`, { ...preset, description: 'changed' }));
    assert.equal(back.description, 'changed');
  });

  it('keeps to its limits', async () => {
    for (const [body, field] of [
      [{ name: '' }, undefined], [{ temperature: 3 }, 'temperature'], [{ maxTokens: 0 }, 'maxTokens'],
      [{ systemPrompt: 'x'.repeat(32_001) }, 'systemPrompt'], [{ voice: { enabled: true } }, 'voice'], [{ name: 'a/b' }, 'name'],
    ]) await refusesChatAi(admin.post('/api/presets', { name: `bad${++made}`, systemPrompt: 'x', ...body }), 400, undefined, field);
    await refusesChatAi(admin.post('/api/presets', { name: 'no prompt' }), 400, 'INVALID_PARAMS', 'systemPrompt');
    const { name } = await newPreset();
    await refusesChatAi(admin.post('/api/presets', { name, systemPrompt: 'x' }), 409, 'PRESET_EXISTS');
  });

  it('is copied and deleted, but for the default one', async () => {
    const preset = await newPreset();
    const copy = await data(admin.post(`/api/presets/${preset.id}/copy`, { newName: `copy${made}` }), 201);
    assert.equal(copy.systemPrompt, preset.systemPrompt);
    assert.equal((await data(admin.post(`/api/presets/${copy.id}/set-default`))).isDefault, true);
    assert.equal((await data(admin.get(`/api/presets/${preset.id}`))).isDefault, false);
    await refusesChatAi(admin.delete(`/api/presets/${copy.id}`), 403, 'SYSTEM_PRESET');
    await data(admin.delete(`/api/presets/${preset.id}`));
    await refusesChatAi(admin.get(`/api/presets/${preset.id}`), 404, 'PRESET_NOT_FOUND');
  });

  it('goes out as YAML and comes back', async () => {
    const preset = await newPreset({ systemPrompt: 'Say "true".\nAlways: yes.', temperature: 0.25 });
    const { text, headers } = await admin.get(`/api/presets/${preset.id}/export`);
    assert.match(headers['content-type'], /^text\/yaml/);
    await refusesChatAi(admin.send('POST', '/api/presets/import', text, yaml), 409, 'PRESET_EXISTS');
    await data(admin.delete(`/api/presets/${preset.id}`));
    const again = await data(admin.send('POST', '/api/presets/import', text, yaml), 201);
    assert.deepEqual([again.systemPrompt, again.temperature], [preset.systemPrompt, preset.temperature]);
    const changed = await data(admin.post('/api/presets/import', { content: text.replace('0.25', '0.75'), overwrite: true }), 201);
    assert.deepEqual([changed.id, changed.temperature], [again.id, 0.75]);
    await refusesChatAi(admin.send('POST', '/api/presets/import', 'a: [', yaml), 400, 'PARSE_ERROR');
  });

  it('comes back in a form', async () => {
    const preset = await newPreset();
    const { text } = await admin.get(`/api/presets/${preset.id}/export`);
    const importForm = async (fields) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      const response = await fetch(`${server.url}/api/presets/import`, { method: 'POST', body: form, headers: { Authorization: `Bearer ${admin.token}` } });
      return { status: response.status, body: await response.json(), headers: Object.fromEntries(response.headers) };
    };
    const file = new Blob([text.replace('You are terse.', 'You are short.')]);
    await refusesChatAi(importForm({ file }), 409, 'PRESET_EXISTS');
    const changed = await data(importForm({ file, overwrite: 'true' }), 201);
    assert.deepEqual([changed.id, changed.systemPrompt], [preset.id, 'You are short.']);
    await refusesChatAi(importForm({ overwrite: 'true' }), 400, 'INVALID_PARAMS', 'file');
    await refusesChatAi(importForm({ file, other: 'x' }), 400, 'INVALID_PARAMS', 'other');
  });

  it('is told to the model, the default one where none is named', async () => {
    const usual = await newPreset({ systemPrompt: 'You are the usual one.' });
    await data(admin.post(`/api/presets/${usual.id}/set-default`));
    const other = await newPreset({ systemPrompt: 'You are the other.', temperature: 0.125 });
    const told = () => model.requests.at(-1).body;
    await data(admin.post('/api/chat', { message: 'hi', userId: 'a' }));
    assert.equal(told().messages[0].content, 'You are the usual one.');
    await data(admin.post('/api/chat', { message: 'hi', userId: 'b', presetId: other.id }));
    assert.deepEqual([told().messages[0].content, told().temperature], ['You are the other.', 0.125]);
    await refusesChatAi(admin.post('/api/chat', { message: 'hi', preset: 'nobody' }), 404, 'PRESET_NOT_FOUND');
  });

  it('is changed by administrators only', async () => {
    const person = await newChatAiUser(server);
    const { id } = await newPreset();
    for (const answer of [person.post('/api/presets', { name: 'mine', systemPrompt: 'x' }), person.put(`/api/presets/${id}`, {}), person.delete(`/api/presets/${id}`), person.post(`/api/presets/${id}/set-default`)])
      await refusesChatAi(answer, 403, 'FORBIDDEN');
  });
});
