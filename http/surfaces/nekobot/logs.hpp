// The server's own log, as far back as it is remembered.
#pragma once

#include "http/surfaces/nekobot/context.hpp"

namespace troupe::http::nekobot {

OrderedJson log_view(const LogLine& line);

class Logs {
 public:
  explicit Logs(Context& context) : context_(context) {}

  void list(const CallPtr& call);

 private:
  Context& context_;
};

}  // namespace troupe::http::nekobot
