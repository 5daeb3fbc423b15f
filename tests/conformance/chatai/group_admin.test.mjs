// Looking after one group: a code of the bot's, a login for that group alone, and what changes in the group by it.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { data, refusesChatAi, surfaces, withToken } from '../support/chatai.mjs';
import { endpoints } from '../support/chatai_endpoints.mjs';
import { Client } from '../support/client.mjs';
import { group, GroupHouse, owner } from '../support/groups.mjs';
import { startServerOf } from '../support/server.mjs';

const house = await GroupHouse.start('--log-requests');
const chinese = { 'Accept-Language': 'zh-CN' };
const stranger = () => new Client(house.server);

describe('a code', () => {
  it('goes to the owner in private and logs in once', async () => {
    const { code, said } = await house.code();
    assert.ok(!said.find(({ to }) => to === 'group').text.includes(code));
    const login = await data(stranger().post('/api/group-admin/login', { code: ` ${code.toLowerCase()} ` }));
    assert.match(login.token, /^grp_[A-Za-z0-9_-]{43}$/);
    assert.deepEqual([login.groupId, login.userId, login.expiresIn], ['500', '9', 86400]);
    const verified = await data(withToken(house.server, login.token).get('/api/group-admin/verify'));
    assert.deepEqual([verified.valid, verified.groupId, verified.userId], [true, '500', '9']);
    const { error } = await refusesChatAi(stranger().send('POST', '/api/group-admin/login', { code }, chinese), 401);
    assert.equal(error, '登录码无效、已过期或已使用');
    assert.equal((await refusesChatAi(stranger().send('POST', '/api/group-admin/login', {}, chinese), 400)).error, '请输入登录码');
  });

  it('is for the group\'s administrators and those of the bots', async () => {
    const [refused] = await house.hears('#群管理面板', 1, { sender: { nickname: 'Mia', role: 'member' } });
    assert.match(refused.text, /仅群主/);
    const [alone] = await house.hears('#群管理面板', 1, { group: undefined, sender: owner });
    assert.match(alone.text, /群里/);
    await data(house.admin.put('/api/config', { admin: { masters: ['aiocqhttp:7'] } }));
    assert.equal((await house.code({ user: 7, sender: { nickname: 'Mia', role: 'member' } })).code.length, 6);
    await data(house.admin.put('/api/config', { admin: { masters: [] } }));
  });

  it('is not told to the group where it cannot be told in private', async () => {
    const usual = house.bot.answer;
    house.bot.answer = (action) => (action.action === 'send_private_msg' ? { status: 'failed', retcode: 1200, message: 'no friend' } : usual(action));
    const said = await house.hears('#群管理面板', 2, { user: 9, sender: owner });
    house.bot.answer = usual;
    assert.match(said.find(({ to }) => to === 'group').text, /好友/);
  });
});

describe('guessing codes', () => {
  it('is throttled by address', async () => {
    const server = await startServerOf(surfaces);
    const guesser = new Client(server);
    const statuses = [];
    for (let i = 0; i < 7; ++i) statuses.push((await guesser.post('/api/group-admin/login', { code: `AAAAA${i}` })).status);
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429]);
    const answer = await guesser.send('POST', '/api/group-admin/login', { code: 'AAAAAA' }, chinese);
    assert.equal((await refusesChatAi(answer, 429, 'RATE_LIMITED')).error, '登录尝试过于频繁，请稍后再试');
    assert.ok(Number(answer.headers['retry-after']) > 0);
  });
});

describe('a group\'s login', () => {
  it('opens nothing but its group', async () => {
    const { token } = await house.groupAdmin();
    for (const { method, path, body } of endpoints) {
      if (path.startsWith('/api/group-admin') || path.startsWith('/api/auth/login') || path.startsWith('/login/')) continue;
      await refusesChatAi(withToken(house.server, token).send(method, path, body), 401);
    }
    for (const headers of [{ Cookie: `auth_token=${token}` }, { 'X-API-Key': token }])
      await refusesChatAi(new Client(house.server, headers).get('/api/group-admin/config'), 401);
    await refusesChatAi(stranger().get(`/api/group-admin/config?token=${token}`), 401);
    assert.equal((await refusesChatAi(house.admin.send('GET', '/api/group-admin/config', undefined, chinese), 401)).error, '需要群管理员认证');
  });

  it('survives a crash and ends by logging out', async () => {
    const { token } = await house.groupAdmin();
    await house.crashAndStart();
    const admin = withToken(house.server, token);
    await data(admin.get('/api/group-admin/verify'));
    await data(admin.post('/api/group-admin/logout'));
    assert.equal((await refusesChatAi(admin.send('GET', '/api/group-admin/verify', undefined, chinese), 401)).error, '会话无效或已过期，请重新登录');
  });
});

describe('settings of a group', () => {
  it('change what wakes the bot there and nowhere else, before and after a crash', async () => {
    const admin = await house.groupAdmin();
    assert.equal((await house.hears('#chat hi', 1))[0].text, house.model.text);
    const changed = await data(admin.put('/api/group-admin/config', { customPrefix: 'bot,', triggers: { at: false } }));
    assert.deepEqual([changed.customPrefix, changed.triggers.at, changed.hasCustomConfig], ['bot,', false, true]);
    assert.deepEqual(await house.hears('#chat hi', 0), []);
    assert.equal((await house.hears('bot, hi', 1))[0].text, house.model.text);
    assert.equal((await house.hears('#chat hi', 1, { group: 501 }))[0].text, house.model.text);
    await house.crashAndStart();
    assert.deepEqual(await house.hears('#chat hi', 0), []);
    const shown = await data(admin.get('/api/group-admin/config'));
    assert.deepEqual(shown.triggers.prefix, ['bot,']);
    const again = await data(admin.put('/api/group-admin/config', shown));
    for (const part of Object.keys(again)) assert.deepEqual(again[part], shown[part], 'what was shown comes back unchanged');
    await data(admin.put('/api/group-admin/config', { triggerMode: 'default', customPrefix: '' }));
    assert.equal((await house.hears('#chat hi', 1))[0].text, house.model.text);
  });

  it('refuse what they do not have, and what is no good, by its name', async () => {
    const admin = await house.groupAdmin();
    for (const [body, field] of [
      [{ bym: { enabled: true } }, 'bym'], [{ imageGen: { enabled: true } }, 'imageGen'], [{ nothing: 1 }, 'nothing'],
      [{ usageLimit: { imageLimit: 3 } }, 'usageLimit.imageLimit'], [{ listMode: 'some' }, 'listMode'],
      [{ rateLimit: { enabled: true, maxRequests: 0 } }, 'rateLimit.maxRequests'], [{ triggers: { at: 'x' } }, 'triggers.at'],
      [{ blacklist: Array(2001).fill('1') }, 'blacklist'], [{ usageLimit: { dailyUserLimit: -1 } }, 'usageLimit.dailyUserLimit'],
    ]) await refusesChatAi(admin.put('/api/group-admin/config', body), 400, 'INVALID_PARAMS', field);
    await refusesChatAi(admin.put('/api/group-admin/config', { presetId: 'nobody' }), 404, 'PRESET_NOT_FOUND');
  });

  it('list who is heard', async () => {
    const admin = await house.groupAdmin();
    await data(admin.put('/api/group-admin/config', { listMode: 'blacklist' }));
    assert.deepEqual((await data(admin.post('/api/group-admin/blacklist/add', { userId: 7 }))).blacklist, ['7']);
    assert.deepEqual(await house.hears('#chat hi', 0, { user: 7 }), []);
    assert.equal((await house.hears('#chat hi', 1, { user: 8 })).length, 1);
    assert.deepEqual((await data(admin.post('/api/group-admin/blacklist/remove', { userId: '7' }))).blacklist, []);
    assert.equal((await house.hears('#chat hi', 1, { user: 7 })).length, 1);
    await data(admin.put('/api/group-admin/whitelist', { whitelist: ['8'], listMode: 'whitelist' }));
    assert.deepEqual(await house.hears('#chat hi', 0, { user: 7 }), []);
    assert.equal((await house.hears('#chat hi', 1, { user: 8 })).length, 1);
    await data(admin.put('/api/group-admin/config', { listMode: 'none', whitelist: [] }));
    await refusesChatAi(admin.post('/api/group-admin/blacklist/add', {}), 400, 'INVALID_PARAMS', 'userId');
  });

  it('give the bot another manner', async () => {
    const admin = await house.groupAdmin();
    const { id } = await data(house.admin.post('/api/presets', { name: 'pirate', systemPrompt: 'You are a pirate.' }), 201);
    assert.deepEqual((await data(admin.get('/api/group-admin/presets'))).map(({ name }) => name), ['pirate']);
    await data(admin.put('/api/group-admin/config', { presetId: 'pirate' }));
    await house.hears('#chat who are you', 1);
    assert.equal(house.model.requests.at(-1).body.messages[0].content, 'You are a pirate.');
    await data(admin.put('/api/group-admin/config', { systemPrompt: 'You are a cook.', models: { chat: 'fake' } }));
    await house.hears('#chat who are you', 1);
    assert.equal(house.model.requests.at(-1).body.messages[0].content, 'You are a cook.');
    const shown = await data(admin.put('/api/group-admin/config', { systemPrompt: '', presetId: '' }));
    assert.equal(shown.presetId, '');
    await data(house.admin.delete(`/api/presets/${id}`));
  });
});

describe('limits of a group', () => {
  it('stop questions, say so once a day, survive a crash and begin anew', async () => {
    const admin = await house.groupAdmin();
    await data(admin.post('/api/group-admin/usage-stats/reset'));
    const limits = { dailyGroupLimit: 0, dailyUserLimit: 2, limitMessage: 'That was enough.' };
    assert.deepEqual(await data(admin.put('/api/group-admin/usage-limit', limits)), limits);
    const user = 77;
    for (let i = 0; i < 2; ++i) assert.equal((await house.hears('#chat hi', 1, { user }))[0].text, house.model.text);
    assert.equal((await house.hears('#chat hi', 1, { user }))[0].text, 'That was enough.');
    assert.deepEqual(await house.hears('#chat hi', 0, { user }), []);
    await house.crashAndStart();
    assert.deepEqual(await house.hears('#chat hi', 0, { user }), []);
    const use = await data(admin.get('/api/group-admin/usage-stats'));
    assert.equal(use.groupCount, 2);
    assert.equal(use.groupRemaining, -1);
    assert.deepEqual(use.topUsers.map(({ userId, count }) => [userId, count]), [['77', 2]]);
    assert.equal((await data(admin.post('/api/group-admin/usage-stats/reset'))).groupCount, 0);
    assert.equal((await house.hears('#chat hi', 1, { user }))[0].text, house.model.text);
    await data(admin.put('/api/group-admin/config', { usageLimit: { dailyUserLimit: 0, dailyGroupLimit: 1 } }));
    assert.equal((await data(admin.get('/api/group-admin/usage-stats'))).groupRemaining, 0);
    assert.equal((await house.hears('#chat hi', 1, { user: 78 }))[0].text, 'That was enough.');
    await data(admin.put('/api/group-admin/usage-limit', { dailyGroupLimit: 0 }));
  });
});

describe('a channel of the group\'s own', () => {
  const key = 'sk-the-key-of-the-group-4321';

  it('keeps its keys to itself', async () => {
    const admin = await house.groupAdmin();
    assert.deepEqual(await data(admin.get('/api/group-admin/channel')), { hasChannel: false });
    const kept = await data(admin.put('/api/group-admin/channel', { adapterType: 'openai', baseUrl: 'https://models.example.org/v1', apiKey: key, models: ['m'] }));
    assert.deepEqual([kept.hasChannel, kept.apiKey, kept.models], [true, '****4321', ['m']]);
    const again = await data(admin.put('/api/group-admin/channel', { ...kept, models: ['n'] }));
    assert.deepEqual([again.apiKey, again.models], ['****4321', ['n']]);
    await refusesChatAi(admin.put('/api/group-admin/channel', { baseUrl: 'https://elsewhere.example.org/v1', apiKey: '****4321' }), 400, 'INVALID_PARAMS', 'apiKeys');
    const moved = await data(admin.put('/api/group-admin/channel', { baseUrl: 'https://elsewhere.example.org/v1' }));
    assert.equal(moved.apiKey, '');
    assert.deepEqual(await data(admin.delete('/api/group-admin/channel')), { hasChannel: false });
  });

  it('reaches nothing near, though the house\'s own may', async () => {
    const admin = await house.groupAdmin();
    const before = house.model.requests.length;
    for (const baseUrl of [house.model.url, 'http://localhost:1/v1', 'http://10.1.2.3/v1', 'http://[::1]/v1', 'http://169.254.169.254/v1', 'http://0x7f000001/v1', 'ftp://example.org']) {
      await refusesChatAi(admin.put('/api/group-admin/channel', { baseUrl, apiKey: 'sk-y' }), 400, 'INVALID_PARAMS', 'baseUrl');
      await refusesChatAi(admin.put('/api/group-admin/config', { independentChannel: { baseUrl } }), 400, 'INVALID_PARAMS', 'baseUrl');
      await refusesChatAi(admin.post('/api/group-admin/models/fetch', { baseUrl, apiKey: 'sk-y' }), 400, 'INVALID_PARAMS', 'baseUrl');
    }
    assert.equal(house.model.requests.length, before);
  });
});

describe('what the house has set of a group', () => {
  it('is loosened by nobody who looks after it, and ends with their logins', async () => {
    const admin = await house.groupAdmin();
    const config = `/api/groups/${group}/config`;
    await data(house.admin.put(config, { enabled: false, usageLimit: { dailyUserLimit: 5 } }));
    const loosened = await refusesChatAi(admin.put('/api/group-admin/usage-limit', { dailyUserLimit: 6 }), 403, 'FORBIDDEN');
    assert.match(loosened.error, /usageLimit\.dailyUserLimit/);
    await refusesChatAi(admin.put('/api/group-admin/config', { enabled: true }), 403, 'FORBIDDEN');
    await refusesChatAi(admin.post('/api/group-admin/usage-stats/reset'), 403, 'FORBIDDEN');
    assert.equal((await data(admin.put('/api/group-admin/usage-limit', { dailyUserLimit: 4 }))).dailyUserLimit, 4);
    await data(house.admin.delete(config));
    await refusesChatAi(admin.get('/api/group-admin/verify'), 401);
  });
});

describe('secrets', () => {
  it('are in no answer, no log and no file in clear', async () => {
    const { code } = await house.code();
    const { token } = await data(stranger().post('/api/group-admin/login', { code }));
    const admin = withToken(house.server, token);
    const key = 'sk-this-must-not-be-seen-by-anyone-1357';
    await data(admin.put('/api/group-admin/channel', { baseUrl: 'https://models.example.org/v1', apiKey: key }));
    for (const path of ['config', 'channel', 'verify', 'channels', 'presets', 'usage-stats'])
      assert.ok(!(await admin.get(`/api/group-admin/${path}`)).text.includes(key), path);
    assert.ok(!(await house.admin.get(`/api/groups/${group}/config`)).text.includes(key));
    await data(admin.delete('/api/group-admin/channel'));
    await house.server.stop();
    for (const secret of [key, token, code]) assert.ok(!house.server.output.includes(secret));
    for (const file of await readdir(house.server.dataFolder, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const bytes = await readFile(join(file.path ?? file.parentPath, file.name));
      for (const secret of [key, token]) assert.ok(!bytes.includes(secret), file.name);
    }
  });
});
