import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { EventSource } from 'eventsource';
import { eventually } from '../support/cast.mjs';
import { chatAiAdmin, data, refusesChatAi, surfaces } from '../support/chatai.mjs';
import { Client } from '../support/client.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(surfaces, '--no-rate-limit');
const admin = await chatAiAdmin(server);
const open = new Set();
after(() => open.forEach((source) => source.close()));
let made = 0;

/// The client of the npm package `eventsource`, with the messages that its `onmessage` has seen.
function listen(headers = {}) {
  const source = new EventSource(`${server.url}/api/skills/sse`, {
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, Cookie: `auth_token=${admin.token}`, ...headers } }),
  });
  const messages = [];
  source.onmessage = (event) => messages.push({ ...JSON.parse(event.data), eventId: event.lastEventId });
  open.add(source);
  const close = () => {
    source.close();
    open.delete(source);
  };
  return { messages, close };
}

/// Until the check holds.
const soon = (check) => eventually(() => {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}, check.toString());
const newPreset = () => data(admin.post('/api/presets', { name: `preset${++made}`, systemPrompt: 'x' }), 201);
const types = ({ messages }) => messages.map(({ type }) => type);

describe('the stream of events', () => {
  it('greets, and tells what changes, in messages that onmessage sees', async () => {
    const stream = listen();
    await soon(() => assert.deepEqual(types(stream), ['connected']));
    const preset = await newPreset();
    await data(admin.put('/api/config', { debug: true }));
    const channel = await data(admin.post('/api/channels', { name: 'main', baseUrl: 'https://example.org/v1', apiKey: 'sk-very-secret-key-1234', enabled: false }), 201);
    await data(admin.put(`/api/channels/${channel.id}`, { priority: 7 }));
    await data(admin.delete(`/api/channels/${channel.id}`));
    await soon(() => assert.deepEqual(types(stream),
      ['connected', 'preset-added', 'config-changed', 'channel-added', 'channel-changed', 'channel-removed']));
    assert.equal(stream.messages[1].name, preset.name);
    assert.ok(!JSON.stringify(stream.messages).includes('sk-very'));
    const ids = stream.messages.slice(1).map(({ eventId }) => Number(eventId));
    assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
    stream.close();
  });

  it('tells switches, calls and batches of tools', async () => {
    const stream = listen();
    await soon(() => assert.deepEqual(types(stream), ['connected']));
    await data(admin.put('/api/tools/current_time/toggle', { enabled: false }));
    await data(admin.put('/api/config', { tools: { disabledTools: [], disabledCategories: ['time'] } }));
    await data(admin.post('/api/skills/enable-all'));
    await data(admin.post('/api/skills/execute/batch', { calls: [{ toolName: 'current_time', args: {} }, { toolName: 'none' }] }));
    await data(admin.post('/api/tools/reload'));
    await soon(() => assert.equal(types(stream).at(-1), 'tools-reloaded'));
    const told = stream.messages.filter(({ type }) => !['connected', 'heartbeat', 'config-changed', 'tool-executed'].includes(type))
      .map(({ type, tool, category, enabled, count }) => [type, tool ?? category ?? count, enabled]);
    assert.deepEqual(told, [
      ['tool-toggled', 'current_time', false], ['tool-toggled', 'current_time', true], ['category-toggled', 'time', false],
      ['category-toggled', 'time', true], ['batch-executed', 2, undefined], ['tools-reloaded', undefined, undefined]]);
    const called = stream.messages.filter(({ type }) => type === 'tool-executed').map(({ toolName, success }) => [toolName, success]);
    assert.deepEqual(called.sort(), [['current_time', true], ['none', false]]);
    stream.close();
  });

  it('brings what was missed to who says what it saw last', async () => {
    const first = listen();
    await newPreset();
    await soon(() => assert.equal(first.messages.length, 2));
    first.close();
    const missed = await newPreset();
    const second = listen({ 'Last-Event-ID': first.messages.at(-1).eventId });
    await soon(() => assert.equal(second.messages.length, 2));
    assert.deepEqual([second.messages[0].replayed, second.messages[0].complete], [1, true]);
    assert.equal(second.messages[1].name, missed.name);
    second.close();
    const third = listen({ 'Last-Event-ID': '1' });
    await soon(() => assert.equal(third.messages[0]?.complete, false));
    third.close();
  });

  it('is closed when the server ends', async () => {
    const controller = new AbortController();
    const answer = await fetch(`${server.url}/api/skills/sse`, { headers: { Authorization: `Bearer ${admin.token}` }, signal: controller.signal });
    assert.equal(answer.headers.get('x-accel-buffering'), 'no');
    assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
    const text = answer.text();
    assert.equal(await server.stop(), 0);
    assert.match(await text, /"connected"/);
    await server.start();
  });

  it('is for administrators, and for so many at a time', async () => {
    await refusesChatAi(new Client(server).get('/api/skills/sse'), 401, 'UNAUTHORIZED');
    await refusesChatAi(new Client(server).get(`/api/skills/sse?token=${admin.token}`), 401, 'UNAUTHORIZED');
    const streams = Array.from({ length: 10 }, () => listen());
    await soon(() => streams.forEach((stream) => assert.deepEqual(types(stream), ['connected'])));
    await refusesChatAi(admin.get('/api/skills/sse'), 429, 'RATE_LIMITED');
    streams.forEach((stream) => stream.close());
  });
});
