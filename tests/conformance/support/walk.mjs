// The walk through a table of endpoints: each caller gets the status that the table says. One for every dialect.
//
// A row is {method, path, body, statuses}: `statuses` in the order of the table's callers, null where the specification
// leaves it open. Names such as `:user` in path and body are filled in for each row.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

export const rows = (lines) => lines.map(([method, path, body, statuses]) => ({ method, path, body, statuses }));

const placeholder = /:([a-z]+)\b/g;

/// `value` with its placeholders filled from `names`.
export function fill(value, names) {
  if (value === undefined) return undefined;
  return JSON.parse(JSON.stringify(value).replace(placeholder, (whole, name) => names[name] ?? whole));
}

/// A path without the names of its parameters, in a table or in an OpenAPI document.
export const nameless = (path) => path.split('?')[0].replace(placeholder, '{}').replace(/\{[^}]*\}/g, '{}');

/// Declares a test for each row. `stage` makes {clients, names} for one row, whose path it is given, so that one cannot spoil the next; `refuses`
/// checks the envelope of a refusal.
export function walk({ callers, endpoints }, stage, refuses) {
  for (const { method, path, body, statuses } of endpoints) {
    describe(`${method} ${path}`, () => {
      it(`answers ${callers.map((caller, index) => `${statuses[index] ?? 'anything'} to ${caller}`).join(', ')}`, async () => {
        const { clients, names } = await stage(path);
        const actual = {};
        const wanted = {};
        for (const [index, caller] of callers.entries()) {
          const call = clients[caller].send(method, fill(path, names), fill(body, names));
          const { status, text } = await call;
          actual[caller] = status;
          wanted[caller] = statuses[index] ?? status;
          assert.ok(status < 500, `${caller}: ${text}`);
          if (status >= 400) await refuses(call, status);
        }
        assert.deepEqual(actual, wanted);
      });
    });
  }
}
