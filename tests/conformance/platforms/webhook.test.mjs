// The webhook platform: signed HTTP in, signed HTTP out.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, afterEach, describe, it } from 'node:test';
import { eventually, pause } from '../support/cast.mjs';
import { Client } from '../support/client.mjs';
import { eventsIn, startWithPlatforms } from '../support/platforms.mjs';

const secret = 'a-secret-of-webhooks';
const received = [];
let faults = [];
const receiver = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  const fault = faults.shift();
  if (fault === 'cut') return response.destroy();
  received.push({ headers: request.headers, text, body: JSON.parse(text), url: request.url });
  response.writeHead(fault?.status ?? 200, { 'Content-Type': 'application/json', ...fault?.headers });
  response.end(JSON.stringify({ message_id: `their-${received.length}` }));
});
receiver.listen(0, '127.0.0.1');
await once(receiver, 'listening');
after(() => { receiver.close(); receiver.closeAllConnections(); });

const url = `http://127.0.0.1:${receiver.address().port}/answers?of=troupe`;
const server = await startWithPlatforms([
  { name: 'hook', type: 'webhook', settings: { secret, url } },
  { name: 'mute', type: 'webhook', settings: { secret: 'another-secret-of-webhooks' } },
]);
const client = new Client(server);

const sign = (text, timestamp, key = secret) => `sha256=${createHmac('sha256', key).update(`${timestamp}.${text}`).digest('hex')}`;
const seconds = () => Math.floor(Date.now() / 1000);
let messages = 0;

const deliver = (fields, { platform = 'hook', timestamp = seconds(), signature, key, id = `m${++messages}` } = {}) => {
  const text = typeof fields === 'string' ? fields : JSON.stringify({ message_id: id, user_id: '7', ...fields });
  const path = `/webhook/${server.platformIds[platform] ?? platform}`;
  return client.send('POST', path, text, { 'X-Troupe-Timestamp': String(timestamp), 'X-Troupe-Signature': signature ?? sign(text, timestamp, key) });
};
const sees = (count = 1) => eventually(() => received[count - 1], `answer ${count}`);

/// Every answer has been sent, or has failed: none arrives in the next test. A command that a crash interrupts is answered, too.
const isQuiet = async () => {
  const types = (await eventsIn(server, 'CommandAnswered', 'CommandFailed', 'ReplySent', 'ReplyFailed')).map(({ type }) => type);
  return types.filter((type) => type.startsWith('Command')).length * 2 === types.length;
};

afterEach(async () => {
  faults = [];
  await eventually(isQuiet, 'every answer to arrive', 20_000);
  received.length = 0;
});

describe('a delivery', () => {
  it('is heard when it is durable, and answered to the url, signed', async () => {
    const answer = await deliver({ text: '/ping', group_id: 'g1' }, { id: 'first' });
    assert.deepEqual([answer.status, answer.body], [200, { status: 'heard' }]);
    const { headers, text, body, url: path } = await sees();
    assert.equal(path, '/answers?of=troupe');
    assert.equal(headers['x-troupe-signature'], sign(text, headers['x-troupe-timestamp']));
    assert.deepEqual({ ...body, id: undefined }, { id: undefined, kind: 'group', to: 'g1', text: 'Pong!', reply_to: 'first' });
    await eventually(async () => (await eventsIn(server, 'ReplySent')).length === 1, 'ReplySent');
  });

  it('is refused where it is not signed by who has the secret, or changed, or old', async () => {
    const before = (await eventsIn(server, 'MessagePosted')).length;
    for (const options of [{ key: 'another-secret-of-webhooks' }, { signature: '' }, { signature: 'sha256=00' }, { timestamp: seconds() - 301 }, { timestamp: seconds() + 302 }, { timestamp: 'now' }, { platform: 'nobody' }]) {
      const { status, body } = await deliver({ text: '/ping' }, options);
      assert.equal(status, 401, JSON.stringify(options));
      assert.ok(body.error);
    }
    assert.equal((await eventsIn(server, 'MessagePosted')).length, before);
  });

  it('of another webhook is not taken here', async () => {
    assert.equal((await deliver({ text: '/ping' }, { platform: 'mute' })).status, 401);
    assert.equal((await deliver({ text: '/ping' }, { platform: 'mute', key: 'another-secret-of-webhooks' })).status, 200);
  });

  it('that comes again is refused, also after a restart', async () => {
    assert.equal((await deliver({ text: '/ping' }, { id: 'again' })).status, 200);
    const { status, body } = await deliver({ text: '/ping' }, { id: 'again' });
    assert.deepEqual([status, body.field], [409, 'message_id']);
    await server.crash();
    await server.start();
    assert.equal((await deliver({ text: '/ping' }, { id: 'again' })).status, 409);
  });

  it('that is no message is refused with the field at fault', async () => {
    for (const [fields, field] of [[{ text: '' }, 'text'], [{}, 'text'], [{ text: 'x', user_id: 7 }, 'user_id'], [{ text: 'x', message_id: '' }, 'message_id'], [{ text: 'x'.repeat(32_001) }, 'text']]) {
      const { status, body } = await deliver(fields);
      assert.deepEqual([status, body.field], [400, field], JSON.stringify(fields).slice(0, 80));
    }
    for (const text of ['', '[]', '{', 'null']) assert.equal((await deliver(text)).status, 400, text);
  });
});

describe('an answer to a webhook', () => {
  it('is sent again, under the same id, until it arrives', async () => {
    faults = [{ status: 503 }, 'cut', { status: 429, headers: { 'Retry-After': '1' } }];
    const before = Date.now();
    await deliver({ text: '/ping' });
    await sees(3);
    assert.ok(Date.now() - before >= 1000, 'it waited');
    assert.equal(new Set(received.map(({ body }) => body.id)).size, 1);
  });

  it('has failed when it is refused', async () => {
    faults = [{ status: 410 }];
    await deliver({ text: '/ping' });
    await eventually(async () => JSON.stringify(await eventsIn(server, 'ReplyFailed')).includes('410'), 'ReplyFailed');
    await pause(100);
    assert.equal(received.length, 1);
  });
});

describe('its document', () => {
  it('describes the delivery', async () => {
    const { body } = await client.get('/openapi.json');
    assert.ok(body.paths['/webhook/{platform_id}'].post.requestBody);
  });
});
