// Personalities: system prompts under names, one of which is the default.
#pragma once

#include "http/surfaces/nekobot/context.hpp"

namespace troupe::http::nekobot {

class Personalities {
 public:
  explicit Personalities(Context& context) : context_(context) {}

  void list(const CallPtr& call);
  void create(const CallPtr& call);
  void remove(const CallPtr& call);
  void set_default(const CallPtr& call);

 private:
  void answer_with(const CallPtr& call, std::string_view id, const Sentence& sentence);

  Context& context_;
};

}  // namespace troupe::http::nekobot
