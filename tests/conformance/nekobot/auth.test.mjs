import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client } from '../support/client.mjs';
import { neko, nekoLogIn, newNekoUser, refusesNeko, succeedsNeko } from '../support/neko.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(neko, '--no-rate-limit');
const nobody = new Client(server);
const chinese = { 'Accept-Language': 'zh-CN,zh;q=0.9' };

describe('POST /api/login', () => {
  it('answers as the specification shows, and in the envelope', async () => {
    const { status, body } = await nobody.post('/api/login', { username: 'nekobot', password: 'nekobot' });
    assert.equal(status, 200);
    assert.match(body.access_token, /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
    assert.equal(body.token_type, 'bearer');
    assert.equal(body.status, 'success');
    assert.equal(body.message, 'Logged in');
    assert.deepEqual(body.data, { access_token: body.access_token, token_type: 'bearer', username: 'nekobot', role: 'admin', first_login: true });
  });

  it('says no more than that one of the two is wrong', async () => {
    await refusesNeko(nobody.post('/api/login', { username: 'nekobot', password: 'wrong' }), 401, undefined, 'Invalid username or password');
    await refusesNeko(nobody.post('/api/login', { username: 'nobody', password: 'wrong' }), 401, undefined, 'Invalid username or password');
  });

  it('names what is missing, in Chinese where that is preferred', async () => {
    await refusesNeko(nobody.post('/api/login', { username: 'nekobot' }), 400, 'password');
    await refusesNeko(nobody.post('/api/login', { username: 'nekobot' }, chinese), 400, 'password', '缺少必填字段: password');
    await refusesNeko(nobody.post('/api/login', { username: 'nekobot', password: 'wrong' }, chinese), 401, undefined, '用户名或密码错误');
    const { message } = await succeedsNeko(nobody.post('/api/login', { username: 'nekobot', password: 'nekobot' }, chinese));
    assert.equal(message, '登录成功');
  });

  it('refuses what is no JSON with 400', async () => {
    await refusesNeko(nobody.post('/api/login', '{'), 400);
    await refusesNeko(nobody.post('/api/login', '[]'), 400);
  });

  it('locks an account after five wrong passwords, whatever a proxy is said to be', async () => {
    const person = await newNekoUser(server);
    for (let i = 0; i < 5; ++i)
      await refusesNeko(nobody.post('/api/login', { username: person.username, password: 'wrong' }, { 'X-Forwarded-For': `203.0.113.${i}` }), 401);
    await refusesNeko(nobody.post('/api/login', { username: person.username, password: 'correct horse battery' }), 429);
  });
});

describe('a login', () => {
  it('ends with POST /api/logout: the token is void', async () => {
    const person = await nekoLogIn(server);
    await succeedsNeko(person.get('/api/user-info'));
    await succeedsNeko(person.post('/api/logout'));
    await refusesNeko(person.get('/api/user-info'), 401);
    await refusesNeko(person.get('/api/user-info', chinese), 401, undefined, '无效的认证令牌');
  });

  it('goes on after a change of the password, which ends the others', async () => {
    const person = await newNekoUser(server);
    const elsewhere = await nekoLogIn(server, person.username, 'correct horse battery');
    await refusesNeko(person.post('/api/change-password', { old_password: 'wrong', new_password: 'staple battery' }), 401);
    await refusesNeko(person.post('/api/change-password', { old_password: 'correct horse battery', new_password: 'short' }), 400, 'new_password');
    await succeedsNeko(person.post('/api/change-password', { old_password: 'correct horse battery', new_password: 'staple battery' }));
    await succeedsNeko(person.get('/api/user-info'));
    await refusesNeko(elsewhere.get('/api/user-info'), 401);
    await nekoLogIn(server, person.username, 'staple battery');
  });

  it('is none with a token that was altered, or is signed with nothing', async () => {
    const { token } = await nekoLogIn(server);
    const [, claims, signature] = token.split('.');
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    for (const bad of [`${token}x`, `${none}.${claims}.`, `${none}.${claims}.${signature}`])
      await refusesNeko(nobody.get('/api/user-info', { Authorization: `Bearer ${bad}` }), 401);
  });
});

describe('rate limits', () => {
  it('stand in the headers, and end in 429', async () => {
    const limited = await startServerOf(neko);
    const client = new Client(limited);
    const statuses = [];
    for (let i = 0; i < 11; ++i) {
      const { status, headers } = await client.post('/api/login', {});
      statuses.push(status);
      assert.equal(headers['x-ratelimit-limit'], '10');
      assert.equal(headers['x-ratelimit-remaining'], `${Math.max(0, 9 - i)}`);
      const reset = Number(headers['x-ratelimit-reset']);
      assert.ok(reset > Date.now() / 1000 - 1 && reset < Date.now() / 1000 + 62, headers['x-ratelimit-reset']);
    }
    assert.deepEqual(statuses, [...Array(10).fill(400), 429]);
    const { headers } = await client.get('/api/commands');
    assert.equal(headers['x-ratelimit-limit'], '600');
  });

  it('of refused tokens are apart from those of whoever needs none at the same address', async () => {
    const limited = await startServerOf(neko, '--open-endpoints', 'always');
    const client = new Client(limited);
    const stale = new Client(limited, { Authorization: 'Bearer stale' });
    for (let i = 0; i < 60; ++i) await refusesNeko(stale.post('/api/llm/chat', {}), 401);
    await refusesNeko(stale.post('/api/llm/chat', {}), 429);
    await refusesNeko(client.post('/api/llm/chat', {}), 400);
  });
});
