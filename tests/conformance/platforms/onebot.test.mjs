// OneBot v11: clients that connect to the house, and a server that the house connects to, with what goes wrong on the way.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { eventually, pause } from '../support/cast.mjs';
import { ForwardServer, ReverseClient, textOf } from '../support/onebot.mjs';
import { eventsIn, startWithPlatforms } from '../support/platforms.mjs';
import { freePort } from '../support/server.mjs';

const token = 'a-token-of-onebot';
const port = await freePort();
const openPort = await freePort();
const server = await startWithPlatforms([
  { name: 'qq', type: 'aiocqhttp', settings: { ws_port: port, access_token: token } },
  { name: 'open', type: 'aiocqhttp', settings: { ws_port: openPort, command_prefix: '!' } },
]);

let accounts = 20000;
const connected = (options = {}) => ReverseClient.connected(port, { token, selfId: ++accounts, ...options });
const outcomes = async (...types) => (await eventsIn(server, ...types)).length;

describe('a message in a group', () => {
  it('is answered there, quoting it, and the answer is in the log', async () => {
    const client = await connected();
    const before = await outcomes('ReplySent');
    const id = client.say('/ping', { group: 42 });
    const action = await client.sees();
    assert.equal(action.action, 'send_group_msg');
    assert.equal(action.params.group_id, 42);
    assert.deepEqual(action.params.message[0], { type: 'reply', data: { id: String(id) } });
    assert.equal(textOf(action), 'Pong!');
    await eventually(async () => await outcomes('ReplySent') === before + 1, 'ReplySent');
  });

  it('is heard as segments and as CQ codes', async () => {
    const client = await connected();
    client.say([{ type: 'at', data: { qq: String(client.selfId) } }, { type: 'text', data: { text: ' /ping' } }], { group: 43 });
    assert.equal(textOf(await client.sees(1)), 'Pong!');
    client.say(`[CQ:at,qq=${client.selfId}] /ping`, { group: 43 });
    assert.equal(textOf(await client.sees(2)), 'Pong!');
  });

  it('goes to a model when it is to the bot', async () => {
    const client = await connected();
    client.say('nothing for the bot', { group: 44 });
    client.say(`[CQ:at,qq=${client.selfId}] are you there`, { group: 44 });
    assert.match(textOf(await client.sees()), /are you there/);
    await pause(100);
    assert.equal(client.actions.length, 1);
  });

  it('goes to a model when it answers what the bot said', async () => {
    const client = await connected();
    let said;
    client.answer = () => ({ status: 'ok', retcode: 0, data: { message_id: (said = 987654) } });
    client.say('/ping', { group: 45 });
    await client.sees(1);
    await eventually(async () => said, 'its answer');
    client.say([{ type: 'reply', data: { id: String(said) } }, { type: 'text', data: { text: 'and you?' } }], { group: 45 });
    assert.match(textOf(await client.sees(2)), /and you\?/);
  });

  it('is heard once, however often it comes', async () => {
    const client = await connected();
    const id = client.say('/ping', { group: 46 });
    await client.sees();
    client.say('/ping', { group: 46, id });
    client.say('/sid', { group: 46 });
    assert.match(textOf(await client.sees(2)), /group: 46/);
    assert.equal(client.actions.length, 2);
  });
});

describe('a private message', () => {
  it('is answered in private, and says who that is', async () => {
    const client = await connected();
    client.say('/sid', { user: 77 });
    const action = await client.sees();
    assert.equal(action.action, 'send_private_msg');
    assert.equal(action.params.user_id, 77);
    assert.match(textOf(action), /user: 77\n.*private_77/s);
  });

  it('is taken for a command by the prefix of its platform', async () => {
    const client = await ReverseClient.connected(openPort, { selfId: 5 });
    client.say('!ping');
    assert.equal(textOf(await client.sees()), 'Pong!');
    client.say('!help');
    assert.match(textOf(await client.sees(2)), /ping - .*\n/);
  });
});

describe('a client', () => {
  it('comes in by its token, wherever it has it', async () => {
    for (const options of [{ token }, { authorization: `Token ${token}` }, { path: `/?access_token=${token}` }, { token, path: '/onebot/v11/ws' }, { token, path: '/ws/' }]) {
      const client = new ReverseClient(port, { selfId: ++accounts, ...options });
      assert.equal(await client.connect(), 101, JSON.stringify(options));
      client.cut();
    }
  });

  it('does not come in by another', async () => {
    for (const options of [{}, { token: 'another' }, { token: `${token}x` }, { path: '/ws?access_token=' }])
      assert.equal(await new ReverseClient(port, options).connect(), 401, JSON.stringify(options));
    assert.equal(await new ReverseClient(port, { token, path: '/elsewhere' }).connect(), 404);
  });

  it('is no browser where there is no token', async () => {
    assert.equal(await new ReverseClient(openPort, { headers: { Origin: 'http://evil.example' } }).connect(), 403);
  });

  it('is answered by the account that was spoken to', async () => {
    const [one, two] = [await connected(), await connected()];
    two.say('/ping', { group: 50 });
    await two.sees();
    one.say('/ping', { group: 50 });
    await one.sees();
    assert.equal(two.actions.length, 1);
  });

  it('may have one connection for events and one for actions', async () => {
    const selfId = ++accounts;
    const events = await connected({ selfId, role: 'Event', path: '/ws/event' });
    const api = await connected({ selfId, role: 'API', path: '/ws/api' });
    events.say('/ping', { group: 51 });
    assert.equal(textOf(await api.sees()), 'Pong!');
    assert.equal(events.actions.length, 0);
  });

  it('that is slow holds nobody up, and gets its answer once', async () => {
    const [slow, quick] = [await connected(), await connected()];
    const before = await outcomes('ReplySent');
    slow.answer = () => undefined;
    slow.say('/ping', { group: 54 });
    const { echo } = await slow.sees();
    quick.say('/ping', { group: 55 });
    await quick.sees();
    await eventually(async () => await outcomes('ReplySent') === before + 1, 'the quick one');
    await pause(1200);
    slow.socket.send(JSON.stringify({ status: 'ok', retcode: 0, data: { message_id: 1 }, echo }));
    await eventually(async () => await outcomes('ReplySent') === before + 2, 'the slow one');
    assert.equal(slow.actions.length, 1);
  });

  it('does not speak for another account', async () => {
    const [client, other] = [await connected(), await connected()];
    client.event({ self_id: other.selfId, post_type: 'message', message_type: 'private', message_id: 1, user_id: 7, message: '/ping' });
    client.say('/sid');
    assert.match(textOf(await client.sees()), /user: 7/);
    assert.equal(other.actions.length, 0);
  });

  it('that refuses an answer has it failed, with its own words', async () => {
    const client = await connected();
    client.answer = () => ({ status: 'failed', retcode: 1200, data: null, wording: 'you are muted' });
    client.say('/ping', { group: 52 });
    await client.sees();
    await eventually(async () => JSON.stringify(await eventsIn(server, 'ReplyFailed')).includes('you are muted'), 'ReplyFailed');
  });

  it('that sends nonsense is not listened to there, and otherwise goes on', async () => {
    const client = await connected();
    for (const frame of ['', '{', '[]', 'null', '{"post_type":"message"}', '['.repeat(10_000), Buffer.from([0xff, 0xfe, 0x00])]) client.socket.send(frame);
    client.event({ post_type: 'notice', notice_type: 'group_increase', user_id: 1, group_id: 1 });
    client.event({ post_type: 'message', message_type: 'group', message: [{ type: 7, data: [] }, 5, null], user_id: 1, group_id: 1 });
    client.say('/ping', { group: 53 });
    assert.equal(textOf(await client.sees()), 'Pong!');
  });

  it('that sends too much at once is closed with 1009', async () => {
    const client = await connected();
    client.socket.send('x'.repeat((1 << 20) + 1));
    assert.equal(await client.closed, 1009);
  });

  it('that misses its own heartbeats is closed', async () => {
    const client = await connected();
    client.heartbeat(100);
    assert.equal(await client.closed, 1000);
  });
});

describe('a client that connects again', () => {
  it('is not disturbed by the end of its old connection', async () => {
    const selfId = ++accounts;
    const old = await connected({ selfId });
    const young = await connected({ selfId });
    assert.equal(await old.closed, 1000);
    young.say('/ping', { group: 60 });
    assert.equal(textOf(await young.sees(1)), 'Pong!');
    old.cut();
    await pause(100);
    young.say('/ping', { group: 60 });
    await young.sees(2);
  });

  it('gets the answer that was on its way when it was cut', async () => {
    const client = await connected();
    client.answer = () => { client.cut(); };
    client.say('/ping', { group: 61 });
    await client.closed;
    const again = await connected({ selfId: client.selfId });
    assert.equal(textOf(await again.sees()), 'Pong!');
  });

  it('as often and as fast as it can is still served', async () => {
    const selfId = ++accounts;
    const storm = await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      const client = new ReverseClient(port, { token, selfId });
      await client.connect();
      if (i % 2) client.cut();
      return client;
    }));
    const client = await connected({ selfId });
    client.say('/ping', { group: 62 });
    assert.equal(textOf(await client.sees()), 'Pong!');
    storm.forEach((one) => one.cut());
  });
});

describe('a server that ends before an answer is sent', () => {
  it('sends it after its next start', async () => {
    const client = await connected();
    client.answer = () => undefined;
    client.say('/ping', { group: 70 });
    await client.sees();
    await server.crash();
    await server.start();
    const again = await connected({ selfId: client.selfId });
    assert.equal(textOf(await again.sees()), 'Pong!');
    await eventually(async () => (await eventsIn(server, 'ReplySent')).length > 0, 'ReplySent');
  });
});

describe('a OneBot server that the house connects to', () => {
  it('gets the token, is heard and answered, and is connected to again after a cut', async () => {
    const peer = await new ForwardServer().start();
    const house = await startWithPlatforms([{ name: 'forward', type: 'aiocqhttp', settings: { ws_url: `ws://127.0.0.1:${peer.port}/onebot?x=1`, access_token: token } }]);
    await peer.connected();
    assert.equal(peer.handshakes[0].authorization, `Bearer ${token}`);
    peer.say('/ping', { group: 80 });
    assert.equal(textOf(await peer.sees(1)), 'Pong!');
    peer.refuses = true;
    peer.socket.terminate();
    await eventually(() => peer.handshakes.length > 2, 'two more attempts');
    peer.refuses = false;
    await peer.connected();
    peer.say('/ping', { group: 80 });
    assert.equal(textOf(await peer.sees(2)), 'Pong!');
    await house.stop();
  });

  it('is left when it sends too much at once, and connected to again', async () => {
    const peer = await new ForwardServer().start();
    const house = await startWithPlatforms([{ name: 'forward', type: 'aiocqhttp', settings: { ws_url: `ws://127.0.0.1:${peer.port}` } }]);
    await peer.connected();
    peer.socket.send('x'.repeat((16 << 20) + 1));
    await eventually(() => peer.handshakes.length === 2, 'another connection');
    await peer.connected();
    peer.say('/ping');
    assert.equal(textOf(await peer.sees()), 'Pong!');
    await house.stop();
  });

  it('is trusted over TLS when its certificate is, and not otherwise', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'troupe-certificate-'));
    after(() => rmSync(folder, { recursive: true }));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'], { stdio: 'ignore' });
    const peer = await new ForwardServer().start(0, { key: readFileSync(key), cert: readFileSync(cert) });
    const withUrl = (host) => [{ name: 'tls', type: 'aiocqhttp', settings: { ws_url: `wss://${host}:${peer.port}/` } }];
    const trusting = { environment: { SSL_CERT_FILE: cert } };
    const doubting = await startWithPlatforms(withUrl('localhost'));
    await eventually(() => /certificate verify failed/.test(doubting.output), 'the refusal');
    await doubting.stop();
    const mistaken = await startWithPlatforms(withUrl('127.0.0.1'), trusting);
    await eventually(() => /certificate verify failed/.test(mistaken.output), 'the refusal of another name');
    await mistaken.stop();
    assert.equal(peer.handshakes.length, 0);
    const house = await startWithPlatforms(withUrl('localhost'), trusting);
    await peer.connected();
    peer.say('/ping');
    assert.equal(textOf(await peer.sees()), 'Pong!');
    await house.stop();
  });

  it('may begin later than the house', async () => {
    const late = await freePort();
    const house = await startWithPlatforms([{ name: 'late', type: 'aiocqhttp', settings: { ws_url: `ws://127.0.0.1:${late}` } }]);
    await pause(200);
    const peer = await new ForwardServer().start(late);
    await peer.connected();
    peer.say('/ping');
    assert.equal(textOf(await peer.sees()), 'Pong!');
    await house.stop();
  });
});
