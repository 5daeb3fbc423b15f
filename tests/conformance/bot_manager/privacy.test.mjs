import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { open, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { acknowledge, eventually, logIn, logInAdmin, newBot, password, sendCommand } from '../support/cast.mjs';
import { chatLogIn, say } from '../support/chat.mjs';
import { Client, refuses, succeeds } from '../support/client.mjs';
import { binary, startServerOf } from '../support/server.mjs';

const server = await startServerOf(['bot_manager', 'chat_v1', 'plexichat']);
const run = promisify(execFile);
const troupe = async (...args) => (await run(binary, [...args, '--data', server.dataFolder])).stdout;

/// Every place in which a person can leave a text, each with a text of its own. Answers them all.
async function live(name) {
  const texts = [];
  const text = (where) => texts[texts.push(`${name}-${where}`) - 1];
  const username = text('username');
  const email = `${text('mail')}@example.test`;
  await succeeds(new Client(server).post('/api/auth/register', { username, email, password, fullname: text('fullname') }));
  const person = await logIn(server, username);
  await succeeds(person.post('/api/auth/update-profile', {
    fullname: text('new-fullname'), phone: text('phone'), birthday: text('birthday'), gender: text('gender') }));
  const bot = await newBot(person, text('bot'), { m: text('metadata') });
  await succeeds(person.put(`/api/bot/${bot.id}/settings`, { s: text('settings') }));
  await succeeds(bot.client.post(`/api/bot/${bot.id}/sync`, { friends: [text('friend')] }));
  await succeeds(bot.client.post(`/api/bot/${bot.id}/logs`, [{ message: text('log'), metadata: { m: text('log-metadata') } }, { message: text('log-2') }]));
  await succeeds(bot.client.post(`/api/bot/${bot.id}/messages`, { message: text('message'), author_id: text('author'), author_name: text('author-name') }));
  const command = await sendCommand(person, bot.id, 'greet', { p: text('payload') });
  await succeeds(acknowledge(bot.client, command.id, 'completed', { r: text('result') }));
  const chat = await chatLogIn(server, username);
  await succeeds(chat.put('/api/v1/users/me', { avatar_url: `/${text('avatar')}`, preferences: { colour: text('preference') } }));
  assert.equal((await chat.post('/api/v1/auth/api-keys', { name: text('api-key'), permissions: ['read'] })).status, 201);
  const { body: channel } = await chat.post('/api/v1/channels', { name: `${name}s` });
  assert.equal((await chat.post('/api/v1/messages', { channel_id: channel.id, content: text('channel-message') })).status, 201);
  const { session_id: session } = await say(chat, text('question'), { system_prompt: text('prompt') });
  return { username, email, person, bot, chat, session, texts, id: person.user.id };
}

/// Which of the texts stand anywhere in the data folder. The write-ahead log is not compressed, and holds all that was
/// written since the start.
async function onDisk(texts) {
  const found = new Set();
  for (const entry of await readdir(server.dataFolder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = await readFile(join(entry.parentPath ?? entry.path, entry.name)).catch(() => Buffer.alloc(0));
    for (const text of texts) if (bytes.includes(text)) found.add(text);
  }
  return [...found];
}

async function keyOf(account) {
  const file = await open(join(server.dataFolder, 'personal-keys'));
  const { buffer, bytesRead } = await file.read(Buffer.alloc(32), 0, 32, account * 32);
  await file.close();
  assert.equal(bytesRead, 32);
  return buffer;
}
const isGone = (key) => key.every((byte) => byte === 0);

async function seesAll(of) {
  const me = await succeeds((await logIn(server, of.username)).get('/api/auth/me'));
  assert.equal(me.user.fullname, `${of.texts[0].split('-')[0]}-new-fullname`);
  await logIn(server, of.email);
  const { logs } = await succeeds(of.person.get('/api/logs'));
  assert.equal(logs.length, 3);
  const [question] = await succeeds((await chatLogIn(server, of.username)).get(`/api/v1/chat/sessions/${of.session}/messages`));
  assert.equal(question.content, of.texts.find((text) => text.endsWith('-question')));
}

const admin = await logInAdmin(server);
const totals = () => succeeds(admin.get('/api/stats/overview'));

describe('what is personal', () => {
  let quokka, numbat;

  it('never lies plain in any file', async () => {
    quokka = await live('quokka');
    numbat = await live('numbat');
    const everything = [...quokka.texts, ...numbat.texts];
    assert.deepEqual(await onDisk(['CommandQueued']), ['CommandQueued'], 'or this looks at nothing');
    assert.deepEqual(await onDisk(everything), []);
    await server.stop();
    assert.deepEqual(await onDisk(everything), []);
    await server.start();
    await seesAll(quokka);
    await seesAll(numbat);
  });

  it('is gone with the account, and the statistics stay right', async () => {
    const before = await totals();
    assert.ok(!isGone(await keyOf(quokka.id)));
    await refuses(quokka.person.post('/api/auth/delete-account', { password: 'wrong horse' }), 401);
    await succeeds(quokka.person.post('/api/auth/delete-account', { password }));
    assert.ok(isGone(await keyOf(quokka.id)));
    const after = await totals();
    assert.deepEqual(after, { ...before, total_users: before.total_users - 1, total_bots: before.total_bots - 1 });
    await refuses(quokka.person.get('/api/auth/me'), 401);
    await refuses(quokka.bot.client.post(`/api/bot/${quokka.bot.id}/logs`, { message: 'late' }), 401);
    assert.equal((await quokka.chat.get('/api/v1/chat/sessions')).status, 401);
    for (const path of ['/api/users', '/api/logs?limit=1000', '/api/messages?limit=1000', '/api/commands', '/api/admin/bots', '/api/export/logs'])
      assert.doesNotMatch((await admin.get(path)).text, /quokka-/, path);
    await seesAll(numbat);
  });

  it('is gone from exports, and a rebuild comes out the same', async () => {
    const before = await totals();
    await server.stop();
    for (const what of ['events', 'logs', 'messages', 'commands']) {
      const exported = await troupe('export', what);
      assert.doesNotMatch(exported, /quokka-/, what);
      assert.match(exported, /numbat-/, what);
    }
    await run(binary, ['rebuild', '--data', server.dataFolder]);
    assert.deepEqual(await onDisk([...quokka.texts, ...numbat.texts]), []);
    await server.start();
    assert.deepEqual({ ...await totals(), connected_clients: 0 }, { ...before, connected_clients: 0 });
    await seesAll(numbat);
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
  });

  it('frees its name and e-mail', async () => {
    await succeeds(new Client(server).post('/api/auth/register', { username: quokka.username, email: quokka.email, password }));
    assert.notEqual((await logIn(server, quokka.username)).user.id, quokka.id);
  });

  it('goes also when an administrator erases the account on the command line', async () => {
    await server.stop();
    await troupe('user', 'erase', numbat.email);
    assert.ok(isGone(await keyOf(numbat.id)));
    await server.start();
    await refuses(new Client(server).post('/api/auth/login', { username: numbat.username, password }), 401);
    await refuses(numbat.person.get('/api/auth/me'), 401);
  });
});

describe('an erasure that kill -9 interrupts', () => {
  it('is finished at the next start', async () => {
    const bilby = await live('bilby');
    // Enough bots that the end comes between the account's and the key's.
    for (let i = 0; i < 40; ++i) await newBot(bilby.person);
    const gone = bilby.person.post('/api/auth/delete-account', { password }).catch(() => undefined);
    await eventually(async () => (await admin.get(`/api/users/${bilby.id}`)).status === 404, 'the first step');
    await server.crash();
    await gone;
    await server.start();
    await eventually(async () => isGone(await keyOf(bilby.id)), 'the end of the key');
    assert.deepEqual(await onDisk(bilby.texts), []);
    assert.equal((await succeeds((await logInAdmin(server)).get('/api/admin/bots'))).bots.filter(({ owner_id: owner }) => owner === bilby.id).length, 0);
  });
});
