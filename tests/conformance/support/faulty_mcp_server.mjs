// An MCP server by standard input and output that goes wrong as its tools' names say. It is plain JSON-RPC, so that it can
// break every rule.

import { appendFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const [diary, mode = 'well'] = process.argv.slice(2);
const note = (text) => appendFileSync(diary, `${text}\n`);
const write = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const tool = (name, more) => ({ name, description: name, inputSchema: { type: 'object' }, ...more });
const text = (value) => ({ content: [{ type: 'text', text: value }] });
let extra = [];

note(`started ${process.pid}`);
console.error(`my token is ${process.env.TOKEN}`);
if (mode === 'garbage') for (let i = 0; ; ++i) console.log(`this is no message ${i}`);
if (mode === 'banner') console.log('Welcome to the faulty server');
if (mode === 'mute') setInterval(() => {}, 1000);
if (mode === 'child') note(`child ${spawn('sleep', ['1000'], { stdio: 'ignore' }).pid}`);

const calls = {
  well: (id) => write({ id, result: text('well') }),
  die: () => process.exit(3),
  hang: () => {},
  flood: () => { for (let i = 0; i < 5000; ++i) write({ method: 'notifications/message', params: { level: 'info', data: i } }); },
  huge: () => process.stdout.write('x'.repeat(8 << 20)),
  wrong: (id) => write({ id, result: 7 }),
  refuse: (id) => write({ id, error: { code: -32603, message: `not with ${process.env.TOKEN}` } }),
  grow: (id) => {
    extra = [tool('grown')];
    write({ method: 'notifications/tools/list_changed' });
    write({ id, result: text('grown') });
  },
  ask: (id) => {
    write({ id: 'from-server', method: 'sampling/createMessage', params: {} });
    write({ id, result: text('asked') });
  },
  twice: (id) => {
    write({ id, result: text('first') });
    write({ id, result: text('second') });
  },
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line);
  if (mode === 'mute') return;
  if (!message.method) return note(`answer ${JSON.stringify(message)}`);
  if (message.method === 'initialize') write({ id: message.id, result: { protocolVersion: mode === 'future' ? '2099-01-01' : '2024-11-05', capabilities: { tools: { listChanged: true } }, serverInfo: { name: 'faulty', version: '1' } } });
  else if (message.method === 'ping') write({ id: message.id, result: {} });
  else if (message.method === 'tools/list') {
    const all = [...Object.keys(calls).map((name) => tool(name)), ...extra];
    // A page each, as long as there are more; or without an end.
    const at = Number(message.params?.cursor ?? 0);
    if (mode === 'endless') return write({ id: message.id, result: { tools: [tool(`endless${at}`)], nextCursor: `${at + 1}` } });
    write({ id: message.id, result: { tools: all.slice(at, at + 3), ...(at + 3 < all.length && { nextCursor: `${at + 3}` }) } });
  } else if (message.method === 'tools/call') calls[message.params.name]?.(message.id);
  else note(`told ${message.method} ${JSON.stringify(message.params ?? {})}`);
});
process.stdin.on('end', () => { note('ended'); process.exit(0); });
