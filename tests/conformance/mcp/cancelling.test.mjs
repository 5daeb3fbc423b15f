// Calls of the house's own tools that nobody waits for any more.

import assert from 'node:assert/strict';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { eventually } from '../support/cast.mjs';
import { chatAiAdmin, data } from '../support/chatai.mjs';
import { faulty, mcpClient, untilOffered } from '../support/mcp.mjs';
import { startServerOf } from '../support/server.mjs';

const diary = join(await mkdtemp(join(tmpdir(), 'troupe-mcp-')), 'diary');
const server = await startServerOf(['chat_v1', 'openai', 'chatai'], '--no-rate-limit', '--mcp-command', process.execPath);
const admin = await chatAiAdmin(server);
await data(admin.post('/api/mcp/connect', { name: 'well', command: process.execPath, args: [faulty, diary], timeout: 60_000 }));
const client = await mcpClient(server, admin.token);
await untilOffered(client, 'hang');

const calls = async () => (await data(admin.get('/api/tools/logs?tool=hang'))).logs;
const outcomes = async () => (await calls()).map(({ outcome }) => outcome);
const until = (wanted) => eventually(async () => (await outcomes()).join() === wanted.join(), wanted.join());
const hang = (id, headers = {}, signal = undefined) => fetch(`${server.url}/mcp`, {
  method: 'POST', signal,
  headers: { Authorization: `Bearer ${admin.token}`, 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'hang', arguments: {} } }),
});

describe('a call', () => {
  it('that its client cancels is cancelled, down to the server that has the tool', async () => {
    const controller = new AbortController();
    const call = client.callTool({ name: 'hang', arguments: {} }, undefined, { signal: controller.signal });
    await until(['running']);
    controller.abort();
    await assert.rejects(call);
    await until(['cancelled']);
    await eventually(async () => /told notifications\/cancelled/.test(await readFile(diary, 'utf8')), 'the cancellation');
  });

  it('whose client leaves is cancelled', async () => {
    const controller = new AbortController();
    const call = hang(7, {}, controller.signal);
    await until(['running', 'cancelled']);
    controller.abort();
    await assert.rejects(call);
    await until(['cancelled', 'cancelled']);
  });

  it('is cancelled by its own client alone', async () => {
    const one = hang(9, { 'Mcp-Session-Id': 'one' });
    await until(['running', 'cancelled', 'cancelled']);
    const cancel = (requestId, session) => admin.send('POST', '/mcp',
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } }, { 'Mcp-Session-Id': session });
    for (const [id, session] of [[9, 'two'], ['9', 'one'], [8, 'one']]) assert.equal((await cancel(id, session)).status, 202);
    const second = hang(9, { 'Mcp-Session-Id': 'two' });
    await until(['running', 'running', 'cancelled', 'cancelled']);
    await cancel(9, 'one');
    assert.equal((await (await one).json()).result.isError, true);
    await until(['running', 'cancelled', 'cancelled', 'cancelled']);
    await cancel(9, 'two');
    assert.equal((await (await second).json()).id, 9);
  });
});

describe('a session', () => {
  it('has an id of its own', async () => {
    const begin = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } } };
    const ids = await Promise.all([1, 2].map(async () => (await admin.post('/mcp', begin)).headers['mcp-session-id']));
    assert.match(ids[0], /^[A-Za-z0-9]{32}$/);
    assert.notEqual(ids[0], ids[1]);
  });
});
