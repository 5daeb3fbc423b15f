// Files as real clients send and fetch them: FormData and fetch, curl, and bare sockets.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { eventually, password } from '../support/cast.mjs';
import { Client, sendRaw, statusOf, succeeds } from '../support/client.mjs';
import { startServerOf } from '../support/server.mjs';

const run = promisify(execFile);
const surfaces = ['plexichat', 'chat_v1'];
const server = await startServerOf(surfaces, '--no-rate-limit');

let people = 0;
async function newPerson(where = server, username = undefined, secret = password) {
  if (!username) {
    username = `filer${process.pid}x${++people}`;
    await succeeds(new Client(where).post('/api/v1/auth/register', { username, email: `${username}@example.test`, password }));
  }
  const { access_token: token } = await succeeds(new Client(where).post('/api/v1/auth/login', { username, password: secret }));
  const client = new Client(where, { Authorization: `Bearer ${token}` });
  return Object.assign(client, { token, auth: { Authorization: `Bearer ${token}` } });
}

function form(content, name, fields = {}) {
  const data = new FormData();
  data.append('file', new Blob([content]), name);
  for (const [key, value] of Object.entries(fields)) data.append(key, value);
  return data;
}

const send = (who, body) => fetch(`${who.server.url}/api/v1/files/upload`, { method: 'POST', body, headers: who.auth });

async function upload(who, content, name = 'file.bin', fields = {}) {
  const answer = await send(who, form(content, name, fields));
  const text = await answer.text();
  assert.equal(answer.status, 201, text);
  return JSON.parse(text);
}

async function refused(answer, status, field) {
  const { status: actual } = await answer;
  const body = await (await answer).json();
  assert.equal(actual, status, JSON.stringify(body));
  if (field) assert.equal(body.error.details.field, field, JSON.stringify(body));
  assert.ok(body.error.request_id);
  return body.error;
}

const fetchFile = (who, id, headers = {}, what = 'download') =>
  fetch(`${who.server.url}/api/v1/files/${id}/${what}`, { headers: { ...who.auth, ...headers } });
const bytesOf = async (answer) => Buffer.from(await (await answer).arrayBuffer());

/// All content on the disk, also of uploads that are under way.
const stored = (where = server) => ['files', 'uploads'].flatMap((folder) =>
  readdirSync(join(where.dataFolder, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()));

const ada = await newPerson();
const bob = await newPerson();
const admin = await newPerson(server, 'admin', 'admin123');

test('an upload is answered as the specification shows it', async () => {
  const file = await upload(ada, 'Hello, file!\n', 'notes.txt', { description: 'Important document' });
  assert.deepEqual(Object.keys(file), ['id', 'filename', 'original_filename', 'size', 'content_type', 'url', 'thumbnail_url',
    'channel_id', 'uploaded_by', 'uploaded_at', 'description', 'is_public', 'virus_scan_status', 'metadata']);
  assert.match(file.id, /^file_[0-9a-f]{32}$/);
  assert.equal(file.filename, 'notes.txt');
  assert.equal(file.size, 13);
  assert.equal(file.content_type, 'text/plain');
  assert.equal(file.url, `${server.url}/files/${file.id}/notes.txt`);
  assert.equal(file.thumbnail_url, null);
  assert.equal(file.channel_id, null);
  assert.match(file.uploaded_by, /^user_\d+$/);
  assert.equal(file.description, 'Important document');
  assert.equal(file.is_public, false);
  assert.equal(file.virus_scan_status, 'not_scanned');
  assert.deepEqual(await succeeds(ada.get(`/api/v1/files/${file.id}`)), file);
});

test('curl -F uploads and downloads the same bytes', async () => {
  const content = randomBytes(3_000_000);
  const path = join(server.dataFolder, 'sent.bin');
  writeFileSync(path, content);
  const { stdout } = await run('curl', ['-sS', '-X', 'POST', `${server.url}/api/v1/files/upload`, '-H', `Authorization: Bearer ${ada.token}`,
    '-F', `file=@${path};filename=für "alle".bin`, '-F', 'description=from curl']);
  const file = JSON.parse(stdout);
  assert.equal(file.size, content.length, stdout);
  assert.equal(file.filename, 'für alle.bin');
  const back = join(server.dataFolder, 'back.bin');
  await run('curl', ['-sSf', `${server.url}/api/v1/files/${file.id}/download`, '-H', `Authorization: Bearer ${ada.token}`, '-o', back]);
  assert.ok(readFileSync(back).equals(content));
  // In two halves, the second one as `curl -C -` resumes it.
  writeFileSync(back, content.subarray(0, 1_234_567));
  await run('curl', ['-sSf', '-C', '-', `${server.url}/api/v1/files/${file.id}/download`, '-H', `Authorization: Bearer ${ada.token}`, '-o', back]);
  assert.ok(readFileSync(back).equals(content));
});

test('a download can be a range, conditional, or its head alone', async () => {
  const content = randomBytes(200_000);
  const { id } = await upload(ada, content, 'data.bin');
  const whole = await fetchFile(ada, id);
  assert.equal(whole.status, 200);
  assert.equal(whole.headers.get('accept-ranges'), 'bytes');
  assert.equal(whole.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(whole.headers.get('content-disposition'), 'attachment; filename="data.bin"');
  assert.ok((await bytesOf(whole)).equals(content));
  const etag = whole.headers.get('etag');
  for (const [range, first, last] of [['bytes=0-0', 0, 0], ['bytes=65530-65545', 65530, 65545], ['bytes=131072-', 131072, 199999],
    ['bytes=-7', 199993, 199999], ['bytes=100000-999999', 100000, 199999]]) {
    const part = await fetchFile(ada, id, { Range: range });
    assert.equal(part.status, 206, range);
    assert.equal(part.headers.get('content-range'), `bytes ${first}-${last}/200000`);
    assert.ok((await bytesOf(part)).equals(content.subarray(first, last + 1)), range);
  }
  const outside = await fetchFile(ada, id, { Range: 'bytes=200000-' });
  assert.equal(outside.headers.get('content-range'), 'bytes */200000');
  await refused(outside, 416);
  for (const headers of [{ Range: 'bytes=0-1,5-6' }, { Range: 'bytes=0-1', 'If-Range': '"another"' }, { Range: 'lines=1-2' }])
    assert.equal((await fetchFile(ada, id, headers)).status, 200);
  assert.equal((await fetchFile(ada, id, { Range: 'bytes=0-1', 'If-Range': etag })).status, 206);
  assert.equal((await fetchFile(ada, id, { 'If-None-Match': etag })).status, 304);
  const head = await ada.send('HEAD', `/api/v1/files/${id}/download`);
  assert.equal(head.headers['content-length'], '200000');
  assert.equal(head.text, '');
});

test('nobody else sees a private file, by any path, and nobody learns that it is there', async () => {
  const { id, url } = await upload(ada, 'private', 'secret.txt');
  const unknown = 'file_00000000000000000000000000000000';
  for (const path of ['', '/download', '/thumbnail']) {
    const hidden = await bob.get(`/api/v1/files/${id}${path}`);
    const none = await bob.get(`/api/v1/files/${unknown}${path}`);
    assert.equal(hidden.status, 404, path);
    assert.equal(none.status, 404);
    assert.equal(hidden.body.error.message, none.body.error.message);
    assert.equal((await new Client(server).get(`/api/v1/files/${id}${path}`)).status, 401);
  }
  assert.equal((await bob.delete(`/api/v1/files/${id}`)).status, 404);
  assert.equal((await fetch(url)).status, 404);
  assert.equal((await fetch(url, { headers: bob.auth })).status, 404);
  assert.equal((await fetch(url, { headers: ada.auth })).status, 200);
  assert.equal((await fetchFile(admin, id)).status, 404);
  for (const bad of ['file_', 'file_1', 'x', '..%2F..%2Fkey', '%00'])
    assert.ok([400, 404].includes((await ada.get(`/api/v1/files/${bad}`)).status), bad);
});

test('a public file is open to whoever has its link, and is never run by a browser', async () => {
  const page = '<!DOCTYPE html><html><script>alert(1)</script></html>';
  const { url, id } = await upload(ada, page, 'page.html', { is_public: 'true' });
  const link = await fetch(url);
  assert.equal(link.status, 200);
  assert.equal(await link.text(), page);
  assert.match(link.headers.get('content-disposition'), /^attachment/);
  assert.match(link.headers.get('content-security-policy'), /sandbox/);
  assert.equal((await fetchFile(bob, id)).status, 200);
  assert.equal((await bob.delete(`/api/v1/files/${id}`)).status, 403);
});

test('the type is told by the content, and images have a thumbnail', async () => {
  const bmp = Buffer.alloc(54 + 400 * 100 * 3, 0x55);
  bmp.write('BM');
  for (const [at, value] of [[2, bmp.length], [6, 0], [10, 54], [14, 40], [18, 400], [22, 100], [26, 1 | (24 << 16)], [30, 0],
    [34, 400 * 100 * 3], [38, 2835], [42, 2835], [46, 0], [50, 0]]) bmp.writeUInt32LE(value, at);
  const image = await upload(ada, bmp, 'not-an-image.txt', { is_public: 'true' });
  assert.match(image.content_type, /^image\//);
  assert.deepEqual(image.metadata, { width: 400, height: 100 });
  assert.equal(image.thumbnail_url, `${server.url}/files/${image.id}/thumbnail.jpg`);
  for (const answer of [await fetch(image.thumbnail_url), await fetchFile(ada, image.id, {}, 'thumbnail')]) {
    assert.equal(answer.headers.get('content-type'), 'image/jpeg');
    assert.deepEqual([...(await bytesOf(answer)).subarray(0, 3)], [0xff, 0xd8, 0xff]);
  }
  const text = await upload(ada, 'plain', 'fake.jpg');
  assert.equal(text.content_type, 'text/plain');
  assert.equal((await ada.get(`/api/v1/files/${text.id}/thumbnail`)).status, 404);
});

test('what is no good upload is refused with its field, and leaves nothing behind', async () => {
  const before = stored().length;
  await refused(send(ada, form('', 'empty.txt')), 422, 'file');
  await refused(send(ada, form('x', 'a.txt', { channel_id: 'channel_999999' })), 422, 'channel_id');
  await refused(send(ada, form('x', 'a.txt', { channel_id: 'nonsense' })), 422, 'channel_id');
  await refused(send(ada, form('x', 'a.txt', { is_public: 'perhaps' })), 422, 'is_public');
  await refused(send(ada, form('x', 'a.txt', { description: 'd'.repeat(1001) })), 422, 'description');
  await refused(send(ada, form('x', `${'n'.repeat(300)}.txt`)), 422, 'file');
  const none = new FormData();
  none.append('description', 'no file');
  await refused(send(ada, none), 422, 'file');
  const two = form('x', 'a.txt');
  two.append('file', new Blob(['y']), 'b.txt');
  await refused(send(ada, two), 422, 'file');
  assert.equal((await ada.post('/api/v1/files/upload', { file: 'x' })).status, 422);
  assert.equal((await ada.send('POST', '/api/v1/files/upload')).status, 422);
  const cut = 'POST /api/v1/files/upload HTTP/1.1\r\nHost: t\r\nContent-Type: multipart/form-data; boundary=b\r\n' +
    `Authorization: Bearer ${ada.token}\r\nContent-Length: 80\r\n\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n`;
  assert.equal(statusOf(await sendRaw(server, cut.padEnd(cut.indexOf('\r\n\r\n') + 84, 'x'))), 422);
  await eventually(() => stored().length === before, 'what was refused is gone');
});

test('who may not upload, or too much, is told so before the body is read', async () => {
  const ask = (headers) => sendRaw(server, 'POST /api/v1/files/upload HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n' +
    `Content-Type: multipart/form-data; boundary=b\r\n${headers}\r\n\r\n`);
  const stranger = await ask('Content-Length: 1000');
  assert.equal(statusOf(stranger), 401);
  assert.match(stranger, /AUTHENTICATION_REQUIRED/);
  const huge = await ask(`Content-Length: ${102 * 1024 * 1024}\r\nAuthorization: Bearer ${ada.token}`);
  assert.equal(statusOf(huge), 413);
  assert.match(await ask(`Content-Length: 1000\r\nAuthorization: Bearer ${ada.token}`), /^HTTP\/1\.1 100 Continue/);
});

test('a file is gone with its content when it is deleted', async () => {
  const before = stored().length;
  const { id } = await upload(ada, 'short-lived');
  assert.equal(stored().length, before + 1);
  await succeeds(ada.delete(`/api/v1/files/${id}`));
  assert.equal((await ada.get(`/api/v1/files/${id}`)).status, 404);
  assert.equal(stored().length, before);
});

test('twenty uploads a minute, and the answer says how many are left', async () => {
  const limited = await startServerOf(surfaces);
  const eager = await newPerson(limited);
  for (let i = 0; i < 20; ++i) {
    const answer = await send(eager, form('x', 'a.txt'));
    assert.equal(answer.status, 201);
    assert.equal(answer.headers.get('x-ratelimit-remaining'), String(19 - i));
    await answer.text();
  }
  assert.equal((await refused(send(eager, form('x', 'a.txt')), 429)).code, 'RATE_LIMIT_EXCEEDED');
});

test('after a crash in the middle of uploads a file is whole or absent, and nothing else is left', async () => {
  const crashing = await startServerOf(surfaces, '--no-rate-limit');
  const eager = await newPerson(crashing);
  const content = randomBytes(5_000_000);
  const answered = [];
  const uploads = Array.from({ length: 20 }, (_, i) => upload(eager, content, `${i}.bin`).then((file) => answered.push(file.id), () => {}));
  await eventually(() => answered.length >= 3, 'some uploads are through', 20_000);
  await crashing.crash();
  await Promise.all(uploads);
  await crashing.start();
  for (const id of answered) assert.ok((await bytesOf(fetchFile(eager, id))).equals(content), id);
  assert.deepEqual(readdirSync(join(crashing.dataFolder, 'uploads')), []);
  let known = 0;
  await eventually(async () => {
    const ids = stored(crashing).map((entry) => entry.name);
    const answers = await Promise.all(ids.map((id) => eager.get(`/api/v1/files/${id}`)));
    known = answers.filter(({ status }) => status === 200).length;
    return known === ids.length;
  }, 'every file on the disk is one that the server knows');
  assert.ok(known >= answered.length);
  for (const entry of stored(crashing)) assert.ok((await bytesOf(fetchFile(eager, entry.name))).equals(content));
});

test('a hundred large uploads at once do not exhaust the memory', async () => {
  const residentBytes = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.process.pid}/status`, 'utf8'))[1]) * 1024;
  const before = residentBytes();
  const uploadBytes = 8 * 1024 * 1024;
  const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n';
  const path = join(server.dataFolder, 'form.bin');
  writeFileSync(path, Buffer.concat([Buffer.from(head), Buffer.alloc(uploadBytes, 7), Buffer.from('\r\n--b--\r\n')]));
  let most = before;
  const watch = setInterval(() => { most = Math.max(most, residentBytes()); }, 10);
  const statuses = await Promise.all(Array.from({ length: 100 }, () => run('curl', ['-sS', '-o', '/dev/null', '-w', '%{http_code}',
    '-H', `Authorization: Bearer ${bob.token}`, '-H', 'Content-Type: multipart/form-data; boundary=b', '-H', 'Expect:',
    '--data-binary', `@${path}`, `${server.url}/api/v1/files/upload`]).then(({ stdout }) => stdout)));
  clearInterval(watch);
  assert.deepEqual(new Set(statuses), new Set(['201']));
  // 800 MB came in. Each upload counts for 256 KiB, and two are looked at, with 8 MiB each.
  assert.ok(most - before < 200 * 1024 * 1024, `${Math.round((most - before) / 1e6)} MB more`);
});

test('malware is refused, and nothing is handed out while the scanner is silent', async () => {
  let fault = false;
  const clamd = createServer((socket) => {
    let seen = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      if (fault) return socket.destroy();
      seen = Buffer.concat([seen, data]);
      if (seen.subarray(-4).equals(Buffer.alloc(4)))
        socket.end(seen.includes('EICAR') ? 'stream: Eicar-Test-Signature FOUND\0' : 'stream: OK\0');
    });
  });
  await new Promise((resolve) => clamd.listen(0, '127.0.0.1', resolve));
  after(() => clamd.close());
  const scanning = await startServerOf(surfaces, '--no-rate-limit', '--clamd', `127.0.0.1:${clamd.address().port}`);
  const person = await newPerson(scanning);
  assert.equal((await upload(person, 'harmless')).virus_scan_status, 'clean');
  const error = await refused(send(person, form('EICAR', 'bad.com')), 422, 'file');
  assert.match(error.message, /malware/);
  fault = true;
  const unknown = await upload(person, 'unknown');
  assert.equal(unknown.virus_scan_status, 'error');
  assert.equal((await fetchFile(person, unknown.id)).status, 403);
  const found = async (query) => (await succeeds(person.post('/api/v1/ai/search', { query }))).results.map(({ content }) => content);
  assert.deepEqual(await found('harmless'), ['harmless']);
  assert.deepEqual(await found('unknown'), []);
});
