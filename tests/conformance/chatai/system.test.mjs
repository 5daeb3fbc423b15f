import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chatAiAdmin, data, newChatAiUser, refusesChatAi, surfaces } from '../support/chatai.mjs';
import { startModelServer } from '../support/model_server.mjs';
import { startServerIn } from '../support/server.mjs';

const model = await startModelServer();
const server = await startServerIn({ OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'sk-x', OPENAI_MODEL: 'fake' }, [...surfaces, 'openai'], '--no-rate-limit', '--model-retry', '0.05');
const admin = await chatAiAdmin(server);

describe('the server', () => {
  it('says how it is', async () => {
    const status = await data(admin.get('/api/system/status'));
    assert.equal(status.status, 'running');
    assert.ok(Math.abs(status.startTime - Date.now()) < 120_000);
    assert.equal((await data(admin.get('/api/system/health'))).healthy, true);
    assert.equal((await data(admin.get('/api/system/info'))).platform, 'Linux');
    assert.equal(typeof (await data(admin.get('/api/system/monitor'))).api.medianLatency, 'number');
    assert.deepEqual(await data(admin.get('/api/version')), await data(admin.get('/api/system/version')));
  });
});

describe('figures', () => {
  it('count questions and completions by model, channel and user, and survive a crash and a rebuild', async () => {
    const person = await newChatAiUser(server);
    const { usage } = await data(person.post('/api/chat', { message: 'one' }));
    await data(person.post('/api/chat', { message: 'two' }));
    const completion = await admin.post('/v1/chat/completions', { model: 'fake', messages: [{ role: 'user', content: 'three' }] });
    assert.equal(completion.status, 200, completion.text);
    model.faults = [{ status: 400 }];
    await refusesChatAi(person.post('/api/chat', { message: 'four' }), 502, 'MODEL_ERROR');
    const check = async () => {
      for (const base of ['/api/stats', '/api/system/stats']) {
        const { summary, daily } = await data(admin.get(`${base}?period=week`));
        assert.deepEqual([summary.calls, summary.failed, summary.success, summary.activeUsers], [4, 1, 3, 2]);
        assert.equal(summary.tokensUsed, 3 * usage.totalTokens);
        assert.deepEqual(daily.map(({ date, calls }) => [date, calls]), [[new Date().toISOString().slice(0, 10), 4]]);
      }
      const { models } = await data(admin.get('/api/stats/models'));
      assert.deepEqual(models.map(({ calls, failed }) => [calls, failed]), [[3, 0]]);
      const { channels } = await data(admin.get('/api/stats/channels?period=all'));
      assert.deepEqual(channels.map(({ calls }) => calls), [3]);
      const { users } = await data(admin.get('/api/stats/users?limit=1'));
      assert.deepEqual(users.map(({ userId, username, calls, failed }) => [userId, username, calls, failed]), [[String(person.user.id), person.user.username, 3, 1]]);
      assert.deepEqual((await data(admin.get('/api/stats/groups'))).groups, []);
    };
    await check();
    await server.crash();
    await server.command('rebuild');
    await server.start();
    await check();
  });

  it('refuse a period that is none', async () => {
    await refusesChatAi(admin.get('/api/stats?period=year'), 400, 'INVALID_PARAMS', 'period');
    await refusesChatAi(admin.get('/api/stats/users?limit=0'), 400, 'INVALID_PARAMS', 'limit');
  });
});
