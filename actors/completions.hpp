// Questions to models that belong to no session: what programs ask. Nothing of their text is kept; how much was used is
// an event. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "actors/ask.hpp"
#include "actors/llm/models.hpp"
#include "events/usage.hpp"
#include "storage/store.hpp"

namespace troupe::actors {

struct Completion {
  llm::ChatRequest request;
  events::AccountId account = 0;
  std::string personality;     ///< its id; empty: none
  std::function<bool()> gone;  ///< true when nobody waits for the answer any more: it is given up; may be empty
};

class Completions {
 public:
  Completions(storage::Store& store, llm::Models& models) : store_(store), models_(models) {}

  /// Callbacks as of `llm::Models::ask`; `on_done` comes when the usage is durable. An answer that is given up counts as
  /// far as it came, by an estimate. Errors: those of the models.
  void ask(Completion completion, Cause cause, llm::Models::OnDelta on_delta, llm::Models::OnDone on_done);

  /// As `llm::Models::embed`; `on_done` comes when the usage is durable.
  void embed(llm::EmbeddingRequest request, events::AccountId account, Cause cause, llm::Models::OnEmbedded on_done);

  /// Gives up answers that nobody waits for; every second or so.
  void give_up_forsaken();

  std::size_t under_way() const;

 private:
  struct UnderWay {
    llm::Models::Ticket ticket = 0;
    std::function<bool()> gone;
  };

  void record(events::ModelUsed used, const Cause& cause, std::function<void()> recorded);

  storage::Store& store_;
  llm::Models& models_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, UnderWay> under_way_;
  std::uint64_t last_ = 0;
};

}  // namespace troupe::actors
