// Servers and clients of the Model Context Protocol: the official SDK as a client of ours, the official servers as those
// that ours is a client of, and one that fails in the ways real ones do.

import { spawn } from 'node:child_process';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { eventually } from './cast.mjs';
import { freePort, startServerOf } from './server.mjs';

const script = (path) => fileURLToPath(new URL(path, import.meta.url));
export const everything = script('../node_modules/@modelcontextprotocol/server-everything/dist/index.js');
export const filesystem = script('../node_modules/@modelcontextprotocol/server-filesystem/dist/index.js');
export const faulty = script('faulty_mcp_server.mjs');

/// A troupe that may run Node, with these servers set up: `troupe mcp add` with the words of each.
export async function startServerWithMcp(...servers) {
  const server = await startServerOf(['chat_v1', 'openai'], '--no-rate-limit', '--mcp-command', process.execPath);
  await server.stop();
  for (const words of servers) await server.command('mcp', 'add', ...words);
  return server.start();
}

/// `--command` and `--arg` of a program in JavaScript.
export const node = (...args) => ['--command', process.execPath, ...args.flatMap((arg) => ['--arg', arg])];

/// The official client on our `/mcp`.
export async function mcpClient(server, token) {
  const client = new Client({ name: 'conformance', version: '1' });
  const url = new URL(`${server.url}/mcp`);
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers: { Authorization: `Bearer ${token}` } } }));
  after(() => client.close());
  return client;
}

export const toolNames = async (client) => (await client.listTools()).tools.map(({ name }) => name);

/// Waits until there is such a tool.
export const untilOffered = (client, name) =>
  eventually(async () => (await toolNames(client)).includes(name), `a tool ${name}`, 20_000);

/// A call's text, and whether it failed.
export async function callTool(client, name, args = {}) {
  const { content, isError } = await client.callTool({ name, arguments: args });
  return { text: content.map(({ text }) => text).join('\n'), isError };
}

/// server-everything by HTTP, with one of its transports: streamableHttp or sse.
export async function startEverything(transport) {
  const port = await freePort();
  const child = spawn(process.execPath, [everything, transport], { stdio: 'ignore', env: { ...process.env, PORT: `${port}` } });
  after(() => child.kill('SIGKILL'));
  const path = transport === 'sse' ? 'sse' : 'mcp';
  await eventually(() => fetch(`http://127.0.0.1:${port}/mcp`, { method: 'OPTIONS' }).then(() => true, () => false), 'server-everything', 20_000);
  return { url: `http://127.0.0.1:${port}/${path}`, child };
}
