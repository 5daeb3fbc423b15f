// The official Socket.IO client with a memory: every event it received, in order.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, createServer } from 'node:net';
import { io } from 'socket.io-client';
import { eventually } from './cast.mjs';

const opened = new Set();

export class Listener {
  received = [];

  constructor(url, options) {
    this.socket = io(url, { forceNew: true, reconnectionDelay: 400, reconnectionDelayMax: 400, randomizationFactor: 0, ...options });
    this.socket.onAny((name, data) => this.received.push({ name, data }));
    opened.add(this);
  }

  of(name) {
    return this.received.filter((event) => event.name === name).map(({ data }) => data);
  }

  /// The first event of this name for which `wanted` holds, received already or soon.
  next(name, wanted = () => true) {
    return eventually(() => this.of(name).find(wanted), `an event ${name}, among ${JSON.stringify(this.received).slice(0, 2_000)}`);
  }

  connected() {
    return eventually(() => this.socket.connected, 'a connection', 15_000);
  }

  disconnected() {
    return eventually(() => !this.socket.connected, 'a disconnection', 15_000);
  }

  close() {
    this.socket.disconnect();
    opened.delete(this);
  }
}

/// A connected listener that holds the login of `client`: a user's cookie, a bot's token in `auth`, or nothing.
export async function listen(client, options = {}) {
  const botToken = client.headers['X-Bot-Token'];
  const listener = new Listener(options.url ?? client.server.url, {
    transports: ['websocket'],
    ...(client.cookies.size > 0 && { extraHeaders: { Cookie: client.cookieHeader } }),
    ...(botToken && { auth: { token: botToken } }),
    ...options,
  });
  await listener.connected();
  await listener.next('connection_established');
  return listener;
}

export function closeListeners() {
  for (const listener of opened) listener.close();
}

/// A TCP proxy before the server whose connections can be cut without a word, as a lost network does.
export async function cuttableProxy(server) {
  const pairs = new Set();
  const proxy = createServer((near) => {
    const far = connectTcp(server.port, '127.0.0.1');
    const pair = [near, far];
    pairs.add(pair);
    for (const [from, to] of [[near, far], [far, near]]) {
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: `http://127.0.0.1:${proxy.address().port}`,
    cut() {
      assert.ok(pairs.size > 0, 'there is a connection to cut');
      for (const [near, far] of pairs) {
        near.resetAndDestroy();
        far.resetAndDestroy();
      }
    },
    close() {
      for (const sockets of pairs) for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}
