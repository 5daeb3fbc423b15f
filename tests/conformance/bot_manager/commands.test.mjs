import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acknowledge, logInAdmin, newBot, newUser, pause, pollCommands, sendCommand } from '../support/cast.mjs';
import { refuses, succeeds } from '../support/client.mjs';
import { startServer } from '../support/server.mjs';
import { assertShape, count, exactly, finishedCommand, itemsOf, leasedCommand, object, pendingCommand } from '../support/shapes.mjs';

const server = await startServer();
const admin = await logInAdmin(server);
const owner = await newUser(server, 'owner');
const other = await newUser(server, 'other');

const leasing = await startServer('--command-lease', '1');
const user = await newUser(leasing, 'leasing');

const ids = (commands) => commands.map(({ id }) => id);

describe('POST /api/commands', () => {
  it('queues a command', async () => {
    const bot = await newBot(owner);
    const body = await succeeds(owner.post('/api/commands', { bot_id: bot.id, type: 'greet', payload: { to: 'Ada' } }));
    assertShape(body, { status: exactly('queued'), command: pendingCommand });
    assert.deepEqual([body.command.bot_id, body.command.type, body.command.payload], [bot.id, 'greet', { to: 'Ada' }]);
    assert.deepEqual(ids(await pollCommands(bot.client, bot.id)), [body.command.id]);
  });

  it('refuses missing fields and foreign bots', async () => {
    const bot = await newBot(owner);
    for (const body of [{}, { bot_id: bot.id }, { type: 'greet' }]) {
      await refuses(owner.post('/api/commands', body), 400, { error: 'bot_id and type are required' });
    }
    await refuses(other.post('/api/commands', { bot_id: bot.id, type: 'greet' }), 403, { error: 'Not authorized' });
  });
});

describe('GET /api/commands', () => {
  it('lists the commands of the own bots in the order of their creation', async () => {
    const reader = await newUser(server);
    const [first, second] = [await newBot(reader), await newBot(reader)];
    const sent = [await sendCommand(reader, first.id), await sendCommand(reader, second.id), await sendCommand(reader, first.id)];
    const foreign = await sendCommand(other, (await newBot(other)).id);
    const all = itemsOf(await succeeds(reader.get('/api/commands')), 'commands', pendingCommand);
    assert.deepEqual(ids(all), ids(sent));
    const filtered = itemsOf(await succeeds(reader.get(`/api/commands?bot_id=${first.id}`)), 'commands', pendingCommand);
    assert.deepEqual(ids(filtered), [sent[0].id, sent[2].id]);
    const seen = ids((await succeeds(admin.get('/api/commands?limit=1000'))).commands);
    assert.ok(seen.includes(foreign.id) && seen.includes(sent[0].id));
    await refuses(other.get(`/api/commands?bot_id=${first.id}`), 403, { error: 'Not authorized' });
  });
});

describe('GET /api/bot/<bot_id>/commands', () => {
  it('hands each command out once, oldest first, and calls it pending still', async () => {
    const bot = await newBot(owner);
    const sent = [];
    for (let index = 0; index < 12; ++index) sent.push(await sendCommand(owner, bot.id));
    const first = itemsOf(await succeeds(bot.client.get(`/api/bot/${bot.id}/commands`)), 'commands', leasedCommand);
    assert.deepEqual(ids(first), ids(sent.slice(0, 10)), 'ten unless told otherwise');
    assert.ok(first.every(({ attempts }) => attempts === 1));
    assert.deepEqual(ids(await pollCommands(bot.client, bot.id, '?limit=1')), [sent[10].id]);
    assert.deepEqual(ids(await pollCommands(bot.client, bot.id, '?limit=100')), [sent[11].id]);
    assert.deepEqual(await succeeds(bot.client.get(`/api/bot/${bot.id}/commands`)), { commands: [], count: 0 });
    const { stats } = await succeeds(owner.get(`/api/bot/${bot.id}/info`));
    assert.equal(stats.pending_commands, 12);
  });

  it('hands nothing out for limit=0', async () => {
    const bot = await newBot(owner);
    const { id } = await sendCommand(owner, bot.id);
    assert.deepEqual(await succeeds(bot.client.get(`/api/bot/${bot.id}/commands?limit=0`)), { commands: [], count: 0 });
    assert.deepEqual(ids(await pollCommands(bot.client, bot.id)), [id]);
  });

  it('never hands a command to two of fifty parallel pollers', async () => {
    const bot = await newBot(owner);
    const sent = await Promise.all(Array.from({ length: 120 }, () => sendCommand(owner, bot.id)));
    const handed = [];
    await Promise.all(Array.from({ length: 50 }, async () => {
      while (handed.length <= sent.length) {
        const batch = await pollCommands(bot.client, bot.id, '?limit=3');
        if (batch.length === 0) return;
        handed.push(...ids(batch));
      }
    }));
    assert.equal(new Set(handed).size, handed.length, 'no command twice');
    assert.deepEqual([...handed].sort(), ids(sent).sort(), 'every command once');
  });
});

describe('waiting for commands', () => {
  it('answers as soon as a command comes', async () => {
    const bot = await newBot(owner);
    const started = Date.now();
    const waiting = pollCommands(bot.client, bot.id, '?wait=20');
    await pause(300);
    const { id } = await sendCommand(owner, bot.id);
    assert.deepEqual(ids(await waiting), [id]);
    assert.ok(Date.now() - started < 3_000);
  });

  it('answers at once when a command is there', async () => {
    const bot = await newBot(owner);
    const { id } = await sendCommand(owner, bot.id);
    const started = Date.now();
    assert.deepEqual(ids(await pollCommands(bot.client, bot.id, '?wait=20')), [id]);
    assert.ok(Date.now() - started < 3_000);
  });

  it('answers an empty list when the time is over', async () => {
    const bot = await newBot(owner);
    const started = Date.now();
    assert.deepEqual(await pollCommands(bot.client, bot.id, '?wait=1'), []);
    const took = Date.now() - started;
    assert.ok(took >= 900 && took < 5_000, `${took} ms`);
  });

  it('gives one command to one of many waiting pollers', async () => {
    const bot = await newBot(owner);
    const waiting = Array.from({ length: 20 }, () => pollCommands(bot.client, bot.id, '?wait=2'));
    await pause(300);
    const { id } = await sendCommand(owner, bot.id);
    assert.deepEqual(ids((await Promise.all(waiting)).flat()), [id]);
  });

  for (const wait of ['-1', 'soon', '1e9', '']) {
    it(`refuses wait=${wait}`, async () => {
      const bot = await newBot(owner);
      await refuses(bot.client.get(`/api/bot/${bot.id}/commands?wait=${wait}`), 400, { field: 'wait' });
    });
  }
});

describe('POST /api/commands/<command_id>/ack', () => {
  const polled = async () => {
    const bot = await newBot(owner);
    const { id } = await sendCommand(owner, bot.id);
    await pollCommands(bot.client, bot.id);
    return { bot, id };
  };

  for (const status of ['completed', 'failed']) {
    it(`finishes a command as ${status}`, async () => {
      const { bot, id } = await polled();
      const body = await succeeds(acknowledge(bot.client, id, status, { detail: [1] }));
      assertShape(body, { status: exactly('ok'), command: finishedCommand });
      assert.deepEqual([body.command.id, body.command.status, body.command.result], [id, status, { detail: [1] }]);
      assert.deepEqual(await pollCommands(bot.client, bot.id), []);
    });
  }

  it('takes a missing status for completed and a missing result for an empty one', async () => {
    const { bot, id } = await polled();
    const { command } = await succeeds(bot.client.post(`/api/commands/${id}/ack`, {}));
    assert.deepEqual([command.status, command.result], ['completed', {}]);
  });

  it('answers the same acknowledgement again in the same way', async () => {
    const { bot, id } = await polled();
    const first = await succeeds(acknowledge(bot.client, id, 'completed', { n: 1 }));
    assert.deepEqual(await succeeds(acknowledge(bot.client, id, 'completed', { n: 1 })), first);
  });

  it('lets the first acknowledgement win', async () => {
    const { bot, id } = await polled();
    await succeeds(acknowledge(bot.client, id, 'completed', { n: 1 }));
    await refuses(acknowledge(bot.client, id, 'failed', { n: 1 }), 409);
    await refuses(acknowledge(bot.client, id, 'completed', { n: 2 }), 409);
    const { commands } = await succeeds(owner.get(`/api/bot/${bot.id}/commands-history`));
    assert.deepEqual([commands[0].status, commands[0].result], ['completed', { n: 1 }]);
  });

  it('lets exactly one of many different simultaneous acknowledgements win', async () => {
    const { bot, id } = await polled();
    const answers = await Promise.all(Array.from({ length: 16 }, (_, n) => acknowledge(bot.client, id, 'completed', { n })));
    const winners = answers.filter(({ status }) => status === 200);
    assert.equal(winners.length, 1);
    assert.equal(answers.filter(({ status }) => status === 409).length, 15);
    const { commands } = await succeeds(owner.get(`/api/bot/${bot.id}/commands-history`));
    assert.deepEqual(commands[0].result, winners[0].body.command.result);
  });

  it('finishes a command that was never polled, which is then not handed out', async () => {
    const bot = await newBot(owner);
    const { id } = await sendCommand(owner, bot.id);
    await succeeds(acknowledge(owner, id));
    assert.deepEqual(await pollCommands(bot.client, bot.id), []);
  });

  it('refuses another word than completed or failed', async () => {
    const { bot, id } = await polled();
    for (const status of ['pending', 'done', '', 5, null]) {
      await refuses(bot.client.post(`/api/commands/${id}/ack`, { status, result: {} }), 400, { field: 'status' });
    }
  });

  it('answers 404 for an unknown command', async () => {
    await refuses(acknowledge(owner, 'cmd_999999_abcdef'), 404, { error: 'Command not found' });
    await refuses(acknowledge(owner, 'nonsense'), 404, { error: 'Command not found' });
  });
});

describe('a lease', () => {
  it('runs out, and the command is offered again until it is acknowledged', async () => {
    const bot = await newBot(user);
    const { id } = await sendCommand(user, bot.id);
    const [first] = await pollCommands(bot.client, bot.id);
    assert.deepEqual(await pollCommands(bot.client, bot.id), []);
    await pause(1_200);
    const [second] = await pollCommands(bot.client, bot.id);
    assert.deepEqual([first.id, first.attempts, second.id, second.attempts], [id, 1, id, 2]);
    assert.ok(Date.parse(second.dispatched_at) - Date.parse(first.dispatched_at) >= 1_000);
    await succeeds(acknowledge(bot.client, id));
    await pause(1_200);
    assert.deepEqual(await pollCommands(bot.client, bot.id), []);
  });

  it('that runs out while a poller waits gives the command to that poller', async () => {
    const bot = await newBot(user);
    const { id } = await sendCommand(user, bot.id);
    await pollCommands(bot.client, bot.id);
    const started = Date.now();
    assert.deepEqual(ids(await pollCommands(bot.client, bot.id, '?wait=10')), [id]);
    const took = Date.now() - started;
    assert.ok(took > 500 && took < 5_000, `${took} ms`);
  });

  it('that ran out does not void the late acknowledgement of the first poller', async () => {
    const bot = await newBot(user);
    const { id } = await sendCommand(user, bot.id);
    await pollCommands(bot.client, bot.id);
    await pause(1_200);
    await pollCommands(bot.client, bot.id);
    await succeeds(acknowledge(bot.client, id, 'completed', { from: 'the first' }));
    await refuses(acknowledge(bot.client, id, 'completed', { from: 'the second' }), 409);
  });
});
