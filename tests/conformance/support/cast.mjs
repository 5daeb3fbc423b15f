// The people and bots a test needs.

import { Client, succeeds } from './client.mjs';

export const password = 'correct horse battery';
let people = 0;

export async function logIn(server, username, secret = password) {
  const client = new Client(server);
  const { user } = await succeeds(client.post('/api/auth/login', { username, password: secret }));
  client.user = user;
  return client;
}

/// A new account, logged in.
export async function newUser(server, prefix = 'user') {
  const username = `${prefix}${process.pid}x${++people}`;
  const email = `${username}@example.test`;
  await succeeds(new Client(server).post('/api/auth/register', { username, email, password, fullname: `Person ${people}` }));
  return logIn(server, username);
}

export const logInAdmin = (server) => logIn(server, 'admin', 'admin123');

/// A new bot of `owner`: its id, its token, and `client`, which speaks with that token.
export async function newBot(owner, name = 'Bot', metadata = {}) {
  const { bot_id: id, token } = await succeeds(owner.post('/api/my-bots', { name, metadata }));
  return { id, token, client: new Client(owner.server, { 'X-Bot-Token': token }) };
}

export const sendCommand = async (who, botId, type = 'ping', payload = {}) =>
  (await succeeds(who.post(`/api/bot/${botId}/send-command`, { type, payload }))).command;

export const pollCommands = async (who, botId, query = '') =>
  (await succeeds(who.get(`/api/bot/${botId}/commands${query}`))).commands;

export const acknowledge = (who, commandId, status = 'completed', result = {}) =>
  who.post(`/api/commands/${commandId}/ack`, { status, result });

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/// The first truthy answer of `probe`, asked every 20 ms; fails after `limitMs`.
export async function eventually(probe, what, limitMs = 5_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await pause(20);
  }
}
