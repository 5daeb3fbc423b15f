import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newUser } from '../support/cast.mjs';
import { Client, refuses, succeeds } from '../support/client.mjs';
import { startServer } from '../support/server.mjs';

const server = await startServer();
const anonymous = new Client(server);
const user = await newUser(server);
const moreThanTheBurst = 300;

describe('signing in again and again from one address', () => {
  it('is answered with 429 and a time to wait, and disturbs nobody who is signed in', async () => {
    const attempts = Array.from({ length: moreThanTheBurst }, () => anonymous.post('/api/auth/login', {}));
    const answers = await Promise.all(attempts);
    const tooFast = answers.filter(({ status }) => status === 429);
    assert.ok(tooFast.length > 0, 'some are too fast');
    assert.equal(answers.filter(({ status }) => status === 400).length + tooFast.length, moreThanTheBurst);
    for (const answer of tooFast) {
      await refuses(answer, 429);
      assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
    }
    await succeeds(user.get('/api/auth/me'));
    await succeeds(user.post('/api/my-bots', { name: 'Undisturbed' }));
  });

  it('works again after that time', async () => {
    let answer = await anonymous.post('/api/auth/login', {});
    while (answer.status !== 429) answer = await anonymous.post('/api/auth/login', {});
    await new Promise((resolve) => setTimeout(resolve, 1_000 * Number(answer.headers['retry-after'])));
    await refuses(anonymous.post('/api/auth/login', {}), 400, { error: 'Missing credentials' });
  });
});
