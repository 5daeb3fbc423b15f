// The specification's own examples of access and users, as they stand there, run by the real curl. Changed are the address,
// the stand-ins for tokens, codes and keys, and the end of the API key, which has passed.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { answers, enrol, halfLogIn, newPlexiUser, plexi, plexiLogIn, totp } from '../support/plexi.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(plexi, '--no-rate-limit');
const folder = await mkdtemp(join(tmpdir(), 'troupe-examples-'));
after(() => rm(folder, { recursive: true, force: true }));

/// Runs an example; `values` take the place of its stand-ins.
async function run(example, values = {}) {
  let script = example.replaceAll('http://localhost:8000', server.url);
  for (const [standIn, value] of Object.entries(values)) {
    assert.ok(script.includes(standIn), `${standIn} in ${script}`);
    script = script.replaceAll(standIn, value);
  }
  const { stdout } = await promisify(execFile)('bash', ['-c', `${script} -sS --fail-with-body`], { cwd: folder });
  return JSON.parse(stdout);
}

const token = async () => (await plexiLogIn(server, 'admin', 'admin123')).tokens.access_token;

describe('JWT bearer tokens', () => {
  it('log in, and use the token', async () => {
    const answer = await run(String.raw`curl -X POST "http://localhost:8000/api/v1/auth/login" \
  -H "Content-Type: application/json" \
  -d '{
    "username": "admin",
    "password": "admin123"
  }'`);
    assert.deepEqual(Object.keys(answer), ['access_token', 'token_type', 'expires_in', 'refresh_token']);
    const me = await run(String.raw`curl -X GET "http://localhost:8000/api/v1/users/me" \
  -H "Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."`, { 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...': answer.access_token });
    assert.equal(me.username, 'admin');
    assert.deepEqual(me.roles, ['admin']);
  });
});

describe('API keys', () => {
  it('create one, and use it', async () => {
    const made = await run(String.raw`curl -X POST "http://localhost:8000/api/v1/auth/api-keys" \
  -H "Authorization: Bearer your-jwt-token" \
  -H "Content-Type: application/json" \
  -d '{
    "name": "My API Key",
    "permissions": ["read", "write"],
    "expires_at": "2025-12-31T23:59:59Z"
  }'`, { 'your-jwt-token': await token(), '2025-12-31': '2099-12-31' });
    assert.equal(made.expires_at, '2099-12-31T23:59:59.000Z');
    const me = await run(String.raw`curl -X GET "http://localhost:8000/api/v1/users/me" \
  -H "X-API-Key: plx_your_api_key_here"`, { plx_your_api_key_here: made.key });
    assert.equal(me.username, 'admin');
  });
});

describe('session cookies', () => {
  it('log in with a session, and use its cookie', async () => {
    await run(String.raw`curl -X POST "http://localhost:8000/api/v1/auth/login" \
  -H "Content-Type: application/json" \
  -c cookies.txt \
  -d '{
    "username": "admin",
    "password": "admin123"
  }'`);
    const me = await run(String.raw`curl -X GET "http://localhost:8000/api/v1/users/me" \
  -b cookies.txt`);
    assert.equal(me.username, 'admin');
  });
});

describe('multi-factor authentication', () => {
  const withCode = String.raw`curl -X POST "http://localhost:8000/api/v1/auth/login" \
  -H "Content-Type: application/json" \
  -d '{
    "username": "admin",
    "password": "admin123",
    "mfa_code": "123456"
  }'`;

  it('takes a code that nobody asked for', async () => assert.equal((await run(withCode)).token_type, 'bearer'));

  it('log in with a code, or complete the login with one', async () => {
    const person = await newPlexiUser(server);
    const { secret } = await enrol(person);
    const logged = await run(withCode, { '"admin"': `"${person.user.username}"`, admin123: 'correct horse battery', 123456: totp(secret) });
    assert.equal(logged.token_type, 'bearer');
    const completed = await run(String.raw`curl -X POST "http://localhost:8000/api/v1/auth/mfa/verify" \
  -H "Content-Type: application/json" \
  -d '{
    "temp_token": "temp_token_for_mfa",
    "mfa_code": "123456",
    "method": "totp"
  }'`, { temp_token_for_mfa: await halfLogIn(server, person.user.username), 123456: totp(secret, 1) });
    assert.equal(completed.token_type, 'bearer');
  });
});

describe('authentication endpoints', () => {
  it('log in, log out, refresh', async () => {
    const answer = await run(String.raw`curl -X POST "http://localhost:8000/api/v1/auth/login" \
  -H "Content-Type: application/json" \
  -d '{
    "username": "admin",
    "password": "admin123",
    "remember_me": true
  }'`);
    const next = await run(String.raw`curl -X POST "http://localhost:8000/api/v1/auth/refresh" \
  -H "Content-Type: application/json" \
  -d '{
    "refresh_token": "your-refresh-token"
  }'`, { 'your-refresh-token': answer.refresh_token });
    assert.equal(next.expires_in, 1800);
    const out = await run(String.raw`curl -X POST "http://localhost:8000/api/v1/auth/logout" \
  -H "Authorization: Bearer your-token"`, { 'your-token': next.access_token });
    assert.deepEqual(out, { message: 'Logged out successfully' });
  });
});

describe('user management', () => {
  it('get and update the current user', async () => {
    const values = { 'your-token': await token() };
    const me = await run(String.raw`curl -X GET "http://localhost:8000/api/v1/users/me" \
  -H "Authorization: Bearer your-token"`, values);
    assert.deepEqual(Object.keys(me), ['id', 'username', 'email', 'display_name', 'avatar_url', 'roles', 'permissions', 'created_at',
      'last_login', 'is_active', 'preferences']);
    const changed = await run(String.raw`curl -X PUT "http://localhost:8000/api/v1/users/me" \
  -H "Authorization: Bearer your-token" \
  -H "Content-Type: application/json" \
  -d '{
    "display_name": "New Display Name",
    "email": "newemail@example.com",
    "preferences": {
      "theme": "light",
      "language": "es"
    }
  }'`, values);
    assert.equal(changed.email, 'newemail@example.com');
    assert.deepEqual(changed.preferences, { theme: 'light', language: 'es' });
  });

  it('create users and list them', async () => {
    const values = { 'your-admin-token': await token() };
    const made = await run(String.raw`curl -X POST "http://localhost:8000/api/v1/users" \
  -H "Authorization: Bearer your-admin-token" \
  -H "Content-Type: application/json" \
  -d '{
    "username": "newuser",
    "email": "newuser@example.com",
    "password": "securepassword123",
    "display_name": "New User",
    "roles": ["user"]
  }'`, values);
    assert.equal(made.username, 'newuser');
    await answers((await plexiLogIn(server, 'newuser', 'securepassword123')).put('/api/v1/users/me', { display_name: 'John' }));
    const { users, pagination } = await run(String.raw`curl -X GET "http://localhost:8000/api/v1/users?page=1&limit=20&search=john" \
  -H "Authorization: Bearer your-admin-token"`, values);
    assert.deepEqual(users.map(({ username }) => username), ['newuser']);
    assert.deepEqual(pagination, { page: 1, limit: 20, total_count: 1, total_pages: 1, has_more: false });
  });
});
