import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually, password } from '../support/cast.mjs';
import { Client } from '../support/client.mjs';
import { answers, bearer, logInPlexiAdmin, newKey, newPlexiUser, plexi, refusesPlexi, withKey } from '../support/plexi.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(plexi, '--no-rate-limit');
const keys = '/api/v1/auth/api-keys';
const me = '/api/v1/users/me';
const inMs = (ms) => new Date(Date.now() + ms).toISOString();

describe('POST /auth/api-keys', () => {
  it('answers the key, once', async () => {
    const person = await newPlexiUser(server);
    const expires = inMs(86_400_000);
    const made = await answers(person.post(keys, { name: 'My API Key', permissions: ['write', 'read'], expires_at: expires }), 201);
    assert.deepEqual(Object.keys(made), ['id', 'name', 'key', 'permissions', 'expires_at', 'created_at']);
    assert.equal(made.name, 'My API Key');
    assert.match(made.key, /^plx_[\w-]{43}$/);
    assert.deepEqual(made.permissions, ['read', 'write']);
    assert.equal(made.expires_at, expires);
    const { api_keys: listed } = await answers(person.get(keys));
    assert.deepEqual(listed, [{ id: made.id, name: 'My API Key', hint: `…${made.key.slice(-4)}`, permissions: ['read', 'write'],
      expires_at: expires, created_at: made.created_at }]);
    assert.equal((await newKey(person)).expires_at, null);
  });

  it('reads a time with an offset', async () => {
    const person = await newPlexiUser(server);
    const made = await newKey(person, ['read'], { expires_at: '2099-06-01T01:30:00.25+02:00' });
    assert.equal(made.expires_at, '2099-05-31T23:30:00.250Z');
  });

  for (const [what, change, field] of [
    ['no name', { name: undefined }, 'name'],
    ['a name of 101 characters', { name: 'x'.repeat(101) }, 'name'],
    ['no permissions', { permissions: undefined }, 'permissions'],
    ['an empty list of them', { permissions: [] }, 'permissions'],
    ['an unknown one', { permissions: ['read', 'admin'] }, 'permissions'],
    ['one that is no text', { permissions: ['read', 7] }, 'permissions'],
    ['permissions that are no list', { permissions: 'read' }, 'permissions'],
    ['an end in the past', { expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    ['an end without a zone', { expires_at: '2099-01-01T00:00:00' }, 'expires_at'],
    ['an end that is no time', { expires_at: 'tomorrow' }, 'expires_at'],
    ['an end on a day that is none', { expires_at: '2099-02-30T00:00:00Z' }, 'expires_at'],
    ['an end that is a number', { expires_at: 4_070_908_800 }, 'expires_at'],
  ]) {
    it(`refuses ${what} and names the field`, async () => {
      const person = await newPlexiUser(server);
      const body = { name: 'script', permissions: ['read'], ...change };
      await refusesPlexi(person.post(keys, body), 422, 'VALIDATION_ERROR', field);
    });
  }

  it('gives an account fifty and not one more', async () => {
    const person = await newPlexiUser(server);
    await Promise.all(Array.from({ length: 50 }, () => newKey(person, ['read'])));
    await refusesPlexi(person.post(keys, { name: 'one more', permissions: ['read'] }), 409, 'CONFLICT');
  });
});

describe('an API key', () => {
  it('is its account, in X-API-Key or as the bearer', async () => {
    const person = await newPlexiUser(server);
    const { key } = await newKey(person);
    for (const client of [withKey(server, key), bearer(server, key)]) {
      assert.equal((await answers(client.get(me))).id, person.user.id);
      await answers(client.put(me, { display_name: 'By a script' }));
    }
    for (const bad of [`${key}x`, 'plx_', 'plx_nonsense', '']) await refusesPlexi(withKey(server, bad).get(me), 401, 'AUTHENTICATION_REQUIRED');
  });

  it('does only what its permissions say', async () => {
    const person = await newPlexiUser(server);
    const reader = withKey(server, (await newKey(person, ['read'])).key);
    const writer = withKey(server, (await newKey(person, ['write'])).key);
    await answers(reader.get(me));
    await refusesPlexi(reader.put(me, { display_name: 'No' }), 403, 'INSUFFICIENT_PERMISSIONS');
    await answers(writer.put(me, { display_name: 'Yes' }));
    await refusesPlexi(writer.get(me), 403, 'INSUFFICIENT_PERMISSIONS');
    assert.equal((await answers(person.get(me))).display_name, 'Yes');
  });

  it('is no more than its account', async () => {
    const person = await newPlexiUser(server);
    const client = withKey(server, (await newKey(person)).key);
    await refusesPlexi(client.get('/api/v1/users'), 403, 'INSUFFICIENT_PERMISSIONS');
    const admin = withKey(server, (await newKey(await logInPlexiAdmin(server), ['read'])).key);
    await answers(admin.get('/api/v1/users'));
  });

  it('cannot touch logins, passwords, codes, keys, the e-mail or the account', async () => {
    const person = await newPlexiUser(server);
    const made = await newKey(person);
    const client = withKey(server, made.key);
    for (const [method, path, body] of [
      ['GET', keys], ['POST', keys, { name: 'another', permissions: ['read'] }], ['DELETE', `${keys}/${made.id}`],
      ['GET', '/api/v1/auth/mfa'], ['POST', '/api/v1/auth/mfa/setup', { password }], ['POST', '/api/v1/auth/mfa/confirm', { mfa_code: '123456' }],
      ['POST', '/api/v1/auth/mfa/backup-codes', { mfa_code: '123456' }], ['POST', '/api/v1/auth/mfa/disable', { password }],
      ['POST', '/api/v1/auth/logout'], ['POST', '/api/v1/auth/logout-all'],
      ['POST', '/api/v1/auth/change-password', { old_password: password, new_password: 'another battery' }],
      ['DELETE', me, { password }], ['PUT', me, { email: 'mine@example.test' }],
    ]) await refusesPlexi(client.send(method, path, body), 403, 'INSUFFICIENT_PERMISSIONS');
    await answers(client.get(me));
  });

  it('outlives logins and passwords', async () => {
    const person = await newPlexiUser(server);
    const client = withKey(server, (await newKey(person)).key);
    await answers(person.post('/api/v1/auth/change-password', { old_password: password, new_password: 'another battery' }));
    await answers(person.post('/api/v1/auth/logout-all'));
    await answers(client.get(me));
  });

  it('runs out', async () => {
    const person = await newPlexiUser(server);
    const client = withKey(server, (await newKey(person, ['read'], { expires_at: inMs(1_000) })).key);
    await answers(client.get(me));
    await eventually(async () => (await client.get(me)).status === 401, 'its end');
    await refusesPlexi(client.get(me), 401, 'TOKEN_EXPIRED');
  });

  it('ends when it is revoked, by its owner alone', async () => {
    const [person, other] = [await newPlexiUser(server), await newPlexiUser(server)];
    const made = await newKey(person);
    const client = withKey(server, made.key);
    await answers(client.get(me));
    await refusesPlexi(other.delete(`${keys}/${made.id}`), 404, 'RESOURCE_NOT_FOUND');
    assert.deepEqual((await answers(other.get(keys))).api_keys, []);
    assert.deepEqual(await answers(person.delete(`${keys}/${made.id}`)), { message: 'API key revoked' });
    await refusesPlexi(client.get(me), 401, 'AUTHENTICATION_REQUIRED');
    await refusesPlexi(person.delete(`${keys}/${made.id}`), 404, 'RESOURCE_NOT_FOUND');
    assert.deepEqual((await answers(person.get(keys))).api_keys, []);
  });

  it('ends with its account', async () => {
    const person = await newPlexiUser(server);
    const client = withKey(server, (await newKey(person)).key);
    await answers(client.get(me));
    await answers(person.send('DELETE', me, { password }));
    await refusesPlexi(client.get(me), 401, 'AUTHENTICATION_REQUIRED');
  });

  it('is there after a crash, or gone where that was answered', async () => {
    const person = await newPlexiUser(server);
    const [kept, revoked] = [await newKey(person), await newKey(person)];
    await answers(person.delete(`${keys}/${revoked.id}`));
    await server.crash();
    await server.start();
    await answers(withKey(server, kept.key).get(me));
    await refusesPlexi(withKey(server, revoked.key).get(me), 401, 'AUTHENTICATION_REQUIRED');
  });
});

it('nobody manages keys without a login', () => refusesPlexi(new Client(server).get(keys), 401, 'AUTHENTICATION_REQUIRED'));
