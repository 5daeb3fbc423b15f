// The decider of contacts: people and groups on platforms. Pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "actors/decider.hpp"
#include "events/contact.hpp"

namespace troupe::actors {

using events::AccountId;

struct ContactState {
  bool exists = false;
  bool forgotten = false;
  AccountId id = 0;
  std::string platform;
  bool is_group = false;
  std::string foreign_id;
  std::string name;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ContactState, exists, forgotten, id, platform, is_group, foreign_id,
                                                name)

/// A name that is too long is cut: it is the platform's, and nobody here can mend it. Errors: conflict (`id`; from the
/// journal `contact`: it is known already), invalid (`foreign_id`).
struct MeetContact {
  AccountId id = 0;
  std::string platform;
  bool is_group = false;
  std::string foreign_id, name;
};
/// Nothing follows where that is its name. Errors: not_found.
struct RenameContact {
  std::string name;
};
/// Errors: not_found.
struct ForgetContact {};

struct ContactDecider {
  using State = ContactState;
  using Event = events::ContactEvent;
  using Command = std::variant<MeetContact, RenameContact, ForgetContact>;
  static constexpr std::string_view category = events::kContacts;
  static constexpr std::uint16_t snapshot_schema = 1;
  static Expected<std::vector<Event>> decide(const State& state, const Command& command, Micros now);
  static void evolve(State& state, const Event& event, Micros time);
  /// A contact holds the claim `contact/<platform>/<user or group>/<foreign id>` until it is forgotten.
  static std::vector<Claim> claims(const State& before, const Event& event);
  static AccountId owner(const State& state) { return state.id; }
};

}  // namespace troupe::actors
