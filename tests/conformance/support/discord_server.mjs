// Discord's gateway and REST API, version 10, as far as a bot meets them.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { after } from 'node:test';
import { WebSocketServer } from 'ws';
import { eventually } from './cast.mjs';

export class DiscordServer {
  /// Frames that bots sent: { op, d }.
  frames = [];
  /// POSTs: { path, body, headers }.
  posts = [];
  heartbeatInterval = 45_000;
  acknowledges = true;
  /// Of the next POSTs: { status, body, headers }, or 'cut'.
  faults = [];
  #sequence = 0;
  #lastId = 900000000000;

  constructor(token) {
    this.token = token;
  }

  async start() {
    this.server = createServer((request, response) => this.#serve(request, response));
    this.gateway = new WebSocketServer({ server: this.server });
    this.gateway.on('connection', (socket) => this.#connected(socket));
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    const { port } = this.server.address();
    this.url = `http://127.0.0.1:${port}/api/v10`;
    this.gatewayUrl = `ws://127.0.0.1:${port}`;
    after(() => this.stop());
    return this;
  }

  stop() {
    for (const socket of this.gateway.clients) socket.terminate();
    this.server.close();
    this.server.closeAllConnections();
  }

  #connected(socket) {
    this.socket = socket;
    const send = (frame) => socket.send(JSON.stringify(frame));
    socket.on('message', (data) => {
      const frame = JSON.parse(data);
      this.frames.push(frame);
      if (frame.op === 1 && this.acknowledges) send({ op: 11 });
      if ((frame.op === 2 || frame.op === 6) && frame.d.token !== this.token) return socket.close(4004, 'Authentication failed.');
      if (frame.op === 2) send({ op: 0, s: ++this.#sequence, t: 'READY', d: { v: 10, session_id: 'a-session', resume_gateway_url: this.gatewayUrl, user: { id: '99', username: 'troupe', bot: true } } });
      if (frame.op === 6) send({ op: 0, s: ++this.#sequence, t: 'RESUMED', d: {} });
    });
    send({ op: 10, d: { heartbeat_interval: this.heartbeatInterval } });
  }

  async #serve(request, response) {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const answer = (status, body, headers = {}) => {
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    };
    if (request.headers.authorization !== `Bot ${this.token}`) return answer(401, { message: '401: Unauthorized', code: 0 });
    const fault = this.faults.shift();
    if (fault === 'cut') return response.destroy();
    if (fault) return answer(fault.status, fault.body ?? { message: 'no', code: 0 }, fault.headers);
    const path = request.url.replace('/api/v10', '');
    this.posts.push({ path, body: JSON.parse(text), headers: request.headers });
    return answer(200, { id: String(++this.#lastId) }, this.limits ?? {});
  }

  /// Somebody writes to a channel of a server, or in private when there is none.
  say(content, { user = '7', channel = '42', guild = '1', extra = {} } = {}) {
    const place = guild ? { guild_id: guild, member: { nick: 'Countess' } } : {};
    const message = { id: String(++this.#lastId), channel_id: channel, content, author: { id: user, username: 'ada' }, mentions: [], attachments: [], ...place, ...extra };
    this.socket.send(JSON.stringify({ op: 0, s: ++this.#sequence, t: 'MESSAGE_CREATE', d: message }));
    return message.id;
  }

  sees(count = 1) {
    return eventually(() => this.posts[count - 1], `post ${count}`);
  }

  framesOf(op) {
    return this.frames.filter((frame) => frame.op === op);
  }

  ready(op = 2, count = 1) {
    return eventually(() => this.framesOf(op).length >= count, `${count} frames of opcode ${op}`);
  }
}
