// An answer that is being put together from the pieces of its stream. Pure.
#pragma once

#include <map>

#include "actors/llm/wire.hpp"

namespace troupe::actors::llm {

class GatheredAnswer {
 public:
  /// Errors: too_large (kMaxModelAnswerBytes of text and arguments, kMaxModelToolCalls), corrupt (a part of no call).
  Expected<void> add(const Delta& delta);

  /// The provider has said why it ended: nothing of the answer itself is missing.
  bool is_complete() const { return !finish_reason_.empty() || last_; }
  /// Not even usage comes any more.
  bool is_over() const { return last_; }

  /// `provider` answered `request`; what it did not say of itself is filled in from there.
  ChatAnswer answer(const Provider& provider, const ChatRequest& request) const;

 private:
  std::string text_, finish_reason_, model_;
  std::map<std::size_t, ToolCall> tool_calls_;  ///< by their index on the wire, which may have gaps
  std::size_t argument_bytes_ = 0;
  std::optional<std::int64_t> prompt_tokens_, completion_tokens_;
  bool last_ = false;
};

}  // namespace troupe::actors::llm
