// People and programs of the OpenAI-compatible API: the npm package `openai`, and plain requests.

import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { chatLogIn, newChatUser } from './chat.mjs';

/// The official client with an API key or an access token. It tries nothing twice, so that a test sees each refusal.
export const openAi = (server, apiKey) => new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 });

/// A new account with the official client as `ai`.
export async function newOpenAiUser(server) {
  const user = await newChatUser(server);
  return Object.assign(user, { ai: openAi(server, user.token) });
}

export const chatAdmin = (server) => chatLogIn(server, 'admin', 'admin123');

/// Checks status and OpenAI's error envelope.
export async function refusesOpenAi(answer, status, { code = null, param = null } = {}) {
  const { status: actual, body, text } = await answer;
  assert.equal(actual, status, text);
  assert.deepEqual(Object.keys(body), ['error'], text);
  assert.deepEqual(Object.keys(body.error), ['message', 'type', 'param', 'code'], text);
  assert.equal(typeof body.error.message, 'string', text);
  assert.equal(typeof body.error.type, 'string', text);
  assert.equal(body.error.code, code, text);
  assert.equal(body.error.param, param, text);
  return body.error;
}

/// The status and code with which the official client's promise is refused.
export const refusal = (promise) => promise.then(
  () => assert.fail('it was not refused'),
  ({ status, code, param, message }) => ({ status, code, param, message }));
