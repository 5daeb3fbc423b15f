// The administration of the PlexiChat API: measured figures, users, and backups of the running server.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, password } from '../support/cast.mjs';
import { Client, succeeds } from '../support/client.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(['bot_manager', 'plexichat'], '--no-rate-limit');

async function logIn(username, secret) {
  const { access_token: token } = await succeeds(new Client(server).post('/api/v1/auth/login', { username, password: secret }));
  return new Client(server, { Authorization: `Bearer ${token}` });
}

let people = 0;

async function newUser() {
  const username = `person${++people}`;
  await new Client(server).post('/api/auth/register', { username, email: `${username}@example.test`, password });
  const client = await logIn(username, password);
  return Object.assign(client, { username, user: await succeeds(client.get('/api/v1/users/me')) });
}

async function refuses(answer, status, code) {
  const { status: actual, body, text } = await answer;
  assert.equal(actual, status, text);
  assert.equal(body.error.code, code, text);
  return body.error;
}

const admin = await logIn('admin', 'admin123');
const backupsOf = '/api/v1/admin/backups';
const backup = (id) => succeeds(admin.get(`${backupsOf}/${id}`));
const whenDone = (id) => eventually(async () => {
  const shown = await backup(id);
  return shown.status !== 'running' && shown;
}, 'the end of the backup', 20_000);

async function backUp(request = {}) {
  const { status, body, text } = await admin.post('/api/v1/admin/backup', request);
  assert.equal(status, 202, text);
  const done = await whenDone(body.backup_id);
  assert.equal(done.status, 'completed', JSON.stringify(done));
  return done;
}

test('nobody but an administrator gets in', async () => {
  const someone = await newUser();
  for (const [method, path] of [['GET', '/api/v1/admin/system/status'], ['GET', '/api/v1/admin/users'],
    ['PUT', '/api/v1/admin/users/user_1'], ['POST', '/api/v1/admin/users/user_1/logout'], ['POST', '/api/v1/admin/backup'],
    ['GET', backupsOf], ['GET', `${backupsOf}/x`], ['GET', `${backupsOf}/x/download`], ['POST', `${backupsOf}/x/verify`],
    ['DELETE', `${backupsOf}/x`]]) {
    await refuses(someone.send(method, path), 403, 'INSUFFICIENT_PERMISSIONS');
    await refuses(new Client(server).send(method, path), 401, 'AUTHENTICATION_REQUIRED');
  }
  assert.deepEqual((await succeeds(admin.get(backupsOf))).backups, []);
});

test('the status has every figure of the specification, measured', async () => {
  const first = await succeeds(admin.get('/api/v1/admin/system/status'));
  assert.equal(first.status, 'healthy', JSON.stringify(first));
  assert.match(first.version, /^\d+\.\d+\.\d+$/);
  assert.ok(Number.isInteger(first.uptime) && first.uptime >= 0);
  assert.equal(first.database.status, 'connected');
  assert.ok(Number.isInteger(first.database.connections) && first.database.connections < first.database.pool_size);
  assert.equal(first.cache.status, 'connected');
  assert.match(first.cache.memory_usage, /^\d+%$/);
  const rate = first.cache.hit_rate;
  assert.ok(rate === null || (rate >= 0 && rate <= 1));
  assert.equal(first.security.encryption_status, 'at_rest');
  assert.equal(first.security.threat_level, 'low');
  for (const name of ['cpu_usage', 'memory_usage', 'disk_usage']) {
    const value = first.performance[name];
    assert.ok(typeof value === 'number' && value >= 0 && value <= 100, `${name}: ${value}`);
  }
  assert.ok(first.performance.memory_usage > 0 && first.performance.disk_usage > 0);
  assert.ok(first.performance.response_time_ms > 0 && first.performance.response_time_ms < 10_000);
  await eventually(async () => (await succeeds(admin.get('/api/v1/admin/system/status'))).uptime > first.uptime, 'time to pass');
});

test('failed logins raise the threat level', async () => {
  const victim = await newUser();
  for (let i = 0; i < 5; ++i)
    await new Client(server).post('/api/v1/auth/login', { username: victim.username, password: 'wrong password' });
  await eventually(async () =>
    (await succeeds(admin.get('/api/v1/admin/system/status'))).security.threat_level === 'medium', 'a higher threat level');
  const { users } = await succeeds(admin.get(`/api/v1/admin/users?search=${victim.username}`));
  assert.equal(users[0].locked, true);
});

test('users are listed page by page, and found by role, name and activity', async () => {
  const [one, two] = [await newUser(), await newUser()];
  const all = await succeeds(admin.get('/api/v1/admin/users?include_inactive=true&limit=100'));
  assert.equal(all.total_count, all.users.length);
  assert.equal(all.has_more, false);
  const listed = all.users.find((user) => user.id === one.user.id);
  assert.deepEqual(Object.keys(listed).sort(), [...Object.keys(one.user), 'locked'].sort());
  assert.equal(listed.email, `${one.username}@example.test`);
  assert.equal(listed.locked, false);
  assert.ok(listed.last_login);

  const paged = [];
  for (let page = 1, more = true; more; ++page) {
    const answer = await succeeds(admin.get(`/api/v1/admin/users?include_inactive=true&limit=2&page=${page}`));
    assert.ok(answer.users.length <= 2);
    paged.push(...answer.users.map((user) => user.id));
    more = answer.has_more;
  }
  assert.deepEqual(paged, all.users.map((user) => user.id));

  const admins = await succeeds(admin.get('/api/v1/admin/users?role=admin'));
  assert.deepEqual(admins.users.map((user) => user.username), ['admin', 'nekobot']);
  const found = await succeeds(admin.get(`/api/v1/admin/users?search=${two.username.toUpperCase()}`));
  assert.deepEqual(found.users.map((user) => user.id), [two.user.id]);
  await refuses(admin.get('/api/v1/admin/users?limit=101'), 422, 'VALIDATION_ERROR');
  await refuses(admin.get('/api/v1/admin/users?page=0'), 422, 'VALIDATION_ERROR');
});

test('a user is made inactive and active again', async () => {
  const someone = await newUser();
  const path = `/api/v1/admin/users/${someone.user.id}`;
  assert.equal((await succeeds(admin.put(path, { is_active: false }))).is_active, false);
  await refuses(someone.get('/api/v1/users/me'), 401, 'AUTHENTICATION_REQUIRED');
  assert.equal((await new Client(server).post('/api/v1/auth/login', { username: someone.username, password })).status, 403);
  const search = `search=${someone.username}`;
  assert.equal((await succeeds(admin.get(`/api/v1/admin/users?${search}`))).total_count, 0);
  assert.equal((await succeeds(admin.get(`/api/v1/admin/users?${search}&include_inactive=true`))).total_count, 1);
  assert.equal((await succeeds(admin.put(path, { is_active: true }))).is_active, true);
  await logIn(someone.username, password);
});

test('a role is given and taken, but not one\'s own', async () => {
  const someone = await newUser();
  const path = `/api/v1/admin/users/${someone.user.id}`;
  assert.deepEqual((await succeeds(admin.put(path, { roles: ['admin'] }))).roles, ['admin']);
  await succeeds(someone.get('/api/v1/admin/users'));
  assert.deepEqual((await succeeds(admin.put(path, { roles: ['user'] }))).roles, ['user']);
  await refuses(someone.get('/api/v1/admin/users'), 403, 'INSUFFICIENT_PERMISSIONS');

  const me = await succeeds(admin.get('/api/v1/users/me'));
  await refuses(admin.put(`/api/v1/admin/users/${me.id}`, { roles: ['user'] }), 409, 'CONFLICT');
  await refuses(admin.put(`/api/v1/admin/users/${me.id}`, { is_active: false }), 409, 'CONFLICT');
  for (const roles of [[], ['user', 'admin'], ['emperor'], [7], 'admin'])
    assert.equal((await refuses(admin.put(path, { roles }), 422, 'VALIDATION_ERROR')).details.field, 'roles');
  assert.equal((await succeeds(admin.put(path, { is_active: null }))).is_active, true, 'null is as good as missing');
  await refuses(admin.put(path, { is_active: 'yes' }), 422, 'VALIDATION_ERROR');
  for (const id of ['user_999999', 'user_x', '7'])
    await refuses(admin.put(`/api/v1/admin/users/${id}`, { is_active: true }), 404, 'RESOURCE_NOT_FOUND');
});

test('all logins of a user end at once', async () => {
  const someone = await newUser();
  const elsewhere = await logIn(someone.username, password);
  await succeeds(admin.post(`/api/v1/admin/users/${someone.user.id}/logout`));
  for (const client of [someone, elsewhere]) await refuses(client.get('/api/v1/users/me'), 401, 'AUTHENTICATION_REQUIRED');
  await logIn(someone.username, password);
  await refuses(admin.post('/api/v1/admin/users/user_999999/logout'), 404, 'RESOURCE_NOT_FOUND');
});

test('a backup as the specification asks for it is made, listed, downloaded, verified and deleted', async () => {
  const request = { include_files: true, include_database: true, compression: 'gzip', encryption: true };
  const done = await backUp(request);
  const me = await succeeds(admin.get('/api/v1/users/me'));
  assert.deepEqual([done.include_files, done.include_database, done.compression, done.encryption, done.progress, done.created_by],
    [true, true, 'gzip', true, 100, me.id]);
  assert.ok(done.last_position > 0 && done.size_bytes > 0 && done.available);
  assert.ok(Date.parse(done.completed_at) >= Date.parse(done.created_at));
  const { security } = await succeeds(admin.get('/api/v1/admin/system/status'));
  assert.equal(security.last_security_scan, done.completed_at);

  const listed = await succeeds(admin.get(backupsOf));
  assert.equal(listed.backups[0].backup_id, done.backup_id);

  const onDisk = readFileSync(join(server.dataFolder, 'backups', `${done.backup_id}.troupe-backup`));
  const response = await fetch(`${server.url}${backupsOf}/${done.backup_id}/download`, { headers: admin.headers });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-length'), String(onDisk.length));
  assert.match(response.headers.get('content-disposition'), new RegExp(`filename="${done.backup_id}\\.troupe-backup"`));
  assert.ok(Buffer.from(await response.arrayBuffer()).equals(onDisk));
  assert.equal(onDisk.length, done.size_bytes);

  assert.equal(done.verification.status, 'none');
  assert.equal((await admin.post(`${backupsOf}/${done.backup_id}/verify`)).status, 202);
  const verified = await eventually(async () => {
    const { verification } = await backup(done.backup_id);
    return verification.verified_at && verification;
  }, 'the verification');
  assert.equal(verified.status, 'good');

  await succeeds(admin.delete(`${backupsOf}/${done.backup_id}`));
  await refuses(admin.get(`${backupsOf}/${done.backup_id}`), 404, 'RESOURCE_NOT_FOUND');
  await refuses(admin.get(`${backupsOf}/${done.backup_id}/download`), 404, 'RESOURCE_NOT_FOUND');
  assert.ok(!existsSync(join(server.dataFolder, 'backups', `${done.backup_id}.troupe-backup`)));
});

test('a download of a backup goes on where it was cut off', async () => {
  const { backup_id: id } = await backUp();
  const onDisk = readFileSync(join(server.dataFolder, 'backups', `${id}.troupe-backup`));
  const size = onDisk.length;
  const download = (headers = {}, method = 'GET') =>
    fetch(`${server.url}${backupsOf}/${id}/download`, { method, headers: { ...admin.headers, ...headers } });
  const bytesOf = async (response) => Buffer.from(await response.arrayBuffer());

  const head = await download({}, 'HEAD');
  assert.equal(head.status, 200);
  assert.equal(head.headers.get('accept-ranges'), 'bytes');
  assert.equal(head.headers.get('content-length'), String(size));
  const etag = head.headers.get('etag');

  const cut = size >> 1;
  const beginning = await download({ Range: `bytes=0-${cut - 1}` });
  assert.equal(beginning.status, 206);
  assert.equal(beginning.headers.get('content-range'), `bytes 0-${cut - 1}/${size}`);
  const rest = await download({ Range: `bytes=${cut}-`, 'If-Range': etag });
  assert.equal(rest.status, 206);
  assert.equal(rest.headers.get('content-length'), String(size - cut));
  assert.ok(Buffer.concat([await bytesOf(beginning), await bytesOf(rest)]).equals(onDisk));
  assert.ok((await bytesOf(await download({ Range: 'bytes=-7' }))).equals(onDisk.subarray(size - 7)));

  const outside = await download({ Range: `bytes=${size}-` });
  assert.equal(outside.headers.get('content-range'), `bytes */${size}`);
  assert.equal(outside.status, 416);
  assert.equal((await outside.json()).error.details.field, 'Range');
  assert.ok((await bytesOf(await download({ Range: 'bytes=1-', 'If-Range': '"another"' }))).equals(onDisk));
  assert.equal((await download({ 'If-None-Match': etag })).status, 304);
});

test('a damaged backup is found out', async () => {
  const done = await backUp({ compression: 'zstd', encryption: false });
  const file = join(server.dataFolder, 'backups', `${done.backup_id}.troupe-backup`);
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(file, bytes);
  assert.equal((await admin.post(`${backupsOf}/${done.backup_id}/verify`)).status, 202);
  await eventually(async () => (await backup(done.backup_id)).verification.status === 'damaged', 'the damage to be found');
  assert.match((await backup(done.backup_id)).error, /damaged/);
});

test('backups are made one at a time', async () => {
  const answers = await Promise.all(Array.from({ length: 5 }, () => admin.post('/api/v1/admin/backup', { compression: 'none' })));
  const started = answers.filter(({ status }) => status === 202);
  assert.ok(started.length >= 1 && started.length < 5, answers.map(({ status }) => status).join());
  for (const answer of answers.filter(({ status }) => status !== 202)) await refuses(answer, 409, 'CONFLICT');
  for (const { body } of started) assert.equal((await whenDone(body.backup_id)).status, 'completed');
});

test('a repeated request with the same Idempotency-Key is one backup', async () => {
  const key = { 'Idempotency-Key': 'nightly' };
  const first = await admin.post('/api/v1/admin/backup', {}, key);
  assert.equal(first.status, 202, first.text);
  await whenDone(first.body.backup_id);
  const second = await admin.post('/api/v1/admin/backup', {}, key);
  assert.equal(second.status, 202, second.text);
  assert.equal(second.body.backup_id, first.body.backup_id);
});

test('a bad request for a backup is refused and names the field', async () => {
  for (const [request, field] of [[{ compression: 'bzip2' }, 'compression'], [{ encryption: 'yes' }, 'encryption'],
    [{ include_files: false, include_database: false }, 'include_database'], [{ include_files: 1 }, 'include_files']])
    assert.equal((await refuses(admin.post('/api/v1/admin/backup', request), 422, 'VALIDATION_ERROR')).details.field, field);
  await refuses(admin.post(`${backupsOf}/none/verify`), 404, 'RESOURCE_NOT_FOUND');
  await refuses(admin.delete(`${backupsOf}/..%2F..%2Fkey`), 404, 'RESOURCE_NOT_FOUND');
  assert.ok(existsSync(join(server.dataFolder, 'key')));
});

test('a backup that a crash interrupts is failed at the next start, and nothing else is lost', async () => {
  const { body } = await admin.post('/api/v1/admin/backup', {});
  await server.crash();
  await server.start();
  const shown = await backup(body.backup_id);
  assert.notEqual(shown.status, 'running');
  if (shown.status === 'failed') assert.match(shown.error, /ended/);
  await backUp();
});

test('the oldest good one goes when there are more than are kept, whatever failed', async () => {
  const { kept } = await succeeds(admin.get(backupsOf));
  for (let i = 0; i <= kept; ++i) await backUp({ compression: 'none', encryption: false });
  const listed = await eventually(async () => {
    const good = (await succeeds(admin.get(backupsOf))).backups.filter(({ status }) => status === 'completed');
    return good.length === kept && good;
  }, 'the oldest to go');
  assert.ok(listed.every(({ available }) => available));
});
