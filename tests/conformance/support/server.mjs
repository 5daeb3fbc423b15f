// One real server process on a temporary data folder and a free port: start it, stop it, kill it, start it again.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));
export const binary = process.env.TROUPE_BINARY ?? join(repositoryRoot, 'build/release/troupe');
const startTimeoutMs = 20_000;
const stopTimeoutMs = 20_000;

/// Without what would set the server up: its own variables, and those of a model that costs money.
const neutralEnvironment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TROUPE|OPENAI)_/.test(name)));

const started = new Set();
process.on('exit', () => {
  for (const server of started) {
    server.process?.kill('SIGKILL');
    rmSync(server.dataFolder, { recursive: true, force: true });
  }
});

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  return port;
}

export class Server {
  port = 0;
  metricsPort = 0;
  output = '';

  constructor(surfaces, dataFolder, args, environment = {}) {
    this.surfaces = surfaces;
    this.environment = environment;
    this.dataFolder = dataFolder;
    this.args = args;
    started.add(this);
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get metricsUrl() {
    return `http://127.0.0.1:${this.metricsPort}`;
  }

  /// Resolves when all is announced. After the first start the port stays the same.
  async start() {
    const args = ['serve', '--data', this.dataFolder, '--demo',
      '--listen', `127.0.0.1:${this.port}=${this.surfaces.join()}`, '--metrics', '127.0.0.1:0', ...this.args];
    this.output = '';
    this.process = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...neutralEnvironment(), ...this.environment } });
    await new Promise((resolve, reject) => {
      const fail = (reason) => {
        clearTimeout(timer);
        reject(new Error(`${binary} ${args.join(' ')}: ${reason}\n${this.output}`));
      };
      const timer = setTimeout(() => fail(`no listener within ${startTimeoutMs} ms`), startTimeoutMs);
      const collect = (chunk) => {
        this.output = (this.output + chunk).slice(-100_000);
        const announced = /^listening http:\/\/127\.0\.0\.1:(\d+) /m.exec(this.output);
        const metrics = /^metrics http:\/\/127\.0\.0\.1:(\d+)\//m.exec(this.output);  // the last line of all
        if (!announced || !metrics) return;
        clearTimeout(timer);
        this.port = Number(announced[1]);
        this.metricsPort = Number(metrics[1]);
        resolve();
      };
      this.process.stdout.setEncoding('utf8').on('data', collect);
      this.process.stderr.setEncoding('utf8').on('data', collect);
      this.process.once('error', (error) => fail(error.message));
      this.process.once('exit', (code, signal) => fail(`ended with ${code ?? signal}`));
    });
    return this;
  }

  /// Sends the signal and waits for the end: the exit code, or the name of the signal that ended it.
  async #end(signal) {
    if (!this.process || this.process.exitCode !== null || this.process.signalCode !== null) return this.process?.exitCode;
    const timer = setTimeout(() => this.process.kill('SIGKILL'), stopTimeoutMs);
    const ended = once(this.process, 'exit');
    this.process.kill(signal);
    const [code, endingSignal] = await ended;
    clearTimeout(timer);
    return code ?? endingSignal;
  }

  stop() {
    return this.#end('SIGTERM');
  }

  crash() {
    return this.#end('SIGKILL');
  }

  /// Runs another command on the same data folder to its end; answers what it wrote.
  async command(...args) {
    const child = spawn(binary, [...args, '--data', this.dataFolder], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...neutralEnvironment(), ...this.environment } });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => { output += chunk; });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`troupe ${args.join(' ')} ended with ${code}`);
    return output;
  }
}

/// A server of these surfaces, all on one port, for the whole test file; stopped after its last test.
export async function startServerIn(environment, surfaces, ...args) {
  const folder = await mkdtemp(join(tmpdir(), 'troupe-conformance-'));
  const server = await new Server(surfaces, folder, args, environment).start();
  after(() => server.stop());
  return server;
}

export const startServerOf = (surfaces, ...args) => startServerIn({}, surfaces, ...args);

export const startServer = (...args) => startServerOf(['bot_manager'], ...args);
