#include "actors/llm/gathered_answer.hpp"

#include "events/defaults.hpp"

namespace troupe::actors::llm {

Expected<void> GatheredAnswer::add(const Delta& delta) {
  text_ += delta.text;
  for (const auto& piece : delta.tool_calls) {
    const auto next = tool_calls_.empty() ? 0 : tool_calls_.rbegin()->first + 1;
    const auto index = piece.index == ToolCallPiece::kNew ? next : piece.index;
    if (piece.part.name.empty() && !tool_calls_.contains(index))
      return fail(Errc::corrupt, "a part of a tool call that did not begin");
    ToolCall& call = tool_calls_[index];
    if (tool_calls_.size() > defaults::kMaxModelToolCalls)
      return fail(Errc::too_large,
                  "the answer calls more than " + std::to_string(defaults::kMaxModelToolCalls) + " tools");
    if (call.id.empty()) call.id = piece.part.id;
    if (call.name.empty()) call.name = piece.part.name;
    call.arguments += piece.part.arguments;
    call.signature += piece.part.signature;
    argument_bytes_ += piece.part.arguments.size() + piece.part.signature.size();
  }
  if (text_.size() + argument_bytes_ > defaults::kMaxModelAnswerBytes)
    return fail(Errc::too_large,
                "the answer has more than " + std::to_string(defaults::kMaxModelAnswerBytes) + " bytes");
  if (!delta.finish_reason.empty()) finish_reason_ = delta.finish_reason;
  if (!delta.model.empty()) model_ = delta.model;
  if (delta.prompt_tokens) prompt_tokens_ = delta.prompt_tokens;
  if (delta.completion_tokens) completion_tokens_ = delta.completion_tokens;
  last_ = last_ || delta.last;
  return {};
}

ChatAnswer GatheredAnswer::answer(const Provider& provider, const ChatRequest& request) const {
  ChatAnswer answer;
  answer.text = text_;
  std::string written = text_;
  for (const auto& [index, call] : tool_calls_) {
    answer.tool_calls.push_back(call);
    auto& id = answer.tool_calls.back().id;
    if (id.empty()) id = "call_" + std::to_string(answer.tool_calls.size());
    if (call.arguments.empty()) answer.tool_calls.back().arguments = "{}";
    written += call.name + call.arguments;
  }
  if (!finish_reason_.empty()) answer.finish_reason = finish_reason_;
  if (!tool_calls_.empty() && answer.finish_reason == "stop") answer.finish_reason = "tool_calls";
  answer.provider = provider.name;
  answer.model = !model_.empty() ? model_ : !request.model.empty() ? request.model : provider.model;
  answer.usage = usage_or_estimate(std::nullopt, request, written);
  answer.usage.estimated = !prompt_tokens_ || !completion_tokens_;
  if (prompt_tokens_) answer.usage.prompt_tokens = *prompt_tokens_;
  if (completion_tokens_) answer.usage.completion_tokens = *completion_tokens_;
  return answer;
}

}  // namespace troupe::actors::llm
