// People of the PlexiChat API, its refusals, and an authenticator of its own (RFC 6238), which knows nothing of the
// server's.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
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
export const withKey = (server, key) => new Client(server, { 'X-API-Key': key });

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

/// A new account with this role, logged in.
export async function newPlexiUserWithRole(server, admin, role) {
  const person = await newPlexiUser(server, role);
  await answers(admin.put(`/api/v1/users/${person.user.id}`, { roles: [role] }));
  return person;
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
  if (status === 401) assert.equal(headers['www-authenticate'], 'Bearer');
  if (field !== undefined) assert.deepEqual(error.details, { field, reason: error.message }, text);
  return error;
}

/// Creates an API key and answers it whole.
export const newKey = (person, permissions = ['read', 'write'], more = {}) =>
  answers(person.post(`${auth}/api-keys`, { name: 'script', permissions, ...more }), 201);

function base32(text) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...text].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/// The code of a time step; step 0 is now's. RFC 4226, section 5.3, over RFC 6238's counter.
export function totp(secret, steps = 0) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const digest = createHmac('sha1', base32(secret)).update(counter).digest();
  const offset = digest[19] & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/// Six digits that are none of the codes that may be good now.
export function wrongCode(secret) {
  const good = new Set([-2, -1, 0, 1, 2].map((steps) => totp(secret, steps)));
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !good.has(code));
}

/// Turns multi-factor authentication on, with the code of the step before this one: now's and the next one's are still
/// good afterwards. Answers the secret and the backup codes.
export async function enrol(person, secretWord = password) {
  const { secret } = await answers(person.post(`${auth}/mfa/setup`, { password: secretWord }));
  const { backup_codes: backupCodes } = await answers(person.post(`${auth}/mfa/confirm`, { mfa_code: totp(secret, -1) }));
  return { secret, backupCodes };
}

/// The temporary token of a login that lacks its code.
export async function halfLogIn(server, username, more = {}) {
  const { status, body, text } = await new Client(server).post(`${auth}/login`, { username, password, ...more });
  assert.equal(status, 401, text);
  return body.temp_token;
}
