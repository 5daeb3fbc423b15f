// Channels and messages of the PlexiChat API, and its socket as the npm package `ws` speaks it.

import WebSocket from 'ws';
import { eventually } from './cast.mjs';
import { answers } from './plexi.mjs';

let channels = 0;

/// A new channel of this person.
export const newChannel = (owner, more = {}) =>
  answers(owner.post('/api/v1/channels', { name: `room${process.pid}x${++channels}`, ...more }), 201);

export const newPrivateChannel = (owner) => newChannel(owner, { is_private: true });

export const bringIn = (member, channel, person) =>
  answers(member.post(`/api/v1/channels/${channel.id}/members`, { user_id: person.user.id }), 201);

export const say = (person, channel, content, more = {}) =>
  answers(person.post('/api/v1/messages', { channel_id: channel.id, content, ...more }), 201);

const opened = new Set();
export const closeSockets = () => { for (const socket of opened) socket.socket.terminate(); };

/// An open socket with the frames it has received, in order.
export class LiveSocket {
  frames = [];
  closed = undefined;
  #ids = 0;

  /// Resolves after the greeting; `token` undefined: a stranger.
  static async open(server, token, headers = {}) {
    const self = new LiveSocket();
    const query = token === undefined ? '' : `?token=${encodeURIComponent(token)}`;
    self.socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws${query}`, { headers });
    opened.add(self);
    self.socket.on('message', (data) => self.frames.push(JSON.parse(data.toString())));
    self.socket.on('close', (code) => { self.closed = code; });
    await new Promise((resolve, reject) => {
      self.socket.on('open', resolve);
      self.socket.on('unexpected-response', (request, response) => {
        reject(Object.assign(new Error(`refused with ${response.statusCode}`), { status: response.statusCode }));
        request.destroy();
      });
      self.socket.on('error', reject);
    });
    self.welcome = await self.next('welcome');
    return self;
  }

  static async of(client, ...subscriptions) {
    const self = await LiveSocket.open(client.server, client.tokens.access_token);
    for (const channel of subscriptions) await self.subscribe(channel);
    return self;
  }

  say(frame) {
    this.socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  /// Sends a frame and answers the frame that comes back for it.
  async ask(frame) {
    const id = `q${++this.#ids}`;
    this.say({ ...frame, id });
    return eventually(() => this.frames.find((answer) => answer.id === id), `an answer to ${JSON.stringify(frame)}`);
  }

  async subscribe(channel, more = {}) {
    const { type, data } = await this.ask({ type: 'subscribe', channels: [channel.id ?? channel], ...more });
    if (type !== 'subscribed') throw new Error(JSON.stringify(data));
    return data;
  }

  of(type) {
    return this.frames.filter((frame) => frame.type === type).map(({ data }) => data);
  }

  /// The first such event for which `wanted` holds, received already or soon.
  next(type, wanted = () => true, limitMs = 5_000) {
    return eventually(() => this.of(type).find(wanted), `a frame ${type}`, limitMs);
  }

  get contents() {
    return this.of('message').map(({ content }) => content);
  }

  hasClosed() {
    return eventually(() => this.closed, 'the close');
  }

  close() {
    this.socket.close();
  }
}
