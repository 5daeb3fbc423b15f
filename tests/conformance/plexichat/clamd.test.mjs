// Uploads before a real clamd, with one signature of ours. The daemon is Debian's, installed or unpacked by `./dev test`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually, password } from '../support/cast.mjs';
import { Client, succeeds } from '../support/client.mjs';
import { freePort, startServerOf } from '../support/server.mjs';

/// The test string of https://www.eicar.org, in two pieces so that a scanner of this machine lets this file be.
const eicar = Buffer.from(String.raw`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD` + '-ANTIVIRUS-TEST-FILE!$H+H*');

const unpacked = fileURLToPath(new URL('../../../build/clamav', import.meta.url));
const installed = '/usr/sbin/clamd';
const binary = existsSync(installed) ? installed : join(unpacked, installed);
const libraries = join(unpacked, 'usr/lib');
const libraryPath = existsSync(libraries) ? readdirSync(libraries).map((name) => join(libraries, name)).join(':') : '';

const running = new Set();
process.on('exit', () => running.forEach((daemon) => daemon.end()));

class Clamd {
  /// `address` is as `--clamd` takes it; `limits` are lines of its configuration.
  constructor(folder, port, limits = {}) {
    this.folder = folder;
    this.address = port ? `127.0.0.1:${port}` : join(folder, 'clamd.sock');
    const place = port ? { TCPAddr: '127.0.0.1', TCPSocket: port } : { LocalSocket: this.address };
    mkdirSync(join(folder, 'signatures'));
    writeFileSync(join(folder, 'signatures', 'test.ndb'), `Test.Eicar:0:*:${eicar.toString('hex')}\n`);
    const settings = { DatabaseDirectory: join(folder, 'signatures'), TemporaryDirectory: folder, Foreground: 'yes', ...place, ...limits };
    writeFileSync(join(folder, 'clamd.conf'), Object.entries(settings).map(([name, value]) => `${name} ${value}\n`).join(''));
    running.add(this);
  }

  async start() {
    const environment = { ...process.env, LD_LIBRARY_PATH: libraryPath };
    this.output = '';
    this.process = spawn(binary, ['--config-file', join(this.folder, 'clamd.conf')], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on('data', (text) => { this.output += text; });
    this.process.on('error', (error) => { this.output += error.message; });
    await eventually(() => this.#answers(), 'clamd to answer', 20_000)
      .catch((error) => { throw new Error(`${error.message}\n${this.output}`); });
    return this;
  }

  #answers() {
    return new Promise((resolve) => {
      const colon = this.address.lastIndexOf(':');
      const socket = this.address.startsWith('/') ? connect(this.address) : connect(Number(this.address.slice(colon + 1)), '127.0.0.1');
      socket.on('error', () => resolve(false));
      socket.on('data', (text) => resolve(text.toString() === 'PONG\0'));
      socket.on('close', () => resolve(false));
      socket.write('zPING\0');
    });
  }

  async stop() {
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await ended;
  }

  end() {
    this.process?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/// A running clamd, a server that asks it, and somebody who uploads.
async function scannedBy(limits = {}, port = undefined) {
  const clamd = await new Clamd(mkdtempSync(join(tmpdir(), 'troupe-clamd-')), port, limits).start();
  after(() => clamd.end());
  const server = await startServerOf(['plexichat'], '--no-rate-limit', '--clamd', clamd.address, '--clamd-retry', '0.2');
  const { access_token: token } = await succeeds(new Client(server).post('/api/v1/auth/login', { username: 'admin', password: 'admin123' }));
  const who = new Client(server, { Authorization: `Bearer ${token}` });
  const upload = async (content, name = 'file.bin') => {
    const form = new FormData();
    form.append('file', new Blob([content]), name);
    const answer = await fetch(`${server.url}/api/v1/files/upload`, { method: 'POST', body: form, headers: who.headers });
    return { status: answer.status, body: await answer.json() };
  };
  const scanned = async (content, status) => {
    const answer = await upload(content);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    assert.equal(answer.body.virus_scan_status, status);
    return answer.body.id;
  };
  const refusesMalware = async (content) => {
    const { status, body } = await upload(content);
    assert.equal(status, 422, JSON.stringify(body));
    assert.match(body.error.message, /malware/);
  };
  const refusesAsTooLarge = async (content) => {
    const { status, body } = await upload(content);
    assert.equal(status, 413, JSON.stringify(body));
    assert.match(body.error.message, /scanner/);
  };
  const download = (id) => who.get(`/api/v1/files/${id}/download`);
  const lastScan = async () => (await succeeds(who.get('/api/v1/admin/system/status'))).security.last_security_scan;
  return { clamd, server, who, scanned, refusesMalware, refusesAsTooLarge, download, lastScan };
}

for (const [what, port] of [['a Unix socket', undefined], ['a TCP port of this machine', await freePort()]]) {
  test(`clamd on ${what} tells clean files from malware, of any size`, async () => {
    const { scanned, refusesMalware, download } = await scannedBy({}, port);
    const id = await scanned('The ferns need water on Tuesdays.', 'clean');
    assert.equal((await download(id)).text, 'The ferns need water on Tuesdays.');
    await refusesMalware(eicar);
    const large = Buffer.alloc(40_000_000, 'The ferns need water on Tuesdays.\n');
    await scanned(large, 'clean');
    await refusesMalware(Buffer.concat([large, eicar]));
  });
}

test('a file that comes while clamd is down is handed out once it has been scanned, and malware never', async () => {
  const { clamd, scanned, download, who } = await scannedBy();
  await scanned('before', 'clean');
  await clamd.stop();
  const [good, bad] = [await scanned('harmless', 'error'), await scanned(eicar, 'error')];
  for (const id of [good, bad]) assert.equal((await download(id)).status, 403);
  await clamd.start();
  const scanOf = async (id) => (await succeeds(who.get(`/api/v1/files/${id}`))).virus_scan_status;
  await eventually(async () => await scanOf(good) === 'clean' && await scanOf(bad) === 'infected', 'both to be scanned');
  assert.equal((await download(good)).text, 'harmless');
  assert.equal((await download(bad)).status, 403);
});

for (const [what, limits] of [
  ['its stream limit', { StreamMaxLength: '1M' }],
  ['its size limit for files', { StreamMaxLength: '50M', MaxFileSize: '1M', AlertExceedsMax: 'yes' }],
]) {
  test(`a file over ${what} is refused, and the next one is scanned at once`, async () => {
    const { scanned, refusesMalware, refusesAsTooLarge } = await scannedBy(limits);
    for (const size of [1_100_000, 20_000_000]) {
      await refusesAsTooLarge(Buffer.alloc(size, 'x'));
      await scanned('small', 'clean');
      await refusesMalware(eicar);
    }
  });
}

test('the status tells the last scan, also that of a refused file, and after a restart', async () => {
  const { server, scanned, refusesMalware, lastScan } = await scannedBy();
  assert.equal(await lastScan(), null);
  const begun = Date.now();
  await scanned('harmless', 'clean');
  const first = Date.parse(await lastScan());
  assert.ok(first >= begun - 1 && first <= Date.now(), `${first}`);
  await server.stop();
  await server.start();
  const remembered = Date.parse(await lastScan());
  assert.ok(Math.abs(remembered - first) < 5_000, `${remembered} ${first}`);
  await refusesMalware(eicar);
  assert.ok(Date.parse(await lastScan()) > remembered);
});
