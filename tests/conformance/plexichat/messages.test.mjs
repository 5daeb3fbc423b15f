import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bringIn, newChannel, newPrivateChannel, say } from '../support/live.mjs';
import { answers, logInPlexiAdmin, newPlexiUser, plexi, refusesPlexi } from '../support/plexi.mjs';
import { startServerOf } from '../support/server.mjs';

const server = await startServerOf(plexi, '--no-rate-limit');
const limited = await startServerOf(plexi);
const admin = await logInPlexiAdmin(server);
const [ada, bob, eve] = await Promise.all([newPlexiUser(server), newPlexiUser(server), newPlexiUser(server)]);
const messages = '/api/v1/messages';
const shape = ['id', 'channel_id', 'user_id', 'content', 'content_type', 'created_at', 'updated_at', 'attachments', 'mentions',
  'reactions', 'thread_id', 'reply_to', 'is_edited', 'is_deleted'];
const page = (person, channel, query = '') => answers(person.get(`${messages}?channel_id=${channel.id}${query}`));

describe('POST /messages', () => {
  it('answers as the specification shows, and joins a public channel', async () => {
    const channel = await newChannel(ada);
    const root = await say(ada, channel, 'Hello, world!');
    assert.deepEqual(Object.keys(root), shape);
    assert.deepEqual({ ...root, id: '', created_at: '' }, { id: '', channel_id: channel.id, user_id: ada.user.id, content: 'Hello, world!',
      content_type: 'text', created_at: '', updated_at: null, attachments: [], mentions: [], reactions: [], thread_id: null,
      reply_to: null, is_edited: false, is_deleted: false });
    const reply = await say(bob, channel, '*Hello*, everyone!', { content_type: 'markdown', mentions: [ada.user.id, ada.user.id], reply_to: root.id });
    assert.deepEqual(reply.mentions, [ada.user.id]);
    assert.equal(reply.reply_to, root.id);
    assert.equal(reply.thread_id, root.id);
    const deeper = await say(ada, channel, 'And so on', { reply_to: reply.id });
    assert.equal(deeper.reply_to, reply.id);
    assert.equal(deeper.thread_id, root.id);
    assert.deepEqual(await answers(bob.get(`${messages}/${deeper.id}`)), deeper);
    assert.equal((await answers(bob.get(`/api/v1/channels/${channel.id}`))).is_member, true);
  });

  it('keeps every character, and the white space that Markdown needs', async () => {
    const channel = await newChannel(ada);
    const content = '    code\n\t"quotes" \\ 👩‍🚀 \u0001 日本\n';
    assert.equal((await say(ada, channel, content)).content, content);
    assert.equal((await say(ada, channel, '😀'.repeat(4000))).content.length, 8000);
  });

  it('names the field of each bad message', async () => {
    const channel = await newChannel(ada);
    const elsewhere = await say(ada, await newChannel(ada), 'elsewhere');
    const gone = await say(ada, channel, 'gone');
    await answers(ada.delete(`${messages}/${gone.id}`));
    for (const [more, field] of [
      [{ content: '' }, 'content'], [{ content: ' \n ' }, 'content'], [{ content: 'x'.repeat(4001) }, 'content'], [{ content: 7 }, 'content'],
      [{ channel_id: '' }, 'channel_id'], [{ content_type: 'html' }, 'content_type'], [{ mentions: 'user_1' }, 'mentions'],
      [{ mentions: ['nobody'] }, 'mentions'], [{ mentions: [7] }, 'mentions'], [{ mentions: [eve.user.id] }, 'mentions'],
      [{ mentions: Array.from({ length: 101 }, (_, i) => `user_${i + 1}`) }, 'mentions'],
      [{ reply_to: 'msg_1' }, 'reply_to'], [{ reply_to: 'nonsense' }, 'reply_to'], [{ reply_to: elsewhere.id }, 'reply_to'],
      [{ reply_to: gone.id }, 'reply_to'], [{ attachments: ['file_1'] }, 'attachments'], [{ attachments: [1] }, 'attachments'],
    ]) await refusesPlexi(ada.post(messages, { channel_id: channel.id, content: 'fine', ...more }), 422, 'VALIDATION_ERROR', field);
    await refusesPlexi(ada.post(messages, { channel_id: 'channel_999', content: 'fine' }), 404, 'RESOURCE_NOT_FOUND', 'channel_id');
    await refusesPlexi(ada.post(messages, '{', {}), 422, 'VALIDATION_ERROR');
  });

  it('posts once what is sent twice with a key', async () => {
    const channel = await newChannel(ada);
    const body = { channel_id: channel.id, content: 'once' };
    const key = { 'Idempotency-Key': 'message-1' };
    const first = await answers(ada.post(messages, body, key), 201);
    assert.deepEqual(await answers(ada.post(messages, body, key), 201), first);
    await refusesPlexi(ada.post(messages, { ...body, content: 'twice' }, key), 422, 'VALIDATION_ERROR');
    assert.equal((await page(ada, channel)).pagination.total_count, 1);
  });

  it('answers a repeat as the first time, whatever has become of what it names', async () => {
    const channel = await newPrivateChannel(ada);
    await bringIn(ada, channel, bob);
    const root = await say(ada, channel, 'root');
    const post = () => bob.post(messages, { channel_id: channel.id, content: 'once', reply_to: root.id }, { 'Idempotency-Key': 'message-2' });
    const first = await answers(post(), 201);
    await answers(ada.delete(`${messages}/${root.id}`));
    assert.deepEqual(await answers(post(), 201), first);
    await answers(bob.post(`/api/v1/channels/${channel.id}/leave`));
    assert.deepEqual(await answers(post(), 201), first);
    await answers(ada.delete(`/api/v1/channels/${channel.id}`));
    assert.deepEqual(await answers(post(), 201), first);
  });

  it('lets a caller have 100 a minute, reading and writing together, and says so in four headers', async () => {
    const person = await newPlexiUser(limited);
    const channel = await newChannel(person);
    for (let i = 1; i <= 100; ++i) {
      const { status, headers } = await (i % 2 ? person.post(messages, { channel_id: channel.id, content: 'x' }) : person.get(`${messages}?channel_id=${channel.id}`));
      assert.ok(status < 300);
      assert.equal(headers['x-ratelimit-limit'], '100');
      assert.equal(headers['x-ratelimit-remaining'], String(100 - i));
      assert.equal(headers['x-ratelimit-window'], '60');
      assert.match(headers['x-ratelimit-reset'], /^\d{10}$/);
    }
    const { status, body, headers } = await person.post(messages, { channel_id: channel.id, content: 'x' });
    assert.equal(status, 429);
    assert.equal(body.error.code, 'RATE_LIMIT_EXCEEDED');
    assert.equal(String(body.error.retry_after), headers['retry-after']);
  });
});

describe('GET /messages', () => {
  it('pages from the newest to the oldest, and back', async () => {
    const channel = await newChannel(ada);
    for (let i = 1; i <= 7; ++i) await say(ada, channel, String(i));
    const seen = [];
    let query = '&limit=3';
    for (;;) {
      const { messages: some, pagination } = await page(ada, channel, query);
      assert.deepEqual(Object.keys(pagination), ['has_more', 'next_cursor', 'total_count']);
      assert.equal(pagination.total_count, 7);
      seen.push(...some);
      if (!pagination.has_more) break;
      query = `&limit=3&before=${pagination.next_cursor}`;
    }
    assert.deepEqual(seen.map(({ content }) => content), ['7', '6', '5', '4', '3', '2', '1']);
    const newer = await page(ada, channel, `&limit=2&after=${seen[5].id}`);
    assert.deepEqual(newer.messages.map(({ content }) => content), ['4', '3']);
    assert.equal(newer.pagination.next_cursor, newer.messages[0].id);
    const between = await page(ada, channel, `&after=${seen[6].id}&before=${seen[2].id}`);
    assert.deepEqual(between.messages.map(({ content }) => content), ['4', '3', '2']);
    assert.deepEqual(between.pagination, { has_more: false, next_cursor: null, total_count: 7 });
    assert.deepEqual((await page(ada, channel, `&after=${seen[0].id}`)).messages, []);
  });

  it('refuses cursors that are none, and limits past theirs', async () => {
    const channel = await newChannel(ada);
    const here = await say(ada, channel, 'here');
    const elsewhere = await say(ada, await newChannel(ada), 'elsewhere');
    const later = `msg_${Number(here.id.slice(4)) + 1}`;
    for (const [query, field] of [['before=msg_1', 'before'], [`before=${elsewhere.id}`, 'before'], [`before=${later}`, 'before'],
      [`after=${later}`, 'after'], ['after=x', 'after'], ['limit=0', 'limit'], ['limit=101', 'limit'], ['limit=x', 'limit']])
      await refusesPlexi(ada.get(`${messages}?channel_id=${channel.id}&${query}`), 422, 'VALIDATION_ERROR', field);
    await refusesPlexi(ada.get(messages), 422, 'VALIDATION_ERROR', 'channel_id');
  });

  it('is for members: a public channel must be joined first', async () => {
    const channel = await newChannel(ada);
    await refusesPlexi(eve.get(`${messages}?channel_id=${channel.id}`), 403, 'INSUFFICIENT_PERMISSIONS', 'channel_id');
    await answers(eve.post(`/api/v1/channels/${channel.id}/join`));
    await page(eve, channel);
  });

  it('neither skips nor repeats a message while others write and delete', async () => {
    const channel = await newChannel(ada);
    for (let i = 0; i < 30; ++i) await say(ada, channel, `before ${i}`);
    let writing = true;
    const writer = (async () => {
      while (writing) {
        const { id } = await say(bob, channel, 'meanwhile');
        if (Math.random() < 0.5) await answers(bob.delete(`${messages}/${id}`));
      }
    })();
    const numbers = [];
    let { messages: some, pagination } = await page(ada, channel, '&limit=3');
    for (;;) {
      numbers.push(...some.map(({ id }) => Number(id.slice(4))));
      if (!pagination.has_more) break;
      ({ messages: some, pagination } = await page(ada, channel, `&limit=3&before=${pagination.next_cursor}`));
    }
    writing = false;
    await writer;
    numbers.forEach((number, i) => assert.equal(number, numbers[0] - i));
    assert.ok(numbers.length >= 30);
  });
});

describe('PUT and DELETE /messages/{message_id}', () => {
  it('let the author edit', async () => {
    const channel = await newChannel(ada);
    const { id } = await say(ada, channel, 'first');
    const edited = await answers(ada.put(`${messages}/${id}`, { content: 'Updated message content' }));
    assert.equal(edited.content, 'Updated message content');
    assert.equal(edited.is_edited, true);
    assert.ok(edited.updated_at >= edited.created_at);
    assert.deepEqual((await page(ada, channel)).messages, [edited]);
    await refusesPlexi(ada.put(`${messages}/${id}`, { content: ' ' }), 422, 'VALIDATION_ERROR', 'content');
  });

  it('leave a tombstone of what is deleted', async () => {
    const channel = await newChannel(ada);
    const { id } = await say(ada, channel, 'first', { mentions: [ada.user.id] });
    await answers(ada.post(`${messages}/${id}/reactions`, { emoji: '👍' }));
    const tombstone = await answers(ada.delete(`${messages}/${id}`));
    assert.equal(tombstone.content, '');
    assert.equal(tombstone.is_deleted, true);
    assert.deepEqual([tombstone.mentions, tombstone.reactions], [[], []]);
    assert.deepEqual((await page(ada, channel)).messages, [tombstone]);
    await refusesPlexi(ada.delete(`${messages}/${id}`), 404, 'RESOURCE_NOT_FOUND');
    await refusesPlexi(ada.put(`${messages}/${id}`, { content: 'back' }), 404, 'RESOURCE_NOT_FOUND');
    await refusesPlexi(ada.post(`${messages}/${id}/reactions`, { emoji: '👍' }), 404, 'RESOURCE_NOT_FOUND');
  });

  it('are for the author and for moderators', async () => {
    const channel = await newChannel(ada);
    const { id } = await say(bob, channel, 'mine');
    await refusesPlexi(ada.put(`${messages}/${id}`, { content: 'yours' }), 403, 'INSUFFICIENT_PERMISSIONS');
    await refusesPlexi(ada.delete(`${messages}/${id}`), 403, 'INSUFFICIENT_PERMISSIONS');
    assert.equal((await answers(admin.put(`${messages}/${id}`, { content: 'moderated' }))).content, 'moderated');
    assert.equal((await answers(admin.delete(`${messages}/${id}`))).user_id, bob.user.id);
  });

  it('know no ids that are none', async () => {
    for (const id of ['msg_1', 'msg_0', 'msg_x', 'channel_1', '67108865', 'msg_99999999999999999999'])
      await refusesPlexi(ada.get(`${messages}/${id}`), 404, 'RESOURCE_NOT_FOUND', 'message_id');
  });
});

describe('reactions', () => {
  it('are counted by emoji, once a person', async () => {
    const channel = await newPrivateChannel(ada);
    await bringIn(ada, channel, bob);
    const { id } = await say(ada, channel, 'hello');
    await answers(ada.post(`${messages}/${id}/reactions`, { emoji: '👍' }));
    await answers(bob.post(`${messages}/${id}/reactions`, { emoji: '👍' }));
    const shown = await answers(bob.post(`${messages}/${id}/reactions`, { emoji: '👍' }));
    assert.deepEqual(shown.reactions, [{ emoji: '👍', count: 2, users: [ada.user.id, bob.user.id] }]);
    assert.deepEqual((await answers(ada.get(`${messages}/${id}/reactions`))).reactions, shown.reactions);
    assert.deepEqual((await page(ada, channel)).messages[0].reactions, shown.reactions);
    const left = await answers(ada.delete(`${messages}/${id}/reactions/${encodeURIComponent('👍')}`));
    assert.deepEqual(left.reactions, [{ emoji: '👍', count: 1, users: [bob.user.id] }]);
    await refusesPlexi(ada.delete(`${messages}/${id}/reactions/${encodeURIComponent('👍')}`), 404, 'RESOURCE_NOT_FOUND');
    await refusesPlexi(ada.post(`${messages}/${id}/reactions`, {}), 422, 'VALIDATION_ERROR', 'emoji');
    await refusesPlexi(ada.post(`${messages}/${id}/reactions`, { emoji: 'x'.repeat(33) }), 422, 'VALIDATION_ERROR', 'emoji');
  });
});
