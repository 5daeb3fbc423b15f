// Who speaks where nobody has logged in: programs on the server's own machine, all of them as one account that nobody can
// log in to. It is made when it is needed first.
#pragma once

#include "http/surfaces/nekobot/context.hpp"

namespace troupe::http::nekobot {

class Guest {
 public:
  explicit Guest(Context& context);

  /// Continues with the caller's account, or the guest's. On the loop's thread.
  void account_of(const CallPtr& call, std::function<void(events::AccountId)> next);
  bool is_guest(std::string_view username) const { return username == username_; }

 private:
  std::optional<events::AccountId> known() const;
  void make(const CallPtr& call, std::function<void(events::AccountId)> next);

  Context& context_;
  /// Of a secret, so that nobody can have registered it before.
  const std::string username_;
};

}  // namespace troupe::http::nekobot
