// The commands that the bots know.
#pragma once

#include "http/surfaces/nekobot/context.hpp"

namespace troupe::http::nekobot {

class Commands {
 public:
  explicit Commands(Context& context) : context_(context) {}

  void list(const CallPtr& call);
  /// Names that several commands have.
  void conflicts(const CallPtr& call);

 private:
  Context& context_;
};

}  // namespace troupe::http::nekobot
