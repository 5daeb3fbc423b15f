import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually, password } from '../support/cast.mjs';
import { ChatSocket, say } from '../support/chat.mjs';
import { Client } from '../support/client.mjs';
import { answers, bearer, logInPlexiAdmin, newPlexiUser, plexi, plexiLogIn, refusesPlexi } from '../support/plexi.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(plexi, '--no-rate-limit');
const anonymous = new Client(server);
const login = '/api/v1/auth/login';
const refresh = '/api/v1/auth/refresh';
const me = '/api/v1/users/me';
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const days = (token) => (claimsOf(token).exp - claimsOf(token).iat) / 86_400;

describe('POST /auth/login', () => {
  it('answers tokens as the specification shows them, and takes an e-mail for a name', async () => {
    const { user } = await newPlexiUser(server);
    const { tokens } = await plexiLogIn(server, user.email);
    assert.deepEqual(Object.keys(tokens), ['access_token', 'token_type', 'expires_in', 'refresh_token']);
    assert.equal(tokens.token_type, 'bearer');
    assert.equal(tokens.expires_in, 1800);
    for (const token of [tokens.access_token, tokens.refresh_token])
      assert.deepEqual(JSON.parse(Buffer.from(token.split('.')[0], 'base64url')), { alg: 'HS256', typ: 'JWT' });
    assert.equal(claimsOf(tokens.access_token).exp - claimsOf(tokens.access_token).iat, 1800);
    assert.equal(days(tokens.refresh_token), 7);
  });

  it('sets a cookie that is as good as the token, until the browser goes', async () => {
    const { user } = await newPlexiUser(server);
    const browser = new Client(server);
    const { headers } = await browser.post(login, { username: user.username, password });
    const [cookie] = headers['set-cookie'];
    assert.match(cookie, /^plexichat_session=[\w-]{43}; HttpOnly; Path=\/; SameSite=Lax$/);
    assert.equal((await answers(browser.get(me))).id, user.id);
    await answers(browser.post('/api/v1/auth/logout'));
    assert.equal(browser.cookies.size, 0, 'the cookie is taken away');
    await refusesPlexi(new Client(server, { Cookie: cookie.split(';')[0] }).get(me), 401, 'AUTHENTICATION_REQUIRED');
  });

  it('remembers for thirty days', async () => {
    const { user } = await newPlexiUser(server);
    const { headers, body } = await anonymous.clone().post(login, { username: user.username, password, remember_me: true });
    assert.match(headers['set-cookie'][0], /; Max-Age=2592000$/);
    assert.equal(days(body.refresh_token), 30);
    const again = await answers(anonymous.post(refresh, { refresh_token: body.refresh_token }));
    assert.equal(days(again.refresh_token), 30);
  });

  it('answers alike for a wrong password and an unknown name', async () => {
    const { user } = await newPlexiUser(server);
    const wrong = await refusesPlexi(anonymous.post(login, { username: user.username, password: 'wrong horse' }), 401, 'INVALID_CREDENTIALS');
    const unknown = await refusesPlexi(anonymous.post(login, { username: 'nobody', password: 'wrong horse' }), 401, 'INVALID_CREDENTIALS');
    assert.equal(wrong.message, unknown.message);
    assert.deepEqual(wrong.details, {});
  });

  it('locks the account after five wrong passwords, also for the right one, and lets open logins be', async () => {
    const person = await newPlexiUser(server);
    const { username } = person.user;
    for (let i = 0; i < 5; ++i)
      await refusesPlexi(anonymous.post(login, { username, password: 'wrong horse' }), 401, 'INVALID_CREDENTIALS');
    await eventually(async () => (await anonymous.post(login, { username, password })).status === 423, 'the lock');
    await refusesPlexi(anonymous.post(login, { username, password }), 423, 'ACCOUNT_LOCKED');
    await answers(person.get(me));
  });

  it('locks an unknown name just the same, and no other', async () => {
    const [username, other] = ['nobody.at.all', 'nobody.else'];
    for (let i = 0; i < 5; ++i)
      await refusesPlexi(anonymous.post(login, { username, password: 'wrong horse' }), 401, 'INVALID_CREDENTIALS');
    await refusesPlexi(anonymous.post(login, { username, password: 'wrong horse' }), 423, 'ACCOUNT_LOCKED');
    await refusesPlexi(anonymous.post(login, { username: other, password: 'wrong horse' }), 401, 'INVALID_CREDENTIALS');
  });

  for (const [what, body, field] of [
    ['no username', { password }, 'username'],
    ['no password', { username: 'ada' }, 'password'],
    ['a username that is no text', { username: 7, password }, 'username'],
    ['a remember_me that is no flag', { username: 'ada', password, remember_me: 'yes' }, 'remember_me'],
    ['an mfa_code that is no text', { username: 'ada', password, mfa_code: 123456 }, 'mfa_code'],
  ]) {
    it(`refuses ${what} and names the field`, () => refusesPlexi(anonymous.post(login, body), 422, 'VALIDATION_ERROR', field));
  }

  it('refuses malformed JSON with 422', async () => {
    for (const body of ['{"username":', '[]', '"text"', '{"a":1}x']) await refusesPlexi(anonymous.post(login, body), 422, 'VALIDATION_ERROR');
  });
});

describe('an access token', () => {
  it('is refused when it is none, altered, a refresh token, or shown by another scheme', async () => {
    const { tokens } = await newPlexiUser(server);
    const [head, claims, signature] = tokens.access_token.split('.');
    const forged = Buffer.from(JSON.stringify({ ...claimsOf(tokens.access_token), sub: '1' })).toString('base64url');
    const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    for (const bad of ['nonsense', `${head}.${forged}.${signature}`, `${unsigned}.${claims}.`, tokens.refresh_token, ''])
      await refusesPlexi(bearer(server, bad).get(me), 401, 'AUTHENTICATION_REQUIRED');
    await refusesPlexi(new Client(server, { Authorization: 'Basic YTpi' }).get(me), 401, 'AUTHENTICATION_REQUIRED');
    await refusesPlexi(anonymous.get(me), 401, 'AUTHENTICATION_REQUIRED');
  });
});

describe('what a token says of its login', () => {
  it('opens nothing longer than the token does', async () => {
    const user = await newPlexiUser(server);
    await answers(user.get(me));
    const { sid } = claimsOf(user.tokens.access_token);
    for (const credentials of [{ Cookie: `plexichat_session=${sid}` }, { Authorization: `Bearer ${sid}` }, { 'X-API-Key': sid }])
      await refusesPlexi(anonymous.get(me, credentials), 401, 'AUTHENTICATION_REQUIRED');
  });
});

describe('POST /auth/refresh', () => {
  const use = (token) => anonymous.post(refresh, { refresh_token: token });

  it('replaces the refresh token; both access tokens are good', async () => {
    const person = await newPlexiUser(server);
    const next = await answers(use(person.tokens.refresh_token));
    assert.deepEqual(Object.keys(next), ['access_token', 'token_type', 'expires_in', 'refresh_token']);
    assert.notEqual(next.refresh_token, person.tokens.refresh_token);
    await answers(person.get(me));
    await answers(bearer(server, next.access_token).get(me));
    await answers(use(next.refresh_token));
  });

  it('ends the whole family when a token is used twice, and nobody else', async () => {
    const person = await newPlexiUser(server);
    const elsewhere = await plexiLogIn(server, person.user.username);
    const next = await answers(use(person.tokens.refresh_token));
    await refusesPlexi(use(person.tokens.refresh_token), 401, 'AUTHENTICATION_REQUIRED');
    await refusesPlexi(use(next.refresh_token), 401, 'AUTHENTICATION_REQUIRED');
    await refusesPlexi(person.get(me), 401, 'AUTHENTICATION_REQUIRED');
    await refusesPlexi(bearer(server, next.access_token).get(me), 401, 'AUTHENTICATION_REQUIRED');
    await answers(elsewhere.get(me));
  });

  it('closes the sockets of a family that was ended', async () => {
    const person = await newPlexiUser(server);
    const { session_id: session } = await say(person, 'Hello');
    const socket = await ChatSocket.open({ server, token: person.tokens.access_token }, session);
    await answers(use(person.tokens.refresh_token));
    assert.equal(socket.closed, undefined);
    await refusesPlexi(use(person.tokens.refresh_token), 401, 'AUTHENTICATION_REQUIRED');
    assert.equal(await eventually(() => socket.closed, 'the socket is closed'), 1008);
  });

  it('lets exactly one of two at once win, and ends the family then', async () => {
    const person = await newPlexiUser(server);
    const both = await Promise.all([use(person.tokens.refresh_token), use(person.tokens.refresh_token)]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401]);
    const winner = both.find(({ status }) => status === 200).body;
    await refusesPlexi(use(winner.refresh_token), 401, 'AUTHENTICATION_REQUIRED');
    await refusesPlexi(bearer(server, winner.access_token).get(me), 401, 'AUTHENTICATION_REQUIRED');
  });

  it('takes no access token, no nonsense, and nothing', async () => {
    const { tokens } = await newPlexiUser(server);
    for (const bad of [tokens.access_token, 'nonsense', `${tokens.refresh_token}x`]) await refusesPlexi(use(bad), 401, 'AUTHENTICATION_REQUIRED');
    await refusesPlexi(anonymous.post(refresh, {}), 422, 'VALIDATION_ERROR', 'refresh_token');
  });

  it('takes nothing after logging out', async () => {
    const person = await newPlexiUser(server);
    assert.deepEqual(await answers(person.post('/api/v1/auth/logout')), { message: 'Logged out successfully' });
    await refusesPlexi(use(person.tokens.refresh_token), 401, 'AUTHENTICATION_REQUIRED');
    await refusesPlexi(person.get(me), 401, 'AUTHENTICATION_REQUIRED');
  });
});

describe('POST /auth/logout-all', () => {
  it('ends every login of mine', async () => {
    const [person, other] = [await newPlexiUser(server), await newPlexiUser(server)];
    const elsewhere = await plexiLogIn(server, person.user.username);
    await answers(person.post('/api/v1/auth/logout-all'));
    for (const client of [person, elsewhere]) await refusesPlexi(client.get(me), 401, 'AUTHENTICATION_REQUIRED');
    await answers(other.get(me));
  });
});

describe('POST /auth/change-password', () => {
  const change = '/api/v1/auth/change-password';
  const fresh = 'another battery';

  it('ends all other logins and keeps this one', async () => {
    const person = await newPlexiUser(server);
    const elsewhere = await plexiLogIn(server, person.user.username);
    await answers(person.post(change, { old_password: password, new_password: fresh }));
    await answers(person.get(me));
    await answers(anonymous.post(refresh, { refresh_token: person.tokens.refresh_token }));
    await refusesPlexi(elsewhere.get(me), 401, 'AUTHENTICATION_REQUIRED');
    await refusesPlexi(anonymous.post(login, { username: person.user.username, password }), 401, 'INVALID_CREDENTIALS');
    await plexiLogIn(server, person.user.username, fresh);
  });

  it('refuses a wrong old password, which counts towards the lock, and a short new one', async () => {
    const person = await newPlexiUser(server);
    await refusesPlexi(person.post(change, { old_password: password, new_password: 'short' }), 422, 'VALIDATION_ERROR', 'new_password');
    for (let i = 0; i < 5; ++i)
      await refusesPlexi(person.post(change, { old_password: 'wrong horse', new_password: fresh }), 401, 'INVALID_CREDENTIALS');
    await eventually(async () => (await person.post(change, { old_password: password, new_password: fresh })).status === 423, 'the lock');
    await refusesPlexi(anonymous.post(login, { username: person.user.username, password }), 423, 'ACCOUNT_LOCKED');
  });
});

describe('a crash', () => {
  it('takes nothing back that was answered', async () => {
    const person = await newPlexiUser(server);
    const gone = await plexiLogIn(server, person.user.username);
    await answers(gone.post('/api/v1/auth/logout'));
    const next = await answers(anonymous.post(refresh, { refresh_token: person.tokens.refresh_token }));
    await server.crash();
    await server.start();
    await answers(person.get(me));
    await refusesPlexi(gone.get(me), 401, 'AUTHENTICATION_REQUIRED');
    await answers(anonymous.post(refresh, { refresh_token: next.refresh_token }));
    await refusesPlexi(anonymous.post(refresh, { refresh_token: person.tokens.refresh_token }), 401, 'AUTHENTICATION_REQUIRED');
    await refusesPlexi(bearer(server, next.access_token).get(me), 401, 'AUTHENTICATION_REQUIRED');
  });
});

describe('a path', () => {
  it('that is unknown is 404, and a method that is not there 405 with Allow', async () => {
    const admin = await logInPlexiAdmin(server);
    await refusesPlexi(admin.get('/api/v1/nowhere'), 404, 'RESOURCE_NOT_FOUND');
    const wrong = admin.delete(login);
    await refusesPlexi(wrong, 405, 'METHOD_NOT_ALLOWED');
    assert.equal((await wrong).headers.allow, 'POST');
  });

  it('/docs and /redoc are pages that load nothing from elsewhere', async () => {
    for (const [page, script] of [['/docs', '/docs/swagger-ui-bundle.js'], ['/redoc', '/docs/redoc.standalone.js']]) {
      const { status, text, headers } = await anonymous.get(page);
      assert.equal(status, 200);
      assert.match(headers['content-type'], /^text\/html/);
      assert.ok(text.includes(`src="${script}"`) && text.includes('/openapi.json'), text);
      assert.doesNotMatch(text, /https?:\/\//);
      const asset = await anonymous.get(script);
      assert.equal(asset.status, 200);
      assert.match(asset.headers['content-type'], /^text\/javascript/);
    }
  });
});
