import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { password } from '../support/cast.mjs';
import { Client } from '../support/client.mjs';
import { answers, logInPlexiAdmin, newPlexiUser, plexi } from '../support/plexi.mjs';
import { startServerOf } from '../support/server.mjs';

const login = '/api/v1/auth/login';

/// Checks the four headers, and that the window ends within the minute.
function saysItsLimit({ headers }, limit, remaining) {
  assert.equal(headers['x-ratelimit-limit'], String(limit));
  assert.equal(headers['x-ratelimit-remaining'], String(remaining));
  assert.equal(headers['x-ratelimit-window'], '60');
  const seconds = Number(headers['x-ratelimit-reset']) - Date.now() / 1000;
  assert.ok(seconds > 0 && seconds <= 61, `resets in ${seconds} s`);
}

function isTooFast(answer, limit) {
  assert.equal(answer.status, 429, answer.text);
  const { error } = answer.body;
  assert.equal(error.code, 'RATE_LIMIT_EXCEEDED');
  assert.equal(error.message, 'Rate limit exceeded');
  assert.ok(Number.isInteger(error.retry_after) && error.retry_after >= 1 && error.retry_after <= 61);
  assert.equal(answer.headers['retry-after'], String(error.retry_after));
  saysItsLimit(answer, limit, 0);
}

describe('a limited route', () => {
  it('says its limit in every answer, good or bad, and refuses the eleventh login in a minute', async () => {
    const server = await startServerOf(plexi);
    const anonymous = new Client(server);
    saysItsLimit(await anonymous.post(login, { username: 'admin', password: 'admin123' }), 10, 9);
    saysItsLimit(await anonymous.post(login, { username: 'nobody', password }), 10, 8);
    saysItsLimit(await anonymous.post(login, '{'), 10, 7);
    saysItsLimit(await anonymous.post('/api/v1/auth/refresh', { refresh_token: 'x' }), 10, 6);
    saysItsLimit(await anonymous.post('/api/v1/auth/mfa/verify', { temp_token: 'x', mfa_code: 'y' }), 10, 5);
    for (let i = 4; i >= 0; --i) saysItsLimit(await anonymous.post(login, {}), 10, i);
    isTooFast(await anonymous.post(login, { username: 'admin', password: 'admin123' }), 10);
    isTooFast(await anonymous.post('/api/v1/auth/refresh', { refresh_token: 'x' }), 10);
  });

  it('counts each person by itself', async () => {
    const server = await startServerOf(plexi);
    const [person, other] = [await newPlexiUser(server), await newPlexiUser(server)];
    for (let i = 9; i >= 0; --i) saysItsLimit(await person.get('/api/v1/auth/api-keys'), 10, i);
    isTooFast(await person.post('/api/v1/auth/mfa/setup', { password }), 10);
    saysItsLimit(await other.get('/api/v1/auth/mfa'), 10, 9);
    saysItsLimit(await person.get('/api/v1/users/me'), 600, 599);
  });

  it('lets an administrator ask two hundred times', async () => {
    const server = await startServerOf(plexi);
    const admin = await logInPlexiAdmin(server);
    for (let i = 199; i >= 0; --i) saysItsLimit(await admin.get('/api/v1/users?limit=1'), 200, i);
    isTooFast(await admin.get('/api/v1/users?limit=1'), 200);
    await answers(admin.get('/api/v1/users/me'));
  });
});
