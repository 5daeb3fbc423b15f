// OneBot v11 clients as implementations of it are: one that connects to a bot's server (reverse WebSocket), and one that a
// bot connects to (forward).

import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { after } from 'node:test';
import WebSocket, { WebSocketServer } from 'ws';
import { eventually } from './cast.mjs';

let lastMessage = 1000;

/// What both have: events out, actions in and answered.
class Peer {
  /// Every action that came: { action, params, echo }.
  actions = [];
  /// How the next actions are answered: a function from an action to a response without its echo, or undefined for none.
  answer = () => ({ status: 'ok', retcode: 0, data: { message_id: ++lastMessage } });
  /// Whether messages are arrays of segments or strings with CQ codes is the client's setting.
  socket = undefined;

  constructor(selfId = 10001) {
    this.selfId = selfId;
  }

  take(data) {
    const action = JSON.parse(data);
    this.actions.push(action);
    const response = this.answer(action);
    if (response) this.socket.send(JSON.stringify({ ...response, echo: action.echo }));
  }

  event(fields) {
    this.socket.send(JSON.stringify({ time: Math.floor(Date.now() / 1000), self_id: this.selfId, ...fields }));
  }

  /// Somebody speaks, in a group when one is named. Answers the id of the message.
  say(message, { user = 7, group, id = ++lastMessage, sender = { nickname: 'Ada' } } = {}) {
    const place = group ? { message_type: 'group', sub_type: 'normal', group_id: group } : { message_type: 'private', sub_type: 'friend' };
    this.event({ post_type: 'message', ...place, message_id: id, user_id: user, message, raw_message: String(message), font: 0, sender });
    return id;
  }

  heartbeat(interval) {
    this.event({ post_type: 'meta_event', meta_event_type: 'heartbeat', status: { online: true, good: true }, interval });
  }

  /// The `count`-th action.
  sees(count = 1, what = `action ${count}`) {
    return eventually(() => this.actions[count - 1], what);
  }

  static textOf({ params }) {
    return params.message.filter(({ type }) => type === 'text').map(({ data }) => data.text).join('');
  }
}

export const textOf = Peer.textOf;

export class ReverseClient extends Peer {
  constructor(port, { selfId, path = '/ws', token, authorization, role = 'Universal', headers = {} } = {}) {
    super(selfId);
    this.url = `ws://127.0.0.1:${port}${path}`;
    this.headers = { 'X-Self-ID': String(this.selfId), 'X-Client-Role': role, ...headers };
    if (token) this.headers.Authorization = `Bearer ${token}`;
    if (authorization) this.headers.Authorization = authorization;
  }

  /// Resolves with the status of the answer: 101 when it is connected. Connects again when nobody listens yet.
  async connect() {
    for (let attempts = 0; ; ++attempts) {
      const result = await this.#tryToConnect();
      if (result !== 'ECONNREFUSED' || attempts === 100) return result;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #tryToConnect() {
    const socket = new WebSocket(this.url, { headers: this.headers });
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.on('close', (code) => resolve(code)));
    socket.on('message', (data) => this.take(data));
    return new Promise((resolve) => {
      socket.on('unexpected-response', (request, response) => {
        request.destroy();
        resolve(response.statusCode);
      });
      socket.on('error', (error) => resolve(error.code ?? error.message));
      socket.on('open', () => {
        this.event({ post_type: 'meta_event', meta_event_type: 'lifecycle', sub_type: 'connect' });
        resolve(101);
      });
    });
  }

  static async connected(port, options) {
    const client = new ReverseClient(port, options);
    const status = await client.connect();
    if (status !== 101) throw new Error(`the connection was answered with ${status}`);
    after(() => client.cut());
    return client;
  }

  cut() {
    this.socket.terminate();
  }
}

export class ForwardServer extends Peer {
  /// The headers of each handshake.
  handshakes = [];
  refuses = false;

  /// `tls`: { key, cert }, for wss.
  async start(port = 0, tls = undefined) {
    this.http = tls ? createTlsServer(tls) : createServer();
    this.server = new WebSocketServer({ server: this.http, verifyClient: ({ req }) => {
      this.handshakes.push(req.headers);
      return !this.refuses;
    } });
    this.server.on('connection', (socket) => {
      this.socket = socket;
      socket.on('message', (data) => this.take(data));
      this.event({ post_type: 'meta_event', meta_event_type: 'lifecycle', sub_type: 'connect' });
    });
    this.http.listen(port, '127.0.0.1');
    await once(this.http, 'listening');
    this.port = this.http.address().port;
    after(() => this.stop());
    return this;
  }

  connected() {
    return eventually(() => this.socket?.readyState === WebSocket.OPEN, 'a connection');
  }

  stop() {
    this.socket?.terminate();
    this.server.close();
    this.http.close();
  }
}
