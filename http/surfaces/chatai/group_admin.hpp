// Looking after one group, by a login for that group and nothing else: a code of the bot's, used once, gives a token of a
// day. What a group has set is in group_config.hpp.
#pragma once

#include "http/surfaces/chatai/group_config.hpp"

namespace troupe::http::chatai {

class GroupAdmin {
 public:
  /// Offers the bots' command that hands out codes.
  GroupAdmin(Context& context, GroupConfig& config);

  /// Whose token it is. Errors: unauthenticated.
  Expected<Caller> authenticate(std::string_view token) const;
  /// True of the tokens that it hands out.
  static bool is_token(std::string_view token);

  void log_in(const CallPtr& call);
  void log_out(const CallPtr& call);
  void verify(const CallPtr& call);

  void show(const CallPtr& call);
  void change(const CallPtr& call);
  void show_blacklist(const CallPtr& call) { show_list(call, false); }
  void show_whitelist(const CallPtr& call) { show_list(call, true); }
  void set_blacklist(const CallPtr& call) { set_list(call, false); }
  void set_whitelist(const CallPtr& call) { set_list(call, true); }
  void add_to_blacklist(const CallPtr& call) { list_user(call, false, true); }
  void add_to_whitelist(const CallPtr& call) { list_user(call, true, true); }
  void remove_from_blacklist(const CallPtr& call) { list_user(call, false, false); }
  void remove_from_whitelist(const CallPtr& call) { list_user(call, true, false); }
  void show_limits(const CallPtr& call);
  void set_limits(const CallPtr& call);
  void show_use(const CallPtr& call);
  void reset_use(const CallPtr& call);
  void show_channel(const CallPtr& call);
  void set_channel(const CallPtr& call);
  void remove_channel(const CallPtr& call);
  void fetch_models(const CallPtr& call);
  void show_presets(const CallPtr& call);
  void show_channels(const CallPtr& call);

 private:
  void show_list(const CallPtr& call, bool whitelist);
  void set_list(const CallPtr& call, bool whitelist);
  void list_user(const CallPtr& call, bool whitelist, bool listed);
  OrderedJson list_view(events::AccountId group, bool whitelist) const;

  Context& context_;
  GroupConfig& config_;
};

}  // namespace troupe::http::chatai
