import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client } from '../support/client.mjs';
import { callers, endpoints } from '../support/neko_endpoints.mjs';
import { neko, nekoLogIn, newNekoUser, refusesNeko, stranger, succeedsNeko } from '../support/neko.mjs';
import { startServerOf } from '../support/server.mjs';
import { fill, walk } from '../support/walk.mjs';

const server = await startServerOf(neko, '--no-rate-limit');
const page = new Client(server, { Origin: 'https://evil.example' });
const local = new Client(server);
const user = await newNekoUser(server);
const password = 'correct horse battery';
const names = { gone: 'zzzzzzzzzzzz' };

async function stage() {
  return {
    clients: { stranger: stranger(server), page, local, user: await nekoLogIn(server, user.username, password), admin: await nekoLogIn(server) },
    names,
  };
}

walk({ callers, endpoints }, stage, (call, status) => refusesNeko(call, status));

const open = endpoints.filter(({ statuses }) => statuses[0] === 401 && statuses[2] !== 401);

describe('an endpoint without a token', () => {
  const proxies = ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via'];
  for (const { method, path, body } of open) {
    it(`${method} ${path} asks whoever comes through a proxy, a foreign page or a foreign name for one`, async () => {
      for (const header of proxies)
        await refusesNeko(local.send(method, fill(path, names), body, { [header]: 'for=127.0.0.1' }), 401);
      for (const origin of ['https://evil.example', 'null', 'http://localhost:1'])
        await refusesNeko(local.send(method, fill(path, names), body, { Origin: origin }), 401);
      await refusesNeko(local.send(method, fill(path, names), body, { Host: 'evil.example' }), 401);
      await refusesNeko(local.send(method, fill(path, names), body, { 'Sec-Fetch-Site': 'cross-site' }), 401);
    });
  }

  it('is served to the page of the server itself', async () => {
    await succeedsNeko(local.get('/api/commands', { Origin: server.url }));
  });

  it('refuses a bad token even from this machine', async () => {
    await refusesNeko(local.get('/api/commands', { Authorization: 'Bearer nonsense' }), 401);
    await refusesNeko(local.get('/api/commands', { Authorization: 'Basic bmVrb2JvdA==' }), 401);
  });

  it('is open to nobody or to everyone as the setting says', async () => {
    const closed = await startServerOf(neko, '--open-endpoints', 'never');
    await refusesNeko(new Client(closed).get('/api/commands'), 401);
    const wide = await startServerOf(neko, '--open-endpoints', 'always');
    await succeedsNeko(stranger(wide).get('/api/commands'));
    await refusesNeko(stranger(wide).get('/api/bot/config'), 401);
  });
});

describe('a path is matched whole', () => {
  for (const path of ['/api/login/', '/api/login/x', '/api/commands/../bot/config', '/chat', '/api', '/api/nothing'])
    it(`${path} is none of the open endpoints`, async () => {
      const { status } = await stranger(server).get(path);
      assert.equal(status, 404);
    });
  it('a wrong method names the right ones', async () => {
    const { headers } = await (async () => {
      const answer = await local.send('DELETE', '/api/bot/config');
      await refusesNeko(answer, 405);
      return answer;
    })();
    assert.deepEqual(headers.allow.split(', ').sort(), ['GET', 'PUT']);
  });
});
