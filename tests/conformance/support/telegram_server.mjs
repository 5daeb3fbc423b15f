// Telegram's Bot API as far as a polling bot meets it: updates are held until they are confirmed by a higher offset.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { after } from 'node:test';
import { eventually } from './cast.mjs';

export class TelegramServer {
  /// Requests: { method, body }.
  requests = [];
  /// Bodies of sendMessage.
  sent = [];
  /// Of updates that no offset has confirmed.
  updates = [];
  /// What goes wrong, by method, the next first: { status, body, headers }, 'cut' (in the middle), 'slow' (never answered),
  /// 'garbage', or 'huge'.
  faults = {};
  #lastUpdate = 100;
  #lastMessage = 500;
  #polls = [];

  constructor(token, username = 'TroupeBot') {
    this.token = token;
    this.me = { id: 99, is_bot: true, first_name: 'Troupe', username };
  }

  async start(port = 0) {
    this.server = createServer((request, response) => this.#serve(request, response));
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    after(() => this.stop());
    return this;
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }

  async #serve(request, response) {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const answer = (status, body, headers = {}) => {
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    };
    const [, token, method] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url) ?? [];
    const body = JSON.parse(text || '{}');
    this.requests.push({ method, body });
    if (token !== this.token) return answer(401, { ok: false, error_code: 401, description: 'Unauthorized' });
    const fault = this.faults[method]?.shift();
    if (fault === 'slow') return;
    if (fault === 'garbage') return answer(200, 'no answer of an API');
    if (fault === 'huge') return answer(200, { ok: true, result: 'x'.repeat((4 << 20) + 1) });
    if (fault === 'cut') {
      response.writeHead(200, { 'Content-Length': 1000 });
      response.write('{"ok":true,');
      setTimeout(() => response.destroy(), 20);
      return;
    }
    if (fault) return answer(fault.status, fault.body ?? { ok: false, error_code: fault.status, description: fault.description ?? 'no' }, fault.headers);
    if (method === 'getMe') return answer(200, { ok: true, result: this.me });
    if (method === 'sendMessage') {
      this.sent.push(body);
      return answer(200, { ok: true, result: { message_id: ++this.#lastMessage } });
    }
    if (method !== 'getUpdates') return answer(404, { ok: false, error_code: 404, description: 'Not Found' });
    this.updates = this.updates.filter(({ update_id: id }) => id >= body.offset);
    const poll = { response, reply: () => answer(200, { ok: true, result: this.updates.slice(0, body.limit) }) };
    if (this.updates.length > 0) return poll.reply();
    this.#polls.push(poll);
    setTimeout(() => this.#reply(poll), Math.min(body.timeout, 5) * 1000);
  }

  #reply(poll) {
    const at = this.#polls.indexOf(poll);
    if (at < 0) return;
    this.#polls.splice(at, 1);
    poll.reply();
  }

  /// Somebody writes. Answers the update's id.
  say(text, { user = 7, group, extra = {} } = {}) {
    const chat = group ? { id: group, type: 'supergroup', title: 'Engines' } : { id: user, type: 'private' };
    const from = { id: user, is_bot: false, first_name: 'Ada' };
    const update = { update_id: ++this.#lastUpdate, message: { message_id: ++this.#lastMessage, from, chat, date: 1, text, ...extra } };
    this.updates.push(update);
    for (const poll of [...this.#polls]) this.#reply(poll);
    return update.update_id;
  }

  sees(count = 1) {
    return eventually(() => this.sent[count - 1], `message ${count}`);
  }

  confirmed(update) {
    return eventually(() => this.updates.every(({ update_id: id }) => id > update), `the confirmation of ${update}`);
  }
}
