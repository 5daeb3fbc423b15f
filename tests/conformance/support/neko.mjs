// People of the NekoBot API, its envelope, its streams and its socket.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import WebSocket from 'ws';
import { eventually, password } from './cast.mjs';
import { Client } from './client.mjs';

/// The NekoBot API, and one that registers people.
export const neko = ['nekobot', 'chat_v1'];
let people = 0;

/// The body of a success, whose envelope is checked.
export async function succeedsNeko(answer) {
  const { status, body, text } = await answer;
  assert.equal(status, 200, text);
  assert.equal(body.status, 'success', text);
  assert.ok('data' in body, text);
  assert.equal(typeof body.message, 'string', text);
  return body;
}

export const dataOf = async (answer) => (await succeedsNeko(answer)).data;

/// Checks status and envelope of a refusal; `field` is the one that it must name.
export async function refusesNeko(answer, status, field, message) {
  const { status: actual, body, text, headers } = await answer;
  assert.equal(actual, status, text);
  assert.equal(body?.status, 'error', text);
  assert.ok(body.message.length > 0 && body.message.length < 500, text);
  for (const key of Object.keys(body)) assert.ok(['status', 'message', 'field', 'request_id'].includes(key), `unexpected ${key} in ${text}`);
  assert.equal(body.request_id, headers['x-request-id']);
  if (status === 401) assert.equal(headers['www-authenticate'], 'Bearer');
  if (field !== undefined) assert.equal(body.field, field, text);
  if (message !== undefined) assert.equal(body.message, message, text);
  return body;
}

/// A client with a new access token.
export async function nekoLogIn(server, username = 'nekobot', secret = 'nekobot') {
  const { access_token: token } = await succeedsNeko(new Client(server).post('/api/login', { username, password: secret }));
  return Object.assign(new Client(server, { Authorization: `Bearer ${token}` }), { token, username });
}

/// A new account that administers nothing, logged in.
export async function newNekoUser(server) {
  const username = `panel${process.pid}x${++people}`;
  const made = await new Client(server).post('/api/v1/auth/register', { username, email: `${username}@example.test`, password });
  assert.equal(made.status, 200, made.text);
  return nekoLogIn(server, username, password);
}

/// Somebody without a token who does not sit at this machine.
export const stranger = (server) => new Client(server, { 'X-Forwarded-For': '203.0.113.7' });

/// The events of a stream, and the answer's head.
export function streamed(client, path, body) {
  return new Promise((resolve, reject) => {
    const call = request({
      host: '127.0.0.1', port: client.server.port, method: 'POST', path, agent: false,
      headers: { ...client.headers, 'Content-Type': 'application/json' },
    }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
      response.on('error', reject);
      response.on('end', () => {
        const events = text.split('\n\n').filter((block) => block.startsWith('data: ')).map((block) => JSON.parse(block.slice(6)));
        resolve({ status: response.statusCode, headers: response.headers, text, events });
      });
    });
    call.on('error', reject);
    call.end(JSON.stringify(body));
  });
}

const opened = new Set();
export const closeNekoSockets = () => { for (const socket of opened) socket.terminate(); };

/// An open socket with the frames it has received, in order.
export class NekoSocket {
  frames = [];
  closed = undefined;
  #ids = 0;

  static open(server, { token, protocols = [], headers = {} } = {}) {
    const self = new NekoSocket();
    self.socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws${token ? `?token=${token}` : ''}`, protocols, { headers });
    opened.add(self.socket);
    self.socket.on('message', (data) => self.frames.push(JSON.parse(data.toString())));
    self.socket.on('close', (code) => { self.closed = code; });
    return new Promise((resolve, reject) => {
      self.socket.on('open', () => resolve(self));
      self.socket.on('unexpected-response', (upgrade, response) => {
        reject(Object.assign(new Error(`refused with ${response.statusCode}`), { status: response.statusCode }));
        upgrade.destroy();
      });
      self.socket.on('error', reject);
    });
  }

  /// The status with which a socket is refused.
  static refused(server, options) {
    return NekoSocket.open(server, options).then(() => 101, (error) => error.status);
  }

  send(frame) {
    this.socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  /// Sends a frame and answers the frame that comes back for it.
  async ask(frame) {
    const id = `q${++this.#ids}`;
    this.send({ ...frame, id });
    return eventually(() => this.frames.find((answer) => answer.id === id), `an answer to ${JSON.stringify(frame)}`);
  }

  subscribe(channels, more = {}) {
    return this.ask({ action: 'subscribe', channels, ...more });
  }

  /// What came on a channel, in order.
  on(channel) {
    return this.frames.filter((frame) => frame.channel === channel).map(({ data }) => data);
  }

  sees(channel, probe) {
    return eventually(() => this.on(channel).find(probe), `something on ${channel}`);
  }

  close() {
    this.socket.close();
  }
}
