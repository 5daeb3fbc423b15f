// A model that knows its answer at once: OpenAI's streamed chat completions, two pieces and the end. What a client
// measures beyond it is what stands between.
//
//   node model_server.mjs --port 5400

import { createServer } from 'node:http';
import { parseOptions } from './options.mjs';

const options = parseOptions({ port: 5400 });
const chunk = (delta, finish = null) => `data: ${JSON.stringify({
  id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'instant', choices: [{ index: 0, delta, finish_reason: finish }],
})}\n\n`;

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(chunk({ role: 'assistant', content: 'Hello' }));
    response.end(chunk({ content: '!' }) + chunk({}, 'stop') + 'data: [DONE]\n\n');
  });
});
server.listen(options.port, '127.0.0.1', () => console.log(`listening http://127.0.0.1:${server.address().port} model`));
process.on('SIGTERM', () => process.exit(0));
