import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Client, succeeds } from '../support/client.mjs';
import { endpoints } from '../support/endpoints.mjs';
import { startServer, startServerOf } from '../support/server.mjs';

const server = await startServer();
const answer = await new Client(server).get('/openapi.json');
const document = await succeeds(answer);

/// Rules beyond the linter's own structure, reference and schema checks; each failure is an error here.
const rules = {
  'operation-operationId': 'error',
  'operation-operationId-unique': 'error',
  'operation-operationId-url-safe': 'error',
  'operation-parameters-unique': 'error',
  'operation-summary': 'error',
  'path-parameters-defined': 'error',
  'path-declaration-must-exist': 'error',
  'path-not-include-query': 'error',
  'no-path-trailing-slash': 'error',
  'no-identical-paths': 'error',
  'no-undefined-server-variable': 'error',
  'no-unused-components': 'error',
  'no-invalid-schema-examples': 'error',
  'no-invalid-media-type-examples': 'error',
  'security-defined': 'error',
  'no-http-verbs-in-paths': 'off',
  // The specification has both /api/users/search and /api/users/<user_id>.
  'no-ambiguous-paths': 'off',
};

describe('/openapi.json', () => {
  it('is an OpenAPI 3.1 document', () => assert.match(document.openapi, /^3\.1\.\d+$/));

  it('has nothing for a linter to find', async () => {
    const config = await createConfig({ extends: ['minimal'], rules });
    const problems = await lintFromString({ source: answer.text, absoluteRef: '/openapi.json', config });
    const lines = problems.map(({ severity, ruleId, message, location }) => `${severity} ${ruleId} at ${location[0]?.pointer}: ${message}`);
    assert.deepEqual(lines, []);
  });

  it('has nothing for a linter to find where OpenAI is spoken', async () => {
    const other = await startServerOf(['chat_v1', 'openai']);
    const { text, body } = await new Client(other).get('/openapi.json');
    const config = await createConfig({ extends: ['minimal'], rules });
    const problems = await lintFromString({ source: text, absoluteRef: '/openapi.json', config });
    assert.deepEqual(problems.map(({ severity, ruleId, message, location }) => `${severity} ${ruleId} at ${location[0]?.pointer}: ${message}`), []);
    const { content } = body.paths['/v1/chat/completions'].post.responses['200'];
    assert.deepEqual(Object.keys(content), ['application/json', 'text/event-stream']);
  });

  /// Parameter names are the document's own choice: /api/users/{} stands for /api/users/{user_id}.
  const nameless = (path) => path.replace(/\{[^}]*\}/g, '{}');
  const described = new Map(Object.entries(document.paths).map(([path, operations]) => [nameless(path), operations]));
  const servedOnlyByPeople = new Set(['/docs', '/openapi.json', '/healthz', '/readyz']);

  for (const { method, path } of endpoints.filter(({ path: served }) => !servedOnlyByPeople.has(served))) {
    it(`describes ${method} ${path}`, () => {
      const [bare, query] = path.split('?');
      const operation = described.get(bare.replace(/:(user|bot|command)\b/g, '{}'))?.[method.toLowerCase()];
      assert.ok(operation, 'the operation is there');
      assert.ok('200' in operation.responses, 'so is its answer');
      if (method === 'PUT') assert.ok(operation.requestBody, 'and its body');
      const named = query?.split('=')[0];
      if (named) assert.ok(operation.parameters.some(({ name, in: place }) => name === named && place === 'query'), `and its parameter ${named}`);
    });
  }

  it('names the ways to authenticate', () => {
    const schemes = Object.values(document.components.securitySchemes);
    assert.ok(schemes.some(({ type, in: place, name }) => type === 'apiKey' && place === 'cookie' && name === 'session_token'));
    assert.ok(schemes.some(({ type, in: place, name }) => type === 'apiKey' && place === 'header' && name === 'X-Bot-Token'));
  });
});
