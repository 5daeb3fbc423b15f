// The suite server as a child process, and a WebSocket that remembers what it received.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";

const binary =
  process.env.TROUPE_SUITE_SERVER ??
  fileURLToPath(new URL("../../../build/release/tests/socketio_suite_server", import.meta.url));

export const pingInterval = 300;
export const pingTimeout = 200;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts a server; `port` 0 takes any free one. */
export async function startServer({ port = 0, recovery = false } = {}) {
  const child = spawn(binary, [String(port), ...(recovery ? ["recovery"] : [])], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const line = await Promise.race([
    once(child.stdout, "data").then(([data]) => String(data)),
    ended.then((code) => Promise.reject(new Error(`${binary} ended with ${code}`))),
    once(child, "error").then(([error]) => Promise.reject(error)),
  ]);
  const url = line.match(/http:\S+/)[0];
  return {
    url,
    port: Number(new URL(url).port),
    /** Ends it as an operator would; the answer is its exit code. */
    stop: () => (child.kill("SIGTERM"), ended),
    kill: () => (child.kill("SIGKILL"), ended),
  };
}

/** A WebSocket client whose `next()` gives messages in their order: text as a string, binary as a Buffer. */
export function openWebSocket(url) {
  const socket = new WebSocket(url.replace("http", "ws"));
  const messages = [];
  const waiting = [];
  socket.on("message", (data, isBinary) => {
    const message = isBinary ? data : String(data);
    waiting.length ? waiting.shift()(message) : messages.push(message);
  });
  socket.on("error", () => {}); // `close` follows
  return {
    socket,
    closed: new Promise((resolve) => socket.once("close", resolve)),
    send: (data) => socket.send(data),
    next: () => (messages.length ? Promise.resolve(messages.shift()) : new Promise((r) => waiting.push(r))),
    /** The next message that is no ping. */
    async nextData() {
      for (;;) {
        const message = await this.next();
        if (message !== "2") return message;
        socket.send("3");
      }
    },
    /** Breaks the connection off, without a close. */
    breakOff: () => socket.terminate(),
    end: () => socket.close(),
  };
}

/** An open polling session. */
export async function openPolling(base) {
  const open = await (await fetch(`${base}?EIO=4&transport=polling`)).text();
  const { sid } = JSON.parse(open.slice(1));
  const url = `${base}?EIO=4&transport=polling&sid=${sid}`;
  return {
    sid,
    url,
    poll: (options) => fetch(url, options),
    post: (body, options) => fetch(url, { method: "POST", body, ...options }),
  };
}
