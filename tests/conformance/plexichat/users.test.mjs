import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { password } from '../support/cast.mjs';
import { Client } from '../support/client.mjs';
import { answers, logInPlexiAdmin, newPlexiUser, newPlexiUserWithRole, plexi, plexiLogIn, refusesPlexi } from '../support/plexi.mjs';
import { assertShape, boolean, iso, nullOr, object, oneOf, text } from '../support/shapes.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(plexi, '--no-rate-limit');
const admin = await logInPlexiAdmin(server);
const users = '/api/v1/users';
const me = `${users}/me`;
const wholeUser = {
  id: (value) => /^user_[1-9]\d*$/.test(value), username: text, email: text, display_name: text, avatar_url: nullOr(text),
  roles: [oneOf('user', 'moderator', 'admin')], permissions: [text], created_at: iso, last_login: nullOr(iso),
  is_active: boolean, preferences: object,
};
const publicKeys = ['id', 'username', 'display_name', 'avatar_url'];
let made = 0;
const newcomer = (more = {}) => {
  const username = `made${process.pid}x${++made}`;
  return { username, email: `${username}@example.test`, password, ...more };
};

describe('/users/me', () => {
  it('is as the specification shows it', async () => {
    const { user } = await newPlexiUser(server);
    assertShape(user, wholeUser);
    assert.deepEqual(user.roles, ['user']);
    assert.deepEqual(user.permissions, ['content.create', 'content.read', 'files.upload']);
    assert.equal(user.display_name, user.username);
    const { permissions } = await answers(admin.get(me));
    assert.deepEqual(permissions.slice(0, 2), ['system.manage', 'users.create']);
  });

  it('changes what is sent and leaves the rest; preferences are merged', async () => {
    const person = await newPlexiUser(server);
    await answers(person.put(me, { preferences: { theme: 'dark', language: 'en' } }));
    const changed = await answers(person.put(me, {
      display_name: 'New Display Name', email: `new.${person.user.email}`, avatar_url: 'https://example.com/a.jpg',
      preferences: { theme: 'light', language: null },
    }));
    assertShape(changed, wholeUser);
    assert.deepEqual(changed.preferences, { theme: 'light' });
    assert.equal(changed.display_name, 'New Display Name');
    assert.deepEqual(await answers(person.get(me)), changed);
    await plexiLogIn(server, changed.email);
  });

  it('names the field of a bad change, and 409 an e-mail that is taken', async () => {
    const person = await newPlexiUser(server);
    for (const [body, field] of [[{ email: 'nonsense' }, 'email'], [{ display_name: 'x'.repeat(201) }, 'display_name'],
      [{ display_name: 'a\u0007' }, 'display_name'], [{ avatar_url: 'javascript:alert(1)' }, 'avatar_url'],
      [{ preferences: 'dark' }, 'preferences'], [{ display_name: 7 }, 'display_name']])
      await refusesPlexi(person.put(me, body), 422, 'VALIDATION_ERROR', field);
    await refusesPlexi(person.put(me, {}), 422, 'VALIDATION_ERROR');
    await refusesPlexi(person.put(me, { email: 'admin@example.org' }), 409, 'CONFLICT', 'email');
  });

  it('takes no role for itself', async () => {
    const person = await newPlexiUser(server);
    await refusesPlexi(person.put(me, { roles: ['admin'] }), 422, 'VALIDATION_ERROR');
    await refusesPlexi(person.put(`${users}/${person.user.id}`, { roles: ['admin'] }), 403, 'INSUFFICIENT_PERMISSIONS');
    assert.deepEqual((await answers(person.get(me))).roles, ['user']);
  });

  it('is deleted with the password, and then free for another', async () => {
    const person = await newPlexiUser(server);
    const { username, email, id } = person.user;
    await refusesPlexi(person.send('DELETE', me, {}), 422, 'VALIDATION_ERROR', 'password');
    await refusesPlexi(person.send('DELETE', me, { password: 'wrong horse' }), 401, 'INVALID_CREDENTIALS');
    assert.deepEqual(await answers(person.send('DELETE', me, { password })), { message: 'Account deleted' });
    await refusesPlexi(person.get(me), 401, 'AUTHENTICATION_REQUIRED');
    await refusesPlexi(admin.get(`${users}/${id}`), 404, 'RESOURCE_NOT_FOUND');
    await server.crash();
    await server.start();
    await refusesPlexi(new Client(server).post('/api/v1/auth/login', { username, password }), 401, 'INVALID_CREDENTIALS');
    await answers(admin.post(users, { username, email, password }), 201);
  });
});

describe('GET /users', () => {
  const list = async (query) => answers(admin.get(`${users}${query}`));

  it('lists in pages, and says how many there are', async () => {
    const word = `page${process.pid}`;
    const ids = [];
    for (let i = 0; i < 5; ++i) ids.push((await answers(admin.post(users, newcomer({ display_name: `${word} ${i}` })), 201)).id);
    const seen = [];
    for (let page = 1; page <= 3; ++page) {
      const answer = await list(`?page=${page}&limit=2&search=${word.toUpperCase()}`);
      assertShape(answer, { users: [wholeUser], pagination: object });
      assert.deepEqual(answer.pagination, { page, limit: 2, total_count: 5, total_pages: 3, has_more: page < 3 });
      seen.push(...answer.users.map(({ id }) => id));
    }
    assert.deepEqual(seen, ids);
    assert.deepEqual((await list(`?page=4&limit=2&search=${word}`)).users, []);
    assert.deepEqual(await list('?search=nobody-has-this'),
      { users: [], pagination: { page: 1, limit: 20, total_count: 0, total_pages: 0, has_more: false } });
  });

  it('lists everyone without a search, twenty at a time', async () => {
    const all = await list('');
    assert.equal(all.pagination.limit, 20);
    assert.equal(all.users[0].username, 'admin');
    const { pagination } = await list('?limit=100');
    assert.equal(pagination.total_count, all.pagination.total_count);
    await answers(admin.post(users, newcomer()), 201);
    assert.equal((await list('')).pagination.total_count, pagination.total_count + 1);
  });

  it('finds by a part of username, e-mail or display name', async () => {
    const person = await answers(admin.post(users, newcomer({ display_name: 'Jörg van Dyke' })), 201);
    for (const part of [person.username.slice(2), person.email.slice(0, -3), 'VAN dyke', 'Jörg'])
      assert.ok((await list(`?search=${encodeURIComponent(part)}`)).users.some(({ id }) => id === person.id), part);
  });

  for (const [name, value] of [['page', '0'], ['page', 'one'], ['page', '99999999999999999999'], ['limit', '0'], ['limit', '101'], ['limit', '']])
    it(`refuses a ${name} of ${value || 'nothing'}`, () => refusesPlexi(admin.get(`${users}?${name}=${value}`), 422, 'VALIDATION_ERROR', name));

  it('takes the largest page there can be', async () => assert.deepEqual((await list(`?page=${2 ** 40}&limit=100`)).users, []));
});

describe('POST /users', () => {
  it('answers 201 and the user, who can log in', async () => {
    const body = newcomer({ display_name: 'New User', roles: ['moderator'] });
    const user = await answers(admin.post(users, body), 201);
    assertShape(user, wholeUser);
    assert.deepEqual([user.username, user.email, user.display_name, user.roles, user.last_login],
      [body.username, body.email, 'New User', ['moderator'], null]);
    await plexiLogIn(server, body.username);
    assert.deepEqual((await answers(admin.post(users, newcomer()), 201)).roles, ['user']);
  });

  it('answers 409 for what is taken and names it', async () => {
    const taken = newcomer();
    await answers(admin.post(users, taken), 201);
    await refusesPlexi(admin.post(users, newcomer({ username: taken.username })), 409, 'CONFLICT', 'username');
    await refusesPlexi(admin.post(users, newcomer({ email: taken.email })), 409, 'CONFLICT', 'email');
  });

  it('does nothing twice under one Idempotency-Key', async () => {
    const body = newcomer();
    const key = { 'Idempotency-Key': `users-${process.pid}` };
    const first = await answers(admin.post(users, body, key), 201);
    assert.equal((await answers(admin.post(users, body, key), 201)).id, first.id);
    await refusesPlexi(admin.post(users, newcomer(), key), 422, 'VALIDATION_ERROR');
  });

  for (const [what, change, field] of [
    ['no username', { username: undefined }, 'username'],
    ['a username with a space', { username: 'a b' }, 'username'],
    ['a username of 65 characters', { username: 'x'.repeat(65) }, 'username'],
    ['no e-mail', { email: undefined }, 'email'],
    ['an e-mail that is none', { email: 'nonsense' }, 'email'],
    ['a password of 7 characters', { password: '1234567' }, 'password'],
    ['a display name of 201 characters', { display_name: 'x'.repeat(201) }, 'display_name'],
    ['no role', { roles: [] }, 'roles'],
    ['two roles', { roles: ['user', 'admin'] }, 'roles'],
    ['an unknown role', { roles: ['king'] }, 'roles'],
    ['a role that is no text', { roles: [1] }, 'roles'],
    ['roles that are no list', { roles: 'admin' }, 'roles'],
  ]) {
    it(`refuses ${what} and names the field`, () => refusesPlexi(admin.post(users, newcomer(change)), 422, 'VALIDATION_ERROR', field));
  }
});

describe('/users/{user_id}', () => {
  it('shows all to the person, administrators and moderators, and others who that is', async () => {
    const [person, other] = [await newPlexiUser(server), await newPlexiUser(server)];
    const moderator = await newPlexiUserWithRole(server, admin, 'moderator');
    for (const client of [person, admin, moderator]) assertShape(await answers(client.get(`${users}/${person.user.id}`)), wholeUser);
    assert.deepEqual(Object.keys(await answers(other.get(`${users}/${person.user.id}`))), publicKeys);
  });

  for (const id of ['user_999999', 'user_0', 'user_-1', 'user_', '1', 'user_1x', 'user_99999999999999999999', 'bot_1'])
    it(`is 404 for ${id}`, async () => {
      for (const [method, body] of [['GET'], ['PUT', { display_name: 'x' }], ['DELETE']])
        await refusesPlexi(admin.send(method, `${users}/${id}`, body), 404, 'RESOURCE_NOT_FOUND');
    });

  it('is changed by the person and by administrators; roles by administrators alone, at once', async () => {
    const [person, other] = [await newPlexiUser(server), await newPlexiUser(server)];
    const path = `${users}/${person.user.id}`;
    assert.equal((await answers(person.put(path, { display_name: 'Me' }))).display_name, 'Me');
    await refusesPlexi(other.put(path, { display_name: 'No' }), 403, 'INSUFFICIENT_PERMISSIONS');
    await refusesPlexi(person.get(users), 403, 'INSUFFICIENT_PERMISSIONS');
    const both = await answers(admin.put(path, { display_name: 'By an administrator', roles: ['admin'] }));
    assert.deepEqual([both.display_name, both.roles], ['By an administrator', ['admin']]);
    await answers(person.get(users));
    await refusesPlexi(admin.put(path, { roles: ['king'] }), 422, 'VALIDATION_ERROR', 'roles');
    await answers(admin.put(path, { roles: ['user'] }));
    await refusesPlexi(person.get(users), 403, 'INSUFFICIENT_PERMISSIONS');
  });

  it('is deleted by administrators, who do not so delete themselves', async () => {
    const person = await newPlexiUser(server);
    await refusesPlexi(person.delete(`${users}/${person.user.id}`), 403, 'INSUFFICIENT_PERMISSIONS');
    assert.deepEqual(await answers(admin.delete(`${users}/${person.user.id}`)), { message: 'User deleted' });
    await refusesPlexi(person.get(me), 401, 'AUTHENTICATION_REQUIRED');
    await refusesPlexi(admin.delete(`${users}/${person.user.id}`), 404, 'RESOURCE_NOT_FOUND');
    await refusesPlexi(admin.delete(`${users}/user_1`), 409, 'CONFLICT');
  });
});

describe('the last active administrator', () => {
  it('is neither demoted nor deleted, by any dialect; another makes it possible', async () => {
    const alone = await startServerOf(['plexichat', 'chat_v1', 'bot_manager'], '--no-rate-limit');
    const first = await logInPlexiAdmin(alone);
    const { id } = await answers(first.get(me));
    const other = await plexiLogIn(alone, 'nekobot', 'nekobot');
    await answers(first.put(`${users}/${(await answers(other.get(me))).id}`, { roles: ['user'] }));
    await refusesPlexi(first.put(`${users}/${id}`, { roles: ['user'] }), 409, 'CONFLICT');
    const before = await answers(first.get(me));
    await refusesPlexi(first.put(`${users}/${id}`, { display_name: 'Half', roles: ['user'] }), 409, 'CONFLICT');
    assert.deepEqual(await answers(first.get(me)), before);
    await refusesPlexi(first.send('DELETE', me, { password: 'admin123' }), 409, 'CONFLICT');
    const browser = new Client(alone);
    await answers(browser.post('/api/auth/login', { username: 'admin', password: 'admin123' }));
    assert.equal((await browser.post('/api/auth/delete-account', { password: 'admin123' })).status, 409);
    const second = await answers(first.post(users, newcomer({ roles: ['admin'] })), 201);
    await answers(first.send('DELETE', me, { password: 'admin123' }));
    const last = await plexiLogIn(alone, second.username);
    await refusesPlexi(last.put(`${users}/${second.id}`, { roles: ['moderator'] }), 409, 'CONFLICT');
  });
});
