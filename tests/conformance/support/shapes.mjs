// Exact shapes of the specification's answers. A shape is a predicate, an array of one shape, or an object of shapes
// by key; a key ending in `?` may be absent, and no key may stand in an answer that is not in its shape.

import assert from 'node:assert/strict';

const isoPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;

export const text = (value) => typeof value === 'string';
export const integer = (value) => Number.isSafeInteger(value);
export const count = (value) => integer(value) && value >= 0;
export const boolean = (value) => typeof value === 'boolean';
export const object = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
export const anything = () => true;
export const iso = (value) => text(value) && isoPattern.test(value) && !Number.isNaN(Date.parse(value));
export const nullOr = (predicate) => (value) => value === null || predicate(value);
export const oneOf = (...values) => (value) => values.includes(value);
export const exactly = (wanted) => (value) => value === wanted;

export const botId = (value) => text(value) && /^[A-Za-z]{6}$/.test(value);
export const token = (value) => text(value) && /^[A-Za-z0-9_-]{43}$/.test(value);
export const commandId = (value) => text(value) && /^cmd_[1-9]\d*_[0-9a-f]{6}$/.test(value);
export const onOrOff = oneOf('online', 'offline');
export const commandStatus = oneOf('pending', 'completed', 'failed');

export function assertShape(value, shape, where = 'answer') {
  if (typeof shape === 'function') {
    assert.ok(shape(value), `${where} has an unexpected value: ${JSON.stringify(value)}`);
  } else if (Array.isArray(shape)) {
    assert.ok(Array.isArray(value), `${where} must be a list: ${JSON.stringify(value)}`);
    value.forEach((item, index) => assertShape(item, shape[0], `${where}[${index}]`));
  } else {
    assert.ok(object(value), `${where} must be an object: ${JSON.stringify(value)}`);
    const known = new Map(Object.entries(shape).map(([key, inner]) => [key.replace(/\?$/, ''), inner]));
    for (const key of Object.keys(value)) assert.ok(known.has(key), `${where} has a key that is not specified: ${key}`);
    for (const [key, inner] of Object.entries(shape)) {
      const name = key.replace(/\?$/, '');
      if (name in value) assertShape(value[name], inner, `${where}.${name}`);
      else assert.ok(key.endsWith('?'), `${where} lacks ${name}`);
    }
  }
}

export const success = { success: exactly(true) };
export const statusOk = { status: exactly('ok') };

export const loginUser = { id: integer, username: text, email: text, fullname: text, role: oneOf('user', 'moderator', 'admin') };
export const currentUser = { ...loginUser, created_at: iso };
export const foundUser = { id: integer, username: text, email: text, fullname: text, created_at: iso };
export const listedUser = { ...foundUser, role: loginUser.role };
export const userDetails = {
  ...listedUser, phone: nullOr(text), birthday: nullOr(text), gender: nullOr(text), last_login: nullOr(iso), is_active: boolean,
};

export const myBot = { id: botId, name: text, status: onOrOff, created_at: iso, metadata: object };
export const botDetails = { ...myBot, last_active: nullOr(iso) };
export const ownedBot = { id: botId, name: text, status: onOrOff, created_at: iso, owner_id: integer };

const optional = (shape) => Object.fromEntries(Object.entries(shape).map(([key, inner]) => [`${key}?`, inner]));

const lease = { dispatched_at: iso, attempts: count };
const outcome = { result: anything, completed_at: iso };
const queued = { bot_id: botId, type: text, payload: object, created_at: iso };
const author = { created_by: text };

export const pendingCommand = {
  id: commandId, ...queued, status: exactly('pending'),
  ...optional({ ...author, attempts: count, dispatched_at: nullOr(iso), result: nullOr(object), completed_at: nullOr(iso) }),
};
export const leasedCommand = {
  id: commandId, ...queued, status: exactly('pending'), ...lease,
  ...optional({ ...author, result: nullOr(object), completed_at: nullOr(iso) }),
};
export const finishedCommand = {
  id: commandId, ...queued, status: oneOf('completed', 'failed'), ...outcome,
  ...optional({ ...author, attempts: count, dispatched_at: nullOr(iso) }),
};
/// The event carries what the specification names; the rest of the command may stand beside it.
export const commandUpdate = {
  id: commandId, status: commandStatus, ...outcome, ...optional({ ...queued, ...author, ...lease }),
};

export const commandCounts = { total_commands: count, pending_commands: count, completed_commands: count, failed_commands: count };

export const logEntry = { type: text, message: text, timestamp: iso, metadata: object, bot_id: nullOr(botId) };
export const messageEvent = {
  bot_id: botId, message: text, author_id: nullOr(text), author_name: nullOr(text), thread_id: nullOr(text),
  thread_type: nullOr(text), timestamp: iso, 'metadata?': object,
};
export const message = { ...messageEvent, metadata: object };
delete message['metadata?'];

export const list = (key, item) => ({ [key]: [item], count });
export const exported = (key, item) => ({ exported_at: iso, count, [key]: [item] });

/// A list answer's items, checked for shape and for a count that says how many they are.
export function itemsOf(body, key, item) {
  assertShape(body, list(key, item));
  assert.equal(body.count, body[key].length);
  return body[key];
}
