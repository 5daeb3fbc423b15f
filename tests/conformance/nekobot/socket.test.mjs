import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { eventually } from '../support/cast.mjs';
import { Client } from '../support/client.mjs';
import { closeNekoSockets, dataOf, neko, nekoLogIn, NekoSocket, newNekoUser, succeedsNeko } from '../support/neko.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(neko, '--no-rate-limit', '--log-requests');
const admin = await nekoLogIn(server);
after(closeNekoSockets);
let made = 0;
const happen = () => dataOf(admin.post('/api/personalities', { name: `happening ${++made}`, prompt: 'A secret prompt.' }));

describe('/ws', () => {
  it('tells what happens, and nothing of its content', async () => {
    const socket = await NekoSocket.open(server, { token: admin.token });
    const answer = await socket.subscribe(['events']);
    assert.deepEqual(answer, { status: 'success', action: 'subscribe', channels: ['events'], id: answer.id });
    const { id } = await happen();
    const event = await socket.sees('events', ({ stream }) => stream === `personality/${id}`);
    assert.equal(event.type, 'PersonalityAdded');
    assert.equal(event.category, 'personality');
    assert.match(event.caused_by, /^account\/\d+$/);
    assert.ok(Date.parse(event.timestamp) > 0);
    assert.deepEqual(Object.keys(event), ['position', 'type', 'category', 'stream', 'timestamp', 'caused_by', 'request_id']);
    assert.doesNotMatch(JSON.stringify(socket.frames), /secret prompt|happening/);
  });

  it('tells the log as it is written', async () => {
    const socket = await NekoSocket.open(server);
    await socket.subscribe(['logs', 'events']);
    await admin.get('/api/user-info');
    const line = await socket.sees('logs', ({ message }) => /route=\/api\/user-info/.test(message));
    assert.deepEqual(Object.keys(line), ['id', 'timestamp', 'level', 'message', 'logger_name']);
    assert.equal(line.level, 'INFO');
    const ids = socket.on('logs').map(({ id }) => id);
    assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
    assert.equal(new Set(ids).size, ids.length);
  });

  it('tells what was before when it is asked to, without a gap and nothing twice', async () => {
    for (let i = 0; i < 5; ++i) await happen();
    const socket = await NekoSocket.open(server);
    await socket.subscribe(['events', 'logs'], { last: 3 });
    await eventually(() => socket.on('events').length === 3 && socket.on('logs').length === 3, 'what was before');
    await happen();
    await eventually(() => socket.on('events').length === 4, 'the next event');
    const positions = socket.on('events').map(({ position }) => position);
    assert.deepEqual(positions, positions.map((_, i) => positions[0] + i));
  });

  it('remembers what was before over a crash', async () => {
    const { id } = await happen();
    await server.crash();
    await server.start();
    const socket = await NekoSocket.open(server);
    await socket.subscribe(['events'], { last: 500 });
    await socket.sees('events', ({ stream }) => stream === `personality/${id}`);
  });

  it('is quiet after unsubscribe', async () => {
    const socket = await NekoSocket.open(server);
    await socket.subscribe(['logs', 'events']);
    const { channels } = await socket.ask({ action: 'unsubscribe', channels: ['logs'] });
    assert.deepEqual(channels, ['events']);
    const before = socket.on('logs').length;
    await happen();
    await socket.sees('events', () => true);
    assert.equal((await socket.ask({ action: 'ping' })).action, 'pong');
    assert.equal(socket.on('logs').length, before);
  });

  it('answers what it does not understand with an error, and closes after ten of them', async () => {
    const socket = await NekoSocket.open(server);
    const wrong = [
      [{ action: 'dance' }, 'action'], [{ action: 'subscribe' }, 'channels'], [{ action: 'subscribe', channels: ['secrets'] }, 'channels'],
      [{ action: 'subscribe', channels: [] }, 'channels'], [{ action: 'subscribe', channels: ['logs'], last: 501 }, 'last'],
      [{ action: 'subscribe', channels: ['logs'], last: -1 }, 'last'],
    ];
    for (const [frame, field] of wrong) {
      const answer = await socket.ask(frame);
      assert.equal(answer.status, 'error');
      assert.equal(answer.field, field);
    }
    assert.equal((await socket.ask({ action: 'ping' })).status, 'success');
    for (let i = 0; i < 5; ++i) socket.send('{');
    for (let i = 0; i < 5; ++i) socket.send(Buffer.from([1, 2, 3]));
    assert.equal(await eventually(() => socket.closed, 'the close'), 1008);
  });

  it('closes on a frame that is too large', async () => {
    const socket = await NekoSocket.open(server);
    socket.send({ action: 'ping', id: 'x'.repeat(5_000) });
    assert.equal(await eventually(() => socket.closed, 'the close'), 1009);
  });

  it('is for administrators, and for programs on this machine', async () => {
    const again = await nekoLogIn(server);
    const user = await newNekoUser(server);
    assert.equal(await NekoSocket.refused(server, { token: again.token }), 101);
    assert.equal(await NekoSocket.refused(server, { headers: { Authorization: `Bearer ${again.token}` } }), 101);
    assert.equal(await NekoSocket.refused(server, { token: user.token }), 403);
    assert.equal(await NekoSocket.refused(server, { token: 'nonsense' }), 401);
    assert.equal(await NekoSocket.refused(server, { headers: { 'X-Forwarded-For': '203.0.113.7' } }), 401);
    assert.equal(await NekoSocket.refused(server, { headers: { Origin: 'https://evil.example' } }), 401);
    assert.equal((await new Client(server).get('/ws')).status, 426);
  });

  it('takes a token as a subprotocol, as a page can send it, and gives another back', async () => {
    const again = await nekoLogIn(server);
    const socket = await NekoSocket.open(server, { protocols: ['bearer', again.token], headers: { 'X-Forwarded-For': '203.0.113.7' } });
    assert.equal(socket.socket.protocol, 'bearer');
    await socket.subscribe(['events']);
    const user = await newNekoUser(server);
    for (const [protocols, status] of [[['bearer', user.token], 403], [['bearer', 'nonsense'], 401], [[again.token], 401], [['bearer'], 401], [[again.token, 'bearer'], 401]])
      assert.equal(await NekoSocket.refused(server, { protocols, headers: { 'X-Forwarded-For': '203.0.113.7' } }), status, `${protocols.length}`);
    assert.ok(!server.output.includes(again.token));
    await succeedsNeko(again.post('/api/logout'));
    assert.equal(await eventually(() => socket.closed, 'the close'), 4001);
  });

  it('ends with the login', async () => {
    const person = await nekoLogIn(server);
    const socket = await NekoSocket.open(server, { token: person.token });
    await socket.subscribe(['events']);
    await succeedsNeko(person.post('/api/logout'));
    assert.equal(await eventually(() => socket.closed, 'the close'), 4001);
  });
});
