#include "http/surfaces/chat_v1/chat_v1.hpp"

#include <atomic>
#include <cmath>
#include <cstdio>

#include "actors/rules.hpp"
#include "http/security/sign_in.hpp"
#include "projections/session_keys.hpp"

namespace troupe::http {
namespace {

using projections::ChatFigures;
using projections::MessageRow;
using projections::SessionRow;

/// Fields of an Error that tell business codes apart.
constexpr const char* kQuota = "quota";

struct Refusal {
  int status;
  const char* code;
};

/// The specification's two tables. What it has no business code for is named by its status.
Refusal refusal_of(const Error& error) {
  switch (error.code) {
    case Errc::invalid:
    case Errc::conflict:
    case Errc::duplicate: return {400, "HTTP400"};
    case Errc::unauthenticated:
      if (error.field == kCredentials) return {401, "AUTH001"};
      return {401, error.field == kTokenExpired ? "AUTH002" : "AUTH003"};
    case Errc::forbidden: return error.field == kQuota ? Refusal{403, "CHAT001"} : Refusal{403, "HTTP403"};
    case Errc::not_found: return error.field == actors::kSessionId ? Refusal{404, "CHAT003"} : Refusal{404, "HTTP404"};
    case Errc::upstream_failed:
    case Errc::timed_out:
    case Errc::cancelled: return {502, "CHAT002"};
    case Errc::wrong_method: return {405, "HTTP405"};
    case Errc::maintenance: return {503, "SYS001"};
    case Errc::overloaded:
    case Errc::storage_failed:
    case Errc::shutting_down: return {503, "SYS002"};
    case Errc::too_fast: return {429, "HTTP429"};
    case Errc::too_large: return {413, "HTTP413"};
    case Errc::corrupt: return {500, "HTTP500"};
  }
  return {500, "HTTP500"};
}

tl::unexpected<Error> no_such_session() {
  return fail(Errc::not_found, "There is no such session", actors::kSessionId);
}

OrderedJson message_view(const MessageRow& row, events::SessionId session, const std::string& text) {
  return {{"id", events::message_id(session, row.number)}, {"role", row.role},     {"content", text},
          {"created_at", iso8601(row.created_at)},         {"tokens", row.tokens}, {"status", row.status}};
}

OrderedJson session_view(const SessionRow& row, const std::string& title) {
  return {{"id", row.id},
          {"title", title},
          {"status", "active"},
          {"message_count", row.messages},
          {"last_message_time", time_or_null(row.last_message_at)},
          {"created_at", iso8601(row.created_at)},
          {"updated_at", iso8601(std::max(row.created_at, row.last_message_at))}};
}

/// Milliseconds, to a hundredth.
double average_response_ms(const ChatFigures& figures) {
  if (figures.answers == 0) return 0;
  const double us = static_cast<double>(figures.took_us) / static_cast<double>(figures.answers);
  return std::round(us / 10) / 100;
}

/// The beginning of a text, in whole characters, on one line.
std::string title_of(std::string_view text) {
  std::string title;
  std::size_t characters = 0;
  for (const char c : text) {
    const bool begins = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (begins && ++characters > defaults::kMaxTitleLength) return title + "…";
    title += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return title;
}

/// Days since 1970 of a `YYYY-MM-DD`. Errors: invalid.
Expected<std::int64_t> day_in(const std::string& text, const char* parameter) {
  int year = 0;
  unsigned month = 0, day = 0;
  char more = 0;
  const bool shaped = text.size() == 10 && std::sscanf(text.c_str(), "%4d-%2u-%2u%c", &year, &month, &day, &more) == 3;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!shaped || !date.ok())
    return fail(Errc::invalid, std::string(parameter) + " must be a date, YYYY-MM-DD", parameter);
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::string date_of(std::int64_t day) { return iso8601(day * projections::kDayMicros).substr(0, 10); }

}  // namespace

Expected<Caller> ChatV1::authenticate(const Request& request, std::string_view) {
  const auto token = bearer_token(request);
  if (!token) return tl::unexpected(token.error());
  return token->empty() ? Caller{} : credentials_.of_access_token(*token);
}

Response ChatV1::error(const Error& error, std::string_view request_id) const {
  const auto status = refusal_of(error).status;
  const bool named = !error.field.empty() && status != 401 && status != 403;
  return refusal(error, request_id, named ? "field: " + error.field + "; " : "");
}

Response ChatV1::refusal(const Error& error, std::string_view request_id, const std::string& where) const {
  const auto [status, code] = refusal_of(error);
  OrderedJson body = {{"error",
                       {{"code", code},
                        {"message", public_text(error, request_id)},
                        {"details", where + "request: " + std::string(request_id)}}}};
  return {status, json_text(body)};
}

OrderedJson ChatV1::security_schemes() const {
  return {{"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}}};
}

OrderedJson ChatV1::error_schema() const {
  const OrderedJson text = {{"type", "string"}};
  return {{"type", "object"},
          {"properties",
           {{"error",
             {{"type", "object"},
              {"properties",
               {{"code",
                 {{"type", "string"},
                  {"description",
                   "AUTH001 to AUTH003, CHAT001 to CHAT003, SYS001, SYS002; `HTTP` and the status for all else"}}},
                {"message", text},
                {"details", text}}},
              {"required", OrderedJson::array({"code", "message", "details"})}}}}},
          {"required", OrderedJson::array({"error"})}};
}

// Access

void ChatV1::log_in(const CallPtr& call) {
  const std::string login = actors::random_token();
  actors::LogIn command;
  command.token_hash = actors::token_digest(login);
  sign_in(
      services_, call, {call->body_text("username"), call->body_text("password"), std::move(command)},
      [this, call, login](AccountId account) {
        JwtClaims claims;
        claims.type = kAccessToken;
        claims.subject = account;
        claims.login = actors::token_digest(login);
        claims.issued_at = call->now;
        claims.expires_at = call->now + to_micros(options_.token_lifetime);
        call->answer({{"access_token", credentials_.jwt().sign(claims)}, {"token_type", "bearer"}});
      },
      [call](const Error& error) {
        if (error.code != Errc::unauthenticated) return call->refuse(error);
        call->refuse({error.code, "Incorrect username or password", kCredentials});
      });
}

void ChatV1::register_account(const CallPtr& call) {
  actors::RegisterAccount command;
  command.username = call->body_text("username");
  command.email = call->body_text("email");
  if (const auto ok = actors::AccountDecider::decide({}, command, call->now); !ok) return call->refuse(ok.error());
  services_.system.hash_password(
      call->body_text("password"),
      services_.then_with<std::string>(call, [this, call, command](std::string hash) mutable {
        command.password_hash = std::move(hash);
        services_.system.register_account(command, call->cause(),
                                          services_.then(call, [this, call](const storage::Record& record) {
                                            const auto id = record.number();
                                            const auto row = queries_.account(id);
                                            if (!row) return call->refuse({Errc::corrupt, "a new account has no row"});
                                            call->answer({{"id", id},
                                                          {"username", row->username},
                                                          {"email", row->email},
                                                          {"role", row->role},
                                                          {"status", "active"}});
                                          }));
      }));
}

// Chat

std::optional<SessionRow> ChatV1::session_of(AccountId account, SessionId id) const {
  auto row = sessions_.session(id);
  const bool theirs = row && row->kind == events::kChatSession && row->owner == account;
  return theirs && row->archived_at == 0 ? row : std::nullopt;
}

void ChatV1::chat(const CallPtr& call) {
  const AccountId account = call->caller.account;
  if (const auto session = call->body_integer("session_id")) {
    if (!session_of(account, *session)) return call->refuse(no_such_session().value());
    return ask(call, session);
  }
  if (sessions_.chat_count(account) >= static_cast<std::int64_t>(options_.max_sessions_per_account))
    return call->refuse({Errc::forbidden, "Failed to create session: the account has too many", kQuota});
  ask(call, std::nullopt);
}

void ChatV1::ask(const CallPtr& call, std::optional<SessionId> session) {
  const auto asked_in = std::make_shared<std::atomic<SessionId>>(session.value_or(0));  // known when it is asked
  actors::AskModel question;
  question.asker = call->caller.account;
  question.text = call->body_text("message");
  question.system_prompt = call->body_text("system_prompt");
  question.temperature = call->body_number("temperature");
  question.max_tokens = call->body_integer("max_tokens");
  question.gone = [call, asked_in, watched = watched_] {
    return call->reply.gone() && !watched->is_watched(*asked_in);
  };
  const auto asked = [this, call, asked_in](const Expected<storage::RecordPtr>& record) {
    if (record) {
      *asked_in = (*record)->number();
      return;
    }
    services_.loop.post([call, error = record.error()] { call->refuse(error); });
  };
  auto settled = services_.then_with<actors::Outcome>(
      call,
      [call](const actors::Outcome& outcome) {
        const auto& usage = outcome.answer.usage;
        const auto& [session, number] = outcome.question;
        call->answer({{"session_id", session},
                      {"message",
                       {{"id", events::message_id(session, outcome.answer_number)},
                        {"role", "assistant"},
                        {"content", outcome.answer.text},
                        {"created_at", iso8601(outcome.answered_at)},
                        {"tokens", usage.completion_tokens}}},
                      {"total_tokens", usage.prompt_tokens + usage.completion_tokens}});
      },
      // The question stands in the session as failed: that is where its asker may go on.
      [this, call, asked_in](const Error& error) {
        call->refuse(refusal(error, call->request.id, "session: " + std::to_string(*asked_in) + "; "));
      });
  auto& conversations = services_.system.conversations();
  if (session) {
    question.session = *session;
    return conversations.ask_model(std::move(question), call->cause(), asked, std::move(settled));
  }
  const std::string title = title_of(question.text);
  conversations.begin_chat(std::move(question), title, call->cause(), asked, std::move(settled));
}

void ChatV1::sessions(const CallPtr& call) {
  OrderedJson list = OrderedJson::array();
  for (const auto& row : sessions_.sessions_of(call->caller.account, events::kChatSession,
                                               static_cast<std::size_t>(call->query_integer("skip")),
                                               static_cast<std::size_t>(call->query_integer("limit"))))
    list.push_back(session_view(row, services_.secrets.unseal_for(row.owner, row.sealed_title).value_or("")));
  call->answer(list);
}

void ChatV1::messages(const CallPtr& call) {
  const auto id = whole_number(call->path_parameter("session_id"));
  if (!id || !session_of(call->caller.account, *id)) return call->refuse(no_such_session().value());
  OrderedJson list = OrderedJson::array();
  for (const auto& row : sessions_.messages_from(*id, call->query_integer("skip") + 1,
                                                 static_cast<std::size_t>(call->query_integer("limit"))))
    list.push_back(message_view(row, *id, services_.secrets.unseal_for(row.key_of, row.sealed_text).value_or("")));
  call->answer(list);
}

// Statistics

std::optional<events::AccountId> ChatV1::subject_or_refused(const CallPtr& call) const {
  const auto& caller = call->caller;
  const auto wanted = call->query_text("user_id");
  if (!wanted) return caller.is_admin() ? projections::kEveryone : caller.account;
  const auto id = *wanted == "all" ? std::optional<long long>(projections::kEveryone) : whole_number(*wanted);
  if (!id) return call->refuse({Errc::invalid, "user_id must be a number, or all", "user_id"}), std::nullopt;
  if (*id != caller.account && !caller.is_admin())
    return call->refuse({Errc::forbidden, "Only administrators see other people's statistics"}), std::nullopt;
  return *id;
}

void ChatV1::daily_statistics(const CallPtr& call) {
  const auto account = subject_or_refused(call);
  if (!account) return;
  const auto end_text = call->query_text("end_date");
  const auto start_text = call->query_text("start_date");
  const auto end = end_text ? day_in(*end_text, "end_date") : Expected<std::int64_t>(projections::day_of(call->now));
  if (!end) return call->refuse(end.error());
  const auto start = start_text ? day_in(*start_text, "start_date")
                                : Expected<std::int64_t>(*end - defaults::kDefaultStatisticsDays + 1);
  if (!start) return call->refuse(start.error());
  if (*start > *end) return call->refuse({Errc::invalid, "start_date must not be after end_date", "start_date"});
  if (*end - *start >= defaults::kMaxStatisticsDays)
    return call->refuse({Errc::invalid,
                         "the range must have at most " + std::to_string(defaults::kMaxStatisticsDays) + " days",
                         "start_date"});
  OrderedJson days = OrderedJson::array();
  for (auto day = *start; day <= *end; ++day) {
    const auto figures = sessions_.chat_figures(*account, day);
    days.push_back(Fields{{"date", date_of(day)},
                          {"chat_count", figures.chats},
                          {"message_count", figures.messages},
                          {"avg_response_time", average_response_ms(figures)},
                          {"token_usage", figures.tokens},
                          {"error_count", figures.errors}});
  }
  call->answer(days);
}

void ChatV1::total_statistics(const CallPtr& call) {
  const auto account = subject_or_refused(call);
  if (!account) return;
  const auto figures = sessions_.chat_figures(*account);
  call->answer({{"total_chats", figures.chats},
                {"total_messages", figures.messages},
                {"avg_response_time", average_response_ms(figures)},
                {"total_tokens", figures.tokens},
                {"total_errors", figures.errors}});
}

}  // namespace troupe::http
