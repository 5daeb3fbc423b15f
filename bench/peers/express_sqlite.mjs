// The peer for bot logs: Express and SQLite, one durable transaction a request.
//
//   node express_sqlite.mjs --port 5100 --data /path/of/a/folder --bot abcdef --token SECRET
//
// It does for POST /api/bot/<id>/logs what troupe does before it answers: checks the bot's token, takes one entry or a
// list, numbers the entries, and is on the disk. WAL with synchronous=FULL syncs the log on each commit; with NORMAL it
// would answer before anything is durable. It announces itself as troupe does.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { timingSafeEqual } from 'node:crypto';
import Database from 'better-sqlite3';
import express from 'express';
import { parseOptions } from './options.mjs';

const options = parseOptions({ port: 5100, data: '.', bot: 'abcdef', token: 'A'.repeat(43) });

mkdirSync(options.data, { recursive: true });
const database = new Database(join(options.data, 'logs.sqlite'));
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec(`
  CREATE TABLE IF NOT EXISTS bots (id TEXT PRIMARY KEY, token TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS logs (
    position INTEGER PRIMARY KEY AUTOINCREMENT, bot_id TEXT NOT NULL, type TEXT NOT NULL, message TEXT NOT NULL,
    metadata TEXT NOT NULL, timestamp TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS logs_of_bot ON logs (bot_id, position);`);
database.prepare('INSERT OR REPLACE INTO bots (id, token) VALUES (?, ?)').run(options.bot, options.token);

const tokenOf = database.prepare('SELECT token FROM bots WHERE id = ?').pluck();
const insert = database.prepare('INSERT INTO logs (bot_id, type, message, metadata, timestamp) VALUES (?, ?, ?, ?, ?)');
const append = database.transaction((botId, entries) => {
  const timestamp = new Date().toISOString();
  for (const { type = 'info', message = '', metadata = {} } of entries) {
    insert.run(botId, type, message, JSON.stringify(metadata), timestamp);
  }
});
const lastLogs = database.prepare('SELECT bot_id, type, message, metadata, timestamp FROM logs WHERE bot_id = ? ORDER BY position DESC LIMIT ?');

function mayPost(botId, presented) {
  const wanted = tokenOf.get(botId);
  return wanted !== undefined && presented?.length === wanted.length && timingSafeEqual(Buffer.from(presented), Buffer.from(wanted));
}

const app = express();
app.disable('x-powered-by');
app.use(express.json({ limit: '4mb' }));

app.use('/api/bot/:id', (request, response, next) => {
  if (mayPost(request.params.id, request.get('X-Bot-Token'))) next();
  else response.status(401).json({ error: 'Invalid bot token' });
});

app.post('/api/bot/:id/logs', (request, response) => {
  const entries = [request.body].flat();
  const valid = entries.length > 0 && entries.every((entry) => typeof entry?.message === 'string');
  if (!valid) return response.status(400).json({ error: 'Invalid payload' });
  append(request.params.id, entries);
  return response.json({ status: 'ok', received: entries.length });
});

app.get('/api/bot/:id/logs', (request, response) => {
  const logs = lastLogs.all(request.params.id, 100).reverse().map((row) => ({ ...row, metadata: JSON.parse(row.metadata) }));
  response.json({ logs, count: logs.length });
});

const server = app.listen(options.port, '127.0.0.1', () => {
  console.log(`listening http://127.0.0.1:${server.address().port} express_sqlite`);
});
process.on('SIGTERM', () => {
  server.close(() => database.close());
  server.closeAllConnections();
});
