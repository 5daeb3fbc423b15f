// The peer for channels: one channel on the package `ws`. Whoever subscribes gets each message that is posted to /emit,
// rendered once, with nothing stored.
//
//   node ws_server.mjs --port 5300

import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { parseOptions } from './options.mjs';

const options = parseOptions({ port: 5300 });
const subscribers = new Set();
let messages = 0;

const server = createServer(async (request, response) => {
  const answer = (status, body) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  if (request.method !== 'POST' || request.url !== '/emit') return answer(404, { error: 'Not found' });
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { content } = JSON.parse(Buffer.concat(chunks).toString());
  const message = {
    id: `msg_${++messages}`, channel_id: 'channel_1', user_id: 'user_1', content, content_type: 'text', created_at: new Date().toISOString(),
    updated_at: null, attachments: [], mentions: [], reactions: [], thread_id: null, reply_to: null, is_edited: false, is_deleted: false,
  };
  const frame = JSON.stringify({ type: 'message', data: message });
  for (const socket of subscribers) socket.send(frame);
  return answer(201, message);
});

new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  socket.on('message', (data) => {
    if (JSON.parse(data.toString()).type !== 'subscribe') return;
    subscribers.add(socket);
    socket.send(JSON.stringify({ type: 'subscribed', data: { channels: ['channel_1'] } }));
  });
  socket.on('close', () => subscribers.delete(socket));
});

server.listen(options.port, '127.0.0.1', () => {
  console.log(`listening http://127.0.0.1:${server.address().port} ws_server`);
});
process.on('SIGTERM', () => process.exit(0));
