// A troupe with chat platforms in its catalogue.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { Server } from './server.mjs';

/// `platforms`: { name, type, settings }. They are added before the server starts, which tries again quickly. Its
/// `platformIds` has the id of each by its name.
export async function startWithPlatforms(platforms, { surfaces = ['webhooks'], args = [], environment = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'troupe-conformance-'));
  const quick = ['--no-rate-limit', '--platform-retry', '0.05', '--grace', '0.2'];
  const server = new Server(surfaces, folder, [...quick, ...args], environment);
  server.platformIds = {};
  after(() => server.stop());
  for (const { name, type, settings = {} } of platforms) {
    const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    server.platformIds[name] = (await server.command('platform', 'add', name, type, ...set)).trim();
  }
  return server.start();
}

/// Events of these types in the log, oldest first, as a running server's folder has them.
export async function eventsIn(server, ...types) {
  const lines = (await server.command('export', 'events', '--format', 'ndjson')).split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line)).filter(({ type }) => types.includes(type));
}
