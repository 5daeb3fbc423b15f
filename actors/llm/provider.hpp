// Who provides language models, and in which format they are spoken to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/reach.hpp"

namespace troupe::actors::llm {

enum class Format : std::uint8_t {
  openai,     ///< chat completions, by OpenAI and by everyone who imitates them
  anthropic,  ///< the Messages API; it has no embeddings
  gemini,     ///< generateContent of Google's Generative Language API
};

std::string_view name(Format format);
std::optional<Format> format_named(std::string_view name);

/// The key of a provider that a request begins with. Whatever it is, another comes next when that one fails.
enum class KeyOrder : std::uint8_t {
  failover,     ///< the one that did not fail last
  round_robin,  ///< the next one with each request
  random,
  weighted,    ///< any, by chance; the provider itself is chosen among others by its weight (actors/llm/order.hpp)
  least_used,  ///< the one that fewest attempts were made with since the providers were set up
};

/// `failover`, `round-robin`, `random`, `weighted` or `least-used`.
std::optional<KeyOrder> key_order_named(std::string_view name);

/// Requests in each day, hour and minute, UTC; 0: as many as there are.
struct Quota {
  std::int64_t daily = 0, hourly = 0, per_minute = 0;
};

struct Provider {
  std::string name;               ///< unique, and not `echo`
  std::string base_url;           ///< with the version: `https://api.openai.com/v1`, `https://api.anthropic.com/v1`,
                                  ///< `https://generativelanguage.googleapis.com/v1beta`
  std::vector<std::string> keys;  ///< tried in turn; none: nothing that authenticates is sent
  std::string model;              ///< where a request names none
  Format format = Format::openai;
  std::string embedding_model = {};      ///< empty: it makes no embeddings
  std::vector<std::string> models = {};  ///< what it may be asked for besides `model`; empty: anything
  Reach reach = Reach::everywhere;       ///< where its requests may go
  KeyOrder key_order = KeyOrder::failover;
  std::int64_t priority = 0;  ///< as the order of providers has it: those of the same may be weighted
  std::int64_t weight = 100;  ///< of KeyOrder::weighted
  Quota quota = {};
  std::int64_t used_today = 0;  ///< of the quota, before this process knows of it
};

/// From OPENAI_API_KEY (several: separated by commas), OPENAI_BASE_URL, OPENAI_MODEL and OPENAI_EMBEDDING_MODEL; none
/// when neither key nor URL is set. Without a URL it is OpenAI itself, which then also makes embeddings.
std::vector<Provider> providers_from_environment();

}  // namespace troupe::actors::llm
