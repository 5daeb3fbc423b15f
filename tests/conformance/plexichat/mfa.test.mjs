import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually, password } from '../support/cast.mjs';
import { Client } from '../support/client.mjs';
import { answers, bearer, enrol, halfLogIn, newPlexiUser, plexi, plexiLogIn, refusesPlexi, totp, wrongCode } from '../support/plexi.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(plexi, '--no-rate-limit');
const anonymous = new Client(server);
const mfa = '/api/v1/auth/mfa';
const login = '/api/v1/auth/login';
const logIn = (person, mfaCode) => anonymous.clone().post(login, { username: person.user.username, password, mfa_code: mfaCode });
const verify = (tempToken, mfaCode, more = {}) => anonymous.clone().post(`${mfa}/verify`, { temp_token: tempToken, mfa_code: mfaCode, ...more });

describe('enrolling', () => {
  it('shows a secret as text, as a link and as a QR code, and counts from the first code', async () => {
    const person = await newPlexiUser(server);
    assert.deepEqual(await answers(person.get(mfa)), { enabled: false, pending: false, methods: [], backup_codes_left: 0 });
    const shown = await answers(person.post(`${mfa}/setup`, { password }));
    assert.deepEqual(Object.keys(shown), ['secret', 'otpauth_uri', 'qr_code']);
    const uri = new URL(shown.otpauth_uri);
    assert.equal(uri.protocol + uri.host, 'otpauth:totp');
    assert.equal(uri.searchParams.get('secret'), shown.secret);
    assert.ok(decodeURIComponent(uri.pathname).endsWith(`:${person.user.username}`));
    assert.match(shown.qr_code, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    assert.deepEqual(await answers(person.get(mfa)), { enabled: false, pending: true, methods: [], backup_codes_left: 0 });
    await plexiLogIn(server, person.user.username);

    await refusesPlexi(person.post(`${mfa}/confirm`, { mfa_code: wrongCode(shown.secret) }), 422, 'VALIDATION_ERROR', 'mfa_code');
    const confirmed = await answers(person.post(`${mfa}/confirm`, { mfa_code: totp(shown.secret) }));
    assert.deepEqual(Object.keys(confirmed), ['enabled', 'backup_codes']);
    assert.equal(new Set(confirmed.backup_codes).size, 10);
    for (const code of confirmed.backup_codes) assert.match(code, /^[A-Z2-9]{4}-[A-Z2-9]{4}$/);
    assert.deepEqual(await answers(person.get(mfa)),
      { enabled: true, pending: false, methods: ['totp', 'backup_code'], backup_codes_left: 10 });
  });

  it('shows another secret each time, and the one before is void', async () => {
    const person = await newPlexiUser(server);
    const first = await answers(person.post(`${mfa}/setup`, { password }));
    const second = await answers(person.post(`${mfa}/setup`, { password }));
    assert.notEqual(first.secret, second.secret);
    await refusesPlexi(person.post(`${mfa}/confirm`, { mfa_code: totp(first.secret) }), 422, 'VALIDATION_ERROR', 'mfa_code');
    await answers(person.post(`${mfa}/confirm`, { mfa_code: totp(second.secret) }));
  });

  it('asks for the password again, and is refused where it is on already or nothing was begun', async () => {
    const person = await newPlexiUser(server);
    await refusesPlexi(person.post(`${mfa}/setup`, {}), 422, 'VALIDATION_ERROR', 'password');
    await refusesPlexi(person.post(`${mfa}/setup`, { password: 'wrong horse' }), 401, 'INVALID_CREDENTIALS');
    await refusesPlexi(person.post(`${mfa}/confirm`, { mfa_code: '123456' }), 409, 'CONFLICT');
    await enrol(person);
    await refusesPlexi(person.post(`${mfa}/setup`, { password }), 409, 'CONFLICT');
  });
});

describe('logging in with multi-factor authentication', () => {
  it('answers mfa_required, flat, as the specification shows it', async () => {
    const person = await newPlexiUser(server);
    await enrol(person);
    const { status, body, headers } = await logIn(person);
    assert.equal(status, 401);
    assert.deepEqual(Object.keys(body), ['error', 'message', 'mfa_methods', 'temp_token']);
    assert.equal(body.error, 'mfa_required');
    assert.equal(body.message, 'Multi-factor authentication required');
    assert.deepEqual(body.mfa_methods, ['totp', 'backup_code']);
    assert.equal(headers['set-cookie'], undefined);
    const wrong = await anonymous.post(login, { username: person.user.username, password: 'wrong horse' });
    assert.equal(wrong.body.error.code, 'INVALID_CREDENTIALS', 'who lacks the password learns nothing of it');
  });

  it('takes a code of the authenticator, or a backup code, at once', async () => {
    const person = await newPlexiUser(server);
    const { secret, backupCodes } = await enrol(person);
    const { access_token: token } = await answers(logIn(person, totp(secret)));
    await answers(bearer(server, token).get('/api/v1/users/me'));
    await answers(logIn(person, backupCodes[0].toLowerCase().replace('-', '')));
    assert.equal((await answers(person.get(mfa))).backup_codes_left, 9);
  });

  it('takes each code once, also when it comes twice at the same moment', async () => {
    const person = await newPlexiUser(server);
    const { secret, backupCodes } = await enrol(person);
    for (const code of [totp(secret), backupCodes[3]]) {
      const both = await Promise.all([logIn(person, code), logIn(person, code)]);
      assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401]);
      await refusesPlexi(logIn(person, code), 401, 'INVALID_CREDENTIALS');
    }
  });

  it('refuses a code that is wrong as wrong, not as missing, and locks after five', async () => {
    const person = await newPlexiUser(server);
    const { secret } = await enrol(person);
    for (const code of [wrongCode(secret), 'ZZZZ-ZZZZ', 'nonsense', totp(secret, -1), totp(secret, -10)])
      await refusesPlexi(logIn(person, code), 401, 'INVALID_CREDENTIALS');
    await eventually(async () => (await logIn(person, totp(secret))).status === 423, 'the lock');
  });

  it('is no way around it by another dialect', async () => {
    const person = await newPlexiUser(server);
    await enrol(person);
    const { status } = await anonymous.post('/api/v1/auth/token', { username: person.user.username, password });
    assert.equal(status, 403);
  });
});

describe('POST /auth/mfa/verify', () => {
  it('completes the login, with its cookie and what was to be remembered', async () => {
    const person = await newPlexiUser(server);
    const { secret } = await enrol(person);
    const temporary = await halfLogIn(server, person.user.username, { remember_me: true });
    const answer = verify(temporary, totp(secret), { method: 'totp' });
    const tokens = await answers(answer);
    assert.deepEqual(Object.keys(tokens), ['access_token', 'token_type', 'expires_in', 'refresh_token']);
    assert.match((await answer).headers['set-cookie'][0], /^plexichat_session=.*Max-Age=2592000$/);
    await answers(bearer(server, tokens.access_token).get('/api/v1/users/me'));
  });

  it('takes a temporary token for one login only, also after a crash', async () => {
    const person = await newPlexiUser(server);
    const { backupCodes } = await enrol(person);
    const temporary = await halfLogIn(server, person.user.username);
    await answers(verify(temporary, backupCodes[0], { method: 'backup_code' }));
    await refusesPlexi(verify(temporary, backupCodes[1]), 401, 'AUTHENTICATION_REQUIRED');
    await server.crash();
    await server.start();
    await refusesPlexi(verify(temporary, backupCodes[1]), 401, 'AUTHENTICATION_REQUIRED');
    await answers(verify(await halfLogIn(server, person.user.username), backupCodes[1]));
    await refusesPlexi(verify(await halfLogIn(server, person.user.username), backupCodes[0]), 401, 'INVALID_CREDENTIALS');
  });

  it('lets one of two at once win', async () => {
    const person = await newPlexiUser(server);
    const { backupCodes } = await enrol(person);
    const temporary = await halfLogIn(server, person.user.username);
    const both = await Promise.all([verify(temporary, backupCodes[0]), verify(temporary, backupCodes[1])]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401]);
  });

  it('goes on after a wrong code, until the account is locked', async () => {
    const person = await newPlexiUser(server);
    const { secret } = await enrol(person);
    const temporary = await halfLogIn(server, person.user.username);
    for (let i = 0; i < 4; ++i) await refusesPlexi(verify(temporary, wrongCode(secret)), 401, 'INVALID_CREDENTIALS');
    await answers(verify(temporary, totp(secret)));
    const another = await halfLogIn(server, person.user.username);
    for (let i = 0; i < 5; ++i) await refusesPlexi(verify(another, wrongCode(secret)), 401, 'INVALID_CREDENTIALS');
    await eventually(async () => (await verify(another, totp(secret, 1))).status === 423, 'the lock');
  });

  it('takes no temporary token from before a change of the password', async () => {
    const person = await newPlexiUser(server);
    const { secret } = await enrol(person);
    const temporary = await halfLogIn(server, person.user.username);
    await answers(person.post('/api/v1/auth/change-password', { old_password: password, new_password: 'another battery' }));
    await refusesPlexi(verify(temporary, totp(secret)), 401, 'AUTHENTICATION_REQUIRED');
  });

  it('takes no other token for a temporary one, and a temporary one for nothing else', async () => {
    const person = await newPlexiUser(server);
    const { secret } = await enrol(person);
    for (const token of [person.tokens.access_token, person.tokens.refresh_token, 'nonsense'])
      await refusesPlexi(verify(token, totp(secret)), 401, 'AUTHENTICATION_REQUIRED');
    const temporary = await halfLogIn(server, person.user.username);
    await refusesPlexi(bearer(server, temporary).get('/api/v1/users/me'), 401, 'AUTHENTICATION_REQUIRED');
    await refusesPlexi(anonymous.post('/api/v1/auth/refresh', { refresh_token: temporary }), 401, 'AUTHENTICATION_REQUIRED');
    await refusesPlexi(verify(temporary, totp(secret), { method: 'sms' }), 422, 'VALIDATION_ERROR', 'method');
    await refusesPlexi(anonymous.post(`${mfa}/verify`, { temp_token: temporary }), 422, 'VALIDATION_ERROR', 'mfa_code');
  });
});

describe('backup codes', () => {
  it('are replaced by new ones, for a code', async () => {
    const person = await newPlexiUser(server);
    const { secret, backupCodes } = await enrol(person);
    await refusesPlexi(person.post(`${mfa}/backup-codes`, { mfa_code: wrongCode(secret) }), 401, 'INVALID_CREDENTIALS');
    const { backup_codes: fresh } = await answers(person.post(`${mfa}/backup-codes`, { mfa_code: backupCodes[0] }));
    assert.equal(fresh.length, 10);
    await refusesPlexi(logIn(person, backupCodes[1]), 401, 'INVALID_CREDENTIALS');
    await answers(logIn(person, fresh[0]));
    assert.equal((await answers(person.get(mfa))).backup_codes_left, 9);
  });
});

describe('POST /auth/mfa/disable', () => {
  it('needs the password and a code', async () => {
    const person = await newPlexiUser(server);
    const { secret, backupCodes } = await enrol(person);
    await refusesPlexi(person.post(`${mfa}/disable`, { password: 'wrong horse', mfa_code: totp(secret) }), 401, 'INVALID_CREDENTIALS');
    await refusesPlexi(person.post(`${mfa}/disable`, { password, mfa_code: wrongCode(secret) }), 401, 'INVALID_CREDENTIALS');
    await refusesPlexi(person.post(`${mfa}/disable`, { password }), 422, 'VALIDATION_ERROR', 'mfa_code');
    assert.deepEqual(await answers(person.post(`${mfa}/disable`, { password, mfa_code: backupCodes[0] })), { enabled: false });
    await plexiLogIn(server, person.user.username);
    await refusesPlexi(person.post(`${mfa}/disable`, { password, mfa_code: totp(secret) }), 409, 'CONFLICT');
  });

  it('ends an enrolment that was not confirmed', async () => {
    const person = await newPlexiUser(server);
    const { secret } = await answers(person.post(`${mfa}/setup`, { password }));
    await answers(person.post(`${mfa}/disable`, { password }));
    await refusesPlexi(person.post(`${mfa}/confirm`, { mfa_code: totp(secret) }), 409, 'CONFLICT');
  });
});
