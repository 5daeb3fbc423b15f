// A bot in a group of a real OneBot client, a model behind it, and those who look after the group.

import { chatAiAdmin, data, withToken } from './chatai.mjs';
import { Client } from './client.mjs';
import { startModelServer } from './model_server.mjs';
import { ReverseClient, textOf } from './onebot.mjs';
import { startWithPlatforms } from './platforms.mjs';
import { freePort } from './server.mjs';

export const group = 500;
export const owner = { nickname: 'Olga', role: 'owner' };

export class GroupHouse {
  static async start(...args) {
    const house = new GroupHouse();
    house.model = await startModelServer();
    house.port = await freePort();
    house.server = await startWithPlatforms([{ name: 'qq', type: 'aiocqhttp', settings: { ws_port: house.port } }], {
      surfaces: ['chatai', 'chat_v1'], args, environment: { OPENAI_BASE_URL: house.model.url, OPENAI_API_KEY: 'sk-x', OPENAI_MODEL: 'fake' },
    });
    house.bot = await ReverseClient.connected(house.port);
    house.admin = await chatAiAdmin(house.server);
    return house;
  }

  async crashAndStart() {
    await this.server.crash();
    await this.server.start();
    await this.bot.connect();
    this.admin = await chatAiAdmin(this.server);
  }

  /// Texts that the bot said from now on, `count` of them, each as { to: 'group' | 'private', text }.
  async hears(message, count, options = {}) {
    const before = this.bot.actions.length;
    this.bot.say(message, { group, ...options });
    if (count === 0) return this.isSilent(options);
    await this.bot.sees(before + count, `${count} answers to ${message}`);
    return this.bot.actions.slice(before).map((action) => ({ to: action.action === 'send_group_msg' ? 'group' : 'private', text: textOf(action) }));
  }

  /// A command that is always answered comes after what was said, so that silence before its answer was meant.
  async isSilent(options = {}) {
    const before = this.bot.actions.length;
    this.bot.say('/ping', { group: 501, ...(options.user && { user: options.user }) });
    await this.bot.sees(before + 1, 'an answer to a ping');
    await new Promise((resolve) => { setTimeout(resolve, 100); });
    return this.bot.actions.slice(before).filter((action) => action.params.group_id !== 501);
  }

  /// A code, as the group's owner gets it in private.
  async code({ user = 9, sender = owner } = {}) {
    const said = await this.hears('#群管理面板', 2, { user, sender });
    const code = /：([2-9A-HJKMNP-Z]{6})/.exec(said.find(({ to }) => to === 'private').text)[1];
    return { code, said };
  }

  /// Who looks after the group.
  async groupAdmin() {
    const { code } = await this.code();
    const { token } = await data(new Client(this.server).post('/api/group-admin/login', { code }));
    return withToken(this.server, token);
  }
}
