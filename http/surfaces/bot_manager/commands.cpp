// Commands: queued by owners, polled and acknowledged by bots.
#include "http/surfaces/bot_manager/bot_manager.hpp"
#include "http/surfaces/bot_manager/views.hpp"

namespace troupe::http {

using namespace actors;
using namespace bot_manager;

void BotManager::send_command(const CallPtr& call, const std::string& bot_id, const std::string& type, Json payload,
                              const char* status) {
  QueueCommand command;
  command.bot_id = bot_id;
  command.owner_id = bot(bot_id).owner;
  command.type = type;
  command.payload = std::move(payload);
  services_.system.queue_command(std::move(command), call->cause(),
                                 services_.then(call, [this, call, status](const storage::Record& record) {
                                   const auto row = queries_.command(record.id());
                                   if (!row) return call->refuse({Errc::not_found, "Command not found"});
                                   call->answer({{"status", status}, {"command", command_view(*row)}});
                                 }));
}

void BotManager::send_to_bot(const CallPtr& call, const std::string& type) {
  send_command(call, call->path_parameter("bot_id"), type.empty() ? call->body_text("type") : type,
               call->body_object("payload"), "ok");
}

void BotManager::create_command(const CallPtr& call) {
  const std::string bot_id = call->body_text("bot_id");
  if (!allowed_or_refused(call, bot_id)) return;
  send_command(call, bot_id, call->body_text("type"), call->body_object("payload"), "queued");
}

void BotManager::list_commands(const CallPtr& call) {
  const auto visible = visible_or_refused(call);
  if (!visible) return;
  const auto limit = static_cast<std::size_t>(call->query_integer("limit"));
  const bool of_one_bot = !call->query_text("bot_id").value_or("").empty() || !call->caller.bot_id.empty();
  const auto rows = visible->everything ? queries_.all_commands(limit)
                    : of_one_bot        ? queries_.commands_of_bot(visible->bots.front(), limit)
                                        : queries_.commands_of_owner(call->caller.account, limit);
  call->answer(counted("commands", rows, command_view));
}

void BotManager::commands_history(const CallPtr& call) {
  const auto limit = static_cast<std::size_t>(call->query_integer("limit"));
  call->answer(
      counted("commands", queries_.commands_of_bot(call->path_parameter("bot_id"), limit), command_in_history));
}

void BotManager::poll_commands(const CallPtr& call) {
  Poll poll;
  poll.bot_id = call->path_parameter("bot_id");
  poll.limit = static_cast<std::size_t>(call->query_integer("limit"));
  poll.wait = std::chrono::seconds(call->query_integer("wait"));
  poll.cause = call->cause();
  poll.gone = [call] { return call->reply.gone(); };
  services_.system.poll(std::move(poll), services_.then_with<std::vector<std::string>>(call, [this, call](auto ids) {
                          std::vector<projections::CommandRow> rows;
                          for (const auto& id : ids)
                            if (auto row = queries_.command(id)) rows.push_back(std::move(*row));
                          call->answer(counted("commands", rows, command_view));
                        }));
}

void BotManager::acknowledge(const CallPtr& call) {
  const std::string& id = call->path_parameter("command_id");
  const auto row = queries_.command(id);
  if (!row) return call->refuse({Errc::not_found, "Command not found"});
  if (!allowed_or_refused(call, row->bot_id)) return;
  FinishCommand command{call->optional_body_text("status").value_or("completed"), call->body_object("result")};
  services_.system.ask_command(id, std::move(command), call->cause(),
                               services_.then(call, [this, call, id](const storage::Record&) {
                                 const auto finished = queries_.command(id);
                                 if (!finished) return call->refuse({Errc::not_found, "Command not found"});
                                 call->answer({{"status", "ok"}, {"command", command_view(*finished)}});
                               }));
}

}  // namespace troupe::http
