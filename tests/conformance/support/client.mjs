// HTTP as a program would speak it: JSON bodies, a cookie jar, one connection a request (so that a restart of the
// server leaves no stale one behind), and paths sent exactly as written.

import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';

const answerTimeoutMs = 30_000;

export class Client {
  cookies = new Map();

  constructor(server, headers = {}) {
    this.server = server;
    this.headers = headers;
  }

  get cookieHeader() {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /// A second client with the same login.
  clone() {
    const copy = new Client(this.server, this.headers);
    copy.cookies = new Map(this.cookies);
    return copy;
  }

  #remember(setCookies) {
    for (const line of setCookies) {
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line);
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  /// A string or Buffer body goes out as it is, anything else as JSON. Answers {status, headers, text, body}; `body` is
  /// the parsed JSON, undefined where the answer is none.
  send(method, path, body, headers = {}) {
    const raw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
    const content = raw ? body : JSON.stringify(body);
    const allHeaders = { ...this.headers, ...headers };
    if (content !== undefined) {
      allHeaders['Content-Type'] ??= 'application/json';
      allHeaders['Content-Length'] = Buffer.byteLength(content);
    }
    if (this.cookies.size > 0) allHeaders.Cookie = this.cookieHeader;
    return new Promise((resolve, reject) => {
      const { port } = this.server;
      const call = httpRequest({ host: '127.0.0.1', port, method, path, headers: allHeaders, agent: false }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          this.#remember(response.headers['set-cookie'] ?? []);
          const text = Buffer.concat(chunks).toString();
          const json = /^application\/json\b/.test(response.headers['content-type'] ?? '');
          resolve({ status: response.statusCode, headers: response.headers, text, body: json && text ? JSON.parse(text) : undefined });
        });
      });
      call.setTimeout(answerTimeoutMs, () => call.destroy(new Error(`${method} ${path}: no answer`)));
      call.on('error', reject);
      call.end(content);
    });
  }

  get(path, headers) {
    return this.send('GET', path, undefined, headers);
  }

  post(path, body = {}, headers) {
    return this.send('POST', path, body, headers);
  }

  put(path, body = {}, headers) {
    return this.send('PUT', path, body, headers);
  }

  delete(path, headers) {
    return this.send('DELETE', path, undefined, headers);
  }
}

/// The body of a successful answer.
export async function succeeds(answer) {
  const { status, body, text } = await answer;
  assert.equal(status, 200, text);
  return body;
}

/// Checks status and error envelope; `expected` may name the exact error text and the field at fault.
export async function refuses(answer, status, expected = {}) {
  const { status: actual, body, text } = await answer;
  assert.equal(actual, status, text);
  assert.equal(typeof body?.error, 'string', `an error text in ${text}`);
  assert.ok(body.error.length > 0 && body.error.length < 500, `a short error text in ${text}`);
  assert.equal(typeof body.request_id, 'string', `a request id in ${text}`);
  for (const key of Object.keys(body)) assert.ok(['error', 'request_id', 'field'].includes(key), `unexpected ${key} in ${text}`);
  if (expected.error !== undefined) assert.equal(body.error, expected.error);
  if (expected.field !== undefined) assert.equal(body.field, expected.field, text);
  return body;
}

const answeredSilenceMs = 250;

/// Sends bytes on a bare connection and answers all that comes back until the server closes or falls silent.
export function sendRaw(server, bytes, { silenceMs = 1_000, limitMs = 10_000 } = {}) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    const socket = connect(server.port, '127.0.0.1');
    const done = () => {
      clearTimeout(limit);
      socket.destroy();
      resolve(Buffer.concat(chunks).toString('latin1'));
    };
    const limit = setTimeout(done, limitMs);
    socket.setTimeout(silenceMs, done);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      socket.setTimeout(answeredSilenceMs);
    });
    socket.on('close', done);
    // A reset is a way of closing; a refused connection is not.
    socket.on('error', (error) => (error.code === 'ECONNREFUSED' ? reject(error) : done()));
    for (const part of [bytes].flat()) socket.write(part);
  });
}

/// The status code of the first answer in raw bytes, or undefined when the server closed without one.
export function statusOf(raw) {
  const match = /^HTTP\/1\.[01] (\d{3}) /.exec(raw);
  return match ? Number(match[1]) : undefined;
}
