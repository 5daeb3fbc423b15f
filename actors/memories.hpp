// What bots remember of people and groups: facts that are kept, found again, merged where nearly the same, and forgotten
// for good. Thread-safe.
//
// Changes run one after the other on a worker of their own, so that two facts that say the same never pass each other. A
// search opens all facts of one person (kMaxFactsOfSubject) or the newest of all (kMaxSearchedFacts) and compares each:
// an index in memory as that of messages (actors/search.hpp) would hold what must be forgotten, for a gain that so few do
// not show. Facts are compared by vectors where a provider makes embeddings, which are kept, sealed as the facts are, and
// by words.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/ask.hpp"
#include "actors/llm/models.hpp"
#include "actors/memory.hpp"
#include "actors/memory/likeness.hpp"
#include "actors/secrets.hpp"
#include "projections/contact_queries.hpp"
#include "projections/memory_queries.hpp"
#include "projections/queries.hpp"
#include "storage/store.hpp"

namespace troupe::actors {

using projections::FactRow;

struct NewFact {
  AccountId subject = 0;  ///< an account or a contact
  AccountId group = 0;    ///< the contact of the group where it was learned; 0: none
  std::string category = "custom", source = "manual";
  double confidence = 0.9;
  FactContent content;
  Micros said_at = 0;  ///< what it was drawn from; 0: it says itself
};

struct Remembered {
  FactId id = 0;
  bool merged = false;  ///< one that says nearly the same was brought up to date
};

/// What is not given stays.
struct FactChange {
  std::optional<std::string> text, sub_type, category;
  std::optional<Json> metadata;
  std::optional<double> confidence;
};

struct Merged {
  std::size_t absorbed = 0;  ///< facts that others say as well, now forgotten
  std::size_t left = 0;
};

struct MemoryQuery {
  std::string text;
  AccountId subject = 0;  ///< 0: anybody
  AccountId group = 0;    ///< what was learned there, and what is known of the group; 0: anywhere
  std::string category;   ///< empty: any
  std::size_t limit = 20;
};

struct FoundFact {
  FactRow row;
  FactContent content;
  double similarity = 0;  ///< 0 to 1
};

struct FoundFacts {
  std::vector<FoundFact> facts;  ///< the best first
  std::string model;             ///< of the vectors; empty: they were found by words
  bool complete = true;          ///< false: there are more facts than a search opens
};

/// A question that facts are wanted for.
struct Recall {
  AccountId asker = 0;
  AccountId group = 0;  ///< where it is asked; 0: in private
  std::string question;
  bool by_group_provider = false;  ///< a provider of the group's own answers, which hears nothing of the house's
};

/// Whether a fact may be told where `recall` asks. What somebody said to a bot in private is not told in a group, nor
/// what was learned in one group in another; what an administrator wrote without a group is told everywhere but to
/// providers of groups. Pure.
bool may_be_told(const FactRow& fact, const Recall& recall);

/// A fact with what it says.
struct OpenFact {
  FactRow row;
  FactContent content;
};

/// The facts as a model is told of them, the first ones within kMaxRecalledFacts and kMaxRecalledBytes; empty when there
/// are none. `group`: facts of it are told as the group's. Pure.
std::string told_of(const std::vector<OpenFact>& facts, AccountId group);

class Memories {
 public:
  struct House {
    storage::Store& store;
    const Secrets& secrets;
    llm::Models& models;
    std::function<void(AccountId subject, MemoryDecider::Command, Cause, RecordAnswer)> ask;
    std::function<AccountId()> next_number;  ///< out of the sequence of accounts
    Elsewhere changes;                       ///< one piece after the other; it may block
    Elsewhere reads;
  };

  explicit Memories(House house);

  // Answers come once, on a worker's thread or the caller's. Errors, besides the decider's and the journal's:
  // overloaded.

  /// Keeps a fact, or brings one up to date that says nearly the same. Errors: forbidden (the bots' own facts, where memory
  /// is switched off), not_found (`userId`: nobody; `groupId`: no such group), conflict (`memories`: there are as many as
  /// the settings allow; `said_at`: all that was known has been forgotten since).
  void remember(NewFact fact, Cause cause, std::function<void(Expected<Remembered>)> answer);
  /// Each by itself, in order; at most kMaxFactsOfRequest. Without the cause's idempotency key.
  void remember_all(std::vector<NewFact> facts, Cause cause,
                    std::function<void(std::vector<Expected<Remembered>>)> answer);
  void change(FactId id, FactChange change, Cause cause, std::function<void(Expected<Remembered>)> answer);
  /// Merges what says nearly the same of one person or group, each kept fact the newest of its kind.
  void merge(AccountId subject, Cause cause, std::function<void(Expected<Merged>)> answer);

  // Forgets for good: answered when the facts' keys are gone, how many there were.

  using Forgotten = std::function<void(Expected<std::size_t>)>;
  void forget(std::vector<FactId> ids, Cause cause, Forgotten answer);
  /// All of somebody, and what was learned in it where it is a group.
  void forget_all_of(AccountId id, Cause cause, Forgotten answer);
  void forget_everything(Cause cause, Forgotten answer);
  /// The same as `forget_all_of`, waiting for it; not on the workers' threads.
  Expected<void> erase_remains(AccountId id, const Cause& cause);

  // Found again

  void find(MemoryQuery query, std::function<void(Expected<FoundFacts>)> answer);
  /// The facts that fit the question best, as a model is told of them; empty where there are none, or none may be told,
  /// or nothing is to be remembered at all.
  void recall(Recall recall, std::function<void(std::string)> then);
  /// All that may be told there, newest first.
  std::vector<OpenFact> tellable(const Recall& recall) const;

  bool enabled() const;
  /// Whether bots remember in this group (0: in private), which may be switched off for one group.
  bool enabled_in(AccountId group) const;
  const projections::MemoryQueries& queries() const { return queries_; }

  /// Gives up vectors that took too long; every second or so.
  void tick();
  /// Nothing waits for vectors any more. Before the models and the workers stop.
  void stop();

 private:
  struct Meanings {
    std::string model;                        ///< empty: nobody makes vectors, or not in time
    std::vector<std::vector<float>> vectors;  ///< of length 1, in the order of the texts
  };
  using WithMeanings = std::function<void(Meanings)>;
  struct Waiting {
    std::chrono::steady_clock::time_point until;
    WithMeanings then;
  };
  /// Facts, and beside each what it is compared by.
  struct Candidates {
    std::vector<OpenFact> facts;
    std::vector<Words> words;
    std::vector<std::vector<float>> vectors;
    bool complete = true;
  };
  /// How well a fact fits a question.
  struct Fit {
    double words = 0, meaning = 0;
    double best() const { return std::max(words, meaning); }
  };
  struct Fits {
    std::vector<Fit> of;  ///< each candidate
    std::string model;    ///< empty: by words alone
  };

  void with_meanings(std::vector<std::string> texts, WithMeanings then);
  Expected<Remembered> remember_now(const NewFact& fact, const std::vector<float>& vector, const std::string& model,
                                    const Cause& cause);
  Expected<void> check_place(const NewFact& fact) const;
  std::vector<ComparedFact> compared(const std::vector<OpenFact>& facts, const std::string& model) const;
  Expected<storage::RecordPtr> ask_and_wait(AccountId subject, MemoryDecider::Command command, Cause cause) const;
  Expected<std::string> sealed(FactId id, const FactContent& content) const;
  Expected<std::size_t> forget_now(AccountId subject, MemoryDecider::Command command, const Cause& cause) const;
  Expected<std::size_t> forget_all_now(AccountId id, const Cause& cause);
  void note_forgotten(AccountId id, Micros time);
  bool was_forgotten_since(const NewFact& fact) const;
  void note_vector(AccountId subject, FactId id, Micros of, const std::string& model, const std::vector<float>& vector);
  std::vector<OpenFact> opened(std::vector<FactRow> rows) const;
  Candidates candidates_for(const MemoryQuery& query) const;
  /// `then` on the reading worker; empty: too much waits there.
  void compare(std::shared_ptr<Candidates> candidates, const std::string& question, std::function<void(Fits)> then);

  House house_;
  projections::MemoryQueries queries_;
  projections::Queries accounts_;
  projections::ContactQueries contacts_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Waiting>> waiting_;
  /// When all of somebody was forgotten; on the changes' worker. What was forgotten before the start is not known here, so
  /// that nothing is drawn of what was said before it.
  std::unordered_map<AccountId, Micros> forgotten_at_;
  Micros everybody_forgotten_at_ = now_micros();
  std::atomic<bool> ending_{false};
};

}  // namespace troupe::actors
