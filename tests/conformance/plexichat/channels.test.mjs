import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bringIn, newChannel, newPrivateChannel, say } from '../support/live.mjs';
import { answers, logInPlexiAdmin, newPlexiUser, plexi, refusesPlexi } from '../support/plexi.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(plexi, '--no-rate-limit');
const admin = await logInPlexiAdmin(server);
const [ada, bob, eve] = await Promise.all([newPlexiUser(server), newPlexiUser(server), newPlexiUser(server)]);
const channels = '/api/v1/channels';
const at = (channel) => `${channels}/${channel.id}`;
const shape = ['id', 'name', 'description', 'is_private', 'owner_id', 'is_member', 'member_count', 'message_count', 'created_at', 'last_message_at'];

describe('the channel general', () => {
  it('is there from the start, by its name and its id, and everyone may join', async () => {
    const general = await answers(ada.get(`${channels}/general`));
    assert.deepEqual(Object.keys(general), shape);
    assert.match(general.id, /^channel_\d+$/);
    assert.equal(general.is_member, false);
    assert.deepEqual(await answers(ada.get(at(general))), general);
    const joined = await answers(ada.post(`${channels}/general/join`));
    assert.equal(joined.is_member, true);
    assert.equal(joined.member_count, general.member_count + 1);
    assert.equal((await answers(ada.post(`${channels}/general/join`))).member_count, joined.member_count);
    await answers(ada.post(`${channels}/general/leave`));
    assert.equal((await answers(ada.get(at(general)))).is_member, false);
  });
});

describe('POST /channels', () => {
  it('makes a channel of which the creator is owner and member', async () => {
    const channel = await newChannel(ada, { description: 'Numbers' });
    assert.deepEqual(Object.keys(channel), shape);
    assert.equal(channel.owner_id, ada.user.id);
    assert.equal(channel.description, 'Numbers');
    assert.equal(channel.is_member, true);
    assert.equal(channel.member_count, 1);
  });

  it('refuses a public name that is taken, and says nothing of private ones', async () => {
    const secret = await newPrivateChannel(ada);
    await newChannel(bob, { name: secret.name });
    await refusesPlexi(ada.post(channels, { name: secret.name }), 409, 'CONFLICT', 'name');
    await newPrivateChannel(bob);
  });

  for (const [what, body, field] of [
    ['no name', {}, 'name'],
    ['a name that is too long', { name: 'x'.repeat(101) }, 'name'],
    ['a name like an id', { name: 'channel_1' }, 'name'],
    ['a name with a slash', { name: 'a/b' }, 'name'],
    ['a description that is too long', { name: 'fine', description: 'x'.repeat(501) }, 'description'],
    ['is_private that is no boolean', { name: 'fine', is_private: 'yes' }, 'is_private'],
  ])
    it(`refuses ${what}`, () => refusesPlexi(ada.post(channels, body), 422, 'VALIDATION_ERROR', field));

  it('makes one channel of a request that is repeated', async () => {
    const body = { name: 'onlyonce' };
    const key = { 'Idempotency-Key': 'channel-1' };
    const first = await answers(ada.post(channels, body, key), 201);
    assert.deepEqual(await answers(ada.post(channels, body, key), 201), first);
  });
});

describe('GET /channels', () => {
  it('lists mine and public ones, page by page, and no private one of others', async () => {
    const mine = await newPrivateChannel(eve);
    const theirs = await newPrivateChannel(ada);
    const found = [];
    let query = '?limit=2';
    for (;;) {
      const { channels: page, pagination } = await answers(eve.get(channels + query));
      found.push(...page.map(({ id }) => id));
      assert.equal(pagination.has_more, pagination.next_cursor !== null);
      if (!pagination.has_more) break;
      query = `?limit=2&after=${pagination.next_cursor}`;
    }
    assert.equal(new Set(found).size, found.length);
    assert.ok(found.includes(mine.id));
    assert.ok(!found.includes(theirs.id));
    const { channels: own } = await answers(eve.get(`${channels}?scope=mine`));
    assert.deepEqual(own.map(({ id }) => id), [mine.id]);
    const { channels: open } = await answers(eve.get(`${channels}?scope=public&limit=100`));
    assert.ok(open.every(({ is_private: isPrivate }) => !isPrivate));
  });

  for (const [query, field] of [['limit=0', 'limit'], ['limit=101', 'limit'], ['after=x', 'after'], ['scope=some', 'scope']])
    it(`refuses ${query}`, () => refusesPlexi(ada.get(`${channels}?${query}`), 422, 'VALIDATION_ERROR', field));
});

describe('a private channel', () => {
  it('does not exist for who is not in it, by any road', async () => {
    const channel = await newPrivateChannel(ada);
    const message = await say(ada, channel, 'hush');
    for (const answer of [
      eve.get(at(channel)), eve.get(`${channels}/${channel.name}`), eve.put(at(channel), { name: 'mine' }), eve.delete(at(channel)),
      eve.post(`${at(channel)}/join`), eve.post(`${at(channel)}/leave`), eve.get(`${at(channel)}/members`),
      eve.post(`${at(channel)}/members`, { user_id: eve.user.id }), eve.delete(`${at(channel)}/members/${ada.user.id}`),
      eve.get(`/api/v1/messages?channel_id=${channel.id}`), eve.post('/api/v1/messages', { channel_id: channel.id, content: 'hi' }),
      eve.get(`/api/v1/messages/${message.id}`), eve.put(`/api/v1/messages/${message.id}`, { content: 'hi' }),
      eve.delete(`/api/v1/messages/${message.id}`), eve.get(`/api/v1/messages/${message.id}/reactions`),
      eve.post(`/api/v1/messages/${message.id}/reactions`, { emoji: 'x' }), eve.delete(`/api/v1/messages/${message.id}/reactions/x`),
      admin.get(at(channel)), admin.get(`/api/v1/messages/${message.id}`), admin.put(`/api/v1/messages/${message.id}`, { content: 'hi' }),
    ]) await refusesPlexi(answer, 404, 'RESOURCE_NOT_FOUND');
  });

  it('is joined by whom a member brings in, until they leave or are sent away', async () => {
    const channel = await newPrivateChannel(ada);
    const member = await bringIn(ada, channel, bob);
    assert.deepEqual(Object.keys(member), ['user_id', 'username', 'display_name', 'role', 'joined_at']);
    await bringIn(bob, channel, eve);
    const { members, pagination } = await answers(ada.get(`${at(channel)}/members`));
    assert.deepEqual(members.map(({ user_id: id, role }) => [id, role]),
      [[ada.user.id, 'owner'], [bob.user.id, 'member'], [eve.user.id, 'member']]);
    assert.deepEqual(pagination, { has_more: false, next_cursor: null, total_count: 3 });
    const first = await answers(ada.get(`${at(channel)}/members?limit=2`));
    const second = await answers(ada.get(`${at(channel)}/members?limit=2&after=${first.pagination.next_cursor}`));
    assert.deepEqual([...first.members, ...second.members], members);
    await refusesPlexi(bob.delete(`${at(channel)}/members/${eve.user.id}`), 403, 'INSUFFICIENT_PERMISSIONS');
    await answers(ada.delete(`${at(channel)}/members/${eve.user.id}`));
    await refusesPlexi(eve.get(at(channel)), 404, 'RESOURCE_NOT_FOUND');
    await refusesPlexi(ada.delete(`${at(channel)}/members/${eve.user.id}`), 404, 'RESOURCE_NOT_FOUND');
    await answers(bob.post(`${at(channel)}/leave`));
    await refusesPlexi(bob.get(at(channel)), 404, 'RESOURCE_NOT_FOUND');
    await refusesPlexi(ada.post(`${at(channel)}/leave`), 409, 'CONFLICT');
    await refusesPlexi(ada.post(`${at(channel)}/members`, { user_id: 'user_999999' }), 422, 'VALIDATION_ERROR', 'user_id');
  });
});

describe('PUT and DELETE /channels/{channel_id}', () => {
  it('let the owner and a moderator rename and describe it, and nobody else', async () => {
    const channel = await newChannel(ada);
    const renamed = await answers(ada.put(at(channel), { name: `${channel.name}b`, description: 'New' }));
    assert.equal(renamed.description, 'New');
    assert.equal((await answers(bob.get(`${channels}/${renamed.name}`))).id, channel.id);
    await newChannel(bob, { name: channel.name });
    await refusesPlexi(ada.put(at(channel), { name: channel.name }), 409, 'CONFLICT', 'name');
    await refusesPlexi(bob.put(at(channel), { name: 'mine' }), 403, 'INSUFFICIENT_PERMISSIONS');
    await answers(admin.put(at(channel), { description: 'Moderated' }));
  });

  it('let the owner or an administrator delete it, for everyone', async () => {
    const channel = await newChannel(ada);
    await say(bob, channel, 'hello');
    await refusesPlexi(bob.delete(at(channel)), 403, 'INSUFFICIENT_PERMISSIONS');
    await answers(ada.delete(at(channel)));
    for (const person of [ada, bob, admin]) await refusesPlexi(person.get(at(channel)), 404, 'RESOURCE_NOT_FOUND');
    await newChannel(bob, { name: channel.name });
    const secret = await newPrivateChannel(ada);
    await answers(admin.delete(at(secret)));
    await refusesPlexi(ada.get(at(secret)), 404, 'RESOURCE_NOT_FOUND');
  });
});
