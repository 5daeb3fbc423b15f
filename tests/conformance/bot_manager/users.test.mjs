import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { logInAdmin, newBot, newUser } from '../support/cast.mjs';
import { refuses, succeeds } from '../support/client.mjs';
import { startServer } from '../support/server.mjs';
import { assertShape, foundUser, itemsOf, listedUser, ownedBot, userDetails } from '../support/shapes.mjs';

const server = await startServer();
const admin = await logInAdmin(server);
const ada = await newUser(server, 'ada');
const grace = await newUser(server, 'grace');

describe('GET /api/users', () => {
  it('lists every account to an admin', async () => {
    const users = itemsOf(await succeeds(admin.get('/api/users')), 'users', listedUser);
    const byName = new Map(users.map((user) => [user.username, user]));
    for (const { user } of [ada, grace, admin]) {
      const { created_at: createdAt, ...rest } = byName.get(user.username);
      assert.deepEqual(rest, user);
    }
    assert.ok(byName.has('nekobot'));
    assert.equal(new Set(users.map(({ id }) => id)).size, users.length);
  });

  it('is refused to others', () => refuses(ada.get('/api/users'), 403, { error: 'Admin access required' }));
});

describe('GET /api/users/<user_id>', () => {
  it('answers the profile to its user and to an admin', async () => {
    for (const reader of [ada, admin]) {
      const body = await succeeds(reader.get(`/api/users/${ada.user.id}`));
      assertShape(body, { user: userDetails });
      assert.equal(body.user.username, ada.user.username);
      assert.equal(body.user.is_active, true);
      assert.notEqual(body.user.last_login, null);
    }
  });

  it('tells other users nothing, not even whether the account exists', async () => {
    await refuses(grace.get(`/api/users/${ada.user.id}`), 403, { error: 'Not authorized' });
    await refuses(grace.get('/api/users/999999'), 403, { error: 'Not authorized' });
  });

  it('answers 404 to an admin for an unknown account', () => refuses(admin.get('/api/users/999999'), 404, { error: 'User not found' }));
});

describe('GET /api/users/<user_id>/bots', () => {
  it('lists the bots of that user to the user and to an admin, without tokens', async () => {
    const bot = await newBot(ada, 'Engine');
    await newBot(grace, 'Compiler');
    for (const reader of [ada, admin]) {
      const bots = itemsOf(await succeeds(reader.get(`/api/users/${ada.user.id}/bots`)), 'bots', ownedBot);
      assert.deepEqual(bots.map(({ id, name, owner_id: owner }) => ({ id, name, owner })), [{ id: bot.id, name: 'Engine', owner: ada.user.id }]);
    }
  });

  it('is refused to other users', () => refuses(grace.get(`/api/users/${ada.user.id}/bots`), 403, { error: 'Not authorized' }));
});

describe('GET /api/users/search', () => {
  const search = async (query) =>
    itemsOf(await succeeds(admin.get(`/api/users/search?q=${encodeURIComponent(query)}`)), 'users', foundUser).map(({ id }) => id);

  it('finds part of a username or e-mail address in either case', async () => {
    assert.deepEqual(await search(ada.user.username.slice(1).toUpperCase()), [ada.user.id]);
    assert.deepEqual(await search(`${grace.user.username}@EXAMPLE`), [grace.user.id]);
    assert.deepEqual(await search('  nekobot  '), await search('nekobot'));
  });

  it('takes wildcards of databases as letters', async () => {
    assert.deepEqual(await search('%%'), []);
    assert.deepEqual(await search("' OR ''='"), []);
  });

  it('refuses fewer than two characters after trimming', async () => {
    for (const query of ['', '?q=', '?q=a', '?q=%20a%20']) {
      await refuses(admin.get(`/api/users/search${query}`), 400, { error: 'Search query too short' });
    }
  });

  it('checks the role before the query', () => refuses(ada.get('/api/users/search'), 403, { error: 'Admin access required' }));
});
