// A server that speaks the wire formats of language models (OpenAI, Anthropic, Gemini; chats and embeddings), and that
// can fail in the ways real ones do.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { after } from 'node:test';
import { startServerIn } from './server.mjs';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const usage = { prompt: 11, completion: 7 };

/// How each format streams an answer: an event a piece, what comes with the end, and the end itself.
const formats = {
  openai: {
    piece: (text) => ({ model: 'fake-1', choices: [{ index: 0, delta: { content: text }, finish_reason: null }] }),
    tool: (toolCall) => [
      { choices: [{ delta: { tool_calls: [{ index: 0, id: toolCall.id, type: 'function', function: { name: toolCall.name, arguments: '' } }] } }] },
      { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: toolCall.arguments } }] } }] },
    ],
    end: (reason, counted) => [
      { choices: [{ index: 0, delta: {}, finish_reason: reason }] },
      ...(counted ? [{ choices: [], usage: { prompt_tokens: usage.prompt, completion_tokens: usage.completion } }] : []),
      '[DONE]',
    ],
  },
  anthropic: {
    begin: (counted) => [
      { type: 'message_start', message: { model: 'fake-1', ...(counted && { usage: { input_tokens: usage.prompt } }) } },
      { type: 'ping' },
    ],
    piece: (text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    tool: (toolCall) => [
      { type: 'content_block_start', index: 1, content_block: { type: 'tool_use', id: toolCall.id, name: toolCall.name, input: {} } },
      { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: toolCall.arguments } },
    ],
    end: (reason, counted) => [
      { type: 'message_delta', delta: { stop_reason: reason === 'stop' ? 'end_turn' : 'tool_use' }, ...(counted && { usage: { output_tokens: usage.completion } }) },
      { type: 'message_stop' },
    ],
  },
  gemini: {
    piece: (text) => ({ modelVersion: 'fake-1', candidates: [{ content: { role: 'model', parts: [{ text }] } }] }),
    tool: (toolCall) => [{ candidates: [{ content: { parts: [{ functionCall: { name: toolCall.name, args: JSON.parse(toolCall.arguments) } }] } }] }],
    end: (reason, counted) => [
      { candidates: [{ finishReason: 'STOP' }], ...(counted && { usageMetadata: { promptTokenCount: usage.prompt, candidatesTokenCount: usage.completion } }) },
    ],
  },
};

const embeddings = {
  openai: ({ input }, vectorOf) => ({
    model: 'fake-embedder',
    data: [input].flat().map((text, index) => ({ index, embedding: vectorOf(text) })),
    usage: { prompt_tokens: usage.prompt },
  }),
  gemini: ({ requests, content }, vectorOf) => {
    const values = ({ parts }) => ({ values: vectorOf(parts[0].text) });
    return requests ? { embeddings: requests.map((request) => values(request.content)) } : { embedding: values(content) };
  },
};

const isForVectors = (url) => /embed/i.test(url);

const routes = [
  [/\/models$/, (server, call) => server.json(call, { object: 'list', data: server.models.map((id) => ({ id, object: 'model' })) })],
  [/\/chat\/completions$/, (server, call) => server.stream('openai', call)],
  [/\/messages$/, (server, call) => server.stream('anthropic', call)],
  [/\/models\/[^/]+:streamGenerateContent\?alt=sse$/, (server, call) => server.stream('gemini', call)],
  [/\/embeddings$/, (server, call) => server.json(call, embeddings.openai(call.body, server.vectorOf))],
  [/\/models\/[^/]+:(embedContent|batchEmbedContents)$/, (server, call) => server.json(call, embeddings.gemini(call.body, server.vectorOf))],
];

export class ModelServer {
  /// Every request: { url, headers, body, isLeft }; `isLeft` becomes true when the client closes before the end.
  requests = [];
  /// What it says, a piece each.
  pieces = ['Hel', 'lo ', 'there'];
  /// What goes wrong, one for each request but those for vectors, from the first on:
  ///   'reset'      the connection is closed without a word
  ///   'mute'       there is never an answer
  ///   'slow'       100 ms pass between two pieces
  ///   'stall'      nothing comes after the first piece
  ///   'cut'        the connection is closed after the first piece
  ///   'malformed'  the first piece is followed by half a chunk
  ///   'huge'       the first piece is followed by a line that never ends
  ///   'error'      the first piece is followed by an error in the stream
  ///   'tools'      a tool is called after the text
  ///   'uncounted'  there is no usage
  ///   { status, headers, body }  that is the answer
  /// Nothing left: `always`, or all goes well.
  faults = [];
  always = undefined;
  /// What it says that it has.
  models = ['fake', 'other'];
  /// What 'tools' calls.
  toolCall = { id: 'call_a', name: 'weather', arguments: '{"city":"Rome"}' };
  /// A vector that depends on the text, so that a test can tell whose it is.
  vectorOf = (text) => [text.length, text.charCodeAt(0), 1];

  constructor() {
    this.server = createServer((request, response) => this.#serve(request, response));
  }

  async start() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}/v1`;
    return this;
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }

  get text() {
    return this.pieces.join('');
  }

  async #serve(request, response) {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const call = { url: request.url, headers: request.headers, body: text ? JSON.parse(text) : undefined, isLeft: false, response };
    response.on('close', () => { call.isLeft = !response.writableFinished; });
    this.requests.push(call);
    call.fault = (isForVectors(request.url) ? undefined : this.faults.shift()) ?? this.always;
    if (call.fault === 'mute') return;
    if (call.fault === 'reset') {
      response.destroy();
    } else if (call.fault?.status) {
      response.writeHead(call.fault.status, { 'Content-Type': 'application/json', ...call.fault.headers });
      response.end(JSON.stringify(call.fault.body ?? {}));
    } else {
      const [, answer] = routes.find(([path]) => path.test(request.url)) ?? [];
      if (answer) await answer(this, call);
      else response.writeHead(404).end('{}');
    }
  }

  json({ response }, body) {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  async stream(name, { response, fault }) {
    const { begin, piece, tool, end } = formats[name];
    const isCounted = fault !== 'uncounted';
    const send = (event) => {
      const data = typeof event === 'string' ? event : JSON.stringify(event);
      response.write(`${event.type ? `event: ${event.type}\n` : ''}data: ${data}\n\n`);
    };
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    begin?.(isCounted).forEach(send);
    for (const [i, text] of this.pieces.entries()) {
      if (i > 0 && fault === 'slow') await pause(100);
      if (response.destroyed) return;
      send(piece(text));
      if (fault === 'stall') return;
      if (fault === 'cut') { setTimeout(() => response.destroy(), 50); return; }
      if (fault === 'malformed') send('{"choices":[{"del');
      if (fault === 'huge') response.write(`data: ${'x'.repeat(2 << 20)}`);
      if (fault === 'error') send({ error: { message: 'too much at once', type: 'overloaded_error' } });
    }
    if (fault === 'tools') tool(this.toolCall).forEach(send);
    end(fault === 'tools' ? 'tool_calls' : 'stop', isCounted).forEach(send);
    response.end();
  }
}

export async function startModelServer() {
  const server = await new ModelServer().start();
  after(() => server.stop());
  return server;
}

/// A troupe with the chat_v1 API that asks this model, with these keys, and does not wait long for it.
export function startChatWith(model, { keys = 'sk-first', ...settings } = {}) {
  const quick = { 'model-retry': 0.05, 'model-silence': 0.5, 'model-timeout': 10, grace: 0.2 };
  const args = Object.entries({ ...quick, ...settings }).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const environment = { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: keys, OPENAI_MODEL: 'fake' };
  return startServerIn(environment, ['chat_v1'], '--no-rate-limit', ...args);
}
