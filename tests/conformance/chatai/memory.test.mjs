// What bots remember: facts of people and groups, written in the panel, kept by models, told with questions, and forgotten
// for good.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../support/cast.mjs';
import { chatAiAdmin, data, newChatAiUser, refusesChatAi, surfaces } from '../support/chatai.mjs';
import { startModelServer } from '../support/model_server.mjs';
import { ReverseClient, textOf } from '../support/onebot.mjs';
import { eventsIn, startWithPlatforms } from '../support/platforms.mjs';
import { freePort, startServerOf } from '../support/server.mjs';

const contents = (list) => list.map(({ content }) => content);

describe('memory in the panel', async () => {
  const server = await startServerOf(surfaces, '--no-rate-limit');
  const admin = await chatAiAdmin(server);
  const newUser = async () => `${(await newChatAiUser(server)).user.id}`;
  const remember = (user, content, more = {}) => data(admin.post(`/api/memory/user/${user}`, { content, ...more }), 201);

  it('keeps a fact, shows it and changes it', async () => {
    const user = await newUser();
    const fact = await remember(user, ' Likes green tea ', { category: 'preferences', subType: 'drinks', metadata: { seen: 1 } });
    const { id, createdAt, updatedAt, ...rest } = fact;
    assert.ok(Number.isInteger(id) && createdAt === updatedAt && Math.abs(Date.now() - createdAt) < 60_000);
    assert.deepEqual(rest, {
      userId: user, groupId: null, category: 'preference', subType: 'drinks', content: 'Likes green tea',
      confidence: 0.9, source: 'manual', metadata: { seen: 1 }, isActive: true,
    });
    assert.deepEqual(await data(admin.get(`/api/memories/${id}`)), fact);
    assert.deepEqual(await data(admin.get(`/api/memory/user/${user}?format=list`)), [fact]);
    assert.deepEqual(await data(admin.get(`/api/chat/memories?userId=${user}`)), [fact]);
    const tree = await data(admin.get(`/api/memory/user/${user}`));
    assert.deepEqual(tree.preference, { label: 'Preferences', items: [fact], count: 1 });
    assert.deepEqual(tree.event, { label: 'Events', items: [], count: 0 });
    const changed = await data(admin.put(`/api/memory/${id}`, { content: 'Likes black tea', category: 'topic', confidence: 1 }));
    assert.deepEqual({ ...changed, updatedAt }, { ...fact, content: 'Likes black tea', category: 'topic', confidence: 1 });
    const stats = await data(admin.get(`/api/memory/user/${user}/stats`));
    assert.deepEqual([stats.userId, stats.total, stats.byCategory.topic, stats.byCategory.preference], [user, 1, 1, 0]);
    assert.deepEqual(await data(admin.get(`/api/memory/user/${user}/category/interests`)), [changed]);
    assert.deepEqual(await data(admin.get(`/api/memory/user/${user}/category/event`)), []);
    const known = (await data(admin.get('/api/memory/users'))).find(({ userId }) => userId === user);
    assert.deepEqual(known, { ...known, count: 1, categories: ['topic'], lastUpdate: changed.updatedAt });
  });

  it('brings a fact up to date that says nearly the same, and merges what stands', async () => {
    const user = await newUser();
    const { id } = await remember(user, 'likes green tea');
    const again = await admin.post(`/api/memory/user/${user}`, { content: 'Likes green tea!' });
    assert.equal(again.status, 201);
    assert.deepEqual([again.body.merged, again.body.data.id, again.body.data.content], [true, id, 'Likes green tea!']);
    const other = await remember(user, 'lives in Oslo');
    await data(admin.put(`/api/memory/${other.id}`, { content: 'likes Green tea' }));
    assert.deepEqual(await data(admin.post(`/api/memory/merge/${user}`)), { success: true, method: 'merge', mergedCount: 1, total: 1 });
    assert.deepEqual(await data(admin.post(`/api/memory/user/${user}/summarize`, {})), { success: true, method: 'merge', mergedCount: 0, total: 1 });
    assert.deepEqual(contents(await data(admin.get(`/api/memory/user/${user}?format=list`))), ['likes Green tea']);
    await refusesChatAi(admin.post(`/api/memory/user/${user}/summarize`, { useLLM: true }), 400, 'INVALID_PARAMS', 'useLLM');
  });

  it('answers the repeat of a request as the first', async () => {
    const user = await newUser();
    const key = { 'Idempotency-Key': `memory-${user}` };
    const [first, second] = [await admin.post(`/api/memory/user/${user}`, { content: 'has two cats' }, key), await admin.post(`/api/memory/user/${user}`, { content: 'has two cats' }, key)];
    assert.deepEqual(second.body, first.body);
    assert.equal(first.body.merged, false);
  });

  it('takes several at once, each by itself', async () => {
    const user = await newUser();
    const answer = await data(admin.post('/api/memory/batch', { memories: [
      { userId: user, content: 'has two cats' }, { userId: 'nobody', content: 'x' }, { userId: user, content: '' },
      { userId: Number(user), content: 'Has two cats' }, 7] }));
    assert.deepEqual([answer.total, answer.saved, answer.failed], [5, 2, 3]);
    assert.deepEqual(answer.results.map(({ success, code, merged }) => [success, merged ?? code]),
      [[true, false], [false, 'USER_NOT_FOUND'], [false, 'INVALID_PARAMS'], [true, true], [false, 'INVALID_PARAMS']]);
    assert.equal((await data(admin.get(`/api/memory/user/${user}?format=list`)))[0].source, 'import');
    const many = Array(101).fill({ userId: user, content: 'x' });
    await refusesChatAi(admin.post('/api/memory/batch', { memories: many }), 400, 'INVALID_PARAMS', 'memories');
    await refusesChatAi(admin.post('/api/memory/batch', { memories: [] }), 400, 'INVALID_PARAMS', 'memories');
  });

  it('is found by words', async () => {
    const user = await newUser();
    await remember(user, 'keeps ferns in the greenhouse');
    await remember(user, '我喜欢喝绿茶', { category: 'preference' });
    const found = async (query, more = {}) => {
      const { status, body, text } = await admin.post('/api/memory/search', { query, userId: user, ...more });
      assert.equal(status, 200, text);
      assert.deepEqual([body.method, body.complete], ['text', true]);
      return contents(body.data);
    };
    assert.deepEqual(await found('Where are the FERNS?'), ['keeps ferns in the greenhouse']);
    assert.deepEqual(await found('绿茶'), ['我喜欢喝绿茶']);
    assert.deepEqual(await found('绿茶', { category: 'event' }), []);
    assert.deepEqual(await found('submarines'), []);
    const everywhere = await data(admin.get('/api/memories/search?query=ferns&limit=1'));
    assert.deepEqual([everywhere.length, everywhere[0].similarity], [1, 1]);
    assert.deepEqual(contents(await data(admin.get(`/api/chat/memories?userId=${user}&query=ferns`))), ['keeps ferns in the greenhouse']);
    await refusesChatAi(admin.post('/api/memory/search', {}), 400, 'INVALID_PARAMS');
    await refusesChatAi(admin.get('/api/memory/search'), 400, 'INVALID_PARAMS', 'query');
    await refusesChatAi(admin.post('/api/memory/search', { query: 'x'.repeat(1001) }), 400, 'INVALID_PARAMS', 'query');
  });

  it('refuses what is wrong by its name, in Chinese where that is preferred', async () => {
    const user = await newUser();
    const post = (body) => admin.post(`/api/memory/user/${user}`, body);
    for (const [body, field] of [
      [{ content: 'x'.repeat(1001) }, 'content'], [{ content: 7 }, 'content'], [{ content: ' ' }, 'content'],
      [{ content: 'x', category: 'secrets' }, 'category'], [{ content: 'x', confidence: 1.1 }, 'confidence'],
      [{ content: 'x', metadata: [] }, 'metadata'], [{ content: 'x', subType: 'x'.repeat(65) }, 'subType'],
      [{ content: 'x', groupId: {} }, 'groupId']])
      await refusesChatAi(post(body), 400, 'INVALID_PARAMS', field);
    await refusesChatAi(post({ content: 'x', metadata: { x: 'x'.repeat(5000) } }), 413, 'TOO_LARGE', 'metadata');
    await refusesChatAi(post({ content: 'x', groupId: '500' }), 404, 'GROUP_NOT_FOUND');
    await refusesChatAi(admin.post('/api/memory/user/nobody', { content: 'x' }), 404, 'USER_NOT_FOUND');
    await refusesChatAi(admin.get('/api/memory/4711'), 404, 'MEMORY_NOT_FOUND');
    await refusesChatAi(admin.get('/api/memory/x'), 404, 'MEMORY_NOT_FOUND');
    const { id } = await remember(user, 'one');
    await refusesChatAi(admin.put(`/api/memory/${id}`, { userId: '1' }), 400, 'INVALID_PARAMS', 'userId');
    const chinese = await admin.get('/api/memory/4711', { 'Accept-Language': 'zh-CN' });
    assert.equal(chinese.body.error, '记忆不存在');
    await data(admin.put('/api/config', { memory: { maxMemories: 1 } }));
    await refusesChatAi(post({ content: 'something else' }), 409, 'CONFLICT', 'memories');
    await data(admin.put('/api/config', { memory: { maxMemories: 50 } }));
    await refusesChatAi(admin.put('/api/config', { memory: { maxMemories: 1001 } }), 400);
  });

  it('is forgotten: one, all of somebody, and everything once that is confirmed', async () => {
    const user = await newUser();
    const { id } = await remember(user, 'one');
    await remember(user, 'two');
    assert.deepEqual(await data(admin.delete(`/api/memory/${id}`)), { success: true, deletedCount: 1 });
    await refusesChatAi(admin.delete(`/api/memory/${id}`), 404, 'MEMORY_NOT_FOUND');
    await remember(user, 'three');
    assert.deepEqual(await data(admin.delete(`/api/memory/user/${user}?hard=true`)), { success: true, deletedCount: 2 });
    await remember(user, 'four');
    assert.deepEqual(await data(admin.send('DELETE', '/api/chat/memories', { userId: user })), { success: true, deletedCount: 1 });
    await remember(user, 'five');
    await refusesChatAi(admin.delete('/api/memory/clear-all'), 400, 'INVALID_PARAMS', 'confirm');
    assert.ok((await data(admin.delete('/api/memory/clear-all?confirm=true'))).deletedCount >= 1);
    const { total, users } = await data(admin.get('/api/memory/stats'));
    assert.deepEqual([total, users], [0, 0]);
    assert.deepEqual(await data(admin.get('/api/memory/users')), []);
    const log = await server.command('export', 'events', '--format', 'ndjson');
    assert.match(log, /FactForgotten/);
    for (const text of ['green tea', 'ferns', '绿茶']) assert.ok(!log.includes(text), text);
  });
});

describe('memory in talks', async () => {
  const model = await startModelServer();
  model.vectorOf = (text) => [/tea|drink/i.test(text) ? 1 : 0, /cat/i.test(text) ? 1 : 0, 0.1];
  const port = await freePort();
  const server = await startWithPlatforms([{ name: 'qq', type: 'aiocqhttp', settings: { ws_port: port, access_token: 'hush' } }], {
    surfaces, environment: { OPENAI_BASE_URL: model.url, OPENAI_MODEL: 'fake-1', OPENAI_EMBEDDING_MODEL: 'fake-embedder' },
  });
  const client = await ReverseClient.connected(port, { token: 'hush' });
  let admin = await chatAiAdmin(server);
  await data(admin.put('/api/config', { memory: { enabled: true }, trigger: { group: { at: true } } }));
  let answers = 0;

  /// What the bot says to a message.
  const answerTo = async (message, place) => {
    client.say(message, place);
    return textOf(await client.sees(++answers));
  };
  /// What the model is told besides the messages.
  const toldWith = (request) => request.body.messages.filter(({ role }) => role === 'system').map(({ content }) => content).join('\n');
  const questions = () => model.requests.filter(({ url }) => url.endsWith('/chat/completions'));
  const list = (user = '7') => data(admin.get(`/api/memory/user/${user}?format=list`));

  it('tells a model the facts that fit a question best', async () => {
    await answerTo('hello');
    assert.doesNotMatch(toldWith(questions().at(-1)), /earlier conversations/);
    await data(admin.post('/api/memory/user/7', { content: 'Is fond of green tea', category: 'preference' }), 201);
    await answerTo('What shall I drink?');
    assert.match(toldWith(questions().at(-1)), /notes from earlier conversations[^]*\n- Is fond of green tea/);
    const others = Array.from({ length: 20 }, (_, i) => ({ userId: 'qq:7', content: `Once met cat number ${i}` }));
    assert.equal((await data(admin.post('/api/memory/batch', { memories: others }))).saved, 20);
    await answerTo('And what shall I drink tomorrow?');
    const told = toldWith(questions().at(-1));
    assert.match(told, /- Is fond of green tea/);
    assert.equal(told.match(/\n- (Is fond|Once met)/g).length, 12);
    await answerTo('hello from somebody else', { user: 8 });
    assert.doesNotMatch(toldWith(questions().at(-1)), /earlier conversations/);
  });

  it('is found by what it means', async () => {
    const { body } = await admin.post('/api/memory/search', { query: 'a hot drink', userId: 7 });
    assert.equal(body.method, 'vector');
    assert.deepEqual(contents(body.data), ['Is fond of green tea']);
    assert.ok(body.data[0].similarity > 0.99);
    const { body: same } = await admin.post('/api/memory/user/7', { content: 'Drinks leaves of some green', category: 'preference' });
    assert.equal(same.merged, true);
    assert.equal((await list()).length, 21);
  });

  it('is kept and forgotten by a model, in the name of who asks, and the tool log has nothing of it', async () => {
    model.toolCall = { id: 'call_1', name: 'remember', arguments: '{"content":"Is allergic to walnuts","category":"profile"}' };
    model.faults = ['tools'];
    await answerTo('I must not eat walnuts', { user: 8 });
    const [fact] = await list('8');
    assert.deepEqual([fact.content, fact.category, fact.source], ['Is allergic to walnuts', 'profile', 'tool']);
    const [, second] = questions().slice(-2);
    assert.match(JSON.stringify(second.body.messages.find(({ role }) => role === 'tool')), new RegExp(`${fact.id}`));
    const stranger = (await list())[0];
    model.toolCall = { id: 'call_2', name: 'forget', arguments: `{"id":${stranger.id}}` };
    model.faults = ['tools'];
    await answerTo('Forget what you know of somebody else', { user: 8 });
    assert.ok((await list()).some(({ id }) => id === stranger.id), 'of another');
    model.toolCall = { id: 'call_3', name: 'forget', arguments: `{"id":${fact.id}}` };
    model.faults = ['tools'];
    await answerTo('Forget it', { user: 8 });
    assert.deepEqual(await list('8'), []);
    const log = JSON.stringify(await eventsIn(server, 'ToolCallStarted', 'ToolCallEnded'));
    assert.match(log, /"remember"/);
    assert.ok(!log.includes('walnuts'), log);
  });

  it('is not carried from a private talk into a group', async () => {
    model.toolCall = { id: 'call_4', name: 'remember', arguments: '{"content":"Plans a surprise party"}' };
    model.faults = ['tools'];
    await answerTo('I plan a surprise party', { user: 9 });
    const mention = [{ type: 'at', data: { qq: '10001' } }, { type: 'text', data: { text: ' What is up?' } }];
    await answerTo(mention, { user: 9, group: 500 });
    assert.doesNotMatch(toldWith(questions().at(-1)), /surprise/);
    await answerTo('What is up?', { user: 9 });
    assert.match(toldWith(questions().at(-1)), /surprise/);
    await data(admin.post('/api/memory/user/9', { content: 'Meets the others on Mondays', groupId: 500 }), 201);
    await answerTo(mention, { user: 9, group: 500 });
    assert.match(toldWith(questions().at(-1)), /Mondays/);
    assert.deepEqual(contents(await data(admin.get('/api/memory/group/500'))), ['Meets the others on Mondays']);
    assert.equal((await admin.put('/api/groups/500/config', { memory: { enabled: false } })).status, 200);
    await answerTo(mention, { user: 9, group: 500 });
    assert.doesNotMatch(toldWith(questions().at(-1)), /Mondays/, 'in a group where it is switched off');
    assert.equal((await admin.delete('/api/groups/500/config')).status, 200);
    assert.deepEqual(contents(await data(admin.get('/api/memory/user/9?format=list&groupId=500'))), ['Meets the others on Mondays']);
  });

  it('survives a crash', async () => {
    const before = await list();
    assert.equal(before.length, 21);
    await server.crash();
    await server.start();
    admin = await chatAiAdmin(server);
    assert.deepEqual(await list(), before);
    const { body } = await admin.post('/api/memory/search', { query: 'a hot drink', userId: '7' });
    assert.deepEqual([body.method, body.data.length], ['vector', 1]);
    assert.equal(await client.connect(), 101);
  });

  it('is read and forgotten by the person', async () => {
    assert.match(await answerTo('/memories', { user: 9 }), /1\. Meets the others on Mondays\n2\. Plans a surprise party/);
    assert.match(await answerTo('/清除记忆', { user: 9 }), /确认/);
    assert.equal((await list('9')).length, 2);
    assert.equal(await answerTo('/清除记忆 确认', { user: 9 }), 'Forgotten: 2.');
    assert.deepEqual(await list('9'), []);
    assert.match(await answerTo('/我的记忆', { user: 9 }), /nothing/);
  });

  it('is drawn from what people say, where the settings say so', async () => {
    await data(admin.put('/api/config', { memory: { autoExtract: true } }));
    model.pieces = ['Nice! [{"category":"relation",', '"content":"Has a sister called Mia"}]'];
    await answerTo('My sister is called Mia', { user: 9 });
    await eventually(async () => (await list('9')).length === 1, 'a fact');
    const [fact] = await list('9');
    assert.deepEqual([fact.content, fact.category, fact.source], ['Has a sister called Mia', 'relation', 'auto']);
    assert.match(JSON.stringify(questions().at(-1).body.messages), /My sister is called Mia/);
    await data(admin.put('/api/config', { memory: { autoExtract: false } }));
  });

  it('goes with the contact that it is about', async () => {
    const [fact] = await list();
    await refusesChatAi(admin.delete('/api/contacts/7'), 400, 'INVALID_PARAMS', 'confirm');
    await data(admin.delete('/api/contacts/7?confirm=true'));
    await refusesChatAi(admin.get(`/api/memory/${fact.id}`), 404, 'MEMORY_NOT_FOUND');
    await refusesChatAi(admin.get('/api/memory/user/7'), 404, 'USER_NOT_FOUND');
    await data(admin.delete('/api/contacts/500?type=group&confirm=true'));
    await refusesChatAi(admin.get('/api/memory/group/500'), 404, 'GROUP_NOT_FOUND');
    assert.match(await answerTo('/memories', { user: 7 }), /nothing/);
  });
});
