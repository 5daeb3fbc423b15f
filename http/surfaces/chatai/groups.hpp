// All groups that the bots are in, for administrators of the house: the same settings that a group's own administrators see
// (group_admin.hpp), and what is said and used there.
#pragma once

#include "http/surfaces/chatai/group_config.hpp"

namespace troupe::http::chatai {

class Groups {
 public:
  Groups(Context& context, GroupConfig& config) : context_(context), config_(config) {}

  void list(const CallPtr& call);
  void show(const CallPtr& call);
  void change(const CallPtr& call);
  /// Everything as the bots' settings have it.
  void reset(const CallPtr& call);
  void members(const CallPtr& call);
  void change_member(const CallPtr& call);
  void stats(const CallPtr& call);
  void use(const CallPtr& call);
  void reset_use(const CallPtr& call);
  void conversations(const CallPtr& call);
  void clear_conversations(const CallPtr& call);
  void presets(const CallPtr& call);
  void set_preset(const CallPtr& call);
  void tools(const CallPtr& call);
  void set_tools(const CallPtr& call);
  void triggers(const CallPtr& call);
  void set_triggers(const CallPtr& call);
  void change_many(const CallPtr& call);
  void toggle_many(const CallPtr& call);

 private:
  /// Several groups changed one after the other, and what became of each.
  struct Batch;

  std::optional<events::AccountId> group_or_refused(const CallPtr& call) const;
  void begin(const CallPtr& call, std::function<Expected<Json>(events::AccountId)> patch_of);
  void change_next(const std::shared_ptr<Batch>& batch);
  OrderedJson brief(events::AccountId group) const;

  Context& context_;
  GroupConfig& config_;
};

}  // namespace troupe::http::chatai
