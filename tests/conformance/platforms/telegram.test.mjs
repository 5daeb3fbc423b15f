// Telegram by long polling.

import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { eventually, pause } from '../support/cast.mjs';
import { eventsIn, startWithPlatforms } from '../support/platforms.mjs';
import { TelegramServer } from '../support/telegram_server.mjs';

const token = '123456:a-token-of-telegram';
const telegram = await new TelegramServer(token).start();
const settings = { telegram_token: token, base_url: telegram.url };
const server = await startWithPlatforms([{ name: 'tg', type: 'telegram', settings }]);

afterEach(() => {
  telegram.faults = {};
  telegram.sent = [];
});

describe('a message on Telegram', () => {
  it('is answered where it was said, quoting it in a group, and confirmed', async () => {
    const update = telegram.say('/ping@TroupeBot', { group: -100 });
    const sent = await telegram.sees();
    assert.equal(sent.text, 'Pong!');
    assert.equal(sent.chat_id, '-100');
    assert.ok(sent.reply_parameters.message_id);
    await telegram.confirmed(update);
    telegram.say('/sid', { user: 8 });
    assert.match((await telegram.sees(2)).text, /user: 8\n/);
    assert.equal(telegram.sent[1].reply_parameters, undefined);
  });

  it('goes to a model when it names the bot, and not otherwise', async () => {
    telegram.say('nothing for you', { group: -101 });
    telegram.say('@troupebot are you there', { group: -101 });
    assert.match((await telegram.sees()).text, /are you there/);
    await pause(100);
    assert.equal(telegram.sent.length, 1);
  });

  it('is confirmed only when it is durable, and never heard twice', async () => {
    telegram.faults.getUpdates = ['cut', 'garbage', 'huge', { status: 502 }];
    const update = telegram.say('/ping', { user: 9 });
    await telegram.confirmed(update);
    await telegram.sees();
    await server.crash();
    // Telegram brings what it saw no confirmation of.
    telegram.updates.push({ update_id: update, message: { message_id: 7, from: { id: 9, is_bot: false, first_name: 'A' }, chat: { id: 9, type: 'private' }, text: '/ping' } });
    await server.start();
    await telegram.confirmed(update);
    await telegram.sees(2);
    await server.crash();
    telegram.updates.push({ update_id: update, message: { message_id: 7, from: { id: 9, is_bot: false, first_name: 'A' }, chat: { id: 9, type: 'private' }, text: '/ping' } });
    await server.start();
    await telegram.confirmed(update);
    await pause(200);
    assert.equal(telegram.sent.length, 2);
  });
});

describe('an answer to Telegram', () => {
  it('waits as long as Telegram asks, and is sent then', async () => {
    telegram.faults.sendMessage = [{ status: 429, body: { ok: false, error_code: 429, description: 'Too Many Requests: retry after 1', parameters: { retry_after: 1 } } }];
    const before = Date.now();
    telegram.say('/ping', { user: 10 });
    await telegram.sees();
    assert.ok(Date.now() - before >= 1000, 'it waited');
  });

  it('is sent again when nobody could say whether it arrived', async () => {
    telegram.faults.sendMessage = ['cut', { status: 500 }];
    telegram.say('/ping', { user: 11 });
    await telegram.sees();
  });

  it('has failed when Telegram refuses it', async () => {
    telegram.faults.sendMessage = [{ status: 403, description: 'Forbidden: bot was blocked by the user' }];
    telegram.say('/ping', { user: 12 });
    await eventually(async () => JSON.stringify(await eventsIn(server, 'ReplyFailed')).includes('blocked by the user'), 'ReplyFailed');
  });

  it('is sent in pieces when it is long', async () => {
    const text = 'word '.repeat(1500);
    telegram.say(text, { user: 13 });
    await telegram.sees(2);
    assert.ok(telegram.sent.every((piece) => piece.text.length <= 4096));
  });
});

describe('a bot of Telegram', () => {
  it('tries again while another program polls with its token', async () => {
    telegram.faults.getUpdates = [{ status: 409, description: 'Conflict: terminated by other getUpdates request' }];
    telegram.say('/ping', { user: 14 });
    telegram.say('/ping', { user: 14 });
    await telegram.sees(2);
  });

  it('whose token is refused does not ask again, and its token is in no log', async () => {
    const other = await new TelegramServer('another').start();
    const house = await startWithPlatforms([{ name: 'tg', type: 'telegram', settings: { ...settings, base_url: other.url } }]);
    await eventually(() => house.output.includes('the token is refused'), 'the log says so');
    await pause(300);
    assert.equal(other.requests.length, 1);
    assert.ok(!house.output.includes('a-token-of-telegram'));
    await house.stop();
  });

  it('is not polled in a loop by a server that answers at once', async () => {
    const polls = () => telegram.requests.filter(({ method }) => method === 'getUpdates').length;
    const empty = { status: 200, body: { ok: true, result: [] } };
    telegram.faults.getUpdates = Array(50).fill(empty);
    telegram.say('/ping', { user: 15 });
    const before = polls();
    await pause(500);
    assert.ok(polls() - before <= 3, `${polls() - before} polls`);
  });
});
