// People of the PlexiChat API, and its refusals.

import assert from 'node:assert/strict';
import { password } from './cast.mjs';
import { Client } from './client.mjs';

export const plexi = ['plexichat', 'chat_v1'];
const auth = '/api/v1/auth';
let people = 0;

/// The body of an answer with this status.
export async function answers(answer, status = 200) {
  const { status: actual, body, text } = await answer;
  assert.equal(actual, status, text);
  return body;
}

/// A client that shows this access token or API key.
export const bearer = (server, token) => new Client(server, { Authorization: `Bearer ${token}` });

/// A client with a new access token; `client.tokens` is the login's answer.
export async function plexiLogIn(server, username, secret = password, more = {}) {
  const tokens = await answers(new Client(server).post(`${auth}/login`, { username, password: secret, ...more }));
  return Object.assign(bearer(server, tokens.access_token), { tokens });
}

export const logInPlexiAdmin = (server) => plexiLogIn(server, 'admin', 'admin123');

/// A new account, logged in; `client.user` is its profile.
export async function newPlexiUser(server, prefix = 'plexi') {
  const username = `${prefix}${process.pid}x${++people}`;
  await answers(new Client(server).post(`${auth}/register`, { username, email: `${username}@example.test`, password }));
  const client = await plexiLogIn(server, username);
  return Object.assign(client, { user: await answers(client.get('/api/v1/users/me')) });
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/// Checks status, code and the whole envelope; `field` is the one that `details` must name.
export async function refusesPlexi(answer, status, code, field) {
  const { status: actual, body, text, headers } = await answer;
  assert.equal(actual, status, text);
  assert.deepEqual(Object.keys(body), ['error'], text);
  const { error } = body;
  assert.deepEqual(Object.keys(error), ['code', 'message', 'details', 'request_id', 'timestamp'], text);
  assert.equal(error.code, code, text);
  assert.ok(error.message.length > 0 && error.message.length < 300, text);
  assert.match(error.timestamp, isoTime);
  assert.equal(error.request_id, headers['x-request-id']);
  if (field !== undefined) assert.deepEqual(error.details, { field, reason: error.message }, text);
  return error;
}
