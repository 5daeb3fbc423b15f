// The configuration: the bots' settings as a tree of sections. What is changed counts from the answer on.
#pragma once

#include "http/surfaces/chatai/channels.hpp"
#include "http/surfaces/chatai/presets.hpp"
#include "http/surfaces/chatai/settings_view.hpp"

namespace troupe::http::chatai {

class Config {
 public:
  /// `channels` and `presets` are shown as sections of their own, to be changed elsewhere.
  Config(Context& context, const Channels& channels, const Presets& presets)
      : context_(context), channels_(channels), presets_(presets) {}

  void show(const CallPtr& call);
  void show_section(const CallPtr& call);
  /// A part of the tree, or `{"path":…,"value":…}`.
  void change(const CallPtr& call);
  void change_section(const CallPtr& call);
  void export_all(const CallPtr& call);
  void import_all(const CallPtr& call);
  void validate(const CallPtr& call);
  /// There is nothing to read again: what is stored is what counts.
  void reload(const CallPtr& call);

 private:
  events::BotSettings settings() const { return projections::bot_settings(context_.services.store); }
  OrderedJson tree() const;
  /// `more` is given what was changed, and answers.
  void apply(const CallPtr& call, const Json& tree, std::function<void(const std::vector<std::string>& updated)> more);
  void answer_updated(const CallPtr& call, const std::vector<std::string>& updated) const;
  /// The tree that a body brings as YAML or JSON, itself or in its field `content` or `config`. Errors: invalid, too_large.
  static Expected<Json> imported(const CallPtr& call);

  Context& context_;
  const Channels& channels_;
  const Presets& presets_;
};

}  // namespace troupe::http::chatai
