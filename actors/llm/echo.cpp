#include "actors/llm/echo.hpp"

namespace troupe::actors::llm {

ChatAnswer echo(const ChatRequest& request) {
  std::string said;
  for (const auto& message : request.messages)
    if (message.role == "user") said = message.content;
  ChatAnswer answer;
  answer.text = "No language model is configured, so this is only a stand-in that repeats what you said: " + said;
  answer.provider = kEcho;
  answer.model = kEcho;
  answer.usage = usage_or_estimate(std::nullopt, request, answer.text);
  return answer;
}

}  // namespace troupe::actors::llm
