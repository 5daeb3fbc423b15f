// Logging in and out. A login is one access token, good for kAccessTokenLifetime; there is none to renew it with.
#pragma once

#include "http/security/sign_in.hpp"
#include "http/surfaces/nekobot/context.hpp"

namespace troupe::http::nekobot {

class Authentication {
 public:
  explicit Authentication(Context& context) : context_(context) {}

  void log_in(const CallPtr& call);
  /// The token is void from then on.
  void log_out(const CallPtr& call);
  /// Ends all other logins.
  void change_password(const CallPtr& call);
  void user_info(const CallPtr& call);

 private:
  /// A demo's password that everybody knows is still to be changed.
  bool has_known_password(const std::string& username, const std::string& password) const;

  Context& context_;
};

}  // namespace troupe::http::nekobot
