import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually, logIn, newUser, pause } from '../support/cast.mjs';
import { Client, succeeds } from '../support/client.mjs';
import { startServer } from '../support/server.mjs';
import { startSmtpServer } from '../support/smtp_server.mjs';

const smtp = await startSmtpServer();
const quick = ['--mail-timeout', '0.5', '--mail-retry', '0.1'];
const server = await startServer('--smtp', smtp.url, '--mail-from', 'bots@example.test', ...quick);
const anonymous = new Client(server);

const forgot = (email, who = anonymous) => succeeds(who.post('/api/auth/forgot-password', { email }));
const mailTo = (email, limitMs = 10_000) => eventually(() => smtp.mails.find(({ to }) => to.includes(email)), `a mail to ${email}`, limitMs);
const tokenIn = ({ text }) => /^Token: (\S+)\r?$/m.exec(text)[1];

async function failedMails() {
  const text = await (await fetch(`${server.metricsUrl}/metrics`)).text();
  return Number(/^troupe_mails_failed_total (\d+)$/m.exec(text)[1]);
}

describe('mail by SMTP', () => {
  it('brings a token that sets a new password', async () => {
    const { user } = await newUser(server);
    await forgot(user.email);
    const mail = await mailTo(user.email);
    assert.equal(mail.from, 'bots@example.test');
    assert.deepEqual(mail.to, [user.email]);
    assert.match(mail.text, /^Subject: Reset your password\r$/m);
    assert.match(mail.text, new RegExp(`^To: <${user.email}>\r$`, 'm'));
    await succeeds(anonymous.post('/api/auth/reset-password', { token: tokenIn(mail), new_password: 'an even better horse' }));
    await logIn(server, user.username, 'an even better horse');
  });

  for (const [fault, what] of [
    ['busy', 'asks to try again later'], ['cut', 'is gone in the middle of the text'], ['mute', 'does not answer in time'],
  ]) {
    it(`is tried again when the mail server ${what}, and arrives once`, async () => {
      const { user } = await newUser(server);
      smtp.faults.push(fault);
      const before = smtp.connections;
      await forgot(user.email);
      await mailTo(user.email);
      assert.equal(smtp.connections - before, 2);
      await pause(300);
      assert.equal(smtp.mails.filter(({ to }) => to.includes(user.email)).length, 1);
    });
  }

  it('is given up after five refusals, and the next mail is not held up', async () => {
    const { user: refused } = await newUser(server);
    const { user: next } = await newUser(server);
    const before = await failedMails();
    smtp.faults.push(...Array(5).fill('refuse'));
    await forgot(refused.email);
    await eventually(async () => (await failedMails()) === before + 1, 'the mail is given up', 10_000);
    await forgot(next.email);
    await mailTo(next.email);
    assert.ok(!smtp.mails.some(({ to }) => to.includes(refused.email)));
  });

  it('survives a crash of the server while the mail server is down', async () => {
    const { user } = await newUser(server);
    smtp.faults.push(...Array(3).fill('mute'));
    await forgot(user.email);
    await server.crash();
    smtp.faults.length = 0;
    await server.start();
    await mailTo(user.email);
  });

  it('never sends the password of the mail server in clear', async () => {
    const open = await startSmtpServer();
    const guarded = await startServer('--smtp', open.url, '--smtp-user', 'postmaster', '--smtp-password', 'very secret', ...quick);
    const { user } = await newUser(guarded);
    await forgot(user.email, new Client(guarded));
    await eventually(() => open.lines.some((line) => line.startsWith('EHLO')), 'a connection');
    await pause(500);
    assert.ok(!open.lines.some((line) => /AUTH|MAIL/.test(line)), open.lines.join('\n'));
    assert.ok(!guarded.output.includes('very secret'));
  });
});

describe('POST /api/auth/forgot-password', () => {
  it('takes the same time for a known and an unknown address', async () => {
    const { user } = await newUser(server);
    const times = { known: [], unknown: [] };
    for (let round = 0; round < 40; ++round) {
      for (const [kind, email] of [['known', user.email], ['unknown', `stranger${round}@example.test`]]) {
        const began = performance.now();
        await forgot(email);
        times[kind].push(performance.now() - began);
        await pause(25);  // below the limit of sign-ins, and each round's mail is off its way
      }
    }
    const median = (values) => values.sort((a, b) => a - b)[values.length / 2];
    const [known, unknown] = [median(times.known), median(times.unknown)];
    // Looking up an account and sending a mail would cost more than all of the rest.
    assert.ok(Math.abs(known - unknown) < Math.max(known, unknown) / 2, `${known.toFixed(2)} ms and ${unknown.toFixed(2)} ms`);
  });
});
