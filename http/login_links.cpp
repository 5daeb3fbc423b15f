#include "http/login_links.hpp"

#include "http/surfaces/chatai/options.hpp"
#include "projections/queries.hpp"

namespace troupe::http {

void issue_login_link(actors::System& system, events::AccountId account, bool permanent, actors::Cause cause,
                      std::function<void(Expected<std::string>)> answer) {
  const std::string token = actors::random_token();
  system.ask_account(account, actors::IssueLoginLink{actors::token_digest(token), permanent}, std::move(cause),
                     [token, answer = std::move(answer)](const Expected<storage::RecordPtr>& issued) {
                       if (!issued) return answer(tl::unexpected(issued.error()));
                       answer(token);
                     });
}

void offer_login_links(actors::System& system, const storage::Store& store, const std::string& panel_url) {
  actors::BotCommand command;
  command.name = "管理面板";
  command.description = "登录链接；`永久`：不过期的链接";
  command.for_admins = true;
  command.secret_reply = true;
  command.run = [&system, &store, panel_url](const actors::CommandCall& call, const actors::CommandAnswer& answer) {
    if (call.speaker.in_group) return answer(std::string("请私聊机器人获取登录链接"));
    const bool permanent = call.arguments == "永久" || call.arguments == "permanent";
    if (!call.arguments.empty() && !permanent) return answer(std::string("用法：管理面板 [永久]"));
    const auto account = projections::Queries(store).first_administrator();
    if (!account) return answer(fail(Errc::not_found, "There is no administrator"));
    issue_login_link(
        system, *account, permanent, actors::by_the_house("panel-command"),
        [answer, panel_url, permanent](const Expected<std::string>& token) {
          if (!token) return answer(tl::unexpected(token.error()));
          const std::string link = login_link_url(panel_url, *token);
          answer((permanent ? "永久登录链接（撤销前一直有效）：\n" : "登录链接（5 分钟内有效，仅可使用一次）：\n") +
                 link);
        });
  };
  system.commands().offer("chatai", {std::move(command)});
}

}  // namespace troupe::http
