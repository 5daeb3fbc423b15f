// People of the ChatAI API and its envelope. Accounts are made through the chat_v1 API on the same listener.

import assert from 'node:assert/strict';
import { password } from './cast.mjs';
import { newChatUser } from './chat.mjs';
import { Client } from './client.mjs';

export const surfaces = ['chatai', 'chat_v1'];

/// The `data` of a good answer.
export async function data(answer, status = 200) {
  const { status: actual, body, text } = await answer;
  assert.equal(actual, status, text);
  assert.equal(body.success, true, text);
  assert.ok('data' in body, text);
  return body.data;
}

/// Checks status, code and the whole envelope of a refusal.
export async function refusesChatAi(answer, status, code, field) {
  const { status: actual, body, text, headers } = await answer;
  assert.equal(actual, status, text);
  assert.equal(body.success, false, text);
  assert.ok(body.error.length > 0 && body.error.length < 300, text);
  assert.match(body.code, /^[A-Z_]+$/, text);
  if (code !== undefined) assert.equal(body.code, code, text);
  for (const key of Object.keys(body)) assert.ok(['success', 'error', 'code', 'field', 'errors'].includes(key), `unexpected ${key} in ${text}`);
  if (field !== undefined) assert.equal(body.field, field, text);
  if (status === 401) assert.equal(headers['www-authenticate'], 'Bearer');
  return body;
}

export const withToken = (server, token) => Object.assign(new Client(server, { Authorization: `Bearer ${token}` }), { token });

export async function chatAiLogIn(server, username, secret = password) {
  const { token } = await data(new Client(server).post('/api/auth/login', { username, password: secret }));
  return withToken(server, token);
}

export const chatAiAdmin = (server) => chatAiLogIn(server, 'admin', 'admin123');

/// A new account, logged in.
export async function newChatAiUser(server) {
  const { user } = await newChatUser(server);
  return Object.assign(await chatAiLogIn(server, user.username), { user });
}

/// The token of a new login link; no server may be using the data folder.
export async function newLoginLink(server, ...args) {
  const link = (await server.command('login-link', ...args)).trim();
  const match = /^http:\/\/localhost:3000\/login\/token\?token=([A-Za-z0-9_-]{43})$/.exec(link);
  assert.ok(match, link);
  return match[1];
}

/// The events of a stream: what stands behind `data:` in each, as JSON.
export const eventsIn = (text) => text.split('\n\n').filter((block) => block.includes('data:'))
  .map((block) => JSON.parse(block.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5)).join('\n')));
