// All groups, as administrators of the house see them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { data, refusesChatAi } from '../support/chatai.mjs';
import { eventually } from '../support/cast.mjs';
import { group, GroupHouse } from '../support/groups.mjs';

const house = await GroupHouse.start();
const of = (path, id = group) => `/api/groups/${id}/${path}`;

await house.hears('#chat hello', 1, { sender: { nickname: 'Ada' } });
await house.hears('#chat hello', 1, { user: 8, sender: { nickname: 'Bob' } });
await house.hears('#chat hello', 1, { group: 501 });

describe('groups', () => {
  it('are listed with who spoke there', async () => {
    const { groups, total } = await data(house.admin.get('/api/groups'));
    assert.equal(total, 2);
    const one = groups.find(({ id }) => id === String(group));
    assert.deepEqual([one.memberCount, one.enabled, one.hasCustomConfig], [2, true, false]);
    assert.equal((await data(house.admin.get('/api/groups?limit=1&page=2'))).groups.length, 1);
    await refusesChatAi(house.admin.get(of('config', 999)), 404, 'GROUP_NOT_FOUND');
    await refusesChatAi(house.admin.get('/api/groups?limit=0'), 400, 'INVALID_PARAMS', 'limit');
  });

  it('are set up and reset', async () => {
    const answer = await house.admin.put(of('config'), { enabled: true, triggers: { prefix: ['!'] }, tools: { disabledTools: ['current_time'] }, memory: { enabled: false }, rateLimit: { enabled: false } });
    assert.equal(answer.body.message, 'Configuration updated');
    assert.deepEqual(await house.hears('#chat hello', 0), []);
    assert.equal((await house.hears('! hello', 1))[0].text, house.model.text);
    assert.ok(!house.model.requests.at(-1).body.tools.some((tool) => tool.function.name === 'current_time'));
    await house.crashAndStart();
    assert.deepEqual((await data(house.admin.get(of('config')))).triggers.prefix, ['!']);
    assert.equal((await house.admin.send('DELETE', of('config'), undefined, { 'Accept-Language': 'zh-CN' })).body.message, '配置已重置');
    assert.equal((await house.hears('#chat hello', 1))[0].text, house.model.text);
    assert.ok(house.model.requests.at(-1).body.tools.some((tool) => tool.function.name === 'current_time'));
    assert.equal((await data(house.admin.get(of('config')))).hasCustomConfig, false);
  });

  it('are changed by parts', async () => {
    const { id } = await data(house.admin.post('/api/presets', { name: 'cook', systemPrompt: 'You cook.' }), 201);
    assert.equal((await data(house.admin.put(of('preset'), { presetId: 'cook' }))).preset, id);
    assert.equal((await data(house.admin.get(of('presets')))).current, id);
    await house.hears('#chat hello', 1);
    assert.equal(house.model.requests.at(-1).body.messages[0].content, 'You cook.');
    const tools = await data(house.admin.put(of('tools'), { allowedTools: ['current_time'] }));
    assert.deepEqual([tools.allowedTools, tools.available], [['current_time'], ['current_time']]);
    await house.hears('#chat hello', 1);
    assert.deepEqual(house.model.requests.at(-1).body.tools.map((tool) => tool.function.name), ['current_time']);
    const triggers = await data(house.admin.put(of('triggers'), { random: 1 }));
    assert.deepEqual([triggers.random, triggers.randomRate], [true, 1]);
    assert.equal((await house.hears('anything', 1))[0].text, house.model.text);
    await refusesChatAi(house.admin.put(of('triggers'), { random: 2 }), 400, 'INVALID_PARAMS', 'triggers.randomRate');
    await refusesChatAi(house.admin.put(of('preset'), { presetId: 'nobody' }), 404, 'PRESET_NOT_FOUND');
    await data(house.admin.delete(of('config')));
  });

  it('are changed together', async () => {
    const toggled = await data(house.admin.post('/api/groups/batch/toggle', { groupIds: [group, '501', '999'], enabled: false }));
    assert.deepEqual([toggled.total, toggled.updated, toggled.failed], [3, 2, 1]);
    assert.deepEqual(await house.hears('#chat hello', 0), []);
    await data(house.admin.post('/api/groups/batch', { groupIds: [group, 501], action: 'update', config: { enabled: true, systemPrompt: 'Hm.' } }));
    assert.equal((await data(house.admin.get(of('config', 501)))).systemPrompt, 'Hm.');
    assert.equal((await house.hears('#chat hello', 1)).length, 1);
    await refusesChatAi(house.admin.post('/api/groups/batch', { groupIds: [group], config: { bym: { enabled: true } } }), 400, 'INVALID_PARAMS', 'bym');
    await refusesChatAi(house.admin.post('/api/groups/batch', { groupIds: Array(101).fill(group), config: {} }), 400, 'INVALID_PARAMS', 'groupIds');
    await refusesChatAi(house.admin.post('/api/groups/batch', { groupIds: [group], action: 'delete', config: {} }), 400, 'INVALID_PARAMS', 'action');
  });
});

describe('members', () => {
  it('are those who spoke, and may be blocked', async () => {
    const { members, total } = await data(house.admin.get(of('members')));
    assert.equal(total, 2);
    assert.deepEqual(members.map(({ userId, nickname, blocked }) => [userId, nickname, blocked]), [['7', 'Ada', false], ['8', 'Bob', false]]);
    assert.ok(members[0].lastActive > Date.now() - 120_000);
    assert.deepEqual((await data(house.admin.get(of('members?search=Bo')))).members.map(({ userId }) => userId), ['8']);
    assert.equal((await data(house.admin.get(of('members?limit=1&page=2')))).members[0].userId, '8');
    await data(house.admin.put(of('members/8'), { blocked: true }));
    assert.equal((await data(house.admin.get(of('members?search=Bob')))).members[0].blocked, true);
    assert.deepEqual(await house.hears('#chat hello', 0, { user: 8 }), []);
    await data(house.admin.put(of('members/8'), { blocked: false }));
    assert.equal((await house.hears('#chat hello', 1, { user: 8 })).length, 1);
    await refusesChatAi(house.admin.put(of('members/8'), { blocked: true, remark: 'x' }), 400, 'INVALID_PARAMS', 'remark');
  });
});

describe('figures', () => {
  it('count messages, answers and who asked', async () => {
    const before = await data(house.admin.get(of('stats')));
    house.bot.say('just talking', { group });
    await house.hears('#chat hello', 1);
    const after = await eventually(async () => {
      const now = await data(house.admin.get(of('stats?period=week')));
      return now.aiResponses === before.aiResponses + 1 && now;
    }, 'an answer in the figures');
    assert.equal(after.totalMessages, before.totalMessages + 2);
    assert.equal(after.dailyStats.length, 7);
    assert.equal(after.dailyStats.at(-1).date, new Date().toISOString().slice(0, 10));
    assert.equal(after.topUsers[0].userId, '7');
    await refusesChatAi(house.admin.get(of('stats?period=year')), 400, 'INVALID_PARAMS', 'period');
    const use = await data(house.admin.get(of('usage-stats')));
    assert.ok(use.groupCount > 2);
    assert.equal((await data(house.admin.post(of('usage-stats/reset')))).groupCount, 0);
  });
});

describe('conversations', () => {
  it('of a group are shown and taken back', async () => {
    const { conversations } = await data(house.admin.get(of('conversations')));
    assert.deepEqual(conversations.map(({ groupId, userId }) => [groupId, userId]), [['500', null]]);
    assert.equal(conversations[0].lastMessage, house.model.text);
    await data(house.admin.delete(of('conversations')));
    assert.equal((await data(house.admin.get(of('conversations')))).conversations[0].messageCount, 0);
    await house.hears('#chat hello', 1);
    assert.equal(house.model.requests.at(-1).body.messages.filter(({ role }) => role === 'user').length, 1);
  });
});
