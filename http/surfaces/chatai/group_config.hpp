// A group as it is set up and used, for both who looks after one and who looks after all.
#pragma once

#include "http/surfaces/chatai/context.hpp"
#include "http/surfaces/chatai/group_view.hpp"
#include "projections/group_queries.hpp"

namespace troupe::http::chatai {

class GroupConfig {
 public:
  explicit GroupConfig(Context& context);

  /// As the bots' settings have it where nothing is set.
  events::GroupSettings settings(events::AccountId group) const;
  bool is_set(events::AccountId group) const { return context_.services.system.groups().settings(group) != nullptr; }
  /// What it is called: by those who look after it, or else by the platform.
  std::string name_of(events::AccountId group) const;
  /// All of it, with its ids and names.
  OrderedJson view(events::AccountId group) const;

  /// Refuses the call where the patch or its outcome is no good. A preset is found by its id or name.
  void change(const CallPtr& call, events::AccountId group, Expected<Json> patch, std::function<void()> then) const;
  /// The same, by the house, for which each outcome is one of several.
  void change(const actors::Cause& cause, events::AccountId group, Expected<Json> patch,
              std::function<void(Expected<void>)> done) const;
  void ask(const CallPtr& call, events::AccountId group, actors::GroupDecider::Command command,
           std::function<void()> then) const;

  /// What counts towards the limits today.
  OrderedJson use_view(events::AccountId group, Micros now) const;
  /// Of the days from `first` to `last`, both included.
  OrderedJson figures_view(events::AccountId group, std::int64_t first, std::int64_t last) const;

  /// What a group may be set to: ids, names and descriptions of presets, and names of channels.
  OrderedJson presets() const;
  OrderedJson channels() const;

 private:
  Error in_our_words(const Error& error) const;
  Expected<Json> with_preset_found(Json patch) const;

  Context& context_;
  projections::GroupQueries queries_;
};

}  // namespace troupe::http::chatai
