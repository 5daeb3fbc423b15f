import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { eventually, logIn, logInAdmin, newBot, newUser, password } from '../support/cast.mjs';
import { Client, refuses, succeeds } from '../support/client.mjs';
import { startServer } from '../support/server.mjs';
import { assertShape, currentUser, exactly, loginUser, success, token, userDetails } from '../support/shapes.mjs';

const server = await startServer();
const anonymous = new Client(server);
const shortPassword = '1234567';
const newPassword = 'an even better horse';

/// Name and attributes of a Set-Cookie line, attribute names as they were written.
function parseCookie(line) {
  const [pair, ...attributes] = line.split(/;\s*/);
  const [name, value] = pair.split(/=(.*)/);
  return { name, value, attributes: Object.fromEntries(attributes.map((text) => text.split(/=(.*)/)).map(([key, inner = true]) => [key, inner])) };
}

function assertCookieCleared(answer) {
  const cookie = parseCookie(answer.headers['set-cookie'][0]);
  assert.equal(cookie.name, 'session_token');
  assert.equal(cookie.value, '');
  assert.equal(cookie.attributes.Expires, 'Thu, 01 Jan 1970 00:00:00 GMT');
  assert.equal(cookie.attributes.Path, '/');
}

async function assertEnded(session) {
  await refuses(session.get('/api/auth/me'), 401, { error: 'Invalid session' });
}

async function outbox() {
  const folder = join(server.dataFolder, 'outbox');
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.sort().map((name) => readFile(join(folder, name), 'utf8')));
}

/// Asks for a reset and answers the token from the mail to this address that was not there before.
async function requestReset(email) {
  const before = new Set(await outbox());
  await succeeds(anonymous.post('/api/auth/forgot-password', { email }));
  const mail = await eventually(async () => (await outbox()).find((text) => !before.has(text) && text.includes(email)), `a mail to ${email}`);
  return /^Token: (\S+)\r?$/m.exec(mail)[1];
}

describe('POST /api/auth/register', () => {
  it('answers success and a message, and does not log in', async () => {
    const answer = await anonymous.post('/api/auth/register', { username: 'ada', email: 'ada@example.test', password });
    assertShape(await succeeds(answer), { success: exactly(true), message: exactly('Registration successful') });
    assert.equal(answer.headers['set-cookie'], undefined);
  });

  const complete = { username: 'grace', email: 'grace@example.test', password };
  for (const [what, change, expected] of [
    ['no username', { username: undefined }, 'Missing required fields'],
    ['a blank username', { username: '  ' }, 'Missing required fields'],
    ['no e-mail address', { email: undefined }, 'Missing required fields'],
    ['no password', { password: undefined }, 'Missing required fields'],
    ['seven characters of password', { password: shortPassword }, 'Password must be at least 8 characters'],
    ['a taken username', { username: 'ada' }, 'Username already exists'],
    ['a taken e-mail address', { email: 'ada@example.test' }, 'Email already exists'],
  ]) {
    it(`refuses ${what}`, () => refuses(anonymous.post('/api/auth/register', { ...complete, ...change }), 400, { error: expected }));
  }

  it('lets only one of many simultaneous registrations have a username', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) =>
      anonymous.post('/api/auth/register', { username: 'contested', email: `contested${index}@example.test`, password })));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    for (const answer of answers.filter(({ status }) => status !== 200)) await refuses(answer, 400, { error: 'Username already exists' });
  });
});

describe('POST /api/auth/login', () => {
  it('answers the user and sets the session cookie with its attributes', async () => {
    const user = await newUser(server);
    const answer = await anonymous.clone().post('/api/auth/login', { username: user.user.username, password });
    assertShape(await succeeds(answer), { success: exactly(true), user: loginUser });
    assert.deepEqual({ ...answer.body.user, id: 0, fullname: '' },
      { id: 0, username: user.user.username, email: user.user.email, fullname: '', role: 'user' });

    assert.equal(answer.headers['set-cookie'].length, 1);
    const { name, value, attributes } = parseCookie(answer.headers['set-cookie'][0]);
    assert.equal(name, 'session_token');
    assertShape(value, token);
    const { Expires: expires, ...others } = attributes;
    assert.deepEqual(others, { 'Max-Age': '604800', HttpOnly: true, Path: '/', SameSite: 'Lax' });
    assert.ok(Math.abs(Date.parse(expires) - Date.now() - 604_800_000) < 60_000, `expires in seven days: ${expires}`);
  });

  it('takes the e-mail address for the username', async () => {
    const { user } = await newUser(server);
    assert.equal((await logIn(server, user.email)).user.id, user.id);
  });

  it('gives each login a session of its own', async () => {
    const first = await newUser(server);
    const second = await logIn(server, first.user.username);
    assert.notEqual(first.cookieHeader, second.cookieHeader);
    await succeeds(second.post('/api/auth/logout'));
    await succeeds(first.get('/api/auth/me'));
  });

  it('refuses a wrong password and an unknown user alike', async () => {
    const wrong = await refuses(anonymous.post('/api/auth/login', { username: 'ada', password: 'wrong horse' }), 401, { error: 'Invalid credentials' });
    const unknown = await refuses(anonymous.post('/api/auth/login', { username: 'nobody', password: 'wrong horse' }), 401);
    assert.equal(unknown.error, wrong.error);
  });

  for (const body of [{}, { username: 'ada' }, { password }]) {
    it(`refuses a body with ${Object.keys(body).join() || 'nothing'}`, () =>
      refuses(anonymous.post('/api/auth/login', body), 400, { error: 'Missing credentials' }));
  }

  it('knows the two demo logins', async () => {
    assert.equal((await logInAdmin(server)).user.role, 'admin');
    assert.equal((await logIn(server, 'nekobot', 'nekobot')).user.username, 'nekobot');
  });
});

describe('POST /api/auth/logout', () => {
  it('ends the session on the server and clears the cookie', async () => {
    const user = await newUser(server);
    const stolen = user.clone();
    const answer = await user.post('/api/auth/logout');
    assertShape(await succeeds(answer), success);
    assertCookieCleared(answer);
    await assertEnded(stolen);
  });

  it('succeeds without a session', async () => assertShape(await succeeds(anonymous.post('/api/auth/logout')), success));
});

describe('GET /api/auth/me', () => {
  it('answers the current user', async () => {
    const user = await newUser(server);
    const body = await succeeds(user.get('/api/auth/me'));
    assertShape(body, { user: currentUser });
    const { created_at: createdAt, ...rest } = body.user;
    assert.deepEqual(rest, user.user);
    assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000);
  });

  it('refuses no cookie and an unknown session with their own texts', async () => {
    await refuses(anonymous.get('/api/auth/me'), 401, { error: 'Not authenticated' });
    await refuses(anonymous.get('/api/auth/me', { Cookie: `session_token=${'A'.repeat(43)}` }), 401, { error: 'Invalid session' });
  });
});

describe('POST /api/auth/update-profile', () => {
  it('changes the fields given and leaves the others', async () => {
    const user = await newUser(server);
    const profile = { fullname: 'Ada Lovelace', phone: '+44 1', birthday: '1815-12-10', gender: 'female' };
    assertShape(await succeeds(user.post('/api/auth/update-profile', profile)), success);
    await succeeds(user.post('/api/auth/update-profile', { phone: '+44 2' }));
    const { user: details } = await succeeds(user.get(`/api/users/${user.user.id}`));
    assertShape(details, userDetails);
    const { fullname, phone, birthday, gender } = details;
    assert.deepEqual({ fullname, phone, birthday, gender }, { ...profile, phone: '+44 2' });
  });

  it('refuses a body without any known field, and does not let a user take another role', async () => {
    const user = await newUser(server);
    await refuses(user.post('/api/auth/update-profile', { role: 'admin', id: 1 }), 400, { error: 'No fields to update' });
    await succeeds(user.post('/api/auth/update-profile', { fullname: 'Still me', role: 'admin' }));
    assert.equal((await succeeds(user.get('/api/auth/me'))).user.role, 'user');
  });
});

describe('POST /api/auth/change-password', () => {
  it('changes it, ends every session and clears the cookie', async () => {
    const user = await newUser(server);
    const elsewhere = await logIn(server, user.user.username);
    const here = user.clone();
    const answer = await user.post('/api/auth/change-password', { old_password: password, new_password: newPassword });
    assertShape(await succeeds(answer), success);
    assertCookieCleared(answer);
    await assertEnded(here);
    await assertEnded(elsewhere);
    await refuses(anonymous.post('/api/auth/login', { username: user.user.username, password }), 401);
    await logIn(server, user.user.username, newPassword);
  });

  it('refuses missing, short and wrong passwords, and the session lives on', async () => {
    const user = await newUser(server);
    const change = (body) => user.post('/api/auth/change-password', body);
    await refuses(change({ old_password: password }), 400, { error: 'Missing passwords' });
    await refuses(change({ old_password: password, new_password: shortPassword }), 400, { error: 'New password must be at least 8 characters' });
    await refuses(change({ old_password: 'wrong horse', new_password: newPassword }), 400, { error: 'Incorrect password' });
    await succeeds(user.get('/api/auth/me'));
  });
});

describe('POST /api/auth/forgot-password', () => {
  const answered = { success: exactly(true), message: exactly('If email exists, reset link has been sent') };

  it('answers the same whether the address is known or not, and mails only the known one', async () => {
    const { user } = await newUser(server);
    const known = await anonymous.post('/api/auth/forgot-password', { email: user.email });
    const unknown = await anonymous.post('/api/auth/forgot-password', { email: 'stranger@example.test' });
    assertShape(await succeeds(known), answered);
    assert.deepEqual(await succeeds(unknown), known.body);
    await eventually(async () => (await outbox()).some((text) => text.includes(user.email)), 'the mail');
    assert.ok(!(await outbox()).some((text) => text.includes('stranger@example.test')));
  });

  it('refuses a missing address', () => refuses(anonymous.post('/api/auth/forgot-password', {}), 400, { error: 'Email required' }));
});

describe('POST /api/auth/reset-password', () => {
  const reset = (secret, replacement) => anonymous.post('/api/auth/reset-password', { token: secret, new_password: replacement });

  it('sets the new password once, and ends every session', async () => {
    const user = await newUser(server);
    const secret = await requestReset(user.user.email);
    await refuses(reset(secret, shortPassword), 400, { error: 'Password must be at least 8 characters' });
    assertShape(await succeeds(reset(secret, newPassword)), success);
    await assertEnded(user.clone());
    await logIn(server, user.user.username, newPassword);
    await refuses(reset(secret, 'yet another horse'), 400, { error: 'Invalid or expired token' });
  });

  it('refuses missing fields and an unknown token', async () => {
    await refuses(anonymous.post('/api/auth/reset-password', { new_password: newPassword }), 400, { error: 'Missing required fields' });
    await refuses(anonymous.post('/api/auth/reset-password', { token: 'x' }), 400, { error: 'Missing required fields' });
    await refuses(reset('A'.repeat(43), newPassword), 400, { error: 'Invalid or expired token' });
  });
});

describe('POST /api/auth/delete-account', () => {
  it('takes the account, its sessions and its bots away', async () => {
    const admin = await logInAdmin(server);
    const user = await newUser(server);
    const bot = await newBot(user);
    const session = user.clone();
    const answer = await user.post('/api/auth/delete-account', { password });
    assertShape(await succeeds(answer), success);
    assertCookieCleared(answer);
    await assertEnded(session);
    await refuses(anonymous.post('/api/auth/login', { username: user.user.username, password }), 401);
    await refuses(admin.get(`/api/users/${user.user.id}`), 404, { error: 'User not found' });
    await refuses(bot.client.post(`/api/bot/${bot.id}/logs`, { message: 'still here?' }), 401, { error: 'Invalid bot token' });
    const { bots } = await succeeds(admin.get('/api/admin/bots'));
    assert.ok(!bots.some(({ id }) => id === bot.id));
  });

  it('refuses a missing and a wrong password, and the account lives on', async () => {
    const user = await newUser(server);
    await refuses(user.post('/api/auth/delete-account', {}), 400, { error: 'Password required' });
    await refuses(user.post('/api/auth/delete-account', { password: 'wrong horse' }), 401, { error: 'Incorrect password' });
    await succeeds(user.get('/api/auth/me'));
  });
});
