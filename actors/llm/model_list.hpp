// Which models a provider has, by its own word. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/llm/http_loop.hpp"
#include "actors/llm/provider.hpp"
#include "events/expected.hpp"

namespace troupe::actors::llm {

/// The request for the list, with the provider's first key: OpenAI's and Anthropic's `GET /models`, Gemini's
/// `GET /models`. Pure.
HttpRequest model_list_request(const Provider& provider);
/// The names in such a list, sorted. Errors: corrupt (it is none). Pure.
Expected<std::vector<std::string>> models_in(Format format, std::string_view body);

class ModelLists {
 public:
  using Done = std::function<void(Expected<std::vector<std::string>>)>;

  ModelLists();
  ~ModelLists();

  /// `done` comes once, on the thread of the lists. Errors, in which nothing is the provider's own words: upstream_failed,
  /// timed_out (kChannelTestTimeout), too_large (kMaxModelListBytes), overloaded (kMaxModelLists are under way),
  /// shutting_down.
  void fetch(Provider provider, Done done);
  /// What is under way is answered: shutting_down. Blocks until the thread has ended.
  void stop();

 private:
  class Fetching;

  SteadyTime turn(SteadyTime now);

  std::map<std::uint64_t, std::shared_ptr<Fetching>> under_way_;  ///< on the loop's thread, as the next
  std::uint64_t last_ = 0;
  HttpLoop loop_;  ///< last: it ends before what it uses
};

}  // namespace troupe::actors::llm
