// The decider of what is remembered of one person or group. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/decider.hpp"
#include "events/memory.hpp"

namespace troupe::actors {

using events::AccountId;
using events::FactContent;
using events::FactId;

/// What a fact says is not in here: a state is kept in snapshots.
struct KnownFact {
  AccountId group = 0;
  std::string category;
  Micros changed_at = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(KnownFact, group, category, changed_at)

struct MemoryState {
  AccountId subject = 0;
  std::map<FactId, KnownFact> facts;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(MemoryState, subject, facts)

/// `content` is checked, `sealed_content` is what is kept of it. Errors: invalid (`content`, `subType`, `metadata`,
/// `category`, `source`, `confidence`), conflict (`memories`: the subject has `most`; `id`: it is there already).
struct RememberFact {
  FactId id = 0;
  AccountId subject = 0, group = 0;
  std::string category, source;
  double confidence = 0;
  FactContent content;
  std::string sealed_content;
  std::size_t most = 0;  ///< facts that the settings allow the subject
};

/// The whole of what it says from now on. Errors: as of RememberFact; not_found.
struct ChangeFact {
  FactId id = 0;
  std::string category;
  double confidence = 0;
  FactContent content;
  std::string sealed_content;
};

/// Those of them that are there.
struct ForgetFacts {
  std::vector<FactId> ids;
};
struct ForgetAllFacts {};

/// Vectors of facts as they were at a time; nothing follows for those that have changed since, or are gone.
struct NoteVectors {
  struct Vector {
    FactId id = 0;
    Micros of = 0;  ///< when the fact was last changed
    std::string sealed_vector;
  };
  std::string model;
  std::vector<Vector> vectors;
};

struct MemoryDecider {
  using State = MemoryState;
  using Event = events::MemoryEvent;
  using Command = std::variant<RememberFact, ChangeFact, ForgetFacts, ForgetAllFacts, NoteVectors>;
  static constexpr std::string_view category = events::kMemories;
  static constexpr std::uint16_t snapshot_schema = 1;

  static Expected<std::vector<Event>> decide(const State& state, const Command& command, Micros now);
  static void evolve(State& state, const Event& event, Micros time);
  static std::vector<Claim> claims(const State&, const Event&) { return {}; }
  static AccountId owner(const State& state) { return state.subject; }
};

/// The category that a request means: one of events::kFactCategories, or an older client's word for it (basic_info,
/// preferences, events, relationships, interests). Nothing for any other word.
std::optional<std::string> fact_category(std::string_view word);

/// Errors: as of RememberFact.
Expected<void> check_fact(const FactContent& content, std::string_view category, double confidence);

}  // namespace troupe::actors
