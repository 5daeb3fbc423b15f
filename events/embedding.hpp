// What a model made of texts: vectors whose directions are alike where the texts mean alike. Stream
// `embeddings/messages`, which no entity replays, for messages and for files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "events/codec.hpp"
#include "events/file.hpp"

namespace troupe::events {

/// Category of the stream here.
inline constexpr std::string_view kEmbeddings = "embeddings";
inline constexpr std::string_view kTextEmbeddings = "embeddings/messages";

struct TextEmbedded {
  static constexpr std::string_view type = "TextEmbedded";
  static constexpr std::uint16_t schema = 1;
  SessionId session = 0;    ///< 0: it is of a file
  std::int64_t number = 0;  ///< of the message in the session
  Micros text_of = 0;       ///< when the message was last edited, as it was embedded; 0: never
  std::string model;
  AccountId key_of = 0;  ///< whose key seals the vector: the one that seals the text, as it tells what the text says
  /// The numbers one after another as IEEE 754 binary32, little-endian, scaled to a vector of length 1.
  std::string sealed_vector;
  FileId file = {};  ///< empty: it is of a message
};
TROUPE_EVENT(TextEmbedded, session, number, text_of, model, key_of, sealed_vector, file)

using EmbeddingEvent = std::variant<TextEmbedded>;

}  // namespace troupe::events
