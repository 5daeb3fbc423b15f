// A server that goes wrong: the others and the house go on.

import assert from 'node:assert/strict';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { eventually } from '../support/cast.mjs';
import { callTool, faulty, mcpClient, node, startServerWithMcp, toolNames, untilOffered } from '../support/mcp.mjs';
import { chatAdmin } from '../support/openai.mjs';

const folder = await mkdtemp(join(tmpdir(), 'troupe-mcp-'));
const diaryOf = (name) => join(folder, name);
const diary = (name) => readFile(diaryOf(name), 'utf8').catch(() => '');
const modes = ['well', 'banner', 'garbage', 'mute', 'future', 'child', 'endless'];
const server = await startServerWithMcp(
  ...modes.map((mode) => [mode, ...node(faulty, diaryOf(mode), mode), '--env', 'TOKEN=verysecretvalue', '--timeout-ms', '500']),
  ['forbidden', '--command', '/bin/sh', '--arg', '-c', '--arg', `echo run > ${diaryOf('forbidden')}`],
);
const client = await mcpClient(server, (await chatAdmin(server)).token);
await Promise.all(['well__well', 'banner__well', 'child__well'].map((name) => untilOffered(client, name)));
const well = () => callTool(client, 'well__well');
const isAlive = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };

describe('a faulty MCP server', () => {
  it('is listed page by page', async () => {
    assert.equal((await toolNames(client)).filter((name) => name.startsWith('well__')).length, 10);
  });

  it('with a list without an end is asked for only so much of it', async () => {
    await untilOffered(client, 'endless0');
    assert.equal((await toolNames(client)).filter((name) => name.startsWith('endless')).length, 50);
  });

  it('is sent only so many requests at a time', async () => {
    const all = await Promise.all(Array.from({ length: 70 }, () => callTool(client, 'well__hang')));
    assert.equal(all.filter(({ text }) => /too many requests/.test(text)).length, 6);
    assert.equal((await well()).text, 'well');
  });

  it('that dies in a call fails the call and is started again', async () => {
    const { text, isError } = await callTool(client, 'well__die');
    assert.equal(isError, true);
    assert.match(text, /the server has ended/);
    await untilOffered(client, 'well__well');
    assert.deepEqual(await well(), { text: 'well', isError: false });
    assert.equal((await diary('well')).match(/started/g).length, 2);
  });

  it('that hangs is told that nobody waits any more', async () => {
    const { text, isError } = await callTool(client, 'well__hang');
    assert.equal(isError, true);
    assert.match(text, /in time/);
    await eventually(async () => /told notifications\/cancelled \{"requestId":\d+\}/.test(await diary('well')), 'the cancellation');
    assert.equal((await well()).text, 'well');
  });

  for (const fault of ['flood', 'huge'])
    it(`that sends a ${fault} is cut off and started again`, async () => {
      const { isError } = await callTool(client, `banner__${fault}`);
      assert.equal(isError, true);
      await untilOffered(client, 'banner__well');
      assert.equal((await callTool(client, 'banner__well')).text, 'well');
    });

  it('may answer nonsense, or twice, or not at all', async () => {
    assert.equal((await callTool(client, 'well__wrong')).text, '');
    assert.equal((await callTool(client, 'well__twice')).text, 'first');
    const refused = await callTool(client, 'well__refuse');
    assert.deepEqual(refused, { text: 'not with ***', isError: true });
  });

  it('that has more tools is asked which', async () => {
    assert.equal((await callTool(client, 'well__grow')).text, 'grown');
    await untilOffered(client, 'grown');
  });

  it('asks for nothing that it would get', async () => {
    assert.equal((await callTool(client, 'well__ask')).text, 'asked');
    await eventually(async () => /answer .*"from-server".*-32601|answer .*-32601.*"from-server"/.test(await diary('well')), 'the refusal');
  });

  it('that speaks no protocol, or a strange one, has no tools', async () => {
    await eventually(() => /MCP server garbage: this is not a server/.test(server.output), 'the garbage');
    await eventually(() => /MCP server future: the server speaks a revision/.test(server.output), 'the revision');
    assert.deepEqual((await toolNames(client)).filter((name) => /^(garbage|future|mute)__/.test(name)), []);
  });

  it('is not run when its program is not on the list', async () => {
    assert.equal(await diary('forbidden'), '');
  });

  it('tells no secret to the log', () => {
    assert.match(server.output, /my token is \*\*\*/);
    assert.doesNotMatch(server.output, /verysecret/);
  });

  it('ends with the house, and its children with it', async () => {
    const pids = async () => (await Promise.all(modes.map(diary))).join('').match(/(started|child) (\d+)/g).map((line) => Number(line.split(' ')[1]));
    const all = await pids();
    assert.ok(all.some(isAlive));
    await server.stop();
    await eventually(async () => !(await pids()).some(isAlive), 'no process is left');
  });
});
