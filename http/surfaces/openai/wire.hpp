// OpenAI's chat completions between their JSON and what a model is asked and answers. Pure.
//
// Format: https://platform.openai.com/docs/api-reference/chat
#pragma once

#include <string>
#include <string_view>

#include "actors/llm/chat.hpp"
#include "events/expected.hpp"
#include "http/route.hpp"

namespace troupe::http::openai {

/// Without provider and model. Roles `system` and `developer` are one. Content is text, or parts of type `text`, which
/// are joined with line breaks. Errors: invalid; the field is a path such as `messages[0].content`.
Expected<actors::llm::ChatRequest> chat_request_of(const Json& body);

/// What all pieces of one answer say alike.
struct AnswerHead {
  std::string id;         ///< `chatcmpl-…`
  Micros created_at = 0;  ///< told in whole seconds
  std::string model;      ///< as the request names it
};

OrderedJson completion_view(const AnswerHead& head, const actors::llm::ChatAnswer& answer);

/// The chunks of a streamed answer, in their order: one that begins, the text as it comes, one with the calls of tools
/// if there are any, one that ends, and one with the usage if the client wants it.
OrderedJson first_chunk(const AnswerHead& head);
OrderedJson text_chunk(const AnswerHead& head, std::string_view text);
OrderedJson tool_calls_chunk(const AnswerHead& head, const std::vector<actors::llm::ToolCall>& calls);
OrderedJson last_chunk(const AnswerHead& head, std::string_view finish_reason);
OrderedJson usage_chunk(const AnswerHead& head, const actors::llm::Usage& usage);

/// Without provider and model. The input is a text or several; tokens are not understood. Errors: invalid.
Expected<actors::llm::EmbeddingRequest> embedding_request_of(const Json& body);

/// Vectors as numbers, or as the base64 of their little-endian 32-bit floats, as the official clients ask for.
OrderedJson embeddings_view(const std::string& model, const actors::llm::Embeddings& embeddings, bool base64);

}  // namespace troupe::http::openai
