// Accounts as this dialect shows them, and what administrators do with them.
#pragma once

#include "http/surfaces/plexichat/context.hpp"

namespace troupe::http::plexichat {

/// All of it: for the person, and for administrators and moderators.
OrderedJson user_view(const projections::AccountRow& row);
/// What anyone who is logged in may know of a person.
OrderedJson public_user_view(const projections::AccountRow& row);

class Users {
 public:
  explicit Users(Context& context) : context_(context) {}

  void me(const CallPtr& call);
  void update_me(const CallPtr& call);
  void delete_me(const CallPtr& call);

  void list(const CallPtr& call);
  void create(const CallPtr& call);
  void user(const CallPtr& call);
  void update(const CallPtr& call);
  void remove(const CallPtr& call);

 private:
  void answer_user(const CallPtr& call, events::AccountId account) const;
  /// The account that the path names; refuses the call when there is none.
  std::optional<projections::AccountRow> named_or_refused(const CallPtr& call) const;
  /// Answers with the user as it is then.
  void change(const CallPtr& call, events::AccountId account, actors::AccountDecider::Command command) const;

  Context& context_;
};

}  // namespace troupe::http::plexichat
