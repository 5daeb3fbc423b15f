import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newUser, pause } from '../support/cast.mjs';
import { Client, refuses, succeeds } from '../support/client.mjs';
import { endpoints, fill } from '../support/endpoints.mjs';
import { Server, startServer } from '../support/server.mjs';
import { assertShape, exactly, iso } from '../support/shapes.mjs';

const server = await startServer();
const anonymous = new Client(server);
const user = await newUser(server);
const names = { user: user.user.id, bot: 'QQQQQQ', command: 'cmd_1_abcdef' };

describe('the service endpoints', () => {
  it('GET /api/health says ok and the time', async () => {
    assertShape(await succeeds(anonymous.get('/api/health')), { status: exactly('ok'), timestamp: iso });
  });

  it('GET /healthz and /readyz answer 200', async () => {
    for (const path of ['/healthz', '/readyz']) assert.equal((await anonymous.get(path)).status, 200);
  });

  it('GET /docs is a page that loads nothing from elsewhere', async () => {
    const { status, headers, text } = await anonymous.get('/docs');
    assert.equal(status, 200);
    assert.match(headers['content-type'], /^text\/html/);
    assert.doesNotMatch(text, /(src|href)\s*=\s*["']?(https?:)?\/\//);
  });

  it('GET /metrics answers Prometheus text on a listener of its own only', async () => {
    const { status, text } = await new Client({ port: server.metricsPort }).get('/metrics');
    assert.equal(status, 200);
    assert.match(text, /^# TYPE [a-zA-Z_:][\w:]* (counter|gauge|histogram|summary)$/m);
    assert.notEqual((await anonymous.get('/metrics')).status, 200);
  });
});

describe('errors', () => {
  for (const path of ['/api/nothing', '/nothing', '/api/my-bots/QQQQQQ/nothing', '/api/bot/QQQQQQ', '/api/users/one', '/api']) {
    it(`GET ${path} is not found`, () => refuses(user.get(path), 404, { error: 'Not found' }));
  }

  const methodsOf = new Map();
  for (const { method, path } of endpoints) {
    const bare = path.replace(/\?.*/, '');
    methodsOf.set(bare, [...(methodsOf.get(bare) ?? []), method]);
  }
  for (const [path, methods] of methodsOf) {
    it(`PATCH ${path} answers 405 and allows ${methods.join(' and ')}`, async () => {
      const answer = await user.send('PATCH', fill(path, names), {});
      await refuses(answer, 405);
      const allowed = answer.headers.allow.split(/,\s*/);
      for (const method of methods) assert.ok(allowed.includes(method), answer.headers.allow);
      assert.ok(!allowed.includes('PATCH'));
    });
  }

  it('carry a request id each, and no two the same', async () => {
    const first = await refuses(anonymous.get('/api/auth/me'), 401);
    const second = await refuses(anonymous.get('/api/auth/me'), 401);
    assert.notEqual(first.request_id, second.request_id);
  });
});

describe('the process', () => {
  it('answers who is waiting and ends with code 0 on SIGTERM, and starts again on the same folder', async () => {
    const cookie = user.cookieHeader;
    const { bot_id: id } = await succeeds(user.post('/api/my-bots', { name: 'Waiting' }));
    const waiting = user.get(`/api/bot/${id}/commands?wait=60`).then(({ status }) => status, ({ message }) => message);
    await pause(200);
    const asked = Date.now();
    const code = await server.stop();
    const took = Date.now() - asked;
    await server.start();
    assert.equal(code, 0);
    assert.ok([200, 503].includes(await waiting), `the waiting client got: ${await waiting}`);
    assert.ok(took < 5_000, `${took} ms`);
    assert.equal(user.cookieHeader, cookie);
    await succeeds(user.get('/api/auth/me'));
  });

  it('refuses a data folder that another server holds, in a sentence', async () => {
    const second = new Server(['bot_manager'], server.dataFolder, []);
    await assert.rejects(second.start(), (error) => {
      assert.match(error.message, /ended with [1-9]/);
      assert.match(error.message, /lock|another|in use|already/i);
      return true;
    });
    await succeeds(user.get('/api/auth/me'));
  });
});
