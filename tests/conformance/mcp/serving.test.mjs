import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newChatUser } from '../support/chat.mjs';
import { Client } from '../support/client.mjs';
import { callTool, mcpClient, toolNames } from '../support/mcp.mjs';
import { chatAdmin, refusesOpenAi } from '../support/openai.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(['chat_v1', 'openai'], '--no-rate-limit');
const admin = await chatAdmin(server);
const rpc = (method, params, id = 1) => ({ jsonrpc: '2.0', id, method, params });

describe('the house as an MCP server', () => {
  it('offers its tools to the official client', async () => {
    const client = await mcpClient(server, admin.token);
    assert.equal(client.getServerVersion().name, 'troupe');
    assert.deepEqual(await toolNames(client), ['current_time', 'search_conversation'], 'and no dangerous one');
    const { text, isError } = await callTool(client, 'current_time', { timezone: 'Europe/Rome' });
    assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0[12]:00 \(\w+day\)$/);
    assert.equal(isError, false);
  });

  it('tells what is wrong with a call', async () => {
    const client = await mcpClient(server, admin.token);
    await assert.rejects(callTool(client, 'nothing'), /Unknown tool/);
    await assert.rejects(callTool(client, 'send_message', { text: 'hi' }), /Unknown tool/);
    assert.deepEqual(await callTool(client, 'current_time', { timezone: 7 }), { text: 'timezone must be of type string', isError: true });
    assert.equal((await callTool(client, 'search_conversation', { query: 'x' })).isError, true);
  });

  it('is for administrators alone', async () => {
    const user = await newChatUser(server);
    await refusesOpenAi(user.post('/mcp', rpc('ping')), 403, { code: 'insufficient_permissions' });
    await refusesOpenAi(new Client(server).post('/mcp', rpc('ping')), 401, { code: 'invalid_api_key' });
  });

  it('has no streams and no sessions', async () => {
    for (const method of ['GET', 'DELETE']) {
      const { status, headers } = await admin.send(method, '/mcp');
      assert.equal(status, 405);
      assert.match(headers.allow, /POST/);
    }
    const { status, text } = await admin.post('/mcp', { jsonrpc: '2.0', method: 'notifications/initialized' });
    assert.equal(status, 202);
    assert.equal(text, '');
  });

  it('answers what is no message with an error', async () => {
    assert.equal((await admin.post('/mcp', [rpc('ping')])).status, 400);
    assert.equal((await admin.post('/mcp', {})).status, 400);
    const { status, body } = await admin.post('/mcp', rpc('resources/list', {}, 'x'));
    assert.equal(status, 200);
    assert.deepEqual(body, { jsonrpc: '2.0', id: 'x', error: { code: -32601, message: 'there is no method resources/list' } });
  });
});
