import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../support/cast.mjs';
import { Client, succeeds } from '../support/client.mjs';
import { chatAdmin, newOpenAiUser, openAi, refusal, refusesOpenAi } from '../support/openai.mjs';
import { startModelServer } from '../support/model_server.mjs';
import { startServerOf } from '../support/server.mjs';

const model = await startModelServer();
const server = await startServerOf(['chat_v1', 'openai'], '--no-rate-limit', '--model-retry', '0.05', '--model-silence', '5');
const admin = await chatAdmin(server);
const user = await newOpenAiUser(server);
const { ai } = user;
const add = (kind, entry) => admin.post(`/v1/troupe/${kind}`, entry);
await add('providers', { name: 'fake', base_url: model.url, keys: ['sk-first'], model: 'fake-1', models: ['fake-2', 'deep/model'], embedding_model: 'fake-embedder' });
await add('personalities', { name: 'pirate', prompt: 'Talk like a pirate.', provider: 'fake', temperature: 0.25, max_tokens: 77 });

const messages = [{ role: 'user', content: 'Hello?' }];
const tools = [{ type: 'function', function: { name: 'weather', description: 'd', parameters: { type: 'object' } } }];
const ask = (more = {}) => ai.chat.completions.create({ model: 'fake/fake-1', messages, ...more });
const lastBody = () => model.requests.at(-1).body;

async function streamed(more) {
  const chunks = [];
  for await (const chunk of await ask({ stream: true, ...more })) chunks.push(chunk);
  return chunks;
}

describe('POST /v1/chat/completions', () => {
  it('answers whole, as OpenAI does', async () => {
    const answer = await ask();
    assert.match(answer.id, /^chatcmpl-/);
    assert.equal(answer.object, 'chat.completion');
    assert.equal(answer.model, 'fake/fake-1');
    assert.ok(Math.abs(answer.created - Date.now() / 1000) < 60);
    assert.equal(answer.choices.length, 1);
    assert.equal(answer.choices[0].message.role, 'assistant');
    assert.equal(answer.choices[0].message.content, model.text);
    assert.equal(answer.choices[0].finish_reason, 'stop');
    assert.deepEqual(answer.usage, { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 });
  });

  it('streams each piece as it comes, and ends with [DONE]', async () => {
    const chunks = await streamed();
    assert.equal(chunks.map(({ choices }) => choices[0].delta.content ?? '').join(''), model.text);
    assert.equal(chunks[0].choices[0].delta.role, 'assistant');
    assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
    assert.ok(chunks.every(({ id, object }) => id === chunks[0].id && object === 'chat.completion.chunk'));
    assert.ok(chunks.every((chunk) => !('usage' in chunk)));
    const { headers, text } = await user.post('/v1/chat/completions', { model: 'echo', messages, stream: true });
    assert.match(headers['content-type'], /^text\/event-stream/);
    assert.match(text, /\ndata: \[DONE\]\n\n$/);
  });

  it('shows the first piece before the model has said the last', async () => {
    model.faults.push('slow');
    const stream = await ask({ stream: true });
    const times = [];
    for await (const { choices } of stream) if (choices[0].delta.content) times.push(Date.now());
    assert.ok(times.at(-1) - times[0] >= 150, `${times.at(-1) - times[0]} ms from the first to the last`);
  });

  it('tells the usage in a last chunk when it is asked to', async () => {
    const chunks = await streamed({ stream_options: { include_usage: true } });
    assert.deepEqual(chunks.at(-1).choices, []);
    assert.deepEqual(chunks.at(-1).usage, { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 });
    assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null));
  });

  it('passes messages of every role on, and parts of text as one', async () => {
    await ask({ messages: [
      { role: 'developer', content: 'd' }, { role: 'system', content: 's' },
      { role: 'user', content: [{ type: 'text', text: 'one' }, { type: 'text', text: 'two' }] },
      { role: 'assistant', content: null, tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'c1', content: 'rain' },
    ] });
    const sent = lastBody().messages;
    assert.deepEqual(sent.map(({ role }) => role), ['system', 'system', 'user', 'assistant', 'tool']);
    assert.equal(sent[2].content, 'one\ntwo');
    assert.equal(sent[3].tool_calls[0].function.name, 'weather');
    assert.equal(sent[4].tool_call_id, 'c1');
  });

  it('passes parameters and tools on, and answers calls of tools', async () => {
    model.faults.push('tools', 'tools');
    const answer = await ask({ tools, tool_choice: 'required', temperature: 0.5, max_completion_tokens: 5, top_p: 0.1, seed: 3 });
    const sent = lastBody();
    assert.equal(sent.temperature, 0.5);
    assert.equal(sent.max_tokens ?? sent.max_completion_tokens, 5);
    assert.equal(sent.top_p, 0.1);
    assert.equal(sent.seed, 3);
    assert.equal(sent.tool_choice, 'required');
    assert.equal(sent.tools[0].function.name, 'weather');
    assert.equal(answer.choices[0].finish_reason, 'tool_calls');
    assert.deepEqual(answer.choices[0].message.tool_calls, [{ id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }]);
    const chunks = await streamed({ tools });
    const calls = chunks.flatMap(({ choices }) => choices[0].delta.tool_calls ?? []);
    assert.deepEqual(calls, [{ index: 0, id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }]);
    assert.equal(chunks.at(-1).choices[0].finish_reason, 'tool_calls');
  });

  it('lets a personality answer in its manner, unless the request says otherwise', async () => {
    await ask({ model: 'pirate' });
    assert.deepEqual(lastBody().messages, [{ role: 'system', content: 'Talk like a pirate.' }, ...messages]);
    assert.equal(lastBody().temperature, 0.25);
    assert.equal(lastBody().model, 'fake-1');
    await ask({ model: 'pirate', temperature: 1 });
    assert.equal(lastBody().temperature, 1);
  });

  it('knows a model by its provider, by its own name, and the stand-in', async () => {
    for (const [name, asked] of [['fake/fake-2', 'fake-2'], ['fake-2', 'fake-2'], ['fake/deep/model', 'deep/model'], ['deep/model', 'deep/model']]) {
      await ask({ model: name });
      assert.equal(lastBody().model, asked);
    }
    const before = model.requests.length;
    assert.match((await ask({ model: 'echo' })).choices[0].message.content, /stand-in.*Hello\?/);
    assert.equal(model.requests.length, before);
  });

  it('answers 404 for a model that is not there', async () => {
    for (const name of ['gpt-unheard-of', 'fake/unlisted', 'nobody/fake-1'])
      assert.deepEqual(await refusal(ask({ model: name })), { status: 404, code: 'model_not_found', param: 'model', message: `404 The model '${name}' does not exist` });
  });

  for (const [what, body, param] of [
    ['no model', { messages }, 'model'],
    ['no messages', { model: 'echo' }, 'messages'],
    ['messages that are none', { model: 'echo', messages: 'hi' }, 'messages'],
    ['an unknown role', { model: 'echo', messages: [{ role: 'king', content: 'x' }] }, 'messages[0].role'],
    ['an image', { model: 'echo', messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] }, 'messages[0].content[0].type'],
    ['a temperature above 2', { model: 'echo', messages, temperature: 2.1 }, 'temperature'],
    ['two answers at once', { model: 'echo', messages, n: 2 }, 'n'],
    ['a tool without a name', { model: 'echo', messages, tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
  ]) {
    it(`refuses ${what} and names the parameter`, () => refusesOpenAi(user.post('/v1/chat/completions', body), 400, { param }));
  }

  it('takes parameters that it does not know', async () => {
    await succeeds(user.post('/v1/chat/completions', { model: 'echo', messages, user: 'me', store: false, whatever: [1] }));
  });

  it('is counted in the metrics while it is under way', async () => {
    const underWay = async (what) => {
      const text = await (await fetch(`${server.metricsUrl}/metrics`)).text();
      return Number(new RegExp(`^troupe_${what}_under_way (\\d+)$`, 'm').exec(text)[1]);
    };
    assert.equal(await underWay('completions'), 0);
    assert.equal(await underWay('questions'), 0);
    model.faults.push('mute', 'mute');
    const leaving = new AbortController();
    const left = [1, 2].map(() => ai.chat.completions.create({ model: 'fake/fake-1', messages }, { signal: leaving.signal }).catch(() => {}));
    await eventually(async () => await underWay('completions') === 2, 'both to be counted');
    assert.equal(await underWay('questions'), 0);
    leaving.abort();
    await Promise.all(left);
    await eventually(async () => await underWay('completions') === 0, 'none to be left');
  });

  it('answers 502 when the provider fails, before a stream as well', async () => {
    for (const stream of [false, true]) {
      model.faults.push({ status: 400 });
      assert.equal((await refusal(ask({ stream }))).status, 502);
    }
  });

  it('tells in the stream that it broke, and never says [DONE]', async () => {
    model.faults.push('cut');
    const { text } = await user.post('/v1/chat/completions', { model: 'fake/fake-1', messages, stream: true });
    assert.match(text, /data: \{"error":/);
    assert.ok(!text.includes('[DONE]'));
    model.faults.push('cut');
    await assert.rejects(streamed());
  });

  for (const stream of [true, false]) {
    it(`gives the model up when the client leaves ${stream ? 'a stream' : 'before the answer'}`, async () => {
      model.faults.push(stream ? 'stall' : 'mute');
      const before = model.requests.length;
      const abort = new AbortController();
      const asked = ai.chat.completions.create({ model: 'fake/fake-1', messages, stream }, { signal: abort.signal });
      if (stream) {
        const iterator = (await asked)[Symbol.asyncIterator]();
        await iterator.next();
        abort.abort();
      } else {
        await eventually(() => model.requests.length > before, 'the question');
        abort.abort();
        await assert.rejects(asked);
      }
      await eventually(() => model.requests.at(-1).isLeft, 'the provider left alone', 4_000);
    });
  }
});

describe('POST /v1/embeddings', () => {
  it('makes a vector of each text, as numbers or in the form that the client asks for by itself', async () => {
    for (const more of [{}, { encoding_format: 'float' }]) {
      const { data, usage } = await ai.embeddings.create({ model: 'fake-embedder', input: ['one', 'three'], ...more });
      assert.deepEqual(data.map(({ embedding }) => [...embedding]), [[3, 111, 1], [5, 116, 1]]);
      assert.deepEqual(usage, { prompt_tokens: 11, total_tokens: 11 });
    }
    assert.equal((await ai.embeddings.create({ model: 'fake/fake-embedder', input: 'one' })).data.length, 1);
  });

  it('refuses what makes no embeddings, and what is no text', async () => {
    await refusesOpenAi(user.post('/v1/embeddings', { model: 'fake-1', input: 'x' }), 404, { code: 'model_not_found', param: 'model' });
    for (const input of ['', [], [1, 2], [''], 7])
      await refusesOpenAi(user.post('/v1/embeddings', { model: 'fake-embedder', input }), 400, { param: 'input' });
  });
});

describe('GET /v1/models', () => {
  it('lists personalities, models under both names, and the stand-in', async () => {
    const { data } = await ai.models.list();
    const ids = data.map(({ id }) => id);
    for (const id of ['pirate', 'fake/fake-1', 'fake-1', 'fake/fake-2', 'fake-2', 'echo']) assert.ok(ids.includes(id), id);
    assert.equal(new Set(ids).size, ids.length);
    for (const one of data) assert.deepEqual(Object.keys(one), ['id', 'object', 'created', 'owned_by']);
  });

  it('shows each, with an encoded slash or a plain one', async () => {
    for (const id of ['pirate', 'fake-1', 'echo', 'fake/fake-1', 'fake/deep/model']) assert.equal((await ai.models.retrieve(id)).id, id);
    assert.equal((await succeeds(user.get('/v1/models/fake/fake-1'))).id, 'fake/fake-1');
    assert.deepEqual((({ status, code }) => ({ status, code }))(await refusal(ai.models.retrieve('unheard-of'))), { status: 404, code: 'model_not_found' });
  });
});

describe('authentication', () => {
  it('answers 401 without a good key', async () => {
    for (const key of ['nonsense', `plx_${'x'.repeat(43)}`])
      assert.deepEqual((({ status, code }) => ({ status, code }))(await refusal(openAi(server, key).models.list())), { status: 401, code: 'invalid_api_key' });
    await refusesOpenAi(new Client(server).get('/v1/models'), 401, { code: 'invalid_api_key' });
  });

  it('takes API keys, and one that may only read asks no model', async () => {
    await server.stop();
    const key = async (permissions) => (await server.command('user', 'key', user.user.username, '--permissions', permissions)).trim();
    const [both, readOnly] = [await key('read,write'), await key('read')];
    await server.start();
    const answer = await openAi(server, both).chat.completions.create({ model: 'echo', messages });
    assert.match(answer.choices[0].message.content, /Hello/);
    await openAi(server, readOnly).models.list();
    const refused = await refusal(openAi(server, readOnly).chat.completions.create({ model: 'echo', messages }));
    assert.equal(refused.status, 403);
  });
});

describe('usage', () => {
  it('is an event of each user, without a word of what was said', async () => {
    const [first, second] = [await newOpenAiUser(server), await newOpenAiUser(server)];
    const secret = 'xyzzy-unrepeatable';
    await first.ai.chat.completions.create({ model: 'pirate', messages: [{ role: 'user', content: secret }] });
    await second.ai.chat.completions.create({ model: 'echo', messages });
    await server.stop();
    const log = await server.command('export', 'events', '--format', 'ndjson');
    const used = log.trim().split('\n').map((line) => JSON.parse(line)).filter(({ type }) => type === 'ModelUsed');
    const [ofFirst, ofSecond] = [first, second].map(({ user: { id } }) => used.filter(({ stream }) => stream === `usage/${id}`));
    assert.equal(ofFirst.length, 1);
    assert.equal(ofFirst[0].data.provider, 'fake');
    assert.equal(ofFirst[0].data.prompt_tokens, 11);
    assert.equal(ofFirst[0].data.completion_tokens, 7);
    assert.ok(ofFirst[0].data.took > 0);
    assert.equal(ofSecond.length, 1);
    assert.equal(ofSecond[0].data.estimated, true);
    assert.ok(!log.includes(secret));
    await server.start();
  });
});

describe('rates', () => {
  it('answers 429 with Retry-After past sixty requests a minute', async () => {
    const limited = await startServerOf(['chat_v1', 'openai']);
    const { ai: fast } = await newOpenAiUser(limited);
    let refused;
    for (let i = 0; i < 61 && !refused; ++i) refused = await fast.chat.completions.create({ model: 'echo', messages }).then(() => undefined, (error) => error);
    assert.equal(refused?.status, 429);
    assert.equal(refused.code, 'rate_limit_exceeded');
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
  });
});
