// The peer for live events: the JavaScript socket.io on ws. Whoever connects is in one room, as the sockets of one owner
// are in troupe. A POST /emit with one log entry or a list of them broadcasts each as `new_log` to that room.
//
//   node socketio_server.mjs --port 5200 [--recovery on]
//
// With recovery on it keeps the events for clients that come back, as troupe does; off is the package's default.

import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { parseOptions } from './options.mjs';

const options = parseOptions({ port: 5200, recovery: 'off' });
const room = 'owner';

function emitAll(entries) {
  const timestamp = new Date().toISOString();
  for (const { type = 'info', message = '', metadata = {} } of entries) {
    io.to(room).emit('new_log', { type, message, timestamp, metadata, bot_id: 'abcdef' });
  }
}

const server = createServer(async (request, response) => {
  const answer = (status, body) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  if (request.method !== 'POST' || request.url !== '/emit') return answer(404, { error: 'Not found' });
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const entries = [JSON.parse(Buffer.concat(chunks).toString())].flat();
  emitAll(entries);
  return answer(200, { status: 'ok', received: entries.length });
});

const io = new Server(server, {
  serveClient: false,
  ...(options.recovery === 'on' && { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } }),
});
io.on('connection', (socket) => {
  socket.join(room);
  socket.emit('connection_established', { status: 'connected', client_id: socket.id, timestamp: new Date().toISOString() });
});

server.listen(options.port, '127.0.0.1', () => {
  console.log(`listening http://127.0.0.1:${server.address().port} socketio_server`);
});
process.on('SIGTERM', () => io.close());
