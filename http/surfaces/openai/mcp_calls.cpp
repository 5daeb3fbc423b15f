#include "http/surfaces/openai/mcp_calls.hpp"

#include "actors/secrets.hpp"
#include "projections/catalogue_queries.hpp"

namespace troupe::http {
namespace {

constexpr const char* kSession = "Mcp-Session-Id";
constexpr std::size_t kSessionIdLength = 32;

std::string request_of(const CallPtr& call, const Json& id) {
  const auto& caller = call->caller;
  return caller.name() + "/" + caller.login_hash + caller.api_key_hash + "/" +
         std::string(call->request.header(kSession).value_or("")) + "/" + json_text(id);
}

bool begins_session(const Json& message) {
  return message.is_object() && message.value("method", Json()) == "initialize";
}

}  // namespace

void McpCalls::serve(const CallPtr& call) {
  const auto handled = serving_.handle(call->body, services_.system.tools().allowed(call->caller.is_admin()),
                                       projections::bot_settings(services_.store).tools);
  if (handled.answer) {
    Headers headers;
    if (begins_session(call->body)) headers = {{kSession, actors::random_letters(kSessionIdLength)}};
    return call->answer_text(json_text(*handled.answer), std::move(headers));
  }
  if (handled.call) return begin(call, *handled.call);
  if (handled.cancelled) cancel(request_of(call, *handled.cancelled));
  call->answer_with({202, {}});
}

void McpCalls::begin(const CallPtr& call, const actors::McpServing::Call& asked) {
  actors::ToolContext context;
  context.asker = call->caller.account;
  context.by_admin = call->caller.is_admin();
  context.through = "mcp";
  const auto open = open_.insert(open_.end(), Open{call, {}, request_of(call, asked.id)});
  const auto answered = [this, call, asked, open](const actors::ToolOutcome& outcome) {
    open_.erase(open);
    call->answer_text(json_text(actors::McpServing::answer(asked, {outcome.text, !outcome.succeeded()})));
  };
  const auto refused = [this, call, open](const Error& error) {
    open_.erase(open);
    call->refuse(error);
  };
  open->id = services_.system.tools().call(asked.tool, asked.arguments, std::move(context),
                                           services_.then_with<actors::ToolOutcome>(call, answered, refused));
  if (!timer_) timer_ = services_.loop.after(defaults::kMcpClientLook, [this] { look(); });
}

void McpCalls::cancel(const std::string& request) {
  for (const auto& open : open_)
    if (open.request == request) services_.system.tools().cancel(open.id);
}

void McpCalls::look() {
  for (const auto& open : open_)
    if (open.call->reply.gone()) services_.system.tools().cancel(open.id);
  timer_ = open_.empty() ? nullptr : services_.loop.after(defaults::kMcpClientLook, [this] { look(); });
}

}  // namespace troupe::http
