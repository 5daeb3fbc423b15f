// What a language model is asked and what it answers, whatever its provider's wire format.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/json.hpp"

namespace troupe::actors::llm {

struct ToolCall {
  std::string id, name;
  std::string arguments;       ///< JSON text
  std::string signature = {};  ///< what the provider wants back unread with the call; usually nothing
};

struct ChatMessage {
  std::string role;  ///< system, user, assistant or tool
  std::string content;
  std::vector<ToolCall> tool_calls = {};  ///< of an assistant
  std::string tool_call_id = {};          ///< of a tool: which call this answers
};

struct Tool {
  std::string name, description;
  Json parameters = Json::object();  ///< JSON Schema
};

struct Provider;

struct ChatRequest {
  std::string provider;  ///< empty: any, in order of preference
  std::string model;     ///< empty: the provider's own
  std::vector<ChatMessage> messages;
  std::optional<double> temperature;
  std::optional<std::int64_t> max_tokens;
  std::vector<Tool> tools;
  Json tool_choice = nullptr;        ///< in OpenAI's form; null: the model chooses
  Json parameters = Json::object();  ///< what else an OpenAI-compatible provider is told, unread; others ignore it
  std::shared_ptr<const Provider> own_provider = {};  ///< one that is asked by nobody else, in place of those there are
};

struct Usage {
  std::int64_t prompt_tokens = 0, completion_tokens = 0;
  bool estimated = false;  ///< the provider sent none
};

struct ChatAnswer {
  std::string text;
  std::vector<ToolCall> tool_calls;
  std::string finish_reason = "stop";  ///< stop, length, tool_calls or content_filter
  std::string provider, model;
  Usage usage;
  std::int64_t took_us = 0;
};

struct EmbeddingRequest {
  std::string provider;            ///< empty: the first that makes embeddings
  std::string model;               ///< empty: the provider's own
  std::vector<std::string> texts;  ///< 1 to kMaxEmbeddingTexts, none empty
};

struct Embeddings {
  std::vector<std::vector<float>> vectors;  ///< one for each text, in their order; all of one dimension
  std::string provider, model;
  Usage usage{0, 0, true};
};

/// An estimate, for when a provider does not count: one token for four bytes of Latin text, one for each character of
/// Chinese, Japanese or Korean; never 0 for a text that is not empty.
std::int64_t estimated_tokens(std::string_view text);

/// What the provider sent, or an estimate of it.
Usage usage_or_estimate(const std::optional<Usage>& sent, const ChatRequest& request, std::string_view answer);

}  // namespace troupe::actors::llm
