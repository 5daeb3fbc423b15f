// The model that answers questions about a channel, and the search in what was said.
#pragma once

#include "http/surfaces/plexichat/context.hpp"

namespace troupe::http::plexichat {

/// How far back `90s`, `30m`, `24h`, `7d` or `2w` reaches. Errors: invalid (none of these, or beyond kLongestTimeRange).
Expected<Micros> time_range(std::string_view text);

class Assistant {
 public:
  explicit Assistant(Context& context) : context_(context) {}

  void chat(const CallPtr& call);
  void search(const CallPtr& call);

 private:
  void ask(const CallPtr& call, actors::AskModel question);

  Context& context_;
};

}  // namespace troupe::http::plexichat
