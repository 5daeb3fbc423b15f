// People of the chat_v1 API, and its WebSocket as the npm package `ws` speaks it.

import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { eventually, password } from './cast.mjs';
import { Client, succeeds } from './client.mjs';

let people = 0;

/// A client with a new access token of this account.
export async function chatLogIn(server, username, secret = password) {
  const { access_token: token, token_type: type } = await succeeds(
    new Client(server).post('/api/v1/auth/token', { username, password: secret }));
  assert.equal(type, 'bearer');
  const client = new Client(server, { Authorization: `Bearer ${token}` });
  client.token = token;
  return client;
}

/// A new account, logged in; `client.user` is what its registration answered.
export async function newChatUser(server) {
  const username = `talker${process.pid}x${++people}`;
  const user = await succeeds(new Client(server).post('/api/v1/auth/register', { username, email: `${username}@example.test`, password }));
  return Object.assign(await chatLogIn(server, username), { user });
}

export const say = async (client, message, more = {}) => succeeds(client.post('/api/v1/chat', { message, ...more }));

/// Checks status and the nested error.
export async function refusesChat(answer, status, code) {
  const { status: actual, body, text } = await answer;
  assert.equal(actual, status, text);
  assert.deepEqual(Object.keys(body), ['error'], text);
  assert.deepEqual(Object.keys(body.error), ['code', 'message', 'details'], text);
  for (const value of Object.values(body.error)) assert.equal(typeof value, 'string', text);
  assert.equal(body.error.code, code, text);
  return body.error;
}

/// An open socket with the frames it has received.
export class ChatSocket {
  frames = [];
  closed = undefined;

  static open(client, session, path = '/ws/chat/') {
    const self = new ChatSocket();
    self.socket = new WebSocket(`ws://127.0.0.1:${client.server.port}${path}${session}?token=${client.token}`);
    self.socket.on('message', (data) => self.frames.push(JSON.parse(data.toString())));
    self.socket.on('close', (code) => { self.closed = code; });
    return new Promise((resolve, reject) => {
      self.socket.on('open', () => resolve(self));
      self.socket.on('unexpected-response', (request, response) => {
        reject(Object.assign(new Error(`refused with ${response.statusCode}`), { status: response.statusCode }));
        request.destroy();
      });
      self.socket.on('error', reject);
    });
  }

  send(frame) {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  sees(what, probe) {
    return eventually(() => this.frames.find(probe), what);
  }

  close() {
    this.socket.close();
  }
}

/// The status with which the upgrade of this path is refused.
export async function refusedUpgrade(client, session, path) {
  return ChatSocket.open(client, session, path).then(
    (socket) => { socket.close(); return 101; },
    (error) => error.status);
}
