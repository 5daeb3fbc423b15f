import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { logInAdmin, newBot, newUser, password, sendCommand } from '../support/cast.mjs';
import { Client, refuses, sendRaw, statusOf, succeeds } from '../support/client.mjs';
import { endpoints, fill } from '../support/endpoints.mjs';
import { startServer } from '../support/server.mjs';

const server = await startServer();
const anonymous = new Client(server);
const admin = await logInAdmin(server);
const owner = await newUser(server, 'owner');
const bot = await newBot(owner);
const command = await sendCommand(owner, bot.id);
const names = { user: owner.user.id, bot: bot.id, command: command.id };

const megabyte = 1 << 20;
const tooManyBytes = 5 * megabyte;

afterEach(async () => assert.equal((await anonymous.get('/healthz')).status, 200, 'the server is alive'));

describe('a body that is not JSON', () => {
  const writers = endpoints.filter(({ method, path }) => ['POST', 'PUT'].includes(method) && path !== '/api/auth/logout');
  for (const { method, path } of writers) {
    it(`is refused by ${method} ${path}`, async () => {
      for (const body of ['{"a":', '{"a":1}x', 'not json', '{\'a\':1}', '{"a":NaN}']) {
        await refuses(owner.send(method, fill(path, names), body), 400);
      }
    });
  }

  it('is refused with invalid UTF-8 in it, raw or as a lone surrogate', async () => {
    const raw = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc3, 0x28, 0xff, 0xfe]), Buffer.from('"}')]);
    await refuses(owner.post('/api/my-bots', raw), 400);
    await refuses(owner.post('/api/my-bots', '{"name":"\\ud800"}'), 400);
    await refuses(owner.post('/api/my-bots', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])), 400);
  });

  it('is refused with ten thousand levels in it', async () => {
    const levels = 10_000;
    const lists = '['.repeat(levels) + ']'.repeat(levels);
    const objects = '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
    for (const deep of [lists, objects]) {
      await refuses(owner.post('/api/my-bots', `{"name":"deep","metadata":{"deep":${deep}}}`), 400);
      await refuses(owner.put(`/api/bot/${bot.id}/settings`, `{"deep":${deep}}`), 400);
      await refuses(bot.client.post(`/api/bot/${bot.id}/logs`, deep), 400);
    }
  });

  it('is refused with a number that is too large for a number', () =>
    refuses(owner.post('/api/my-bots', '{"name":"big","metadata":{"n":1e999}}'), 400));
});

describe('a body of another JSON type', () => {
  const objectsOnly = endpoints.filter(({ method, path, body }) =>
    ['POST', 'PUT'].includes(method) && body !== undefined && !/logout$|logs$/.test(path));
  for (const { method, path } of objectsOnly) {
    it(`is refused by ${method} ${path}`, async () => {
      for (const body of ['[]', '5', '"text"', 'true', 'null']) await refuses(owner.send(method, fill(path, names), body), 400);
    });
  }

  it('is refused among log entries', async () => {
    for (const body of ['[5]', '[[]]', '["text"]', '[null]', '5', '"text"']) await refuses(bot.client.post(`/api/bot/${bot.id}/logs`, body), 400);
  });
});

describe('a field of the wrong type', () => {
  const person = { username: 'typed', email: 'typed@example.test', password };
  for (const [method, path, good, fields] of [
    ['POST', '/api/auth/register', person, { username: 5, email: [], password: {}, fullname: 7 }],
    ['POST', '/api/auth/login', { username: 'a', password: 'b' }, { username: {}, password: 12345678 }],
    ['POST', '/api/auth/update-profile', {}, { fullname: 5, phone: {}, birthday: [], gender: true }],
    ['POST', '/api/auth/change-password', { old_password: password, new_password: password }, { old_password: 5, new_password: [] }],
    ['POST', '/api/auth/forgot-password', {}, { email: 5 }],
    ['POST', '/api/auth/reset-password', { token: 'x', new_password: password }, { token: 5, new_password: {} }],
    ['POST', '/api/auth/delete-account', {}, { password: 5 }],
    ['POST', '/api/my-bots', { name: 'x' }, { name: 5, metadata: 'text' }],
    ['PUT', '/api/my-bots/:bot', { name: 'x' }, { name: [], metadata: [1] }],
    ['POST', '/api/bot/:bot/send-command', { type: 'x' }, { type: 5, payload: 'text' }],
    ['POST', '/api/commands', { bot_id: ':bot', type: 'x' }, { bot_id: 5, type: {}, payload: [1] }],
    ['POST', '/api/commands/:command/ack', { status: 'completed' }, { status: 5 }],
    ['POST', '/api/bot/:bot/logs', { message: 'x' }, { type: 5, message: {}, metadata: 'text' }],
    ['POST', '/api/bot/:bot/messages', { message: 'x' }, { message: 5, author_name: {}, thread_id: [], thread_type: 5, metadata: 'text' }],
    ['POST', '/api/bot/:bot/status', { status: 'online' }, { status: 5 }],
    ['POST', '/api/bots/register', { bot_id: ':bot' }, { bot_id: 5, name: [], metadata: 'text' }],
  ]) {
    for (const [field, wrong] of Object.entries(fields)) {
      it(`is refused: ${method} ${path} with ${field} = ${JSON.stringify(wrong)}`, async () => {
        const { field: named } = await refuses(owner.send(method, fill(path, names), { ...fill(good, names), [field]: wrong }), 400);
        assert.ok(named === undefined || named === field, `blames ${named}`);
      });
    }
  }
});

describe('a limit', () => {
  for (const path of ['/api/logs', '/api/messages', '/api/export/logs', '/api/export/messages', '/api/bot/:bot/commands-history', '/api/bot/:bot/commands']) {
    for (const limit of ['-1', 'ten', '1.5', '', '1e2', '1000000000', '99999999999999999999', '%00', '5x']) {
      it(`of ${limit || 'nothing'} is refused by GET ${path}`, () =>
        refuses(owner.get(`${fill(path, names)}?limit=${limit}`), 400, { field: 'limit' }));
    }
    it(`of 1 is taken by GET ${path}`, () => succeeds(owner.get(`${fill(path, names)}?limit=1`)));
  }
  for (const path of ['/api/logs', '/api/messages', '/api/export/logs', '/api/export/messages', '/api/bot/:bot/commands-history']) {
    it(`of 0 is refused by GET ${path}`, () => refuses(owner.get(`${fill(path, names)}?limit=0`), 400, { field: 'limit' }));
  }
});

describe('text of all kinds', () => {
  it('comes back as it was sent', async () => {
    const fresh = await newBot(owner);
    const texts = ['😀 ünïcödé ☃', 'a\u0000b', 'quote " backslash \\ slash /', 'line\nbreak\ttab', '<script>alert(1)</script>', '\u2028\u2029', '{"not":"parsed"}'];
    await succeeds(fresh.client.post(`/api/bot/${fresh.id}/logs`, texts.map((message) => ({ message, metadata: { [message]: message } }))));
    const { logs } = await succeeds(owner.get(`/api/export/logs?bot_id=${fresh.id}`));
    const stored = logs.filter(({ message }) => texts.includes(message));
    assert.deepEqual(stored.map(({ message }) => message), texts);
    assert.deepEqual(stored.map(({ metadata }) => metadata), texts.map((text) => ({ [text]: text })));
  });

  it('in an e-mail address does not become a header of a mail or of an answer', async () => {
    const email = 'eve@example.test\r\nBcc: everyone@example.test';
    const answer = await anonymous.post('/api/auth/register', { username: 'eve', email, password });
    if (answer.status === 200) {
      await succeeds(anonymous.post('/api/auth/forgot-password', { email }));
    } else {
      await refuses(answer, 400);
    }
    assert.equal(answer.headers.bcc, undefined);
  });
});

describe('too much', () => {
  const post = (length) => `POST /api/bot/${bot.id}/logs HTTP/1.1\r\nHost: x\r\nX-Bot-Token: ${bot.token}\r\nContent-Type: application/json\r\n${length}\r\n\r\n`;

  it('in a body of announced length answers 413', async () => {
    const raw = await sendRaw(server, [post(`Content-Length: ${tooManyBytes}`), Buffer.alloc(tooManyBytes, 0x20)], { silenceMs: 3_000 });
    assert.equal(statusOf(raw), 413, raw.slice(0, 300));
    assert.match(raw, /\{[^]*"error"[^]*"request_id"|\{[^]*"request_id"[^]*"error"/);
  });

  it('in a chunked body answers 413', async () => {
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 0x20), Buffer.from('\r\n')]);
    const chunks = Array.from({ length: tooManyBytes / 0x10000 }, () => chunk);
    const raw = await sendRaw(server, [post('Transfer-Encoding: chunked'), ...chunks, '0\r\n\r\n'], { silenceMs: 3_000 });
    assert.equal(statusOf(raw), 413, raw.slice(0, 300));
  });

  it('of announced length is not waited for', async () => {
    const raw = await sendRaw(server, post('Content-Length: 99999999999'), { silenceMs: 3_000 });
    assert.ok([400, 413].includes(statusOf(raw)), raw.slice(0, 300));
  });

  for (const [what, head] of [
    ['in the target', `GET /api/${'a'.repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['in the query', `GET /api/logs?limit=${'1'.repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['in one header', `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(70_000)}\r\n\r\n`],
    ['in a header name', `GET /healthz HTTP/1.1\r\nHost: x\r\n${'a'.repeat(70_000)}: x\r\n\r\n`],
    ['in the number of headers', `GET /healthz HTTP/1.1\r\nHost: x\r\n${'X-Many: 1\r\n'.repeat(5_000)}\r\n`],
  ]) {
    it(`${what} is refused or cut off`, async () => {
      const raw = await sendRaw(server, head);
      assert.ok(raw === '' || [400, 413, 414, 431].includes(statusOf(raw)), raw.slice(0, 300));
    });
  }
});

describe('tricks in a path', () => {
  for (const path of [
    '/api/bot/../..//%2e%2e/%00', '/../../../../etc/passwd', '/%2e%2e/%2e%2e/%2e%2e/etc/passwd', '/docs/../../../../etc/passwd',
    '/docs/%2e%2e%2f%2e%2e%2fetc/passwd', '/api/my-bots/%00', '/api/my-bots/..%2f', '/api/bot/%ff%fe/info', '/api/bot/%/info', '/api/bot/%zz/info',
    '/api/users/-1', '/api/users/0x1', '/api/users/1e0', '/api/users/99999999999999999999999', '/api/users/1%00', '/api/users/%31%20',
    '/api/bot/QQQQQQ%2Finfo', '/api/commands/%2e%2e/ack', '//api//admin//bots', '/api/./admin/bots', '/API/ADMIN/BOTS', '/api;/admin/bots',
    '/socket.io/../api/users', 'api/users', '*', 'http://other.example/etc/passwd',
  ]) {
    it(`are refused: ${path}`, async () => {
      const raw = await sendRaw(server, `GET ${path} HTTP/1.1\r\nHost: x\r\nCookie: ${admin.cookieHeader}\r\nConnection: close\r\n\r\n`);
      const status = statusOf(raw);
      assert.ok(status === undefined || (status >= 400 && status < 500), raw.slice(0, 300));
      assert.doesNotMatch(raw, /root:.*:0:0:/);
    });
  }
});

describe('a broken request', () => {
  const good = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
  for (const [what, bytes] of [
    ['garbage', 'GARBAGE\r\n\r\n'],
    ['binary garbage', Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 7) & 0xff))],
    ['a TLS greeting', Buffer.from('16030100a5010000a10303', 'hex')],
    ['an unknown version', 'GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['a space in a header name', 'GET /healthz HTTP/1.1\r\nHost : x\r\nBad Header: y\r\n\r\n'],
    ['two different lengths', 'POST /api/auth/logout HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} '],
    ['a negative length', 'POST /api/auth/logout HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    ['a length that is no number', 'POST /api/auth/logout HTTP/1.1\r\nHost: x\r\nContent-Length: two\r\n\r\n{}'],
    ['a chunk size that is no number', 'POST /api/auth/logout HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n'],
  ]) {
    it(`is refused or cut off: ${what}`, async () => {
      const raw = await sendRaw(server, bytes);
      assert.ok(raw === '' || statusOf(raw) >= 400, raw.slice(0, 300));
    });
  }

  it('with both a length and chunks cannot smuggle a second request in', async () => {
    const smuggling = `POST /api/auth/logout HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${good}`;
    const raw = await sendRaw(server, smuggling);
    assert.ok(raw === '' || statusOf(raw) === 400, raw.slice(0, 300));
  });
});
