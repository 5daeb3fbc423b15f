// Language models behind one function, whoever provides them. Thread-safe.
//
// Requests run side by side on one thread of their own (embeddings on another, as their answers are long to read),
// always streamed. Before the first piece of an answer a request is tried again after 429, 5xx, a broken connection or
// silence: with the provider's next key, then, when the request named no provider, with the next provider, then, with
// back-off, from the beginning. After it, never: what was handed out cannot be taken back. Failed attempts are logged
// with the provider's own words; the errors here have none of them, and neither ever has a key.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "actors/llm/chat.hpp"
#include "actors/llm/provider.hpp"
#include "events/defaults.hpp"
#include "events/expected.hpp"

namespace troupe::actors::llm {

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

  /// From now on these are asked, in this order of preference; requests under way keep theirs.
  void configure(std::vector<Provider> providers);
  /// Without their keys.
  std::vector<Provider> providers() const;
  /// Whether a provider's quota lets no more requests through at the moment.
  bool is_used_up(const std::string& name) const;

  /// A request that names a model but no provider goes to those whose own model it is or, where it is nobody's, to the
  /// first. The provider `echo`, which is also the model `echo`, is the stand-in, and there even beside others.
  ///
  /// Callbacks come on the models' thread, or on the caller's before `ask` returns (then the ticket is 0): hand the
  /// work on, and throw nothing. `on_done` comes once. Errors: invalid (no such provider; `field` says so), overloaded
  /// (kMaxModelRequests are under way), upstream_failed, timed_out, cancelled, shutting_down.
  Ticket ask(ChatRequest request, OnDelta on_delta, OnDone on_done);

  /// Gives up: closes the connection to the provider, and `on_done` says cancelled. Nothing when it is done already.
  void cancel(Ticket ticket);

  bool can_embed() const;
  /// The one whose vectors `embed` makes where none is named; empty: nobody makes any.
  std::string embedding_model() const;

  /// Vectors for texts, as `ask` in all else. A request is tried again only with providers of the same embedding model:
  /// the vectors of two models cannot be compared. Errors, besides those of `ask`: invalid (nobody makes embeddings; no
  /// text, an empty one, or more than kMaxEmbeddingTexts).
  void embed(EmbeddingRequest request, OnEmbedded on_done);

  /// Ends everything that is under way with shutting_down, and the threads.
  void stop();

  std::size_t under_way() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::actors::llm
