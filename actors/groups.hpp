// Groups of platforms as their administrators set them up: their settings over those of the bots, their limits, who answers
// there, and who may look after them. Thread-safe.
//
// What is set counts from the answer on. The use of a group is counted in the rows, by day; what was asked but is not
// durable yet is counted here, so that many questions at once do not pass a limit together.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "actors/ask.hpp"
#include "actors/group.hpp"
#include "actors/group_use.hpp"
#include "actors/llm/chat.hpp"
#include "actors/secrets.hpp"
#include "actors/session.hpp"
#include "projections/group_queries.hpp"
#include "storage/store.hpp"

namespace troupe::actors {

class Groups {
 public:
  using AskGroup = std::function<void(AccountId, GroupDecider::Command, Cause, RecordAnswer)>;

  Groups(storage::Store& store, const Secrets& secrets, AskGroup ask_group);

  /// Errors: the decider's, the journal's (not_found: the house has forgotten the group).
  void ask(AccountId group, GroupDecider::Command command, Cause cause, RecordAnswer answer);

  const projections::GroupQueries& queries() const { return queries_; }

  // What is set

  /// Null where nothing is.
  std::shared_ptr<const events::GroupSettings> settings(AccountId group) const;
  /// Over those of the bots; nothing where nothing is set.
  std::optional<events::BotSettings> settings_for(const events::BotSettings& house, AccountId group,
                                                  std::string_view group_id) const;
  events::ToolRules tools_for(const events::ToolRules& house, AccountId group) const;
  /// Who answers a question of the group, and by which system prompt, where the group has set that.
  void tailor(AccountId group, llm::ChatRequest& request) const;
  /// A question on the house's own account about what was said there: by the group's provider, where it has one.
  void take_own_provider(AccountId group, llm::ChatRequest& request) const;

  // Limits

  /// A question to a model counts, or becomes a message that a limit stops. The function that comes back wants to be told
  /// what became of the message; empty where nobody wants to know.
  std::function<void(const Expected<storage::RecordPtr>&)> hold_to_limits(Hear& hear, Micros now);
  /// What was asked today counts towards no limit any more. Errors: the decider's; overloaded (that is under way).
  void forgive_use(AccountId group, bool by_house, Cause cause, RecordAnswer answer);

  // Who may look after a group

  /// A code that logs in once, within kGroupCodeLifetime. Errors: the journal's.
  void issue_code(AccountId group, AccountId user, Cause cause, std::function<void(Expected<std::string>)> answer);
  /// However a person writes it. Answers the group. Errors: unauthenticated (`code`).
  void log_in(std::string_view code, const std::string& token_hash, Cause cause,
              std::function<void(Expected<AccountId>)> answer);

 private:
  struct Day {
    std::int64_t day = 0;
    GroupUse use;
  };

  void forget(AccountId group);
  GroupUse& use_of(AccountId group, std::int64_t day);  ///< under the lock
  std::string digest_of(std::string_view code) const;
  void try_code(AccountId group, AccountId user, Cause cause, std::function<void(Expected<std::string>)> answer,
                int attempts);

  storage::Store& store_;
  const Secrets& secrets_;
  AskGroup ask_group_;
  projections::GroupQueries queries_;
  mutable std::mutex mutex_;
  mutable std::uint64_t changes_ = 0;
  mutable std::unordered_map<AccountId, std::shared_ptr<const events::GroupSettings>> settings_;  ///< null: none
  std::unordered_map<AccountId, Day> days_;
  std::unordered_set<AccountId> being_forgiven_;
};

}  // namespace troupe::actors
