// The stand-in that answers where no model is configured. Pure.
#pragma once

#include "actors/llm/chat.hpp"

namespace troupe::actors::llm {

inline constexpr const char* kEcho = "echo";

/// Says that it is a stand-in and repeats the last thing that the user said.
ChatAnswer echo(const ChatRequest& request);

}  // namespace troupe::actors::llm
