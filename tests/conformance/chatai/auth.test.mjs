import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chatAiAdmin, chatAiLogIn, data, newChatAiUser, newLoginLink, refusesChatAi, surfaces, withToken } from '../support/chatai.mjs';
import { Client } from '../support/client.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(surfaces, '--no-rate-limit');

/// Links made while no server runs, and a server that runs again.
async function linksOf(...kinds) {
  await server.stop();
  const tokens = [];
  for (const args of kinds) tokens.push(await newLoginLink(server, ...args));
  await server.start();
  return tokens;
}

describe('a login link', () => {
  it('of the command line logs in once, as the first administrator', async () => {
    const [link] = await linksOf([]);
    const client = new Client(server);
    const login = await data(client.post('/api/auth/login', { token: link }));
    assert.equal(login.expiresIn, 86400);
    assert.ok(login.expiresAt > Date.now() + 86_000_000);
    const verified = await data(client.get('/api/auth/verify'));
    assert.equal(verified.valid, true);
    assert.equal(verified.username, 'admin');
    assert.equal(verified.isMaster, true);
    assert.equal(typeof verified.userId, 'string');
    await refusesChatAi(new Client(server).post('/api/auth/login', { token: link }), 401, 'INVALID_TOKEN');
  });

  it('is used up by one of several that bring it at the same moment', async () => {
    const [link] = await linksOf([]);
    const answers = await Promise.all(Array.from({ length: 8 }, () => new Client(server).post('/api/auth/login', { token: link })));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(7).fill(401)]);
  });

  it('that is permanent logs in until it is revoked, in either field', async () => {
    const [link] = await linksOf(['--permanent']);
    const admin = withToken(server, (await data(new Client(server).post('/api/auth/login', { token: link }))).token);
    await data(new Client(server).post('/api/auth/login', { password: link }));
    assert.equal((await data(admin.get('/api/auth/token/status'))).hasPermanentToken, true);
    assert.equal((await data(admin.delete('/api/auth/token/permanent'))).revoked, true);
    await refusesChatAi(new Client(server).post('/api/auth/login', { token: link }), 401, 'INVALID_TOKEN');
    assert.equal((await data(admin.get('/api/auth/token/status'))).hasPermanentToken, false);
  });

  it('in a browser sets the cookie and leads on, once; a preview of it does not count', async () => {
    const [link] = await linksOf([]);
    const client = new Client(server);
    assert.equal((await client.send('HEAD', `/login/token?token=${link}`)).status, 405);
    const followed = await client.get(`/login/token?token=${link}`);
    assert.equal(followed.status, 302);
    assert.equal(followed.headers['referrer-policy'], 'no-referrer');
    const [cookie] = followed.headers['set-cookie'];
    for (const part of ['HttpOnly', 'SameSite=Lax', 'Path=/']) assert.ok(cookie.includes(part), cookie);
    assert.equal((await data(client.get('/api/auth/me'))).isAdmin, true);
    await refusesChatAi(new Client(server).get(`/login/token?token=${link}`), 401, 'INVALID_TOKEN');
  });

  it('belongs to the account that it was made for', async () => {
    const [link] = await linksOf(['--user', 'nekobot']);
    const person = withToken(server, (await data(new Client(server).post('/api/auth/login', { token: link }))).token);
    const me = await data(person.get('/api/auth/me'));
    assert.deepEqual([me.username, me.isAdmin], ['nekobot', true]);
  });
});

describe('a permanent link of a request', () => {
  it('is shown once, is not made twice unless asked, and never shown again', async () => {
    const admin = await chatAiAdmin(server);
    await admin.delete('/api/auth/token/permanent');
    const first = await data(admin.post('/api/auth/token/permanent'));
    assert.equal(first.isNew, true);
    assert.ok(first.link.endsWith(`/login/token?token=${first.token}`));
    await refusesChatAi(admin.post('/api/auth/token/permanent'), 409, 'CONFLICT');
    const second = await data(admin.post('/api/auth/token/permanent', { forceNew: true }));
    await refusesChatAi(new Client(server).post('/api/auth/login', { token: first.token }), 401, 'INVALID_TOKEN');
    const status = await admin.get('/api/auth/token/status');
    assert.ok(!status.text.includes(second.token));
    await refusesChatAi((await newChatAiUser(server)).post('/api/auth/token/permanent'), 403, 'FORBIDDEN');
  });
});

describe('a login', () => {
  it('is shown by header or cookie, never by the query', async () => {
    const admin = await chatAiAdmin(server);
    const byCookie = new Client(server, { Cookie: `auth_token=${admin.token}` });
    await data(byCookie.get('/api/auth/status'));
    await refusesChatAi(new Client(server).get(`/api/auth/status?token=${admin.token}`), 401, 'UNAUTHORIZED');
    await refusesChatAi(withToken(server, 'nonsense').get('/api/auth/status'), 401, 'INVALID_TOKEN');
  });

  it('is verified by either method', async () => {
    const admin = await chatAiAdmin(server);
    for (const answer of [admin.get('/api/auth/verify'), admin.post('/api/auth/verify')]) {
      const verified = await data(answer);
      assert.equal(verified.exp, Math.floor(verified.expiresAt / 1000));
    }
  });

  it('ends when it logs out, whatever the token says', async () => {
    const admin = await chatAiAdmin(server);
    const answer = await admin.post('/api/auth/logout');
    await data(answer);
    assert.match(answer.headers['set-cookie'][0], /^auth_token=;.*Max-Age=0/);
    await refusesChatAi(admin.get('/api/auth/me'), 401, 'INVALID_TOKEN');
  });

  it('is refreshed once by each token; the second time ends it', async () => {
    const admin = await chatAiAdmin(server);
    const { token } = await data(admin.post('/api/auth/refresh'));
    const next = withToken(server, token);
    await data(next.get('/api/auth/me'));
    await refusesChatAi(admin.post('/api/auth/refresh'), 401, 'INVALID_TOKEN');
    await refusesChatAi(next.get('/api/auth/me'), 401, 'INVALID_TOKEN');
  });

  it('by a wrong password says nothing of the account', async () => {
    const wrong = await refusesChatAi(new Client(server).post('/api/auth/login', { username: 'admin', password: 'wrong' }), 401, 'UNAUTHORIZED');
    const unknown = await refusesChatAi(new Client(server).post('/api/auth/login', { username: 'nobody', password: 'wrong' }), 401, 'UNAUTHORIZED');
    assert.equal(wrong.error, unknown.error);
    await refusesChatAi(new Client(server).post('/api/auth/login', {}), 400, 'INVALID_PARAMS', 'token');
    await chatAiLogIn(server, 'admin', 'admin123');
  });
});

describe('error texts', () => {
  it('are Chinese for who prefers it', async () => {
    const chinese = { 'Accept-Language': 'zh-CN,zh;q=0.9,en;q=0.8' };
    const stranger = new Client(server, chinese);
    assert.equal((await refusesChatAi(stranger.get('/api/config'), 401, 'UNAUTHORIZED')).error, '未认证');
    assert.equal((await refusesChatAi(stranger.get('/api/nothing'), 404, 'NOT_FOUND')).error, '资源不存在');
    assert.equal((await refusesChatAi(stranger.post('/api/auth/login', { token: 'x' }), 401, 'INVALID_TOKEN')).error, 'Token 无效或已过期');
    assert.equal((await refusesChatAi(new Client(server).get('/api/config'), 401, 'UNAUTHORIZED')).error, 'Unauthorized');
  });
});
