// How the bots behave, and what the panel remembers: two views of one entry of the catalogue.
#pragma once

#include "http/surfaces/nekobot/context.hpp"

namespace troupe::http::nekobot {

class Settings {
 public:
  explicit Settings(Context& context) : context_(context) {}

  void show_config(const CallPtr& call);
  void change_config(const CallPtr& call);
  void show_settings(const CallPtr& call);
  void change_settings(const CallPtr& call);

 private:
  using ChangesOf = Expected<Json> (*)(const Json&);
  /// Of the body, or of its field `wrapper`.
  void change(const CallPtr& call, const char* wrapper, ChangesOf changes_of, std::function<void()> done);

  Context& context_;
};

}  // namespace troupe::http::nekobot
