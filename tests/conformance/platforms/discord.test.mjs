// Discord: a bot that hears by the gateway and speaks by REST.

import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { eventually, pause } from '../support/cast.mjs';
import { DiscordServer } from '../support/discord_server.mjs';
import { eventsIn, startWithPlatforms } from '../support/platforms.mjs';

const token = 'a-token-of-discord';
const discord = await new DiscordServer(token).start();
const settings = { discord_token: token, base_url: discord.url, gateway_url: discord.gatewayUrl };
const server = await startWithPlatforms([{ name: 'dc', type: 'discord', settings }]);
await discord.ready();

afterEach(() => {
  discord.posts = [];
  discord.faults = [];
  discord.limits = undefined;
});

describe('a message on Discord', () => {
  it('is answered in its channel, quoting it', async () => {
    const id = discord.say('<@99> /ping', { extra: { mentions: [{ id: '99' }] } });
    const { path, body } = await discord.sees();
    assert.equal(path, '/channels/42/messages');
    assert.equal(body.content, 'Pong!');
    assert.deepEqual(body.message_reference, { message_id: id, fail_if_not_exists: false });
    assert.deepEqual(body.allowed_mentions.parse, []);
  });

  it('in private is answered there, also after a restart that forgot the channel', async () => {
    discord.say('/sid', { guild: null, channel: '77', user: '8' });
    const { path, body } = await discord.sees();
    assert.equal(path, '/channels/77/messages');
    assert.match(body.content, /user: 8\n/);
    discord.faults = [{ status: 503 }];
    discord.say('/ping', { guild: null, channel: '77', user: '8' });
    await pause(200);
    await server.crash();
    discord.frames = [];
    discord.faults = [];
    discord.posts = [];
    await server.start();
    assert.equal((await discord.sees(1)).path, '/users/@me/channels');
    assert.deepEqual(discord.posts[0].body, { recipient_id: '8' });
    assert.match((await discord.sees(2)).path, /^\/channels\/9\d+\/messages$/);
    await discord.ready();
  });

  it('of another program is not heard', async () => {
    discord.say('/ping', { extra: { author: { id: '5', username: 'bot', bot: true } } });
    discord.say('/sid');
    assert.match((await discord.sees()).body.content, /group: 42/);
    assert.equal(discord.posts.length, 1);
  });
});

describe('an answer to Discord', () => {
  it('waits as long as Discord asks', async () => {
    discord.faults = [{ status: 429, body: { message: 'You are being rate limited.', retry_after: 1, global: false } }];
    const before = Date.now();
    discord.say('/ping');
    await discord.sees();
    assert.ok(Date.now() - before >= 1000, 'it waited');
  });

  it('waits before the next one when the limit is used up', async () => {
    discord.limits = { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset-After': '1.0' };
    discord.say('/ping', { channel: '50' });
    await discord.sees(1);
    const before = Date.now();
    discord.say('/ping', { channel: '50' });
    await discord.sees(2);
    assert.ok(Date.now() - before >= 900, 'it waited');
  });

  it('that may have arrived is sent again with the same nonce', async () => {
    discord.faults = ['cut'];
    discord.say('/ping', { channel: '51' });
    const { body } = await discord.sees();
    assert.match(body.nonce, /^.{25}$/);
    assert.equal(body.enforce_nonce, true);
  });

  it('has failed when Discord refuses it', async () => {
    discord.faults = [{ status: 403, body: { message: 'Missing Permissions', code: 50013 } }];
    discord.say('/ping', { channel: '52' });
    await eventually(async () => JSON.stringify(await eventsIn(server, 'ReplyFailed')).includes('Missing Permissions'), 'ReplyFailed');
  });
});

describe('the gateway', () => {
  it('is resumed after a cut, and hears what comes then', async () => {
    discord.frames = [];
    discord.socket.terminate();
    await discord.ready(6);
    assert.equal(discord.framesOf(6)[0].d.session_id, 'a-session');
    discord.say('/ping');
    assert.equal((await discord.sees()).body.content, 'Pong!');
  });

  it('is connected to anew when it asks for it or the session is bad', async () => {
    discord.frames = [];
    discord.socket.send('{"op":7,"d":null}');
    await discord.ready(6);
    discord.socket.close(4009, 'Session timed out');
    await discord.ready(2);
  });

  it('that does not answer heartbeats is given up', async () => {
    discord.frames = [];
    discord.heartbeatInterval = 1000;
    discord.acknowledges = false;
    discord.socket.terminate();
    await discord.ready(6, 2);
    discord.acknowledges = true;
    discord.heartbeatInterval = 45_000;
    await pause(1500);
    assert.equal(discord.framesOf(6).length, 2, 'one that answers stays');
  });

  it('may send nonsense', async () => {
    for (const frame of ['', '{', '[]', '{"op":"x"}', '{"op":0,"t":"MESSAGE_CREATE","d":{"content":5}}', '['.repeat(10_000)]) discord.socket.send(frame);
    discord.say('/ping');
    assert.equal((await discord.sees()).body.content, 'Pong!');
  });

  it('that refuses the token is not asked again, and the token is in no log', async () => {
    const other = await new DiscordServer('another').start();
    const house = await startWithPlatforms([{ name: 'dc', type: 'discord', settings: { ...settings, base_url: other.url, gateway_url: other.gatewayUrl } }]);
    await eventually(() => house.output.includes('the token is refused'), 'the log says so');
    await pause(300);
    assert.equal(other.framesOf(2).length, 1);
    assert.ok(!house.output.includes(token));
    await house.stop();
  });
});
