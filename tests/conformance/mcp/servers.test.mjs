// The official servers as tools of the house, by each of the transports.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { callTool, everything, filesystem, mcpClient, node, startEverything, startServerWithMcp, toolNames, untilOffered } from '../support/mcp.mjs';
import { chatAdmin } from '../support/openai.mjs';

const folder = await mkdtemp(join(tmpdir(), 'troupe-mcp-'));
await writeFile(join(folder, 'note.txt'), 'a note');
const [byHttp, bySse] = [await startEverything('streamableHttp'), await startEverything('sse')];
const server = await startServerWithMcp(
  ['all', ...node(everything), '--env', 'TOKEN=verysecretvalue'],
  ['files', ...node(filesystem, folder)],
  ['web', '--url', byHttp.url, '--header', 'Authorization=Bearer alsosecret'],
  ['old', '--url', bySse.url, '--sse'],
);
const client = await mcpClient(server, (await chatAdmin(server)).token);
await Promise.all(['all__echo', 'read_text_file', 'web__echo', 'old__echo'].map((name) => untilOffered(client, name)));

describe('server-everything', () => {
  for (const name of ['all', 'web', 'old'])
    it(`answers as ${name}`, async () => {
      assert.deepEqual(await callTool(client, `${name}__echo`, { message: 'hello' }), { text: 'Echo: hello', isError: false });
      assert.match((await callTool(client, `${name}__get-sum`, { a: 2, b: 3 })).text, /5/);
      assert.match((await callTool(client, `${name}__get-tiny-image`)).text, /\[image: image\/png\]/);
    });

  it('gets arguments that fit its schema, and no others', async () => {
    const { text, isError } = await callTool(client, 'all__get-sum', { a: 'two', b: 3 });
    assert.equal(isError, true);
    assert.match(text, /^a must be of type number/);
  });

  it('runs with an environment of its own', async () => {
    const { text } = await callTool(client, 'all__get-env');
    const variables = Object.keys(JSON.parse(text));
    assert.deepEqual(variables.filter((name) => !['PATH', 'HOME', 'LANG', 'TOKEN'].includes(name)), []);
    assert.ok(variables.includes('TOKEN'));
  });

  it('leaves no secret in the log', () => {
    assert.doesNotMatch(server.output, /verysecret|alsosecret/);
  });
});

describe('server-filesystem', () => {
  it('reads files', async () => {
    assert.equal((await callTool(client, 'read_text_file', { path: join(folder, 'note.txt') })).text, 'a note');
  });

  it('says why it does not', async () => {
    const { text, isError } = await callTool(client, 'read_text_file', { path: '/etc/passwd' });
    assert.equal(isError, true);
    assert.match(text, /outside allowed directories/);
  });

  it('writes none, as that is dangerous', async () => {
    assert.ok(!(await toolNames(client)).includes('write_file'));
    await assert.rejects(callTool(client, 'write_file', { path: join(folder, 'note.txt'), content: 'gone' }), /Unknown tool/);
    assert.equal(await readFile(join(folder, 'note.txt'), 'utf8'), 'a note');
  });
});

describe('a server by HTTP', () => {
  it('that ends takes its tools with it', async () => {
    byHttp.child.kill('SIGKILL');
    bySse.child.kill('SIGKILL');
    const { isError } = await callTool(client, 'web__echo', { message: 'hello' });
    assert.equal(isError, true);
  });
});
