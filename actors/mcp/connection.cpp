#include "actors/mcp/connection.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "actors/decider.hpp"
#include "actors/llm/foreign_json.hpp"

namespace troupe::actors::mcp {
namespace {

using llm::field_of;
using llm::text_in;

}  // namespace

Connection::Connection(const Server& server, const Open& open) : server_(server) {
  auto transport = open(*this);
  if (transport) {
    transport_ = std::move(*transport);
    shake_hands();
  } else {
    broke(transport.error());
  }
}

/// Whoever waits is told.
Connection::~Connection() {
  for (auto& [number, open] : std::exchange(open_, {}))
    open.answer(tl::unexpected(fault_.value_or(Error{Errc::upstream_failed, "the connection was closed"})));
}

void Connection::shake_hands() {
  const Json params = {{"protocolVersion", kRevisions[0]},
                       {"capabilities", Json::object()},
                       {"clientInfo", {{"name", "troupe"}, {"version", "1"}}}};
  request("initialize", params, defaults::kMcpConnectTimeout,
          [this](const Expected<Json>& result) { greeted(result); });
}

void Connection::greeted(const Expected<Json>& result) {
  if (!result) return broke(result.error());
  ServerFacts facts;
  facts.revision = text_in(*result, "protocolVersion");
  if (!is_known_revision(facts.revision))
    return broke({Errc::upstream_failed, "the server speaks a revision of the protocol that is not known here: " +
                                             for_operators(facts.revision, server_)});
  const Json& info = field_of(*result, "serverInfo");
  facts.name = for_operators(text_in(info, "name"), server_);
  facts.version = for_operators(text_in(info, "version"), server_);
  const Json& capabilities = field_of(*result, "capabilities");
  facts.has_tools = field_of(capabilities, "tools").is_object();
  facts.has_resources = field_of(capabilities, "resources").is_object();
  facts.has_prompts = field_of(capabilities, "prompts").is_object();
  greeting_ = facts;
  ready_by_ = std::chrono::steady_clock::now() + defaults::kMcpConnectTimeout;
  transport_->agree(facts.revision, text_of(Notification{"notifications/initialized"}));
}

void Connection::ready() {
  if (fault_ || !greeting_) return;
  facts_ = std::exchange(greeting_, std::nullopt);
  ready_by_ = SteadyTime::max();
  if (!on_change_) return;
  if (facts_->has_tools) on_change_("tools");
  if (facts_->has_resources) on_change_("resources");
  if (facts_->has_prompts) on_change_("prompts");
}

std::int64_t Connection::request(const std::string& method, Json params, std::chrono::milliseconds timeout,
                                 ResultAnswer answer) {
  if (fault_ || open_.size() >= defaults::kMaxMcpRequests) {
    answer(tl::unexpected(fault_.value_or(Error{Errc::overloaded, "too many requests wait for the MCP server"})));
    return 0;
  }
  const auto number = ++last_request_;
  std::string text = text_of(Request{number, method, std::move(params)});
  if (text.size() > defaults::kMaxMcpMessageBytes) {
    answer(
        fail(Errc::too_large, "the request has more than " + std::to_string(defaults::kMaxMcpMessageBytes) + " bytes"));
    return 0;
  }
  open_.emplace(number, Pending{std::move(answer), std::chrono::steady_clock::now() + timeout});
  transport_->send(std::move(text), number);
  return number;
}

void Connection::cancel(std::int64_t number) {
  const auto node = open_.extract(number);
  if (node.empty()) return;
  if (!fault_) {
    transport_->forget(number);
    transport_->send(text_of(Notification{"notifications/cancelled", {{"requestId", number}}}), 0);
  }
  node.mapped().answer(fail(Errc::cancelled, "nobody waited for the answer any more"));
}

void Connection::list(const std::string& method, const std::string& field, ResultAnswer answer) {
  next_page(method, field, std::make_shared<Json>(Json::array()), 0, nullptr, answer);
}

void Connection::next_page(const std::string& method, const std::string& field, std::shared_ptr<Json> items,
                           std::size_t pages, const Json& cursor, const ResultAnswer& answer) {
  const Json params = cursor.is_null() ? Json::object() : Json{{"cursor", cursor}};
  request(method, params, server_.timeout, [this, method, field, items, pages, answer](const Expected<Json>& result) {
    if (!result) return answer(result);
    const Json& page = field_of(*result, field.c_str());
    if (!page.is_array()) return answer(fail(Errc::upstream_failed, "the server's list has no " + field));
    for (const Json& item : page) items->push_back(item);
    const Json& next = field_of(*result, "nextCursor");
    if (!next.is_string() || pages + 1 >= defaults::kMaxMcpPages) return answer(*items);
    next_page(method, field, items, pages + 1, next, answer);
  });
}

/// Bytes of a response are no place to begin requests: they are read in the next turn.
void Connection::received(std::string_view message) { inbox_.emplace_back(message); }
void Connection::failed(std::int64_t request, Error error) { failures_.emplace_back(request, std::move(error)); }

void Connection::broke(Error error) {
  if (!fault_) fault_ = std::move(error);
}

void Connection::note_unsolicited() {
  const auto now = std::chrono::steady_clock::now();
  if (now - second_ > std::chrono::seconds(1)) {
    second_ = now;
    unsolicited_ = 0;
  }
  if (++unsolicited_ > defaults::kMaxMcpUnsolicited)
    broke({Errc::too_fast, "the server sends too many messages that nobody asked for"});
}

SteadyTime Connection::turn(SteadyTime now) {
  for (; !inbox_.empty() && !fault_; inbox_.pop_front()) {
    const auto messages = parse(inbox_.front());
    if (messages) {
      for (const auto& message : *messages) take(message);
      continue;
    }
    spdlog::debug("MCP server {}: what is no message is passed over", server_.name);
    if (++garbage_ > defaults::kMaxMcpGarbage)
      broke({Errc::upstream_failed, "this is not a server of the Model Context Protocol"});
  }
  // By HTTP each answer ends with the end of its exchange, which fails what it has not answered.
  for (auto& [number, error] : std::exchange(failures_, {}))
    if (open_.contains(number)) answer(number, tl::unexpected(std::move(error)));
  SteadyTime next = fault_ ? SteadyTime::max() : transport_->turn(now);
  if (ready_by_ <= now) broke({Errc::timed_out, "the server does not take the end of the handshake"});
  next = std::min(next, ready_by_);
  std::vector<std::int64_t> late;
  for (const auto& [number, open] : open_) {
    if (open.until <= now)
      late.push_back(number);
    else
      next = std::min(next, open.until);
  }
  for (const auto number : late) {
    // The specification forbids to cancel the handshake.
    if (facts_) transport_->send(text_of(Notification{"notifications/cancelled", {{"requestId", number}}}), 0);
    answer(number, fail(Errc::timed_out, "the MCP server did not answer in time"));
  }
  if (!late.empty() && facts_ && !fault_)
    request("ping", Json::object(), defaults::kMcpPingTimeout, [this](const Expected<Json>& pong) {
      if (!pong && pong.error().code == Errc::timed_out)
        broke({Errc::timed_out, "the server does not answer any more"});
    });
  return fault_ || late.empty() ? next : now;
}

void Connection::take(const Message& message) {
  std::visit(Overloaded{
                 [&](const Request& m) { take(m); },
                 [&](const Notification& m) { take(m); },
                 [&](const Response& m) { answer(m.id, m.result); },
                 [&](const ErrorResponse& m) {
                   answer(m.id, fail(m.code == kInvalidParams ? Errc::invalid : Errc::upstream_failed,
                                     for_operators(m.message, server_)));
                 },
             },
             message);
}

/// Nothing is offered to servers but that we are here.
void Connection::take(const Request& request) {
  note_unsolicited();
  if (fault_) return;
  if (request.method == "ping") return transport_->send(text_of(Response{request.id}), 0);
  transport_->send(text_of(ErrorResponse{request.id, kMethodNotFound, "there is no such method here"}), 0);
}

void Connection::take(const Notification& notification) {
  note_unsolicited();
  if (fault_ || !facts_ || !on_change_) return;
  for (const char* list : {"tools", "resources", "prompts"})
    if (notification.method == "notifications/" + std::string(list) + "/list_changed") on_change_(list);
}

void Connection::answer(const Json& id, Expected<Json> result) {
  const auto node = id.is_number_integer() ? open_.extract(id.get<std::int64_t>()) : decltype(open_)::node_type();
  if (node.empty()) return note_unsolicited();  // late, or of nothing
  if (transport_) transport_->forget(node.key());
  node.mapped().answer(std::move(result));
}

}  // namespace troupe::actors::mcp
