// Many listeners and one trigger: how many deliveries a second does a server make, and how late is the last one?
//
//   node socketio_fanout_client.mjs --target troupe --url http://127.0.0.1:5000 --clients 1000 --seconds 10
//   node socketio_fanout_client.mjs --target peer   --url http://127.0.0.1:5200 --clients 1000 --seconds 10
//
// A trigger is one HTTP request with `--batch` log entries; each entry is one event to every client. With --rate 0 there
// are `--window` triggers under way at any time, a new one as soon as all clients have all events of an older one: as
// fast as the clients keep up. With --rate N there are N triggers a second, whatever the clients do.
// A trigger's delay runs from the sending of its request until the last client has its last event.
// Prints one line of JSON; fails when a delivery is missing at the end. `client_cpu` is the part of one core that this
// program used: near 1 it measured itself, not the server.

import { Agent, request } from 'node:http';
import { parseOptions } from './options.mjs';
import { logInWithBot } from './troupe_login.mjs';
import { WebSocketListener } from './websocket_listener.mjs';

const options = parseOptions({
  target: 'troupe', url: 'http://127.0.0.1:5000', clients: 1000, seconds: 10, rate: 0, window: 4, batch: 1, bytes: 200,
});
const connectingAtOnce = 50;
const drainTimeoutMs = 15_000;
const url = new URL(options.url);
const agent = new Agent({ keepAlive: true });

async function prepareTarget() {
  if (options.target === 'peer') return { listenerHeaders: {}, path: '/emit', triggerHeaders: {} };
  const { cookie, botId, token } = await logInWithBot(options.url);
  return { listenerHeaders: { Cookie: cookie }, path: `/api/bot/${botId}/logs`, triggerHeaders: { 'X-Bot-Token': token } };
}

const target = await prepareTarget();
const entries = Array.from({ length: options.batch }, () => ({ type: 'info', message: 'x'.repeat(options.bytes) }));
const body = JSON.stringify(options.batch === 1 ? entries[0] : entries);
const requestOptions = {
  agent, host: url.hostname, port: url.port, method: 'POST', path: target.path,
  headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...target.triggerHeaders },
};

// Events come in order on each connection, so the trigger number of an event is its place in that client's count. What
// is complete is what the slowest client has: `behind[n]` clients still miss events of trigger n.
const started = [];
const behind = [];
const delays = [];
let delivered = 0;
let complete = 0;
let failure;
let onComplete = () => {};

function fail(reason) {
  failure ??= reason;
}

function newListener() {
  let received = 0;
  return new WebSocketListener({
    host: url.hostname, port: Number(url.port), headers: target.listenerHeaders, prefix: '42["new_log"',
    onEvent() {
      delivered += 1;
      received += 1;
      if (received % options.batch !== 0) return;
      const trigger = received / options.batch - 1;
      behind[trigger] -= 1;
      if (behind[trigger] > 0) return;
      delays.push(performance.now() - started[trigger]);
      complete += 1;
      onComplete();
    },
    onEnd: (reason) => fail(`a client was cut off: ${reason}`),
  });
}

function trigger() {
  started.push(performance.now());
  behind.push(options.clients);
  const call = request(requestOptions, (response) => {
    response.resume();
    if (response.statusCode !== 200) fail(`the trigger was answered ${response.statusCode}`);
  });
  call.on('error', (error) => fail(error.message));
  call.end(body);
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function drive(endsAt) {
  if (options.rate === 0) {
    const refill = () => {
      while (started.length - complete < options.window && performance.now() < endsAt && !failure) trigger();
    };
    onComplete = refill;
    refill();
    while (performance.now() < endsAt && !failure) await sleep(50);
    return;
  }
  const startedAt = performance.now();
  for (let sent = 0; performance.now() < endsAt && !failure; ++sent) {
    await sleep(Math.max(0, startedAt + (sent * 1000) / options.rate - performance.now()));
    trigger();
  }
}

const percentile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
const rounded = (value) => Math.round(value * 10) / 10;

const connectingFrom = performance.now();
const listeners = [];
while (listeners.length < options.clients) {
  const some = Array.from({ length: Math.min(connectingAtOnce, options.clients - listeners.length) }, newListener);
  await Promise.all(some.map(({ ready }) => ready));
  listeners.push(...some);
}
const connectMs = performance.now() - connectingFrom;

const cpuBefore = process.cpuUsage();
const from = performance.now();
await drive(from + options.seconds * 1000);
const during = { delivered, seconds: (performance.now() - from) / 1000, cpu: process.cpuUsage(cpuBefore) };
const drainEnd = performance.now() + drainTimeoutMs;
while (complete < started.length && performance.now() < drainEnd && !failure) await sleep(10);

const expected = started.length * options.batch * options.clients;
if (delivered !== expected) fail(`${delivered} of ${expected} deliveries`);
delays.sort((a, b) => a - b);
console.log(JSON.stringify({
  target: options.target, clients: options.clients, batch: options.batch, rate: options.rate, window: options.window,
  connect_ms: rounded(connectMs), triggers: started.length, deliveries: delivered,
  deliveries_per_second: Math.round(during.delivered / during.seconds),
  delay_ms: { p50: rounded(percentile(delays, 0.5)), p99: rounded(percentile(delays, 0.99)), max: rounded(delays.at(-1)) },
  client_cpu: Math.round((during.cpu.user + during.cpu.system) / during.seconds / 1e4) / 100,
  ...(failure && { failure }),
}));
const exitCode = failure ? 1 : 0;  // before the connections go, which is no failure any more
for (const listener of listeners) listener.close();
agent.destroy();
setTimeout(() => process.exit(exitCode), 200);
