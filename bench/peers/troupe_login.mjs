// A demo login and a fresh bot on a running troupe, for a shell:
//
//   eval "$(node troupe_login.mjs --url http://127.0.0.1:5000)"   sets COOKIE, BOT_ID and BOT_TOKEN

import { parseOptions } from './options.mjs';

const { url } = parseOptions({ url: 'http://127.0.0.1:5000' });

async function call(path, body, headers = {}) {
  const response = await fetch(new URL(path, url), {
    method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
  return response;
}

const login = await call('/api/auth/login', { username: 'admin', password: 'admin123' });
const cookie = login.headers.get('set-cookie').split(';')[0];
const { bot_id: botId, token } = await (await call('/api/my-bots', { name: 'Bench' }, { Cookie: cookie })).json();
console.log(`export COOKIE='${cookie}' BOT_ID='${botId}' BOT_TOKEN='${token}'`);
