// API keys: what programs of an account show instead of a login.
#pragma once

#include "http/surfaces/plexichat/context.hpp"

namespace troupe::http::plexichat {

class ApiKeys {
 public:
  explicit ApiKeys(Context& context) : context_(context) {}

  /// Shows the key, once.
  void create(const CallPtr& call);
  void list(const CallPtr& call);
  void revoke(const CallPtr& call);

 private:
  Context& context_;
};

}  // namespace troupe::http::plexichat
