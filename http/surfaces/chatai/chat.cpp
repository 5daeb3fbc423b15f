#include "http/surfaces/chatai/chat.hpp"

#include <algorithm>
#include <atomic>

#include "actors/rules.hpp"
#include "http/surface.hpp"

namespace troupe::http::chatai {
namespace {

using actors::Outcome;
using events::SessionId;
using projections::MessageRow;
using projections::SessionRow;

constexpr std::string_view kIdPrefix = "conv_";
constexpr std::string_view kUser = "user:", kGroup = "group:";
constexpr std::size_t kShownCharacters = 100;

Error no_such_conversation() { return coded(Errc::not_found, "CONVERSATION_NOT_FOUND", "Conversation not found"); }

std::string id_text(SessionId id) { return std::string(kIdPrefix) + std::to_string(id); }

OrderedJson usage_view(const actors::llm::Usage& usage) {
  return {{"promptTokens", usage.prompt_tokens},
          {"completionTokens", usage.completion_tokens},
          {"totalTokens", usage.prompt_tokens + usage.completion_tokens}};
}

/// The beginning of a text, in whole characters.
std::string beginning_of(const std::string& text) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80 && ++characters > kShownCharacters)
      return text.substr(0, i) + "…";
  return text;
}

/// An id of a person or a group, which may be written as a number.
Expected<std::string> foreign_id(const Json& value, const char* field) {
  if (value.is_null()) return std::string();
  std::string id = value.is_number_integer() ? value.dump() : value.is_string() ? value.get<std::string>() : "\n";
  if (auto ok = actors::check_optional_line(field, id, defaults::kMaxForeignIdLength); !ok)
    return tl::unexpected(ok.error());
  if (id.find(':') != id.npos) return fail(Errc::invalid, std::string(field) + " must not hold a ':'", field);
  return id;
}

}  // namespace

std::string text_of(const Partner& partner) {
  std::string text;
  if (!partner.group.empty()) text = std::string(kGroup) + partner.group;
  if (!partner.user.empty()) text += (text.empty() ? "" : ":") + std::string(kUser) + partner.user;
  return text.empty() ? std::string(kUser) : text;
}

std::optional<Partner> partner_in(std::string_view text) {
  Partner partner;
  if (text.starts_with(kGroup)) {
    text.remove_prefix(kGroup.size());
    const auto end = std::min(text.find(':'), text.size());
    partner.group = text.substr(0, end);
    if (end == text.size()) return partner;
    text.remove_prefix(end + 1);
  }
  if (!text.starts_with(kUser)) return std::nullopt;
  partner.user = text.substr(kUser.size());
  return partner;
}

/// An answer on its way, as it comes: unnamed events with a `type` inside.
class Chat::Streamed {
 public:
  Streamed(CallPtr call, SessionId conversation)
      : call_(std::move(call)), body_(call_->answer_events({{"X-Accel-Buffering", "no"}})) {
    send({{"type", "start"}, {"conversationId", id_text(conversation)}});
  }

  void add(std::string_view text) { send({{"type", "content"}, {"text", text}, {"data", text}}); }

  void end(const Expected<Outcome>& outcome) {
    if (outcome) {
      const auto& answer = outcome->answer;
      send({{"type", "end"},
            {"done", true},
            {"conversationId", id_text(outcome->question.session)},
            {"model", answer.model},
            {"usage", usage_view(answer.usage)},
            {"data", {{"usage", usage_view(answer.usage)}}}});
    } else {
      Json error = Json::parse(call_->surface->refusal(outcome.error(), call_->request).body);
      send({{"type", "error"}, {"error", error["error"]}, {"code", error["code"]}});
    }
    const std::lock_guard lock(mutex_);
    body_.end();
  }

  bool gone() const {
    const std::lock_guard lock(mutex_);
    return body_.gone();
  }

 private:
  void send(const OrderedJson& event) {
    const std::lock_guard lock(mutex_);
    body_.write(server_sent_event(json_text(event)));
  }

  const CallPtr call_;
  mutable std::mutex mutex_;
  BodyStream body_;
};

Expected<Partner> Chat::partner_of(const CallPtr& call, bool in_query) const {
  const auto value = [&](const char* field) -> Json {
    const auto at = call->body.find(field);
    if (at != call->body.end()) return *at;
    const auto text = in_query ? call->query_text(field) : std::nullopt;
    return text ? Json(*text) : Json(nullptr);
  };
  auto user = foreign_id(value("userId"), "userId");
  if (!user) return tl::unexpected(user.error());
  auto group = foreign_id(value("groupId"), "groupId");
  if (!group) return tl::unexpected(group.error());
  return Partner{std::move(*user), std::move(*group)};
}

std::string Chat::name_of(const Partner& partner) const {
  return context_.services.secrets.keyed_digest("conversation/" + text_of(partner));
}

Expected<actors::AskModel> Chat::question_of(const CallPtr& call) const {
  actors::AskModel question;
  question.asker = call->caller.account;
  question.text = call->body_text("message");
  question.model = call->body_text("model");
  std::string wanted = call->body_text("preset");
  if (wanted.empty()) wanted = call->body_text("presetId");
  const auto preset = wanted.empty() ? presets_.the_default() : presets_.find(wanted);
  if (!preset && !wanted.empty()) return tl::unexpected(coded(Errc::not_found, "PRESET_NOT_FOUND", "Preset not found"));
  if (!preset) return question;
  question.system_prompt = preset->entry.prompt;
  question.temperature = preset->entry.temperature;
  question.max_tokens = preset->entry.max_tokens;
  if (!question.model.empty()) return question;
  question.provider = preset->entry.provider;
  question.model = preset->entry.model;
  return question;
}

void Chat::with_conversation(const CallPtr& call, const Partner& partner, std::function<void(SessionId)> next) {
  if (const auto id = conversation_with(call, partner)) return next(*id);
  const auto account = call->caller.account;
  if (context_.sessions.chat_count(account) >= static_cast<std::int64_t>(defaults::kMaxChatsPerAccount))
    return call->refuse({Errc::conflict, "The account has too many conversations"});
  actors::CreateSession session;
  session.kind = events::kChatSession;
  session.owner = account;
  session.name = name_of(partner);
  context_.services.system.conversations().create(
      std::move(session), text_of(partner), call->cause(),
      context_.services.then_with<storage::RecordPtr>(
          call, [next](const storage::RecordPtr& record) { next(record->number()); },
          [this, call, partner, next](const Error& error) {
            // Another request may have begun it in the same moment.
            const auto id = error.code == Errc::conflict ? conversation_with(call, partner) : std::nullopt;
            id ? next(*id) : call->refuse(error);
          }));
}

void Chat::chat(const CallPtr& call) { ask(call, call->body_flag("stream")); }
void Chat::stream(const CallPtr& call) { ask(call, true); }

void Chat::ask(const CallPtr& call, bool streamed) {
  const auto partner = partner_of(call, false);
  if (!partner) return call->refuse(partner.error());
  auto asked = question_of(call);
  if (!asked) return call->refuse(asked.error());
  with_conversation(call, *partner, [this, call, streamed, question = std::move(*asked)](SessionId id) mutable {
    question.session = id;
    if (!streamed) {
      question.gone = [call] { return call->reply.gone(); };
      return context_.services.system.conversations().ask_model(
          std::move(question), call->cause(),
          [this, call](const Expected<storage::RecordPtr>& record) {
            if (!record) context_.services.loop.post([call, error = record.error()] { call->refuse(error); });
          },
          context_.services.then_with<Outcome>(call, [call](const Outcome& outcome) {
            const auto& answer = outcome.answer;
            succeed(call, {{"response", answer.text},
                           {"content", answer.text},
                           {"conversationId", id_text(outcome.question.session)},
                           {"model", answer.model},
                           {"toolCalls", OrderedJson::array()},
                           {"usage", usage_view(answer.usage)}});
          }));
    }
    // Known once the question is durable, which is before the model hears of it.
    const auto stream = std::make_shared<std::shared_ptr<Streamed>>();
    const auto begun = std::make_shared<std::atomic<bool>>(false);
    question.gone = [stream, begun] { return *begun && (*stream)->gone(); };
    context_.services.system.conversations().ask_model(
        std::move(question), call->cause(),
        [this, call, stream, begun](const Expected<storage::RecordPtr>& record) {
          if (!record) return context_.services.loop.post([call, error = record.error()] { call->refuse(error); });
          const auto message = actors::message_in(**record);
          *stream = std::make_shared<Streamed>(call, (*record)->number());
          *begun = true;
          const std::lock_guard lock(mutex_);
          if (message) streams_[{(*record)->number(), message->number}] = *stream;
        },
        [this, stream](const Expected<Outcome>& outcome) {
          {
            const std::lock_guard lock(mutex_);
            std::erase_if(streams_, [&](const auto& one) { return one.second == *stream; });
          }
          (*stream)->end(outcome);
        });
  });
}

void Chat::delta(const actors::QuestionId& question, std::string_view text) {
  std::shared_ptr<Streamed> stream;
  {
    const std::lock_guard lock(mutex_);
    const auto at = streams_.find(question);
    if (at == streams_.end()) return;
    stream = at->second;
  }
  stream->add(text);
}

// Conversations

std::optional<SessionRow> Chat::conversation_or_refused(const CallPtr& call) const {
  const std::string_view text = call->path_parameter("conversation_id");
  const auto id = text.starts_with(kIdPrefix) ? whole_number(text.substr(kIdPrefix.size())) : std::nullopt;
  // Also by whom it is with, as older clients name it.
  const auto partner = id ? std::nullopt : partner_in(text);
  const auto named = partner ? conversation_with(call, *partner) : std::nullopt;
  auto row = id || named ? context_.sessions.session(id ? *id : *named) : std::nullopt;
  const bool own =
      row && row->kind == events::kChatSession && row->owner == call->caller.account && row->archived_at == 0;
  if (own) return row;
  call->refuse(no_such_conversation());
  return std::nullopt;
}

OrderedJson Chat::view(const SessionRow& row) const {
  const auto title = context_.services.secrets.unseal_for(row.owner, row.sealed_title);
  const auto partner = !row.name.empty() && title ? partner_in(*title) : std::nullopt;
  std::string last = "无消息内容";
  for (const auto& message : context_.sessions.messages_before(row.id, row.messages + 1, 1))
    if (const auto text = context_.services.secrets.unseal_for(message.key_of, message.sealed_text); text)
      last = beginning_of(*text);
  const auto text_or_null = [](const std::string& text) { return text.empty() ? OrderedJson(nullptr) : text; };
  return {{"id", id_text(row.id)},
          {"userId", text_or_null(partner ? partner->user : "")},
          {"groupId", text_or_null(partner ? partner->group : "")},
          {"messageCount", row.messages - row.cleared},
          {"lastMessage", last},
          {"createdAt", milliseconds(row.created_at)},
          {"updatedAt", milliseconds(std::max(row.created_at, row.last_message_at))}};
}

void Chat::conversations(const CallPtr& call) {
  const auto account = call->caller.account;
  const auto limit = static_cast<std::size_t>(call->query_integer("limit"));
  const auto skip = static_cast<std::size_t>(call->query_integer("offset"));
  const auto user = call->query_text("userId"), group = call->query_text("groupId");
  OrderedJson list = OrderedJson::array();
  std::size_t total = 0;
  if (user || group) {
    for (const auto& row : context_.sessions.sessions_of(account, events::kChatSession, 0, defaults::kMaxListLimit)) {
      auto one = view(row);
      if ((user && one["userId"] != *user) || (group && one["groupId"] != *group)) continue;
      if (total++ >= skip && list.size() < limit) list.push_back(std::move(one));
    }
  } else {
    total = static_cast<std::size_t>(context_.sessions.chat_count(account));
    for (const auto& row : context_.sessions.sessions_of(account, events::kChatSession, skip, limit))
      list.push_back(view(row));
  }
  if (call->route->pattern.ends_with("/list")) return succeed(call, std::move(list));
  succeed(call, {{"conversations", std::move(list)}, {"total", total}});
}

OrderedJson Chat::message_list(const SessionRow& row, std::size_t limit, bool iso_times) const {
  auto rows = context_.sessions.messages_before(row.id, row.messages + 1, limit);
  std::reverse(rows.begin(), rows.end());
  OrderedJson list = OrderedJson::array();
  for (const MessageRow& message : rows) {
    const auto text = context_.services.secrets.unseal_for(message.key_of, message.sealed_text);
    if (message.deleted_at != 0 || !text) continue;
    OrderedJson one = {{"id", events::message_id(row.id, message.number)},
                       {"role", message.role},
                       {"content", *text},
                       {"timestamp", milliseconds(message.created_at)}};
    if (iso_times) one["timestamp"] = iso8601(message.created_at);
    if (message.status != "complete") one["status"] = message.status;
    list.push_back(std::move(one));
  }
  return list;
}

void Chat::conversation(const CallPtr& call) {
  const auto row = conversation_or_refused(call);
  if (!row) return;
  auto one = view(*row);
  one["messages"] = message_list(*row, static_cast<std::size_t>(call->query_integer("limit")), false);
  succeed(call, std::move(one));
}

void Chat::messages(const CallPtr& call) {
  if (const auto row = conversation_or_refused(call))
    succeed(call, message_list(*row, static_cast<std::size_t>(call->query_integer("limit")), false));
}

void Chat::history(const CallPtr& call) {
  const auto partner = partner_of(call, true);
  if (!partner) return call->refuse(partner.error());
  const auto id = conversation_with(call, *partner);
  const auto row = id ? context_.sessions.session(*id) : std::nullopt;
  succeed(call, row ? message_list(*row, static_cast<std::size_t>(call->query_integer("limit")), true)
                    : OrderedJson::array());
}

void Chat::clear_history(const CallPtr& call) {
  const auto partner = partner_of(call, true);
  if (!partner) return call->refuse(partner.error());
  const auto id = conversation_with(call, *partner);
  if (!id) return succeed(call, nullptr, {{"message", "Context cleared"}});
  context_.services.system.conversations().ask_session(*id, actors::ClearChat{call->caller.account}, call->cause(),
                                                       context_.services.then(call, [call](const storage::Record&) {
                                                         succeed(call, nullptr, {{"message", "Context cleared"}});
                                                       }));
}

void Chat::clear(const CallPtr& call) {
  const auto row = conversation_or_refused(call);
  if (!row) return;
  context_.services.system.conversations().ask_session(row->id, actors::ClearChat{call->caller.account}, call->cause(),
                                                       context_.services.then(call, [call](const storage::Record&) {
                                                         succeed(call, nullptr, {{"message", "Context cleared"}});
                                                       }));
}

/// What was said goes from the rows first; what is left is then closed for good.
void Chat::end(events::SessionId id, events::AccountId owner, const actors::Cause& cause, actors::RecordAnswer answer) {
  auto& conversations = context_.services.system.conversations();
  conversations.ask_session(id, actors::ClearChat{owner}, cause,
                            [&conversations, id, owner, cause, answer](Expected<storage::RecordPtr> cleared) {
                              if (!cleared) return answer(std::move(cleared));
                              conversations.ask_session(id, actors::DeleteChat{owner}, cause, answer);
                            });
}

void Chat::remove(const CallPtr& call) {
  const auto row = conversation_or_refused(call);
  if (!row) return;
  end(row->id, row->owner, call->cause(),
      context_.services.then(call, [call](const storage::Record&) { succeed(call, nullptr); }));
}

void Chat::remove_all(const CallPtr& call) {
  if (call->query_text("confirm").value_or("") != "true" && !call->body_flag("confirm"))
    return call->refuse({Errc::invalid, "Confirm with confirm=true", "confirm"});
  end_all(call, 0);
}

/// As many at once as share their fsyncs, until none is left.
void Chat::end_all(const CallPtr& call, std::size_t ended) {
  const auto account = call->caller.account;
  const auto rows = context_.sessions.sessions_of(account, events::kChatSession, 0, defaults::kDeletionsAtOnce);
  if (rows.empty()) return succeed(call, {{"success", true}, {"deletedCount", ended}});
  struct Round {
    std::size_t left, ended = 0;
    std::optional<Error> error;
  };
  const auto round = std::make_shared<Round>(Round{rows.size()});
  for (const auto& row : rows)
    end(row.id, account, call->cause(), [this, call, round, ended](Expected<storage::RecordPtr> result) {
      context_.services.loop.post([this, call, round, ended, result = std::move(result)] {
        if (result)
          ++round->ended;
        else
          round->error = result.error();
        if (--round->left > 0) return;
        round->error ? call->refuse(*round->error) : end_all(call, ended + round->ended);
      });
    });
}

}  // namespace troupe::http::chatai
