// Accounts as this dialect shows them.
#pragma once

#include "http/surfaces/plexichat/context.hpp"

namespace troupe::http::plexichat {

OrderedJson user_view(const projections::AccountRow& row);

class Users {
 public:
  explicit Users(Context& context) : context_(context) {}

  void me(const CallPtr& call);
  void update_me(const CallPtr& call);

 private:
  Context& context_;
};

}  // namespace troupe::http::plexichat
