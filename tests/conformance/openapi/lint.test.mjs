import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Client, succeeds } from '../support/client.mjs';
import { endless as chatAiEndless, endpoints as chatAi } from '../support/chatai_endpoints.mjs';
import { endpoints as botManager } from '../support/endpoints.mjs';
import { endpoints as nekobot } from '../support/neko_endpoints.mjs';
import { endpoints as plexichat } from '../support/plexi_endpoints.mjs';
import { startServerOf } from '../support/server.mjs';
import { nameless } from '../support/walk.mjs';

/// The dialects that share a listener share a document. `complete`: beginnings of tags whose every endpoint must stand in the table.
const documents = [
  { surfaces: ['bot_manager'], endpoints: botManager, complete: [], schemes: [['cookie', 'session_token'], ['header', 'X-Bot-Token']] },
  { surfaces: ['plexichat', 'chat_v1', 'openai'], endpoints: plexichat, complete: ['PlexiChat'],
    schemes: [['cookie', 'plexichat_session'], ['header', 'X-API-Key']] },
  { surfaces: ['nekobot'], endpoints: nekobot, complete: ['NekoBot'], schemes: [] },
  { surfaces: ['chatai'], endpoints: [...chatAi, ...chatAiEndless], complete: ['ChatAI'],
    schemes: [['cookie', 'auth_token'], ['header', 'X-API-Key']] },
];

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
  // A WebSocket's good answer is 101; each endpoint's is checked below.
  'operation-2xx-response': 'off',
  // The specification has both /api/users/search and /api/users/<user_id>.
  'no-ambiguous-paths': 'off',
};

const servedOnlyByPeople = new Set(['/docs', '/openapi.json', '/healthz', '/readyz']);

for (const { surfaces, endpoints, complete, schemes } of documents) {
  const server = await startServerOf(surfaces);
  const answer = await new Client(server).get('/openapi.json');
  const document = await succeeds(answer);
  /// Parameter names are the document's own choice: /api/users/{} stands for /api/users/{user_id}.
  const described = new Map(Object.entries(document.paths).map(([path, operations]) => [nameless(path), operations]));

  describe(`/openapi.json of ${surfaces.join(' and ')}`, () => {
    it('is an OpenAPI 3.1 document', () => assert.match(document.openapi, /^3\.1\.\d+$/));

    it('has nothing for a linter to find', async () => {
      const config = await createConfig({ extends: ['minimal'], rules });
      const problems = await lintFromString({ source: answer.text, absoluteRef: '/openapi.json', config });
      const lines = problems.map(({ severity, ruleId, message, location }) => `${severity} ${ruleId} at ${location[0]?.pointer}: ${message}`);
      assert.deepEqual(lines, []);
    });

    for (const { method, path } of endpoints.filter(({ path: served }) => !servedOnlyByPeople.has(served))) {
      it(`describes ${method} ${path}`, () => {
        const query = path.split('?')[1];
        const operation = described.get(nameless(path))?.[method.toLowerCase()];
        assert.ok(operation, 'the operation is there');
        assert.ok(['200', '201', '202', '302', '101'].some((status) => status in operation.responses), 'so is its answer');
        if (method === 'PUT') assert.ok(operation.requestBody, 'and its body');
        const named = query?.split('=')[0];
        if (named) assert.ok(operation.parameters.some(({ name, in: place }) => name === named && place === 'query'), `and its parameter ${named}`);
      });
    }

    it('describes nothing that is not walked through', () => {
      const walked = new Set(endpoints.map(({ method, path }) => `${method} ${nameless(path)}`));
      const missing = Object.entries(document.paths).flatMap(([path, operations]) => Object.entries(operations)
        .filter(([, { tags }]) => complete.some((tag) => tags[0].startsWith(tag)))
        .map(([method]) => `${method.toUpperCase()} ${nameless(path)}`))
        .filter((line) => !walked.has(line));
      assert.deepEqual(missing, []);
    });

    it('names the ways to authenticate', () => {
      const known = Object.values(document.components.securitySchemes);
      for (const [wanted, named] of schemes)
        assert.ok(known.some(({ type, in: place, name }) => type === 'apiKey' && place === wanted && name === named), named);
    });
  });
}
