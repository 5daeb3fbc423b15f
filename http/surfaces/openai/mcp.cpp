// The house's tools for clients of the Model Context Protocol.
#include "http/surfaces/openai/openai.hpp"

namespace troupe::http {

void OpenAi::serve_mcp(const CallPtr& call) {
  auto& tools = services_.system.tools();
  const bool by_admin = call->caller.is_admin();
  const auto handled =
      mcp_.handle(call->body, tools.allowed(by_admin), projections::bot_settings(services_.store).tools);
  if (handled.answer) return call->answer_text(json_text(*handled.answer));
  if (!handled.call) return call->answer_with({202, {}});
  actors::ToolContext context;
  context.asker = call->caller.account;
  context.by_admin = by_admin;
  context.through = "mcp";
  tools.call(
      handled.call->tool, handled.call->arguments, std::move(context),
      services_.then_with<actors::ToolOutcome>(call, [call, asked = *handled.call](const actors::ToolOutcome& outcome) {
        call->answer_text(json_text(actors::McpServing::answer(asked, {outcome.text, !outcome.succeeded()})));
      }));
}

}  // namespace troupe::http
