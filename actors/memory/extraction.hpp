// Draws facts from what people say to bots on platforms, where the settings say so: after each answer, the model that gave
// it is asked once more, what the question tells of who asked it. Thread-safe.
//
// What a crash or a full queue loses is not drawn again: a fact that matters is said again. A failure is logged.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "actors/completions.hpp"
#include "actors/memories.hpp"
#include "projections/session_queries.hpp"

namespace troupe::actors {

/// The facts in a model's answer, a JSON array of `{"category", "content"}`, also with words around it: those that are
/// good, at most kMaxExtractedFacts. Pure.
std::vector<NewFact> facts_in(std::string_view answer);

class Extraction {
 public:
  struct House {
    storage::Store& store;
    const Secrets& secrets;
    Completions& completions;
    Memories& memories;
    Elsewhere elsewhere;
    /// Puts the request to a group's own provider, where it has one. `group` 0: in private.
    std::function<void(AccountId group, llm::ChatRequest& request)> tailor;
  };

  /// Before the first append: it follows the journal.
  explicit Extraction(House house);

  /// Goes by the settings as they are now.
  void refresh();
  /// Draws from nothing more. Before the worker stops.
  void stop();

 private:
  struct Answered {
    events::SessionId session = 0;
    std::int64_t number = 0;  ///< of the question
    AccountId asker = 0;
    std::string provider, model;
  };

  /// What the journal's follower leaves for the worker. It outlives the extraction.
  struct Inbox {
    std::mutex mutex;
    std::deque<Answered> waiting;
    std::function<void()> wake;  ///< empty: nobody works any more
    std::atomic<bool> wanted{false};
  };

  static void hear(Inbox& inbox, const storage::Record& record);
  void work();
  void draw_from(const Answered& answered);
  /// Out of what `asker` said at that time.
  void drawn(AccountId asker, AccountId group, Micros said_at, const Expected<llm::ChatAnswer>& answer);

  House house_;
  projections::SessionQueries sessions_;
  std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  std::atomic<std::size_t> under_way_{0};
};

}  // namespace troupe::actors
