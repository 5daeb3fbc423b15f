// What the wire formats have in common: each turns a request into HTTP, and what comes back into values. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/llm/chat.hpp"
#include "actors/llm/provider.hpp"
#include "events/expected.hpp"

namespace troupe::actors::llm {

/// A POST of JSON, or a request without a body.
struct HttpRequest {
  std::string url;
  std::vector<std::string> headers;  ///< `Name: value`, besides Content-Type
  std::string body;
  Reach reach = Reach::everywhere;               ///< where it may go
  std::vector<std::string> wanted_headers = {};  ///< of the response, which its head is to tell
  std::string method = "POST";                   ///< POST, GET or DELETE
};

/// A part of a call of a tool; the parts of one index make the call.
struct ToolCallPiece {
  static constexpr std::size_t kNew = ~std::size_t{0};  ///< a call of its own, whole
  std::size_t index = 0;
  ToolCall part;
};

/// What one event of a streamed answer brings.
struct Delta {
  std::string text = {};
  std::vector<ToolCallPiece> tool_calls = {};
  std::string finish_reason = {};  ///< in the words of ChatAnswer; empty: it goes on
  std::string model = {};
  std::optional<std::int64_t> prompt_tokens = {}, completion_tokens = {};
  bool last = false;  ///< nothing comes after it
};

struct Wire {
  HttpRequest (*chat)(const Provider& provider, const std::string& key, const ChatRequest& request);
  /// Errors: corrupt (this is not the format); upstream_failed (the provider reports an error in the stream: `message`
  /// in its own words, `field` its name for it).
  Expected<Delta> (*delta)(std::string_view event);
  /// Null where the format has no embeddings.
  HttpRequest (*embed)(const Provider& provider, const std::string& key, const EmbeddingRequest& request);
  /// One vector for each of `texts`, in their order. Errors: corrupt.
  Expected<Embeddings> (*embeddings)(std::string_view body, std::size_t texts);
};

const Wire& wire_of(Format format);

/// Errors: corrupt (the vectors are not `texts` of one dimension).
Expected<Embeddings> checked(Embeddings embeddings, std::size_t texts);

// One for each format, in the file of its name.
extern const Wire kOpenAiWire, kAnthropicWire, kGeminiWire;

}  // namespace troupe::actors::llm
