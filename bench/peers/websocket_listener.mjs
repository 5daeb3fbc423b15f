// One Socket.IO connection over a bare WebSocket, as light as it can be: it counts events by the first bytes of a frame,
// answers pings, and understands nothing else. A client library would parse each event and so measure itself.

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const opText = 1;
const opClose = 8;
const opPing = 9;
const opPong = 10;

/// A masked client frame of up to 65,535 bytes (RFC 6455, section 5.2). The mask is zero: it protects proxies, and there
/// are none here.
function frame(opcode, payload) {
  const content = Buffer.from(payload);
  const short = content.length < 126;
  const head = Buffer.alloc(short ? 6 : 8);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (short ? content.length : 126);
  if (!short) head.writeUInt16BE(content.length, 2);
  return Buffer.concat([head, content]);
}

export class WebSocketListener {
  #pending = Buffer.alloc(0);
  #upgraded = false;

  /// `onEvent()` is called for each frame that starts with `prefix`, such as `42["new_log"`. `onEnd(reason)` is called
  /// when the connection ends, once.
  constructor({ host, port, headers, auth, prefix, onEvent, onEnd }) {
    this.prefix = Buffer.from(prefix);
    this.connectPacket = `40${auth ? JSON.stringify(auth) : ''}`;
    this.onEvent = onEvent;
    this.ready = new Promise((resolve, reject) => {
      this.joined = resolve;
      this.socket = connect(port, host);
      this.socket.setNoDelay(true);
      const lines = [
        'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1', `Host: ${host}:${port}`, 'Upgrade: websocket', 'Connection: Upgrade',
        'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
        ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      ];
      this.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
      const end = (reason) => {
        reject(new Error(reason));
        onEnd(reason);
      };
      this.socket.on('data', (chunk) => this.#receive(chunk));
      this.socket.on('error', (error) => end(error.message));
      this.socket.on('end', () => end(this.#upgraded ? 'closed by the server' : 'refused'));
    });
  }

  close() {
    this.socket.removeAllListeners('end');
    this.socket.end(frame(opClose, ''));
  }

  #receive(chunk) {
    let bytes = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    if (!this.#upgraded) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#pending = bytes;
        return;
      }
      if (!bytes.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) {
        this.socket.destroy(new Error(`no upgrade: ${bytes.subarray(0, 100)}`));
        return;
      }
      this.#upgraded = true;
      bytes = bytes.subarray(end + 4);
    }
    this.#pending = bytes.subarray(this.#takeFrames(bytes));
  }

  /// Handles each whole frame and answers where the first incomplete one starts. Server frames are never masked.
  #takeFrames(bytes) {
    let start = 0;
    while (bytes.length - start >= 2) {
      let length = bytes[start + 1] & 0x7f;
      let content = start + 2;
      if (length === 126) {
        if (bytes.length < content + 2) return start;
        length = bytes.readUInt16BE(content);
        content += 2;
      } else if (length === 127) {
        if (bytes.length < content + 8) return start;
        length = Number(bytes.readBigUInt64BE(content));
        content += 8;
      }
      if (bytes.length < content + length) return start;
      this.#handle(bytes[start] & 0x0f, bytes, content, content + length);
      start = content + length;
    }
    return start;
  }

  #handle(opcode, bytes, from, to) {
    if (opcode === opPing) this.socket.write(frame(opPong, bytes.subarray(from, to)));
    else if (opcode === opClose) this.socket.end();
    if (opcode !== opText) return;
    const { length } = this.prefix;
    if (to - from >= length && bytes.compare(this.prefix, 0, length, from, from + length) === 0) this.onEvent();
    else if (bytes[from] === 0x32) this.socket.write(frame(opText, '3'));
    else if (bytes[from] === 0x30) this.socket.write(frame(opText, this.connectPacket));
    else if (bytes[from] === 0x34 && bytes[from + 1] === 0x30) this.joined();
    else if (bytes[from] === 0x34 && bytes[from + 1] === 0x34) this.socket.destroy(new Error(bytes.toString('utf8', from, to)));
  }
}
