// A mail server that speaks enough SMTP (RFC 5321) to take a mail, and that can fail in the ways real ones do.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { after } from 'node:test';

export class SmtpServer {
  /// The mails taken: { from, to, text }.
  mails = [];
  /// Every command line a client sent, in order.
  lines = [];
  connections = 0;
  /// What goes wrong, one for each connection from the first on: 'mute' never answers, 'cut' ends in the middle of the
  /// text, 'busy' answers 451 to the recipient, 'refuse' answers 550. Nothing left: all goes well.
  faults = [];
  #sockets = new Set();

  constructor() {
    this.server = createServer((socket) => this.#serve(socket));
  }

  async start() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `smtp://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  stop() {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket) {
    this.connections += 1;
    this.#sockets.add(socket);
    const fault = this.faults.shift();
    const mail = { from: '', to: [], text: '' };
    let inText = false;
    let rest = '';
    const say = (line) => socket.write(`${line}\r\n`);
    const answers = {
      EHLO: () => say('250-mail.test\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME'),
      HELO: () => say('250 mail.test'),
      MAIL: (line) => {
        mail.from = /<(.*)>/.exec(line)[1];
        say('250 OK');
      },
      RCPT: (line) => {
        if (fault === 'busy') return say('451 try again later');
        if (fault === 'refuse') return say('550 no such mailbox');
        mail.to.push(/<(.*)>/.exec(line)[1]);
        return say('250 OK');
      },
      DATA: () => {
        inText = true;
        say('354 go ahead');
      },
      QUIT: () => socket.end('221 bye\r\n'),
    };
    const take = (line) => {
      if (socket.destroyed) return undefined;
      if (inText && line !== '.') {
        if (fault === 'cut') return socket.destroy();
        mail.text += `${line.replace(/^\./, '')}\r\n`;
        return undefined;
      }
      if (inText) {
        inText = false;
        this.mails.push(mail);
        return say('250 taken');
      }
      this.lines.push(line);
      const answer = answers[line.slice(0, 4).toUpperCase()];
      return answer ? answer(line) : say('502 not known');
    };
    socket.setEncoding('utf8').on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    if (fault === 'mute') return;
    say('220 mail.test');
    socket.on('data', (chunk) => {
      const lines = (rest + chunk).split('\r\n');
      rest = lines.pop();
      lines.forEach(take);
    });
  }
}

export async function startSmtpServer() {
  const server = await new SmtpServer().start();
  after(() => server.stop());
  return server;
}
