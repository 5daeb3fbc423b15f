#include "http/group_codes.hpp"

#include "projections/contact_queries.hpp"

namespace troupe::http {
namespace {

std::string told(const std::string& code, const std::string& group) {
  return "群 " + group + " 的管理登录码：" + code + "（5 分钟内有效，仅可使用一次，请勿转发）";
}

}  // namespace

void offer_group_codes(actors::System& system, const storage::Store& store) {
  actors::BotCommand command;
  command.name = "群管理面板";
  command.aliases = {"#群管理面板"};
  command.description = "本群管理面板的登录码，私聊发送给群主或管理员";
  command.run = [&system, &store](const actors::CommandCall& call, const actors::CommandAnswer& answer) {
    const auto& speaker = call.speaker;
    if (!speaker.in_group) return answer(std::string("请在要管理的群里发送此命令"));
    if (!speaker.is_group_admin && !call.by_admin) return answer(std::string("仅群主、群管理员或机器人管理员可以使用"));
    const projections::ContactQueries contacts(store);
    const auto group = contacts.find(speaker.platform, true, speaker.group);
    const auto user = contacts.find(speaker.platform, false, speaker.user);
    if (!group || !user) return answer(fail(Errc::not_found, "There is no such group"));
    system.groups().issue_code(
        *group, *user, actors::by_the_house("group-panel-command"),
        [&system, speaker, answer](const Expected<std::string>& code) {
          if (!code) return answer(tl::unexpected(code.error()));
          system.talks().say(
              {speaker.platform, false, speaker.user, told(*code, speaker.group), {}},
              [answer](const Expected<std::string>& sent) {
                answer(std::string(sent ? "登录码已私聊发送" : "登录码无法私聊发送，请先添加机器人为好友后重试"));
              });
        });
  };
  system.commands().offer("chatai_groups", {std::move(command)});
}

}  // namespace troupe::http
