// A server by Streamable HTTP that is slow to begin, forgets its list, and does not close its streams.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, describe, it } from 'node:test';
import { eventually } from '../support/cast.mjs';
import { callTool, mcpClient, startServerWithMcp, untilOffered } from '../support/mcp.mjs';
import { chatAdmin } from '../support/openai.mjs';

const tool = (name) => ({ name, inputSchema: { type: 'object' } });
const seen = { requests: [], revisionOfInitialized: null, listedBeforeReady: false, lists: 0, openAnswers: 0, resumed: 0 };
let isReady = false;

const readBody = async (request) => {
  let body = '';
  for await (const piece of request) body += piece;
  return body ? JSON.parse(body) : null;
};
const answerJson = (response, id, result, headers = {}) =>
  response.writeHead(200, { 'Content-Type': 'application/json', 'Mcp-Session-Id': 'one', ...headers })
    .end(JSON.stringify({ jsonrpc: '2.0', id, result }));
const said = (id, text) => ({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } });

/// A stream of events that stays open after what it says.
function openStream(response, ...messages) {
  seen.openAnswers += 1;
  response.on('close', () => { seen.openAnswers -= 1; });
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  messages.forEach((message, i) => response.write(`id: ${i + 1}\ndata: ${JSON.stringify(message)}\n\n`));
}

const slow = createServer(async (request, response) => {
  if (request.method === 'GET') {
    if (request.headers['last-event-id']) seen.resumed += 1;
    return response.writeHead(404).end();  // it has no stream of its own
  }
  const message = await readBody(request);
  if (!message) return response.writeHead(200).end();
  seen.requests.push(message.method);
  switch (message.method) {
    case 'initialize':
      return answerJson(response, message.id, {
        protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'slow', version: '1' } });
    case 'notifications/initialized':
      seen.revisionOfInitialized = request.headers['mcp-protocol-version'];
      return setTimeout(() => {
        isReady = true;
        // Some keep even this response open.
        openStream(response);
        response.flushHeaders();
      }, 300);
    case 'tools/list':
      if (!isReady) seen.listedBeforeReady = true;
      seen.lists += 1;
      if (seen.lists === 1) return response.writeHead(503).end();
      return answerJson(response, message.id, { tools: ['lingers', 'hangs', 'well'].map(tool) });
    case 'tools/call':
      if (message.params.name === 'well') return answerJson(response, message.id, said(message.id, 'well').result);
      return openStream(response, ...(message.params.name === 'lingers' ? [said(message.id, 'there')] : []));
    default:
      return message.id === undefined ? response.writeHead(202).end() : answerJson(response, message.id, {});
  }
});
await new Promise((done) => slow.listen(0, '127.0.0.1', done));
after(() => { slow.closeAllConnections(); slow.close(); });

const server = await startServerWithMcp(
  ['slow', '--url', `http://127.0.0.1:${slow.address().port}/mcp`, '--timeout-ms', '500']);
const client = await mcpClient(server, (await chatAdmin(server)).token);
await untilOffered(client, 'lingers');

describe('an MCP server by HTTP', () => {
  it('is asked for nothing before it has taken the end of the handshake', () => {
    assert.equal(seen.listedBeforeReady, false);
    assert.equal(seen.revisionOfInitialized, '2025-06-18');
  });

  it('that did not give its list is asked for it again', () => assert.equal(seen.lists, 2));

  it('without a stream of its own stays connected', async () => {
    assert.deepEqual(await callTool(client, 'well'), { text: 'well', isError: false });
    assert.equal(seen.requests.filter((method) => method === 'initialize').length, 1);
  });

  it('that leaves its stream open after the answer, or without one, is hung up on', async () => {
    assert.equal((await callTool(client, 'lingers')).text, 'there');
    assert.match((await callTool(client, 'hangs')).text, /in time/);
    assert.ok(seen.openAnswers >= 2);
    await eventually(() => seen.openAnswers === 1, 'the end of both streams, beside that of the handshake');
    assert.equal(seen.resumed, 0);
    assert.equal((await callTool(client, 'well')).text, 'well');
  });
});
