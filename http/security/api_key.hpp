// API keys as their owners see them: `plx_` and 43 characters of url-safe base64. Only the digest is kept. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "actors/secrets.hpp"

namespace troupe::http {

inline constexpr std::string_view kApiKeyPrefix = "plx_";

struct NewApiKey {
  std::string id;    ///< 12 random letters
  std::string text;  ///< shown once
  std::string hash;  ///< what it is found by
  std::string hint;  ///< its last four characters
};

inline std::string api_key_digest(std::string_view text) { return actors::token_digest(text); }

/// Tells a key from a login's token where a client may send either.
inline bool looks_like_api_key(std::string_view text) { return text.starts_with(kApiKeyPrefix); }

inline NewApiKey make_api_key() {
  const std::string text = std::string(kApiKeyPrefix) + actors::random_token();
  return {actors::random_letters(12), text, api_key_digest(text), text.substr(text.size() - 4)};
}

}  // namespace troupe::http
