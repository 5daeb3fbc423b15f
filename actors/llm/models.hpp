// Language models behind one function, whoever provides them. Thread-safe.
//
// A provider is any server that speaks OpenAI's chat completions. Requests run side by side on one thread of their own
// (libcurl's multi interface), always streamed. Before the first piece of an answer a request is tried again, with
// back-off, after 429, 5xx, a broken connection or a time-out: with the provider's next key, then, when the request
// named no provider, with the next provider. After it, never: what was handed out cannot be taken back.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/llm/chat.hpp"
#include "events/defaults.hpp"
#include "events/expected.hpp"

namespace troupe::actors::llm {

struct Provider {
  std::string name;
  std::string base_url;           ///< `https://api.openai.com/v1`: what stands before `/chat/completions`
  std::vector<std::string> keys;  ///< tried in turn; none: no Authorization header
  std::string model;              ///< where a request names none
  std::string embedding_model = {};  ///< empty: it makes no embeddings
};

/// From OPENAI_API_KEY (several: separated by commas), OPENAI_BASE_URL and OPENAI_MODEL; none when neither key nor URL is
/// set.
std::vector<Provider> providers_from_environment();

struct ModelsOptions {
  std::vector<Provider> providers = {};  ///< in order of preference; none: the stand-in answers
  std::chrono::milliseconds connect_timeout = defaults::kModelConnectTimeout;
  std::chrono::milliseconds silence_timeout = defaults::kModelSilenceTimeout;
  std::chrono::milliseconds request_timeout = defaults::kModelRequestTimeout;
  std::chrono::milliseconds retry_delay = defaults::kModelRetryDelay;
};

class Models {
 public:
  using Ticket = std::uint64_t;
  using OnDelta = std::function<void(std::string_view text)>;
  using OnDone = std::function<void(Expected<ChatAnswer>)>;
  using OnEmbedded = std::function<void(Expected<Embeddings>)>;

  explicit Models(ModelsOptions options);
  ~Models();

  /// Callbacks come on the models' thread, or on the caller's before `ask` returns: hand the work on. `on_done` comes
  /// once. Errors: invalid (no such provider; `field` says so), overloaded (kMaxModelRequests are under way),
  /// upstream_failed, timed_out, cancelled, shutting_down.
  Ticket ask(ChatRequest request, OnDelta on_delta, OnDone on_done);

  /// Gives up: closes the connection to the provider, and `on_done` says cancelled. Nothing when it is done already.
  void cancel(Ticket ticket);

  /// Without their keys.
  std::vector<Provider> providers() const;

  bool can_embed() const;

  void embed(EmbeddingRequest request, OnEmbedded on_done);

  /// Ends everything that is under way with shutting_down, and the thread.
  void stop();

  std::size_t under_way() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::actors::llm
