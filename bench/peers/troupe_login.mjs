// A demo login and a fresh bot on a running troupe, for a program or (run by itself) for a shell:
//
//   eval "$(node troupe_login.mjs --url http://127.0.0.1:5000)"   sets COOKIE, BOT_ID and BOT_TOKEN

import { fileURLToPath } from 'node:url';
import { parseOptions } from './options.mjs';

export async function logInWithBot(url) {
  const call = async (path, body, headers = {}) => {
    const response = await fetch(new URL(path, url), {
      method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const login = await call('/api/auth/login', { username: 'admin', password: 'admin123' });
  const cookie = login.headers.get('set-cookie').split(';')[0];
  const { bot_id: botId, token } = await (await call('/api/my-bots', { name: 'Bench' }, { Cookie: cookie })).json();
  return { cookie, botId, token };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = parseOptions({ url: 'http://127.0.0.1:5000' });
  const { cookie, botId, token } = await logInWithBot(url);
  console.log(`export COOKIE='${cookie}' BOT_ID='${botId}' BOT_TOKEN='${token}'`);
}
