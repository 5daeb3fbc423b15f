#include "http/surfaces/nekobot/chat.hpp"

#include <algorithm>

#include "actors/llm/echo.hpp"

namespace troupe::http::nekobot {
namespace {

using projections::SessionRow;

constexpr Sentence kDeleted{"Session deleted successfully", "会话删除成功"};

/// The first of these fields that is there and not empty.
std::string first_text(const Call& call, std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (auto text = call.body_text(name); !text.empty()) return text;
  return {};
}

}  // namespace

Expected<Wanted> wanted_model(const Context& context, const Call& call) {
  Wanted wanted{first_text(call, {"provider_id", "selected_provider", "provider"}),
                first_text(call, {"model", "selected_model"})};
  if (wanted.provider.empty() || wanted.provider == actors::llm::kEcho) return wanted;
  auto row = context.providers.entry(wanted.provider);
  if (!row) row = context.providers.named(wanted.provider);
  if (row) wanted.provider = row->entry.name;
  const auto enabled = context.services.system.models().providers();
  const bool there = std::any_of(enabled.begin(), enabled.end(),
                                 [&](const auto& provider) { return provider.name == wanted.provider; });
  if (!there) return fail(Errc::invalid, "There is no such provider, or it is not enabled", "provider_id");
  return wanted;
}

std::optional<events::SessionId> session_number(const Json& id) {
  if (id.is_number_unsigned()) return id.get<events::SessionId>();
  return id.is_string() ? whole_number(trimmed(id.get_ref<const std::string&>())) : std::nullopt;
}

Expected<SessionRow> chat_of(const Context& context, events::AccountId account, std::optional<events::SessionId> id) {
  auto row = id ? context.sessions.session(*id) : std::nullopt;
  const bool theirs = row && row->kind == events::kChatSession && row->owner == account && row->archived_at == 0;
  if (!theirs) return fail(Errc::not_found, "Session not found", actors::kSessionId);
  return std::move(*row);
}

void apply_default_personality(const Context& context, actors::AskModel& question, const SessionRow& session) {
  if (!question.system_prompt.empty() || !session.sealed_system_prompt.empty()) return;
  const auto row = projections::default_personality(context.services.store);
  if (!row) return;
  question.system_prompt = row->entry.prompt;
  if (question.provider.empty() && question.model.empty()) {
    question.provider = row->entry.provider;
    question.model = row->entry.model;
  }
  if (!question.temperature) question.temperature = row->entry.temperature;
  if (!question.max_tokens) question.max_tokens = row->entry.max_tokens;
}

std::string Chat::creator(events::AccountId account) const {
  const auto row = context_.queries.account(account);
  if (!row) return {};
  return guest_.is_guest(row->username) ? "guest" : row->username;
}

OrderedJson Chat::view(const SessionRow& row, const std::string& creator) const {
  return {{"id", std::to_string(row.id)},
          {"creator", creator},
          {"summary", context_.services.secrets.unseal_for(row.owner, row.sealed_title).value_or("")},
          {"message_count", row.messages},
          {"created_at", iso8601(row.created_at)},
          {"updated_at", iso8601(std::max(row.created_at, row.last_message_at))}};
}

void Chat::new_session(const CallPtr& call) {
  guest_.account_of(call, [this, call](events::AccountId account) {
    if (context_.sessions.chat_count(account) >= static_cast<std::int64_t>(defaults::kMaxChatsPerAccount))
      return call->refuse({Errc::conflict, "There are too many sessions"});
    actors::CreateSession command;
    command.kind = events::kChatSession;
    command.owner = account;
    context_.services.system.conversations().create(std::move(command), {}, call->cause(),
                                                    context_.services.then(call, [call](const storage::Record& record) {
                                                      succeed(call, {{"session_id", std::to_string(record.number())}});
                                                    }));
  });
}

void Chat::sessions(const CallPtr& call) {
  guest_.account_of(call, [this, call](events::AccountId account) {
    const auto name = creator(account);
    std::vector<OrderedJson> items;
    for (const auto& row :
         context_.sessions.sessions_of(account, events::kChatSession, 0, defaults::kMaxListedSessions))
      items.push_back(view(row, name));
    std::reverse(items.begin(), items.end());
    succeed_with_page(call, std::move(items), under("sessions"), Order::descending);
  });
}

void Chat::get_session(const CallPtr& call) {
  guest_.account_of(call, [this, call](events::AccountId account) {
    const auto row = chat_of(context_, account, session_number(call->query_text("session_id").value_or("")));
    if (!row) return call->refuse(row.error());
    auto rows = context_.sessions.messages_before(row->id, row->messages + 1, defaults::kMaxShownMessages);
    OrderedJson messages = OrderedJson::array();
    for (auto message = rows.rbegin(); message != rows.rend(); ++message)
      messages.push_back(
          Fields{{"role", message->role},
                 {"content", context_.services.secrets.unseal_for(message->key_of, message->sealed_text).value_or("")},
                 {"timestamp", iso8601(message->created_at)},
                 {"status", message->status}});
    const bool running = std::any_of(rows.begin(), rows.end(), [](const auto& one) { return one.status == "pending"; });
    succeed(call,
            {{"session", view(*row, creator(account))}, {"messages", std::move(messages)}, {"is_running", running}});
  });
}

void Chat::delete_session(const CallPtr& call) {
  const auto in_query = call->query_text("session_id");
  const Json id = in_query ? Json(*in_query) : call->body.value("session_id", Json());
  if (id.is_null()) return call->refuse({Errc::invalid, "session_id is required", actors::kSessionId});
  guest_.account_of(call, [this, call, id](events::AccountId account) {
    const auto row = chat_of(context_, account, session_number(id));
    if (!row) return call->refuse(row.error());
    context_.services.system.conversations().ask_session(row->id, actors::DeleteChat{account}, call->cause(),
                                                         context_.services.then(call, [call](const storage::Record&) {
                                                           succeed(call, OrderedJson::object(), kDeleted);
                                                         }));
  });
}

void Chat::send(const CallPtr& call) {
  const auto wanted = wanted_model(context_, *call);
  if (!wanted) return call->refuse(wanted.error());
  guest_.account_of(call, [this, call, wanted = *wanted](events::AccountId account) {
    const auto row = chat_of(context_, account, session_number(call->body["session_id"]));
    if (!row) return call->refuse(row.error());
    actors::AskModel question;
    question.session = row->id;
    question.asker = account;
    question.text = call->body_text("message");
    question.provider = wanted.provider;
    question.model = wanted.model;
    apply_default_personality(context_, question, *row);
    streams_.ask_in_session(call, std::move(question), call->body_flag("enable_streaming", true));
  });
}

}  // namespace troupe::http::nekobot
